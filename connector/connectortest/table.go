package connectortest

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// sample is a mail of the matching table.
type sample struct {
	name string // also the local part of its Message-ID
	raw  string
}

// samples are the mails that every row of the matching table is compared with.
func samples() []sample {
	head := func(name, header string) string {
		return strings.ReplaceAll(strings.TrimPrefix(header, "\n"), "\n", "\r\n") +
			"Message-ID: <" + name + "@law.example.com>\r\nDate: Mon, 16 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
	}
	body := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	var out []sample
	for _, s := range []struct{ name, header, body string }{
		{"plain", samplePlainHead, samplePlain}, {"html", sampleHTMLHead, sampleHTML}, {"files", sampleFilesHead, sampleFiles},
		{"idn", sampleIDNHead, sampleIDN}, {"alt", sampleAltHead, sampleAlt}, {"bcc", sampleBccHead, sampleBcc},
	} {
		out = append(out, sample{s.name, head(s.name, s.header) + body(s.body)})
	}
	return out
}

const (
	samplePlainHead = `
From: Ada Lovelace <ada@example.com>
To: =?utf-8?q?B=C3=BCro=2C_QA?= <qa+run7@example.com>, second@example.org
Cc: carol@sub.example.com
Subject: =?utf-8?q?Ihre_Stra=C3=9Fe?= =?utf-8?q?_in_M=C3=BCnchen?=
X-Run-Id: run 7
X-Tag: one
X-Tag: two
`
	samplePlain = `Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Guten Tag,

Ihr Code ist 4711.
Nicht=A0weitergeben, Gr=FC=DFe.
`
	sampleHTMLHead = `
From: "ada@example.com" <mallory@evil.example>
To: qa.run7@example.com
Subject: Re: Your
  order
`
	sampleHTML = `Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<html><head><style>p { color: red }</style></head><body>
<span style="display:none">preheader</span>
<p>Dear <b>cust</b>omer,</p><p>Total&nbsp;price: 10&euro;<br>incl. VAT</p>
<a href="https://secret.example/abc">Settle now</a><script>var tracking = 1;</script>
</body></html>
`
	sampleFilesHead = `
From: billing@example.com
To: qa@example.net
Subject: Invoice
`
	sampleFiles = `Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/related; boundary=inner

--inner
Content-Type: text/html; charset=utf-8

<p>See <img src="cid:logo@law"> below.</p>
--inner
Content-Type: image/png; name=logo.png
Content-ID: <logo@law>
Content-Disposition: inline; filename=logo.png
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--inner--
--outer
Content-Type: application/pdf
Content-Disposition: attachment; filename*=utf-8''Rechnung%20M%C3%A4rz.PDF
Content-Transfer-Encoding: base64

JVBERi0xLjcK
--outer--
`
	sampleIDNHead = `
From: info@xn--bcher-kva.example
To: Reader@Example.NET
Subject: =?utf-8?b?77yh77yi77yj77yR77yS77yTIHBhc3PigIt3b3Jk?=
`
	sampleIDN = `Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

Q2Fmw6kgQ2FmZcyB
`
	sampleAltHead = `
From: news@example.org
To: list@example.org
Cc: qa+run8@example.com
Subject: Two renderings
`
	sampleAlt = `Content-Type: multipart/alternative; boundary=alt

--alt
Content-Type: text/plain; charset=utf-8

The text says apple.
--alt
Content-Type: text/html; charset=utf-8

<p>The markup says pear.</p>
--alt--
`
	sampleBccHead = `
X-Original-To: hidden@example.com
Envelope-To: envelope@example.com
From: ada@example.com
To: undisclosed-recipients:;
Subject:
`
	sampleBcc = `Content-Type: text/plain

For your eyes only.
`
)

// row is one query of the matching table, and the names of the samples that match it.
type row struct {
	query connector.Query
	want  string
}

// matchingTable is the meaning of a query, by example.
func matchingTable() []row {
	return slices.Concat(addressRows(), subjectRows(), bodyRows(), patternRows(), headerRows(), attachmentRows(), combinedRows())
}

// addressRows: whole addr-specs, in any case; tags and dots count, the display name does not.
func addressRows() []row {
	type q = connector.Query
	return []row{
		{q{To: "qa+run7@example.com"}, "plain"},
		{q{To: "QA+Run7@EXAMPLE.com"}, "plain"},
		{q{To: "Somebody <qa+run7@example.com>"}, "plain"},
		{q{To: "second@example.org"}, "plain"},
		{q{To: "qa@example.com"}, ""},
		{q{To: "qa.run7@example.com"}, "html"},
		{q{To: "qarun7@example.com"}, ""},
		{q{To: "reader@example.net"}, "idn"},
		{q{To: "@example.com"}, "html plain"},
		{q{To: "@example.org"}, "alt plain"},
		{q{To: "@com"}, ""},
		{q{To: "carol@sub.example.com"}, ""},
		{q{To: "hidden@example.com"}, ""},
		{q{Cc: "carol@sub.example.com"}, "plain"},
		{q{Cc: "@sub.example.com"}, "plain"},
		{q{Cc: "@example.com"}, "alt"},
		{q{Cc: "qa+run8@example.com"}, "alt"},
		{q{From: "ada@example.com"}, "bcc plain"},
		{q{From: "mallory@evil.example"}, "html"},
		{q{From: "info@bücher.example"}, "idn"},
		{q{From: "info@BÜCHER.example"}, "idn"},
		{q{From: "info@xn--bcher-kva.example"}, "idn"},
		{q{Recipient: "carol@sub.example.com"}, "plain"},
		{q{Recipient: "hidden@example.com"}, "bcc"},
		{q{Recipient: "envelope@example.com"}, "bcc"},
		{q{Recipient: "qa+run8@example.com"}, "alt"},
	}
}

// subjectRows: decoded, folded, contained.
func subjectRows() []row {
	type q = connector.Query
	return []row{
		{q{Subject: "Ihre Straße in München"}, "plain"},
		{q{Subject: "STRASSE IN MÜNCHEN"}, "plain"},
		{q{Subject: "  straße   in "}, "plain"},
		{q{Subject: "Mu\u0308nchen"}, "plain"},
		{q{Subject: "Munchen"}, ""},
		{q{Subject: "your order"}, "html"},
		{q{Subject: "re: your"}, "html"},
		{q{Subject: "order your"}, ""},
		{q{Subject: "abc123"}, "idn"},
		{q{Subject: "ＡＢＣ"}, "idn"},
		{q{Subject: "password"}, "idn"},
		{q{Subject: "pass\u00adword"}, "idn"},
		{q{Subject: "Invoice"}, "files"},
	}
}

// bodyRows: the text part, or what a reader of the HTML sees.
func bodyRows() []row {
	type q = connector.Query
	return []row{
		{q{Body: "ihr code ist 4711"}, "plain"},
		{q{Body: "Tag, Ihr Code"}, "plain"},
		{q{Body: "nicht weitergeben"}, "plain"},
		{q{Body: "GRÜSSE"}, "plain"},
		{q{Body: "dear customer"}, "html"},
		{q{Body: "customer, total price"}, "html"},
		{q{Body: "price: 10€ incl."}, "html"},
		{q{Body: "settle now"}, "html"},
		{q{Body: "secret.example"}, ""},
		{q{Body: "color: red"}, ""},
		{q{Body: "preheader"}, ""},
		{q{Body: "tracking"}, ""},
		{q{Body: "apple"}, "alt"},
		{q{Body: "pear"}, "alt"},
		{q{Body: "Café Café"}, "idn"},
		{q{Body: "Invoice"}, ""},
	}
}

// patternRows: the same text, its case and lines kept.
func patternRows() []row {
	type q = connector.Query
	re := regexp.MustCompile
	return []row{
		{q{SubjectRE: re(`Straße`)}, "plain"},
		{q{SubjectRE: re(`STRASSE`)}, ""},
		{q{SubjectRE: re(`(?i)straße`)}, "plain"},
		{q{SubjectRE: re(`^Re: `)}, "html"},
		{q{SubjectRE: re(`^ABC\d+ password$`)}, "idn"},
		{q{BodyRE: re(`Code ist (\d{4})`)}, "plain"},
		{q{BodyRE: re(`(?m)^Ihr Code .*\.$`)}, "plain"},
		{q{BodyRE: re(`Nicht weitergeben`)}, "plain"},
		{q{BodyRE: re(`(?m)^Total price: 10€$`)}, "html"},
		{q{BodyRE: re(`Caf\x{e9} Caf\x{e9}`)}, "idn"},
	}
}

// headerRows: any instance contains it, and the Message-ID is equal.
func headerRows() []row {
	type q = connector.Query
	header := func(k, v string) q { return q{Header: map[string]string{k: v}} }
	return []row{
		{q{MessageID: "plain@law.example.com"}, "plain"},
		{q{MessageID: "<plain@law.example.com>"}, "plain"},
		{q{MessageID: "plain"}, ""},
		{header("X-Run-Id", "RUN 7"), "plain"},
		{header("x-run-id", "run"), "plain"},
		{header("X-Tag", "two"), "plain"},
		{header("X-Tag", ""), "plain"},
		{header("X-Tag", "three"), ""},
		{header("X-Absent", ""), ""},
		{header("Subject", "strasse"), "plain"},
	}
}

// attachmentRows: a pattern for the name; what is shown inline is no attachment.
func attachmentRows() []row {
	type q = connector.Query
	return []row{
		{q{Attachment: "*"}, "files"},
		{q{Attachment: "*.pdf"}, "files"},
		{q{Attachment: "rechnung märz.pdf"}, "files"},
		{q{Attachment: "Rechnung ????.PDF"}, "files"},
		{q{Attachment: "*.png"}, ""},
		{q{Attachment: "*.docx"}, ""},
	}
}

// combinedRows are queries of several criteria.
func combinedRows() []row {
	type q = connector.Query
	notPlain := func(m *connector.Message) error {
		if m.MessageID == "plain@law.example.com" {
			return errors.New("not this one")
		}
		return nil
	}
	return []row{
		{q{From: "ada@example.com", Subject: "straße"}, "plain"},
		{q{From: "ada@example.com", Subject: "order"}, ""},
		{q{From: "ada@example.com", Body: "eyes only"}, "bcc"},
		{q{AnyOf: []q{{Subject: "order"}, {Body: "apple"}}}, "alt html"},
		{q{AnyOf: []q{{Subject: "order"}, {To: "second@example.org"}}}, "html plain"},
		{q{From: "ada@example.com", AnyOf: []q{{Subject: "order"}, {Body: "4711"}}}, "plain"},
		{q{AnyOf: []q{{AnyOf: []q{{Attachment: "*"}}}, {Subject: "password"}}}, "files idn"},
		{q{From: "ada@example.com", Where: notPlain}, "bcc"},
		{q{AnyOf: []q{{From: "ada@example.com", Where: notPlain}, {Subject: "Invoice"}}}, "bcc files"},
		{q{Everything: true}, "alt bcc files html idn plain"},
		{q{Everything: true, Folder: connector.Anywhere}, "alt bcc files html idn plain"},
		{q{Everything: true, Folder: "INBOX"}, "alt bcc files html idn plain"},
		{q{Everything: true, Folder: connector.Junk}, ""},
	}
}

// senseless are queries that are refused before the first request.
func senseless() []connector.Query {
	type q = connector.Query
	return []q{
		{},
		{HeadOnly: true},
		{Claim: true},
		{Subject: " "},
		{Subject: "\u00a0\u200b"},
		{Body: "\t"},
		{MessageID: " "},
		{MessageID: "<>"},
		{Attachment: " "},
		{Attachment: "["},
		{To: "nonsense"},
		{To: "two@example.com, addresses@example.com"},
		{From: "@"},
		{Recipient: " "},
		{Header: map[string]string{"": "x"}},
		{Header: map[string]string{"X-Run": " "}},
		{Header: map[string]string{"X Run": "x"}},
		{Subject: "x", AnyOf: []q{}},
		{Subject: "x", AnyOf: []q{{}}},
		{Subject: "x", Folder: "\u200b"},
		{Subject: "x", Body: "y", HeadOnly: true},
	}
}
