package connectortest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// contentLaws are about what a mail says, once it is found.
func contentLaws() []Law {
	return []Law{
		{Name: "attachment-bytes-are-kept", Run: attachmentBytes,
			Why: "an invoice that was sent is the invoice that is tested, to the last byte"},
		{Name: "a-big-attachment-is-read-when-it-is-opened", Run: bigAttachment,
			Why: "mails of many megabytes are found, and their files read, whatever limit the service has for small ones"},
		{Name: "raw-bytes-are-kept", Run: rawBytes,
			Why: "a signature is verified over the bytes that came; what is not those bytes must say so"},
		{Name: "a-hostile-mail-hides-no-other", Run: hostile,
			Why: "one mail that cannot be parsed must not keep the tests from finding theirs"},
		{Name: "reading-changes-nothing", Needs: canSee, Run: handsOff,
			Why: "a shared mailbox is read by others too: the read flag and everything else stay as they are"},
		{Name: "an-unknown-id-is-not-found", Needs: canDelete, Run: notFound,
			Why: "a mail that somebody deleted is told apart from a service in trouble"},
	}
}

// noise is n bytes that no encoding can shorten, the same each time.
func noise(n int) []byte {
	r := rand.NewChaCha8([32]byte{1})
	b := make([]byte, n)
	_, _ = r.Read(b) // never fails
	return b
}

// wrapped is base64 in lines of 76 characters.
func wrapped(b []byte) string {
	s := base64.StdEncoding.EncodeToString(b)
	var out strings.Builder
	out.Grow(len(s) + len(s)/38 + 2)
	for line := range slices.Chunk([]byte(s), 76) {
		out.Write(line)
		out.WriteString("\r\n")
	}
	return out.String()
}

// withFile is a letter with a text and one attachment.
func (in *Instance) withFile(subject, name string, content []byte) letter {
	return in.letterWith(subject, "Content-Type: multipart/mixed; boundary=cut\r\n",
		"--cut\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSee the file.\r\n--cut\r\nContent-Type: application/octet-stream\r\n"+
			"Content-Disposition: attachment; filename=\""+name+"\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"+wrapped(content)+"--cut--\r\n")
}

// open reads an attachment.
func open(t T, m *connector.Message, glob string) []byte {
	t.Helper()
	a, err := m.Attachment(glob)
	must(t, err, "pick the attachment")
	r, err := a.Open(t.Context())
	must(t, err, "open the attachment")
	defer r.Close()
	got, err := io.ReadAll(r)
	must(t, err, "read the attachment")
	return got
}

func attachmentBytes(t T, in *Instance) {
	s := in.connect(t, nil)
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for _, content := range [][]byte{every, {}, []byte("a line\nand another\r\nthe end\r"), bytes.Repeat([]byte{0}, 5000), noise(300_001)} {
		l := in.withFile(fmt.Sprintf("%d bytes", len(content)), "data.bin", content)
		in.Deliver(l.raw)
		m := in.finds(t, s, connector.Query{MessageID: l.id, Attachment: "*.bin"})
		same(t, strings.TrimSpace(m.Text), "See the file.", "the text")
		for range 2 {
			if !bytes.Equal(open(t, m, "data.bin"), content) {
				t.Errorf("%s: the attachment has other bytes than were sent", l.subject)
			}
		}
	}
}

// bigSize is the size of the big attachment; the soak run takes what services allow at most.
func bigSize() int {
	if os.Getenv("CLOUDMAIL_SOAK") != "" {
		return 25 << 20
	}
	return 6 << 20
}

func bigAttachment(t T, in *Instance) {
	s := in.connect(t, nil)
	content := noise(bigSize())
	l := in.withFile("big", "big.bin", content)
	in.Deliver(l.raw)
	m := in.finds(t, s, connector.Query{MessageID: l.id, Body: "see the file"})
	if sha256.Sum256(open(t, m, "big.bin")) != sha256.Sum256(content) {
		t.Errorf("the big attachment has other bytes than were sent")
	}
}

func rawBytes(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.letterWith("raw", "X-Odd:   two  blanks\t\r\nContent-Type: text/plain\r\n", " a leading blank\r\n.\r\n..\r\nFrom the beginning\r\ntrailing  \r\n\r\n")
	in.Deliver(l.raw)
	m := in.finds(t, s, l.query())
	r, err := m.Raw(t.Context())
	must(t, err, "open the raw mail")
	defer r.Close()
	got, err := io.ReadAll(r)
	must(t, err, "read the raw mail")
	if src, ok := r.(*connector.Source); m.Rebuilt || (ok && src.Rebuilt) {
		return
	}
	if !bytes.HasSuffix(got, l.raw) {
		t.Errorf("the bytes are not those that were sent, and the message does not say so:\n%q\n%q", got, l.raw)
	}
}

func hostile(t T, in *Instance) {
	s := in.connect(t, nil)
	long := strings.Repeat("x", 100_000)
	for _, raw := range []string{
		"no header at all, only a line of text\r\n",
		"\r\n\r\nan empty header\r\n",
		"Subject: no end of header",
		"Subject: =?utf-8?b?" + long + "?=\r\nFrom: <<<@@@>>>\r\nMessage-ID:\r\n\r\n",
		"From: " + strings.Repeat("a@example.com, ", 5000) + "\r\nSubject: \xff\xfe\x00\r\n\r\n\x00\x01",
		"Content-Type: multipart/mixed; boundary=\r\nSubject: a\r\n b\r\n\tc\r\nSubject: second\r\n\r\n--\r\n--\r\n",
		"X-" + long + ": " + long + "\r\n\r\nbody",
		": \r\n:\r\n \r\nSubject\r\n\r\n",
	} {
		in.Deliver([]byte(raw))
	}
	l := in.send("an honest mail")
	in.finds(t, s, l.query())
	in.finds(t, s, connector.Query{Where: func(m *connector.Message) error {
		if strings.Contains(m.Text, "an honest") {
			return fmt.Errorf("that one is known")
		}
		return nil
	}})
}

func handsOff(t T, in *Instance) {
	s := in.connect(t, nil)
	in.deliver("untouched 1", "untouched 2")
	file := in.withFile("untouched 3", "data.bin", noise(100_000))
	in.Deliver(file.raw)
	if in.Place != nil {
		in.Place(in.letter("untouched junk").raw, connector.Junk, in.sometime())
		in.Place(in.letter("untouched archive").raw, connector.Archive, in.sometime())
	}
	before := in.Snapshot()
	m := in.finds(t, s, connector.Query{Subject: "untouched 3"})
	open(t, m, "*")
	r, err := m.Raw(t.Context())
	must(t, err, "open the raw mail")
	_, err = io.Copy(io.Discard, r)
	must(t, err, "read the raw mail")
	must(t, r.Close(), "close the raw mail")
	in.finds(t, s, connector.Query{Body: "this is untouched 1"})
	in.findsNone(t, s, connector.Query{Body: "not in any of them", Folder: connector.Anywhere})
	_, err = s.Find(t.Context(), connector.Query{Body: "untouched", Folder: connector.Anywhere}, 0)
	must(t, err, "find")
	must(t, s.ExpectNone(t.Context(), connector.Query{Subject: "nothing"}, 0), "expect none")
	if after := in.Snapshot(); !slices.Equal(before, after) {
		t.Errorf("reading changed the mailbox:\n%v\n%v", before, after)
	}
}

func notFound(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.withFile("soon gone", "data.bin", noise(2<<20))
	in.Deliver(l.raw)
	m := in.finds(t, s, l.query())
	in.Delete(l.id)
	_, err := m.Raw(t.Context())
	is(t, err, connector.ErrNotFound, "opening a mail that was deleted")
	if err := s.Trash(t.Context(), m); !cannot(err) {
		is(t, err, connector.ErrNotFound, "trashing a mail that was deleted")
	}
	b := in.open(t)
	for _, id := range []string{m.ID, "no-such-id", "7", ""} {
		_, err = b.Fetch(t.Context(), id, connector.DepthWhole)
		is(t, err, connector.ErrNotFound, fmt.Sprintf("fetching the id %q", id))
	}
	closeBackend(t, b)
}
