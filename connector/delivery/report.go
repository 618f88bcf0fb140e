package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
)

// ErrNoReport is what ReadReport returns for a mail that reports about no other.
var ErrNoReport = errors.New("the mail is no delivery report, receipt or complaint")

// Report is what a mail system or program says about a mail that was sent.
type Report struct {
	Kind       Kind
	By         string      // the system that reports, as it names itself
	Arrived    time.Time   // when that system got the mail; zero if it does not say
	Recipients []Recipient // one for each recipient that it is about
	MessageID  string      // of the mail that was sent, without angle brackets; "" if not told
	Subject    string      // of that mail
}

// Recipient is what became of the mail for one recipient.
type Recipient struct {
	Address    string    // where it was to go in the end
	Original   string    // as the sender gave it; "" if not told
	Action     string    // failed, delayed, delivered, relayed or expanded (RFC 3464 §2.3.3); of a receipt: displayed, deleted
	Status     string    // the enhanced status code, "5.1.1" (RFC 3463); "" if not told
	Diagnostic string    // what the other server answered: "550 5.1.1 no such user"
	Remote     string    // that server
	RetryUntil time.Time // how long it is still tried; zero if not told
}

// maxReport bounds what of a report is read.
const maxReport = 256 << 10

// ReadReport reads a bounce, a delay notice, a receipt or a complaint: what its machine part says
// and, where the sent mail or its header is attached, which mail it is about. A bounce without a
// machine part is read from X-Failed-Recipients and the text, as far as they tell. Any other mail is
// an [ErrNoReport].
func ReadReport(ctx context.Context, m *connector.Message) (*Report, error) {
	part := reportPart(m)
	if part == nil {
		return readFreeBounce(m)
	}
	raw, err := content(ctx, part)
	if err != nil {
		return nil, fmt.Errorf("read the report of %q: %w", m.Subject, err)
	}
	r := parseReport(part.Type, raw)
	for _, a := range m.Attachments {
		if a.Type == "message/rfc822" || a.Type == "message/global" || a.Type == "text/rfc822-headers" || a.Type == "message/global-headers" {
			raw, err := content(ctx, a)
			if err != nil {
				return nil, fmt.Errorf("read the mail that %q is about: %w", m.Subject, err)
			}
			head := mailparse.Head(raw, mailparse.Limits{})
			r.MessageID, r.Subject = head.MessageID, head.Subject
			break
		}
	}
	return r, nil
}

// reportPart returns the machine part of a report; nil if there is none.
func reportPart(m *connector.Message) *connector.Attachment {
	for _, a := range m.Attachments {
		if a.Kind == connector.KindReport && strings.HasPrefix(a.Type, "message/") && !strings.HasSuffix(a.Type, "-headers") {
			return a
		}
	}
	return nil
}

// readStatus reads a report that is in memory.
func readStatus(part *connector.Attachment) (*Report, error) {
	raw, err := content(context.Background(), part)
	if err != nil {
		return nil, err
	}
	return parseReport(part.Type, raw), nil
}

// content reads the beginning of a part.
func content(ctx context.Context, a *connector.Attachment) ([]byte, error) {
	r, err := a.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, maxReport))
}

// parseReport reads a machine part: groups of fields, the first about the mail, each other one about
// a recipient.
func parseReport(mediaType string, raw []byte) *Report {
	r := &Report{Kind: Bounce}
	switch {
	case strings.HasSuffix(mediaType, "disposition-notification"):
		r.Kind = Receipt
	case mediaType == "message/feedback-report":
		r.Kind = Complaint
	}
	for _, block := range blocks(raw) {
		fields := connector.Header{}
		for _, f := range mailparse.Head(block, mailparse.Limits{}).Fields {
			fields = append(fields, connector.HeaderField{Name: f.Name, Value: f.Value})
		}
		r.take(fields)
	}
	if r.Kind == Bounce {
		r.Kind = kindOfActions(r.Recipients)
	}
	return r
}

// blocks cuts a machine part at its empty lines.
func blocks(raw []byte) [][]byte {
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	var out [][]byte
	for _, b := range bytes.Split(raw, []byte("\n\n")) {
		if b = bytes.Trim(b, "\n"); len(b) > 0 {
			out = append(out, append(b[:len(b):len(b)], "\n\n"...))
		}
	}
	return out
}

// take reads one group of fields.
func (r *Report) take(h connector.Header) {
	if by := first(h, "Reporting-MTA", "Reporting-UA"); by != "" {
		r.By = value(by)
	}
	if at, ok := mailparse.Date(h.Get("Arrival-Date")); ok {
		r.Arrived = at
	}
	if id := first(h, "Original-Message-ID"); id != "" {
		r.MessageID = strings.Trim(id, "<> ")
	}
	rcpt := Recipient{
		Address: address(first(h, "Final-Recipient", "Original-Rcpt-To", "Original-Recipient")), Original: address(h.Get("Original-Recipient")),
		Action: keyword(h.Get("Action")), Status: code.FindString(h.Get("Status")),
		Diagnostic: value(h.Get("Diagnostic-Code")), Remote: value(h.Get("Remote-MTA")),
	}
	if _, what, ok := strings.Cut(h.Get("Disposition"), ";"); ok {
		rcpt.Action, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(what)), "/")
	}
	rcpt.RetryUntil, _ = mailparse.Date(h.Get("Will-Retry-Until"))
	if rcpt.Address != "" {
		r.Recipients = append(r.Recipients, rcpt)
	}
}

// code is an enhanced status code.
var code = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)

// kindOfActions is the worst that happened to a recipient.
func kindOfActions(rs []Recipient) Kind {
	kind := Bounce
	for i, r := range rs {
		switch r.Action {
		case "failed", "":
			return Bounce
		case "delayed":
			kind = Delay
		default:
			if i == 0 {
				kind = Delivered
			}
		}
	}
	return kind
}

// first returns the first of the named fields that is there.
func first(h connector.Header, names ...string) string {
	for _, n := range names {
		if v := h.Get(n); v != "" {
			return v
		}
	}
	return ""
}

// value cuts the type off a typed value: "dns; mx.example.com" (RFC 3464 §2.1.2).
func value(v string) string {
	if _, after, ok := strings.Cut(v, ";"); ok {
		v = after
	}
	return strings.TrimSpace(v)
}

// address is value for an address, without angle brackets.
func address(v string) string { return strings.Trim(value(v), "<> ") }
