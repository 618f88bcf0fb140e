package mailparse

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const code = "Your code is 493817"

var (
	head  = "From: Shop <shop@example.com>\nTo: qa@contoso.example\nSubject: Hello\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <1@example.com>\nMIME-Version: 1.0\n"
	mixed = "Content-Type: multipart/mixed; boundary=b1\n\n"
	pdf   = "--b1\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=\"bill.pdf\"\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQ=\n"
)

// fileCase is a mail whose attachment has a name that is hard to read.
func fileCase(disposition string) string {
	return head + mixed + "--b1\n\n" + code + "\n--b1\nContent-Type: application/pdf\n" + disposition +
		"\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQ=\n--b1--\n"
}

// malformed are mails that break a rule, LF for CRLF. In each a reader can
// read the code; defect is a word of what is reported, file the name of its
// attachment.
var malformed = []struct {
	name, raw, defect, file string
	subject                 string // "Hello" if empty
	asIs                    bool   // the line ends are meant
}{
	{name: "no closing boundary", raw: head + mixed + "--b1\n\n" + code + "\n", defect: "closing boundary"},
	{name: "no closing boundary after an attachment", raw: head + mixed + "--b1\n\n" + code + "\n" + pdf, defect: "closing boundary", file: "bill.pdf"},
	{name: "header line without colon", raw: head + "this is broken\nX-After: 1\n\n" + code + "\n", defect: "no field"},
	{name: "header line without colon at the end", raw: head + "this is broken\n\n" + code + "\n", defect: "this is broken"},
	{name: "mbox From line", raw: "From shop@example.com Mon Nov 23 10:00:00 2026\n" + head + "\n" + code + "\n", defect: "mbox"},
	{name: "unknown transfer encoding", raw: head + "Content-Transfer-Encoding: x-made-up\n\n" + code + "\n", defect: "Content-Transfer-Encoding"},
	{name: "unknown transfer encoding in a part", raw: head + mixed + "--b1\nContent-Type: text/plain\nContent-Transfer-Encoding: 9bit\n\n" + code + "\n--b1--\n", defect: "Content-Transfer-Encoding"},
	{name: "base64 with blanks", raw: head + "Content-Transfer-Encoding: base64\n\n" + blanks(base64.StdEncoding.EncodeToString([]byte(code))) + "\n"},
	{name: "base64 with strange characters", raw: head + "Content-Transfer-Encoding: base64\n\n!!" + base64.StdEncoding.EncodeToString([]byte(code)) + "\n", defect: "base64"},
	{name: "base64 in joined pieces", raw: head + "Content-Transfer-Encoding: base64\n\nWW91ciBjb2RlIGlzIA==\nNDkzODE3\n"},
	{name: "base64 without padding", raw: head + "Content-Transfer-Encoding: base64\n\n" + strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(code)), "=") + "\n", defect: "base64"},
	{name: "CR CR LF", raw: strings.ReplaceAll(head+mixed+"--b1\n\n"+code+"\n"+pdf+"--b1--\n", "\n", "\r\r\n"), asIs: true, defect: "CR CR LF", file: "bill.pdf"},
	{name: "LF only", raw: head + mixed + "--b1\n\n" + code + "\n" + pdf + "--b1--\n", asIs: true, file: "bill.pdf"},
	{name: "CR only", raw: strings.ReplaceAll(head+mixed+"--b1\n\n"+code+"\n"+pdf+"--b1--\n", "\n", "\r"), asIs: true, defect: "line ends CR", file: "bill.pdf"},
	{name: "mixed line ends", raw: head + mixed + "--b1\r\n\r\n" + code + "\r\n--b1--\n", asIs: true},
	{name: "no header at all", raw: "Hello,\n" + code + "\n\nBye\n", defect: "no header", subject: "-"},
	{name: "no header, colons in the text", raw: "Note: read this\n" + code + "\n\nBye\n", defect: "no header", subject: "-"},
	{name: "no empty line before the body", raw: head + code + "\nBye\n", defect: "no empty line"},
	{name: "no empty line before the first part", raw: head + "Content-Type: multipart/mixed; boundary=b1\n--b1\n\n" + code + "\n" + pdf + "--b1--\n", defect: "before the first part", file: "bill.pdf"},
	{name: "a preamble in place of the empty line", raw: head + "Content-Type: multipart/mixed; boundary=b1\nMany parts!\n--b1\n\n" + code + "\n" + pdf + "--b1--\n", defect: "before the first part", file: "bill.pdf"},
	{name: "no empty line in a part of HTML", raw: head + mixed + "--b1\nContent-Type: text/plain\n<b>One</b>\n" + code + "\n\"display:block\n--b1--\n", defect: "no empty line"},
	{name: "blank lines before the header", raw: "\n\n" + head + "\n" + code + "\n", defect: "blank lines"},
	{name: "byte order mark", raw: "\uFEFF" + head + "\n" + code + "\n", defect: "byte order mark"},
	{name: "malformed part header", raw: head + mixed + "--b1\nContent-Type text/plain\n\n" + code + "\n--b1--\n", defect: "colon"},
	{name: "part without header and empty line", raw: head + mixed + "--b1\n" + code + "\n--b1--\n", defect: "no header"},
	{name: "multipart without boundary", raw: head + "Content-Type: multipart/mixed\n\n" + code + "\n", defect: "boundary"},
	{name: "multipart without boundary, parts inside", raw: head + "Content-Type: multipart/mixed\n\n--b1\nContent-Type: text/plain\n\n" + code + "\n" + pdf + "--b1--\n", defect: "another boundary", file: "bill.pdf"},
	{name: "boundary never appears", raw: head + mixed + code + "\n", defect: "never appears"},
	{name: "another boundary appears", raw: head + mixed + "--B1\nContent-Type: text/plain\n\n" + code + "\n--B1--\n", defect: "another boundary"},
	{name: "Content-Type text", raw: head + "Content-Type: text\n\n" + code + "\n", defect: "no media type"},
	{name: "Content-Type garbage", raw: head + "Content-Type: ;;\n\n" + code + "\n", defect: "no media type"},
	{name: "Content-Type without semicolon", raw: head + "Content-Type: text/plain charset=utf-8\n\n" + code + "\n", defect: "semicolon"},
	{name: "unquoted file name with blanks", raw: fileCase("Content-Disposition: attachment; filename=bill of May.pdf"), defect: "blanks", file: "bill of May.pdf"},
	{name: "RFC 2231 file name", raw: fileCase("Content-Disposition: attachment; filename*=utf-8''caf%C3%A9.pdf"), file: "café.pdf"},
	{name: "RFC 2231 file name in pieces", raw: fileCase("Content-Disposition: attachment;\n filename*1*=%C3%A9;\n filename*0*=utf-8''caf;\n filename*2=.pdf"), file: "café.pdf"},
	{name: "RFC 2047 file name", raw: fileCase("Content-Disposition: attachment; filename=\"=?iso-8859-1?Q?caf=E9.pdf?=\""), file: "café.pdf"},
	{name: "8-bit file name", raw: fileCase("Content-Disposition: attachment; filename=\"café.pdf\""), defect: "8-bit", file: "café.pdf"},
	{name: "unfinished quote", raw: fileCase("Content-Disposition: attachment; filename=\"bill.pdf"), defect: "without its end", file: "bill.pdf"},
	{name: "duplicate parameters", raw: head + "Content-Type: text/plain; charset=utf-8; charset=koi8-r\n\n" + code + "\n", defect: "twice"},
	{name: "duplicate Content-Type", raw: head + "Content-Type: text/plain\nContent-Type: text/html\n\n" + code + "\n", defect: "twice"},
	{name: "NUL bytes", raw: head + "\n" + code + "\x00\x00\n", defect: "NUL"},
	{name: "200 KB header", raw: head + "X-Big: " + strings.Repeat("x", 200_000) + "\n\n" + code + "\n"},
	{name: "200 KB header first", raw: "X: " + strings.Repeat("x", 200_000) + "\n" + head + "\n" + code + "\n"},
	{name: "20,000 headers", raw: strings.Repeat("X-Many: 1\n", 20_000) + head + "\n" + code + "\n", defect: "more header fields"},
	{name: "raw 8-bit header", raw: strings.Replace(head, "Hello", "Gr\xfc\xdfe", 1) + "\n" + code + "\n", defect: "8-bit", subject: "Grüße"},
	{name: "bad quoted-printable", raw: head + "Content-Transfer-Encoding: quoted-printable\n\n" + code + " =ZZ =\n", defect: "quoted-printable"},
	{name: "very long line", raw: head + "Content-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("x", 100_000) + " " + code + "\n"},
	{name: "missing charset", raw: head + "Content-Transfer-Encoding: 8bit\n\n" + code + " \xe9\n", defect: "without a charset"},
	{name: "unknown charset", raw: head + "Content-Type: text/plain; charset=x-nothing\n\n" + code + " é\n", defect: "unknown charset"},
	{name: "text after the closing boundary", raw: head + mixed + "--b1\n\n" + code + "\n--b1--\nfooter of a list\n"},
	{name: "base64 on a multipart", raw: head + "Content-Transfer-Encoding: base64\n" + mixed + "--b1\n\n" + code + "\n--b1--\n", defect: "on a multipart"},
	{name: "cut in the middle of a part header", raw: head + mixed + "--b1\n\n" + code + "\n--b1\nContent-Ty"},
	{name: "same boundary twice", raw: head + mixed + "--b1\nContent-Type: multipart/alternative; boundary=b1\n\n--b1\n\n" + code + "\n--b1--\n--b1--\n", defect: "around it"},
}

func blanks(s string) string { return strings.Join(strings.Split(s, ""), " ") }

func TestMalformed(t *testing.T) {
	t.Parallel()
	for _, c := range malformed {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			raw := c.raw
			if !c.asIs {
				raw = crlf(raw)
			}
			m := read(t, raw)
			require.Contains(t, m.Text, code)
			subject := c.subject
			switch subject {
			case "":
				subject = "Hello"
			case "-":
				subject = ""
			}
			assert.Equal(t, subject, m.Subject)
			assert.Equal(t, int64(len(raw)), m.Size)
			if c.defect != "" {
				assert.Contains(t, fmt.Sprint(m.Defects), c.defect)
			}
			if c.file != "" {
				require.Len(t, m.Parts, 1)
				assert.Equal(t, c.file, m.Parts[0].Name)
				assert.Equal(t, "%PDF-1.4", string(m.Parts[0].Data))
			}
		})
	}
}
