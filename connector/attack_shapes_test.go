package connector_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// shape makes a mail of about n bytes that is made to cost much.
type shape func(n int) string

// again repeats a piece up to n bytes.
func again(piece string, n int) string { return strings.Repeat(piece, n/len(piece)) }

// numbered repeats a piece that has a number in it up to n bytes.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// around is a mail with a header and a body that is a piece, over and over.
func around(header, piece string) shape {
	return func(n int) string { return header + "\n\n" + again(piece, n) }
}

// field is a mail of one field that is a piece, over and over.
func field(before, piece, after string) shape {
	return func(n int) string { return before + again(piece, n) + after + "\n\ntext\n" }
}

const (
	mixedHead = "From: a@example.com\nContent-Type: multipart/mixed; boundary=b"
	htmlHead  = "From: a@example.com\nContent-Type: text/html; charset=utf-8"
	textHead  = "From: a@example.com\nContent-Type: text/plain; charset=utf-8"
)

// coded is a text in a charset.
func coded(charset, piece string) shape {
	return around("From: a@example.com\nContent-Type: text/plain; charset="+charset, piece)
}

// levels are multiparts within one another.
func levels(n int) string {
	return numbered("Content-Type: multipart/mixed; boundary=\"b%[1]d\"\n\n--b%[1]d\n", n) + "Content-Type: text/plain\n\ntext\n"
}

// forwarded are mails within one another.
func forwarded(n int) string {
	return again("Content-Type: message/rfc822\n\nSubject: inner\n", n) + "\ntext\n"
}

// packed is a part that would grow a thousandfold if anybody unpacked it.
func packed(n int) string {
	zeros := base64.StdEncoding.EncodeToString(make([]byte, n/4*3))
	return mixedHead + "\n\n--b\nContent-Type: application/zip; name=a.zip\nContent-Encoding: gzip\nContent-Transfer-Encoding: base64\n\n" + zeros + "\n--b--\n"
}

// attacks are the shapes by name.
var attacks = map[string]shape{
	"multiparts within one another": levels,
	"mails within one another":      forwarded,
	"many parts":                    around(mixedHead, "--b\n\nx\n"),
	"many files":                    around(mixedHead, "--b\nContent-Type: image/png; name=a.png\nContent-ID: <a@b>\n\nx\n"),
	"beginnings of boundaries":      around(mixedHead+"\n\n--b\n", "--bb\n--\n-\n--b \t x\n"),
	"boundaries that never end":     around(mixedHead, "--b"),
	"many headers":                  func(n int) string { return numbered("X-%d: 1\n", n) + "\ntext\n" },
	"one header":                    field("Subject: ", "x", ""),
	"one folded header":             field("Subject: ", "x\n ", ""),
	"lines that are no header":      around("From: a@example.com", "no field\n"),
	"received": func(n int) string {
		return again("Received: from a (b [c]) by d; Mon, 1 Jan 2026 00:00:00 +0000\n", n) + "\ntext\n"
	},
	"references":                  field("References: ", "<a@b> ", ""),
	"encoded words":               field("Subject: ", "=?utf-8?Q?a?= ", ""),
	"one encoded word":            field("Subject: =?utf-8?B?", "w6k=", "?="),
	"beginnings of encoded words": field("Subject: ", "=?a?Q?", ""),
	"encoded words in addresses":  field("To: ", "=?utf-8?Q?a?= <a@b>, ", ""),
	"comments within one another": field("To: ", "(", "a@b"),
	"comments":                    field("To: a", "(b)", "@c"),
	"groups":                      field("To: ", "g: a@b;, ", ""),
	"groups without end":          field("To: ", "g:", ""),
	"angle brackets":              field("To: ", "<a,", ""),
	"quotes":                      field("To: ", `"a\"`, ""),
	"routes":                      field("To: <", "@a,", ":b@c>"),
	"RFC 2231 pieces": func(n int) string {
		return "Content-Type: text/plain" + numbered(";\n name*%d*=%%41", n) + "\n\ntext\n"
	},
	"RFC 2231 pieces of one number": field("Content-Disposition: attachment", "; filename*0*=utf-8''a", ""),
	"parameters":                    func(n int) string { return "Content-Type: text/plain" + numbered("; p%d=v", n) + "\n\ntext\n" },
	"open quotes of parameters":     field("Content-Type: a/b", `;a="`, ""),
	"soft line breaks":              around(textHead+"\nContent-Transfer-Encoding: quoted-printable", "=\n"),
	"blanks, quoted-printable":      around(textHead+"\nContent-Transfer-Encoding: quoted-printable", " "),
	"base64 with blanks":            around(textHead+"\nContent-Transfer-Encoding: base64", "Q U\tF=B\n"),
	"HZ":                            coded("hz-gb-2312", "~{~}~~"),
	"ISO-2022-JP":                   coded("iso-2022-jp", "\x1b$B\x1b(B\x1b$"),
	"ISO-2022-KR":                   coded("iso-2022-kr", "\x0e\x0f\x1b$)C"),
	"UTF-7":                         coded("utf-7", "+AGE-+"),
	"GB18030":                       coded("gb18030", "\x81\x30\x81"),
	"UTF-16":                        coded("utf-16", "\xd8\x00\xdc"),
	"no charset":                    around("From: a@example.com", "\x82\xb1\xa4\xb3\xe9"),
	"format=flowed":                 around("Content-Type: text/plain; format=flowed; delsp=yes", "> > \n>a \n"),
	"elements within one another":   around(htmlHead, "<div>"),
	"tables within one another":     around(htmlHead, "<table><tr><td>"),
	"end tags without a start":      func(n int) string { return htmlHead + "\n\n" + again("<b><i>", 4000) + again("</u></p>", n) },
	"attributes":                    func(n int) string { return htmlHead + "\n\n<a " + numbered("a%d=b ", n) + ">text</a>" },
	"tags without end":              around(htmlHead, "<a href=\""),
	"angle brackets, HTML":          around(htmlHead, "<"),
	"comments without end":          around(htmlHead, "<!--"),
	"entities":                      around(htmlHead, "&CounterClockwiseContourIntegral;&#x;&"),
	"styles":                        around(htmlHead, `<p style="a:b;display:none;;:">x</p>`),
	"one style":                     func(n int) string { return htmlHead + "\n\n<p style=\"" + again("a:b;", n) + "\">x</p>" },
	"style sheets": func(n int) string {
		return htmlHead + "\n\n<style>" + numbered(".c%d{display:none}", n/2) + "</style>" + numbered("<p class=c%d>x", n/2)
	},
	"selectors": func(n int) string {
		return htmlHead + "\n\n<style>" + again("a b c d>e ", n/2) + "{x:y}</style>" + again("<a><b><c>", n/2)
	},
	"style braces":        func(n int) string { return htmlHead + "\n\n<style>" + again("@media{", n) + "</style>x" },
	"cid":                 around(htmlHead, "cid:"),
	"links, HTML":         around(htmlHead, "<a href='https://a.example/?u=https%3A%2F%2Fb.example'>x</a>"),
	"anchors without end": around(htmlHead, "<a href=x>"),
	"links":               around(textHead, "https://a.example/x "),
	"one link":            func(n int) string { return textHead + "\n\nhttps://a.example/" + again("x).", n) },
	"links in brackets":   around(textHead, "<https://a\n"),
	"links wrapped in links": func(n int) string {
		return textHead + "\n\n" + again("https://www.google.com/url?q=", n)
	},
	"codes":                    around(textHead, "code 123456\n"),
	"codes in one line":        around(textHead, "code 123456 code "),
	"digits":                   around(textHead, "1 2-3"),
	"words for codes":          around(textHead, "your verification code is "),
	"winmail.dat":              around("Content-Type: application/ms-tnef; name=winmail.dat", "\x78\x9f\x3e\x22\x01\x00"),
	"yEnc":                     around(textHead, "=ybegin line=128 size=9 name=a\nxxxxxxxxx\n=yend size=9\n"),
	"uuencode":                 around(textHead, "begin 644 a\n#0V%T\n`\n"),
	"CR alone":                 func(n int) string { return "From: a@example.com\r\r" + again("line\r", n) },
	"CR CR LF":                 func(n int) string { return "From: a@example.com\r\r\n\r\r\n" + again("a\r\r\n", n) },
	"NUL":                      around(textHead, "\x00"),
	"what grows when unpacked": packed,
	"bounces": func(n int) string {
		return "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a\n\n" +
			again("Final-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.1.1\n\n", n) + "--b--\n"
	},
	"a bounce without report": around("From: MAILER-DAEMON@example.com\nSubject: Undelivered Mail\nContent-Type: text/plain", "<a@b.example>: host x said: 550 5.1.1\n"),
	"one date":                field("Date: ", "(a) ", "Mon, 1 Jan 2026 00:00:00 +0000"),
	"List-Unsubscribe":        field("List-Unsubscribe: ", "<https://a.example>, ", ""),
}

// thin are the shapes of whose bytes little or nothing is text: what is kept of them to be decoded
// counts, not what comes of it.
var thin = []string{"HZ", "ISO-2022-JP", "ISO-2022-KR", "UTF-7", "UTF-16", "GB18030", "NUL", "CR CR LF", "format=flowed"}

// attackNames are the names of the shapes, sorted.
func attackNames() []string {
	var out []string
	for name := range attacks {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
