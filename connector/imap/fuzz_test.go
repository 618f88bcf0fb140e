package imap_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
)

// turn ends what a server says to one line of the client. The first turn is its greeting; a %s stands for the tag of
// the line, and behind the last turn the connection ends.
const turn = "\x1e"

// dialogues are what servers say in the course of FuzzDialogue.
func dialogues() []string {
	const (
		in       = "%s OK [CAPABILITY IMAP4rev1 ESEARCH NAMESPACE MOVE UIDPLUS SPECIAL-USE LIST-EXTENDED IDLE] Logged in"
		spaces   = "* NAMESPACE ((\"\" \"/\")) NIL ((\"Public/\" \"/\"))\n%s OK Namespace completed."
		list     = "* LIST (\\HasNoChildren \\UnMarked \\Junk) \"/\" Junk\n* LIST (\\HasChildren) \"/\" \"&AOk-t&AOk-\"\n* LIST () NIL {5}\nINBOX\n%s OK List completed."
		examined = "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded)\n* OK [PERMANENTFLAGS ()] Read-only.\n* 2 EXISTS\n* 0 RECENT\n" +
			"* OK [UNSEEN 1] First unseen.\n* OK [UIDVALIDITY 7] UIDs valid\n* OK [UIDNEXT 3] Predicted\n* OK [HIGHESTMODSEQ 12] x\n%s OK [READ-ONLY] Examine completed."
		item    = " FLAGS (\\Seen) INTERNALDATE \"01-Jan-2000 00:00:00 +0000\" RFC822.SIZE 44 "
		ids     = "* 1 FETCH (UID 1" + item + "BODY[HEADER.FIELDS (MESSAGE-ID)] {24}\nMessage-ID: <a@b.cd>\n\n)\n%s OK Fetch completed."
		status  = "* STATUS Junk (UIDNEXT 1 UIDVALIDITY 8)\n%s OK Status completed."
		heads   = "* 3 FETCH (UID 3" + item + "BODY[HEADER] {14}\nSubject: yes\n)\n* 2 EXPUNGE\n%s OK Fetch completed."
		found   = "* ESEARCH (TAG \"%s\") UID ALL 1:2,7\n%s OK Search completed."
		listed  = "* 1 FETCH (UID 1" + item + "UID 1)\n* 2 FETCH (UID 2" + item + "UID 2)\n%s OK Fetch completed."
		whole   = "* 3 FETCH (UID 3" + item + "BODY[] {23}\nSubject: yes\n\nhello\n)\n%s OK Fetch completed."
		begun   = "* 3 FETCH (UID 3" + item + "BODY[]<0> {23}\nSubject: yes\n\nhello\n)\n%s OK Fetch completed."
		told    = "* 3 FETCH (UID 3)\n%s OK"
		copied  = "* OK [COPYUID 8 3 1] Moved\n* 3 EXPUNGE\n%s OK Move completed."
		done    = "%s OK done"
		hello   = "* OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+ AUTH=PLAIN] ready."
		strange = "* 1 FETCH (UID 1 ENVELOPE (NIL \"=?utf-8?q?=C3=A9?=\" ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL NIL \"<a@b>\") " +
			"BODYSTRUCTURE ((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 1 1 NIL NIL NIL NIL)(\"message\" \"rfc822\" NIL NIL NIL \"8bit\" 9 " +
			"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) (\"text\" \"plain\" NIL NIL NIL NIL -1 1) 3) \"mixed\" (\"boundary\" \"b\") NIL NIL NIL) " +
			"MODSEQ (12) BINARY[1] ~{1}\nx BINARY.SIZE[1] 1)\n* SORT 1 2\n* THREAD (1 (2)(3))\n* ID (\"name\" \"x\")\n* QUOTA \"\" (STORAGE 1 2)\n" +
			"* QUOTAROOT INBOX \"\"\n* METADATA \"\" (/a {1}\nx)\n* ACL INBOX a lrs\n* MYRIGHTS INBOX lrs\n* ENABLED CONDSTORE\n* NO [ALERT] x\n* BAD\n"
	)
	all := [][]string{
		{hello, in, spaces, list, examined, examined, ids, examined, ids, examined, done, status, heads, spaces, list, examined, found, listed, heads, examined, whole, examined,
			begun, examined, whole, examined, told, status, copied, done, done, done},
		{"* OK ready.", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\n%s OK", "+ ", "%s OK in", "* CAPABILITY IMAP4rev1\n%s OK", strange + list, examined, examined, strange + ids,
			examined, ids, examined, "* 4 EXISTS\n%s OK", status, strange + heads, list, examined, "* SEARCH 1 2 (MODSEQ 3)\n%s OK", listed, heads, examined, strange + heads, examined, begun,
			examined, strange + whole, examined, told, status, copied, "%s BAD no"},
		{"* PREAUTH welcome"}, {"* BYE [UNAVAILABLE] later"}, {"* OK", "%s BAD what", "%s NO [AUTHENTICATIONFAILED] no"},
		{hello, "+ eyJzdGF0dXMiOiI0MDAifQ==", "%s NO [LIMIT] too many"},
		{"* OK [CAPABILITY (X)] hello"}, {"* OK ready.", "* CAPABILITY IMAP4rev1 (X"}, {"* OK ready.", "* CAPABILITY AUTH=PLAIN\n%s OK", "+ \n%s OK in"}, // go-imap went on for ever
	}
	var out []string
	for _, turns := range all {
		out = append(out, strings.ReplaceAll(strings.Join(turns, "\n"+turn), "\n", "\r\n")+"\r\n")
	}
	return out
}

// FuzzDialogue lets a server say anything in answer to a session that connects, looks, searches, reads and moves:
// whatever it says, each call ends, with an error of a kind or without, nothing panics, and the mailbox can be closed.
func FuzzDialogue(f *testing.F) {
	for _, d := range dialogues() {
		f.Add([]byte(d))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		synctest.Test(t, func(t *testing.T) {
			m := &middle{}
			s := imap.Server{Host: "localhost", Security: imap.Plain, Address: attackedUser, Password: connector.Literal("x"), Dial: m.dial(speaking(m, in))}
			start := time.Now()
			visit(t, s)
			m.work.Wait()
			require.Less(t, time.Since(start), time.Hour)
		})
	})
}

// speaking is a server that says its turns. It hears while it speaks, as a socket does. Capabilities it tells in its first
// line and when it is asked for them: told between, go-imap asks all the same, in a goroutine that waits for a mutex as
// long as a sign-in waits for the server, and the time of a bubble stands still over a mutex.
func speaking(m *middle, in []byte) script {
	return func(c net.Conn) {
		heard := make(chan string, 1<<12)
		m.work.Go(func() {
			defer close(heard)
			for lines := bufio.NewScanner(c); lines.Scan(); {
				heard <- lines.Text()
			}
		})
		tag, line := "*", ""
		for i, t := range strings.Split(string(in), turn) {
			first := ""
			if i == 0 {
				first, t, _ = strings.Cut(t, "\n")
				first += "\n"
			}
			t = strings.ReplaceAll(t, "%s", tag)
			if !strings.Contains(line, "CAPABILITY") {
				t = volunteered.ReplaceAllString(t, "${1}CAPABILITIES")
			}
			say(first + t)(c)
			line = <-heard
			if next, _, ok := strings.Cut(line, " "); ok { // else it is an answer to a request to go on
				tag = next
			}
		}
		hang(c)
	}
}

// volunteered are capabilities in data.
var volunteered = regexp.MustCompile(`(?im)^(\*.*)\bcapability\b`)

// visit does what a session does.
func visit(t *testing.T, s imap.Server) {
	ctx := t.Context()
	b, err := s.Open(ctx, []connector.Folder{connector.Inbox, connector.Junk})
	if proper(t, err); err != nil {
		return
	}
	defer func() { require.NoError(t, b.(io.Closer).Close()) }()
	end, err := b.End(ctx)
	proper(t, err)
	if end.Token == "" {
		end.Token = "1 INBOX:7.1"
	}
	envs, _, err := b.Arrivals(ctx, end)
	proper(t, err)
	for e, err := range b.Search(ctx, connector.Query{Since: time.Now(), Everything: true}) {
		proper(t, err)
		envs = append(envs, e)
	}
	id := "INBOX:7.1"
	if len(envs) > 0 {
		id = envs[0].ID
	}
	for _, depth := range []connector.Depth{connector.DepthHead, connector.DepthText, connector.DepthWhole} {
		readAt(ctx, t, b, id, depth)
	}
	_, err = b.(connector.Mover).Move(ctx, id, connector.Junk)
	proper(t, err)
	proper(t, b.(connector.ReadSetter).SetRead(ctx, id, true))
}

// readAt reads a mail to a depth.
func readAt(ctx context.Context, t *testing.T, b connector.Backend, id string, depth connector.Depth) {
	t.Helper()
	src, err := b.Fetch(ctx, id, depth)
	if proper(t, err); err != nil {
		return
	}
	_, err = io.Copy(io.Discard, src)
	proper(t, err)
	require.NoError(t, src.Close())
}

// proper checks that an error is of a kind. go-imap tells of its own panics by an error.
func proper(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	typed := &connector.Error{}
	require.ErrorAs(t, err, &typed)
	require.Error(t, typed.Kind)
	require.NotContains(t, err.Error(), "panic")
}
