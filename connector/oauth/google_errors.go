package oauth

import (
	"cmp"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/retryafter"
)

// GoogleError is an answer of Google's token endpoint, or of IAM, other than success: what
// errors.As finds in an error of this package.
type GoogleError struct {
	Status      int    // HTTP
	Code        string // RFC 6749 §5.2, such as "unauthorized_client"; of IAM the google.rpc status
	Description string // the service's own text
	Meaning     string // what it means here
	blamesKey   bool
}

// Error returns the meaning, and the service's own words behind it.
func (e *GoogleError) Error() string {
	words := strings.TrimSpace(e.Code + ": " + e.Description)
	return fmt.Sprintf("%s (HTTP %d %s)", e.Meaning, e.Status, strings.Trim(words, ": "))
}

// blamesKey reports whether another key file might be taken.
func blamesKey(err error) bool {
	r, ok := errors.AsType[*GoogleError](err)
	return ok && r.blamesKey
}

// refusal makes an error of an answer of the token endpoint. x/oauth2 leaves code and description
// empty on this path, so the body is read here.
func (g *Google) refusal(p party, status int, header http.Header, body []byte) error {
	var a struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &a) != nil || a.Error == "" {
		return foreign(status, header, "the token endpoint")
	}
	row := lookup(googleTable, status, a.Error, a.Description)
	f := facts{party: p, subject: g.conf.Subject, scopes: strings.Join(g.conf.Scopes, ","), header: header}
	return row.make("get access token", f, &GoogleError{Status: status, Code: a.Error, Description: shorten(a.Description)})
}

// refusal makes an error of an answer of IAM, which comes in the google.rpc envelope.
func (k *GoogleKeyless) refusal(status int, header http.Header, body []byte) error {
	var a struct {
		Error struct {
			Message string `json:"message"`
			Status  string `json:"status"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &a) != nil || a.Error.Status == "" {
		return foreign(status, header, "IAM")
	}
	row := lookup(iamTable, status, a.Error.Status, a.Error.Message)
	f := facts{party: k.party(), header: header}
	return row.make("sign through IAM", f, &GoogleError{Status: status, Code: a.Error.Status, Description: shorten(a.Error.Message)})
}

// foreign is an answer that Google did not write: a proxy's page, or an outage.
func foreign(status int, header http.Header, who string) error {
	e := &connector.Error{Op: "get access token", Kind: connector.ErrUnexpected, RetryAfter: retryafter.Header(header),
		Err: fmt.Errorf("%s answered HTTP %d, and not in its own format", who, status), Remedy: "is a proxy between? See Proxy and NoProxy"}
	switch {
	case status == http.StatusTooManyRequests:
		e.Kind = connector.ErrThrottled
	case status >= 500 || status == http.StatusRequestTimeout:
		e.Kind = connector.ErrUnavailable
	}
	return e
}

// notGoogle is a successful answer that is none of Google's.
func notGoogle() error {
	return &connector.Error{Op: "get access token", Kind: connector.ErrUnexpected,
		Err: errors.New("the answer is not in Google's format"), Remedy: "is a proxy or a login page between? See Proxy and NoProxy"}
}

// noToken is a success without what was asked for.
func noToken(what, remedy string) error {
	return &connector.Error{Op: "get access token", Kind: connector.ErrConfig, Err: errors.New(what), Remedy: remedy}
}

// unavailable is a request that got no answer. Typed errors, as a transport may give, are kept.
func unavailable(err error) error {
	if e, ok := errors.AsType[*connector.Error](err); ok {
		own := *e
		own.Op = cmp.Or(own.Op, "get access token")
		return &own
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // what is around it is our own URL
	}
	e := &connector.Error{Op: "get access token", Kind: connector.ErrUnavailable, Err: err}
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		e.Kind, e.Remedy = connector.ErrConfig, "does a proxy open TLS? Put its certificate into RootCAs"
	}
	return e
}

// sourceError types the error of a foreign source of tokens.
func sourceError(err error) error {
	if _, ok := errors.AsType[*connector.Error](err); ok {
		return err
	}
	e := &connector.Error{Op: "get access token", Kind: connector.ErrAuth, Err: errors.New("the source of tokens failed"),
		Remedy: "is its credential still good? Try it alone"}
	if r, ok := errors.AsType[*oauth2.RetrieveError](err); ok { // its text may quote the whole answer
		e.Err = fmt.Errorf("the source of tokens was refused: %s %s", r.ErrorCode, shorten(r.ErrorDescription))
		if r.Response != nil && r.Response.StatusCode >= 500 {
			e.Kind, e.Remedy = connector.ErrUnavailable, ""
		}
		return e
	}
	e.Err = fmt.Errorf("the source of tokens failed: %w", err)
	if errors.Is(connector.CredentialError("", err), connector.ErrUnavailable) {
		e.Kind, e.Remedy = connector.ErrUnavailable, ""
	}
	return e
}

// facts are what a remedy may name.
type facts struct {
	party
	subject, scopes string
	header          http.Header
}

// skew says how far the local clock is from the service's.
func (f facts) skew() string {
	d := time.Since(retryafter.Now(f.header)).Round(time.Second)
	switch {
	case f.header.Get("Date") == "" || d.Abs() < 2*time.Second:
		return "the local clock"
	case d > 0:
		return "the local clock, which is " + d.String() + " ahead of Google's,"
	}
	return "the local clock, which is " + (-d).String() + " behind Google's,"
}

// fill puts the facts into a text.
func (f facts) fill(text string) string {
	id, subject := f.clientID, f.subject
	if id == "" {
		id = "the numeric ID of " + f.email
	}
	if subject == "" {
		subject = "the user"
	}
	return strings.NewReplacer("{client}", id, "{email}", f.email, "{subject}", subject, "{scopes}", f.scopes, "{skew}", f.skew()).Replace(text)
}

// shorten bounds foreign text.
func shorten(s string) string {
	if len(s) > 300 {
		return s[:300] + "…"
	}
	return s
}
