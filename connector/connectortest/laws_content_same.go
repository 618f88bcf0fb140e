package connectortest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// compareContent asserts that a mail came through a service as its bytes say: in all that a
// [connector.Message] tells of a mail.
func compareContent(t T, name string, got, want *connector.Message) {
	t.Helper()
	for _, f := range []struct{ what, got, want string }{
		{"subject", got.Subject, want.Subject}, {"Message-ID", got.MessageID, want.MessageID},
		{"In-Reply-To", got.InReplyTo, want.InReplyTo}, {"list of references", fmt.Sprint(got.References), fmt.Sprint(want.References)},
		{"thread", got.Thread(), want.Thread()}, {"date", got.Date.UTC().Format(time.RFC3339), want.Date.UTC().Format(time.RFC3339)},
		{"list of senders", people(got.From, got.Sender, got.ReplyTo), people(want.From, want.Sender, want.ReplyTo)},
		{"list of recipients", people(got.To, got.Cc, got.Bcc), people(want.To, want.Cc, want.Bcc)},
		{"text", got.Text, want.Text}, {"HTML", got.HTML, want.HTML}, {"body", got.Body(), want.Body()},
		{"list of attachments", parts(got), parts(want)}, {"list of defects", defects(got), defects(want)},
		{"truncation", fmt.Sprint(got.Truncated), fmt.Sprint(want.Truncated)}, {"header", header(got, want), header(want, want)},
	} {
		if f.got != f.want {
			t.Errorf("%s: the %s is %.600q, and must be %.600q", name, f.what, f.got, f.want)
		}
	}
}

// compareFiles asserts that every part of a mail opens to the bytes that were sent.
func compareFiles(t T, name string, got, want *connector.Message) {
	t.Helper()
	for i, a := range got.Attachments {
		if i < len(want.Attachments) && content(t, a) != content(t, want.Attachments[i]) {
			t.Errorf("%s: part %s opens to other bytes than were sent", name, a.Part)
		}
	}
}

// underField returns the defects of a mail in front of which a server has put a header field, as
// all of them do: one that does not begin with a header is broken in another way then.
func underField(t T, raw []byte) []connector.Defect {
	t.Helper()
	m, err := connector.ReadMessage(io.MultiReader(strings.NewReader("Received: from law.example.com\r\n"), bytes.NewReader(raw)))
	must(t, err, "read under a field")
	return m.Defects
}

// content is the hash of what an attachment opens to.
func content(t T, a *connector.Attachment) string {
	t.Helper()
	r, err := a.Open(t.Context())
	must(t, err, "open part "+a.Part)
	defer r.Close()
	h := sha256.New()
	_, err = io.Copy(h, r)
	must(t, err, "read part "+a.Part)
	return hex.EncodeToString(h.Sum(nil))
}

// people writes address lists so that two that differ look different.
func people(lists ...[]connector.Address) string {
	var b strings.Builder
	for _, list := range lists {
		for _, a := range list {
			fmt.Fprintf(&b, "%q <%s>, ", a.Name, a.Addr)
		}
		b.WriteString("| ")
	}
	return b.String()
}

// parts describes the attachments of a message.
func parts(m *connector.Message) string {
	var b strings.Builder
	for _, a := range m.Attachments {
		fmt.Fprintf(&b, "%s %s %s %q %s %q inline=%v %d %s\n", a.Part, a.Kind, a.Type, a.Name, a.Charset, a.ContentID, a.Inline, a.Size, a.SHA256)
	}
	return b.String()
}

// defects describes what of a message was broken.
func defects(m *connector.Message) string {
	var b strings.Builder
	for _, d := range m.Defects {
		fmt.Fprintf(&b, "%s: %s\n", d.Part, d.What)
	}
	return b.String()
}

// header is that of a message without the fields that its service added in front of those that
// were sent, and without Return-Path, which the last server writes anew (RFC 5321 §4.4).
func header(m, sent *connector.Message) string {
	own, were := withoutReturn(m.Header), withoutReturn(sent.Header)
	var b strings.Builder
	for _, f := range own[max(0, len(own)-len(were)):] {
		fmt.Fprintf(&b, "%s: %s\n\t%s\n", f.Name, f.Value, f.Raw)
	}
	return b.String()
}

func withoutReturn(h connector.Header) connector.Header {
	return slices.DeleteFunc(slices.Clone(h), func(f connector.HeaderField) bool { return f.Name == "Return-Path" })
}
