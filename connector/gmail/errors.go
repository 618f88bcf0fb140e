package gmail

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"google.golang.org/api/googleapi"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/retryafter"
)

// fail makes the error that a call returns: its kind, what it means, and what to do.
func (b *backend) fail(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return &connector.Error{Op: op, Mailbox: b.set.Address, Kind: connector.ErrUnavailable, Err: ctx.Err()}
	}
	if a, ok := errors.AsType[*googleapi.Error](err); ok {
		return b.refusal(op, a)
	}
	return b.set.about(op, err)
}

// about makes an error of anything but an answer of the API.
func (w Workspace) about(op string, err error) error {
	if e, ok := errors.AsType[*connector.Error](err); ok {
		own := *e
		own.Op, own.Mailbox = cmp.Or(own.Op, op), cmp.Or(own.Mailbox, w.Address)
		return &own
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // what is around it is our own URL
	}
	return w.about(op, typed(err))
}

// typed makes an error of what happens on the way to Google and back.
func typed(err error) error {
	if _, ok := errors.AsType[*connector.Error](err); ok {
		return err
	}
	kind, remedy := transportKind(err)
	return &connector.Error{Kind: kind, Err: err, Remedy: remedy}
}

// transportKind sorts what happens on the way to Google and back.
func transportKind(err error) (kind error, remedy string) { //nolint:staticcheck // kind is the answer, not a failure
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, name := errors.AsType[*net.DNSError](err)
	op, network := errors.AsType[*net.OpError](err)
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, shape := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case untrusted:
		return connector.ErrConfig, "does a proxy open TLS? Put its certificate into RootCAs"
	case name:
		return connector.ErrUnavailable, "is this machine online, and Endpoint right?"
	case network && op.Op == "proxyconnect":
		return connector.ErrUnavailable, "the proxy does not answer: see Proxy, NoProxy, and HTTPS_PROXY"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return connector.ErrUnavailable, checkNetwork
	case syntax, shape, errors.Is(err, errAnswer), isBase64(err):
		return connector.ErrUnexpected, "is a proxy or a login page between? See Proxy and NoProxy"
	}
	return connector.ErrUnavailable, checkNetwork
}

// isBase64 reports whether a mail's encoding is broken.
func isBase64(err error) bool {
	_, ok := errors.AsType[base64.CorruptInputError](err)
	return ok
}

// config is an ErrConfig about a field.
func (w Workspace) config(what, remedy string) error {
	return &connector.Error{Op: "connect", Mailbox: w.Address, Kind: connector.ErrConfig, Err: errors.New(what), Remedy: remedy}
}

// noFolder is what a folder gets that is not there.
func (b *backend) noFolder(op string, f connector.Folder) error {
	return &connector.Error{Op: op, Mailbox: b.set.Address, Kind: connector.ErrConfig, Err: fmt.Errorf("the mailbox has no label %q", string(f)),
		Remedy: "Session.Folders lists those it has"}
}

// status returns the HTTP status and the reasons of an answer of the API; 0 for any other error.
func status(err error) (code int, reasons []string) {
	a, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		return 0, nil
	}
	for _, e := range a.Errors {
		reasons = append(reasons, e.Reason)
	}
	for _, d := range a.Details {
		if info, ok := d.(map[string]any); ok {
			if r, ok := info["reason"].(string); ok {
				reasons = append(reasons, r)
			}
		}
	}
	return a.Code, reasons
}

// answer is a refusal in our words; the API client's error is behind it.
type answer struct {
	meaning string
	err     *googleapi.Error
}

// Error returns the meaning, and Google's own words behind it.
func (a *answer) Error() string {
	_, reasons := status(a.err)
	words := append([]string{fmt.Sprint("HTTP ", a.err.Code)}, reasons...)
	if text := shorten(a.err.Message); text != "" {
		words = append(words, text)
	}
	return a.meaning + " (" + strings.Join(words, ", ") + ")"
}

// Unwrap returns the API client's error.
func (a *answer) Unwrap() error { return a.err }

// refusal makes an error of an answer of the API.
func (b *backend) refusal(op string, a *googleapi.Error) error {
	row := lookup(op, a)
	return &connector.Error{Op: op, Mailbox: b.set.Address, Kind: row.kind, Err: &answer{row.meaning, a},
		Remedy: b.fill(row.remedy, a), RetryAfter: pause(a)}
}

// pause is how long Google asks to wait: in the header, or in the text.
func pause(a *googleapi.Error) time.Duration {
	if d := retryafter.Header(a.Header); d > 0 {
		return d
	}
	return retryafter.Text(a.Message, retryafter.Now(a.Header))
}

// fill puts into a remedy what it names.
func (b *backend) fill(remedy string, a *googleapi.Error) string {
	email, id := b.tokens.Account()
	if id == "" {
		id = "the client ID of the service account"
	}
	if email == "" {
		email = "the service account"
	}
	link := "https://console.cloud.google.com/apis/library/gmail.googleapis.com"
	for _, word := range strings.Fields(a.Message) {
		if strings.HasPrefix(word, "https://console.") {
			link = word
		}
	}
	return strings.NewReplacer("{client}", id, "{email}", email, "{subject}", b.set.Subject, "{link}", link,
		"{scopes}", strings.Join(b.set.Scopes, ",")).Replace(remedy)
}

// shorten bounds foreign text.
func shorten(s string) string {
	if len(s) > 300 {
		return s[:300] + "…"
	}
	return s
}
