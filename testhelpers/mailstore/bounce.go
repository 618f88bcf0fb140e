package mailstore

import (
	"bytes"
	"cmp"
	"fmt"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// bounce tells the sender of raw, if it has a mailbox here, which recipients are unknown.
func (s *Store) bounce(from string, unknown []string, raw []byte) {
	m, ok := s.Mailbox(from)
	if from == "" || !ok {
		return
	}
	m.Deliver(s.report(from, unknown, raw), Delivery{Folder: Inbox, Rcpt: from})
}

// report writes a multipart/report (RFC 6522) with a delivery status (RFC 3464).
func (s *Store) report(from string, unknown []string, raw []byte) []byte {
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	host := hostOf(from)
	part(parts, "text/plain; charset=utf-8", "Your message could not be delivered to:\r\n\r\n    "+
		strings.Join(unknown, "\r\n    ")+"\r\n\r\nThere is no such mailbox here.\r\n")
	part(parts, "message/delivery-status", status(host, unknown))
	part(parts, "message/rfc822", string(raw))
	_ = parts.Close() // a bytes.Buffer takes everything

	var out bytes.Buffer
	fmt.Fprintf(&out, "From: Mail Delivery System <mailer-daemon@%s>\r\nTo: <%s>\r\n", host, oneLine(from))
	fmt.Fprintf(&out, "Subject: Undeliverable: %s\r\n", original(raw, "Subject"))
	fmt.Fprintf(&out, "Date: %s\r\n", time.Now().UTC().Format(time.RFC1123Z))
	fmt.Fprintf(&out, "Message-ID: <bounce.%d@%s>\r\n", s.keys.Add(1), host)
	if id := original(raw, "Message-Id"); id != "" {
		fmt.Fprintf(&out, "In-Reply-To: %s\r\nReferences: %s\r\n", id, id)
	}
	fmt.Fprintf(&out, "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n")
	fmt.Fprintf(&out, "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=%q\r\n\r\n", parts.Boundary())
	out.Write(body.Bytes())
	return out.Bytes()
}

func part(parts *multipart.Writer, mediaType, body string) {
	h := textproto.MIMEHeader{"Content-Type": {mediaType}}
	if strings.ContainsFunc(body, func(r rune) bool { return r > 127 }) {
		h.Set("Content-Transfer-Encoding", "8bit")
	}
	w, _ := parts.CreatePart(h) // fails only where the buffer below does: never
	_, _ = w.Write([]byte(body))
}

// status is the body of a message/delivery-status: fields about the message, then about each
// recipient (RFC 3464 §2.1). 5.1.1 is "bad destination mailbox address" (RFC 3463 §3.2).
func status(host string, unknown []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Reporting-MTA: dns; %s\r\n", host)
	for _, address := range unknown {
		fmt.Fprintf(&b, "\r\nFinal-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: 5.1.1\r\n"+
			"Diagnostic-Code: smtp; 550 5.1.1 no such mailbox\r\n", oneLine(address))
	}
	return b.String()
}

// original is a header field of the mail that bounced, "" if it cannot be read.
func original(raw []byte, field string) string {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return ""
	}
	return m.Header.Get(field)
}

func hostOf(address string) string {
	_, domain, _ := cutAddress(address)
	return cmp.Or(oneLine(domain), "localhost")
}
