package graph

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/faults"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/wire"
	"github.com/cloudmail-go/cloudmail/connector/internal/retryafter"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
)

// failed makes the one kind of error that a backend returns. What came over the wire decides, since
// the SDK's errors have lost half of it; errors.As finds the SDK's own below.
func (c *client) failed(ctx context.Context, op string, about faults.Subject, rec *wire.Record, err error) error {
	var e *connector.Error
	f := rec.Failure()
	switch known := asError(err); {
	case known != nil: // of the sign-in
		e = known
	case ctx.Err() != nil:
		e = &connector.Error{Kind: connector.ErrUnavailable, Err: context.Cause(ctx)}
	case f != nil:
		e = faults.Explain(f, about)
		if a, ok := errors.AsType[*faults.GraphError](e.Err); ok {
			a.SDK = sdkError(err)
		}
	default:
		e = networkError(cmp.Or(rec.Err(), err))
	}
	e = c.server.typed(op, e)
	c.hold.tell(e.RetryAfter)
	return e
}

// typed fills operation and mailbox in.
func (o Office365) typed(op string, e *connector.Error) *connector.Error {
	own := *e
	own.Op, own.Mailbox = cmp.Or(e.Op, op), o.Mailbox()
	return &own
}

// asError returns the typed error within an error, nil if there is none.
func asError(err error) *connector.Error {
	e, _ := errors.AsType[*connector.Error](err)
	return e
}

// sdkError prepares the SDK's error for whoever looks at it: its Error method does not survive an
// answer without a message.
func sdkError(err error) error {
	e, ok := errors.AsType[*odataerrors.ODataError](err)
	if !ok {
		return nil
	}
	if e.GetErrorEscaped() == nil {
		e.SetErrorEscaped(odataerrors.NewMainError())
	}
	if m := e.GetErrorEscaped(); m.GetMessage() == nil {
		m.SetMessage(new(string))
	}
	return e
}

// The remedies of errors that no service answered.
const (
	checkNetwork = "check the network, Proxy and NoProxy"
	checkTrust   = "does a proxy open TLS here? Put its certificate authority into RootCAs"
	checkHost    = "is the service reachable under this name from here?"
	checkProxy   = "the proxy does not let us through: check Proxy and NoProxy"
	brokeOff     = "the answer broke off: if it happens again, a proxy or the network cuts it"
	noAnswer     = "what came is not of the service: check Cloud, AuthorityHost, Endpoint and the proxy"
)

// networkError is an error without an answer, or of an answer that broke off.
func networkError(err error) *connector.Error {
	e := &connector.Error{Kind: connector.ErrUnavailable, Err: plain(err), Remedy: checkNetwork}
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, name := errors.AsType[*net.DNSError](err)
	proxy, refused := errors.AsType[proxyError](err)
	switch {
	case errors.Is(err, wire.ErrForeignHost):
		e.Kind, e.Remedy = connector.ErrUnexpected, "the answer led to another host, which is not followed: check Endpoint"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		e.Remedy = brokeOff
	case untrusted:
		e.Kind, e.Remedy = connector.ErrConfig, checkTrust
	case refused && proxy == http.StatusProxyAuthRequired:
		e.Kind, e.Remedy = connector.ErrConfig, faults.ProxyLogin
	case refused:
		e.Remedy = checkProxy
	case name:
		e.Remedy = checkHost
	case !isNetwork(err):
		e.Kind, e.Remedy = connector.ErrUnexpected, noAnswer
	}
	return e
}

// isNetwork reports whether the network, and not the answer, is what failed.
func isNetwork(err error) bool {
	_, http := errors.AsType[*url.Error](err)
	_, op := errors.AsType[*net.OpError](err)
	_, name := errors.AsType[*net.DNSError](err)
	return http || op || name || errors.Is(err, wire.ErrSilent) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// plain takes the address out of an error of net/http, which names the mailbox and much else.
func plain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// signInError says what Entra's refusal means. fresh: another secret may be accepted.
func (o Office365) signInError(ctx context.Context, rec *wire.Record, err error) (e *connector.Error, fresh bool) {
	f := cmp.Or(rec.Failure(), answerIn(err))
	switch known := asError(err); {
	case known != nil:
		return known, false
	case ctx.Err() != nil:
		e = &connector.Error{Kind: connector.ErrUnavailable, Err: context.Cause(ctx)}
	case f != nil:
		e, fresh = entraError(f, err)
	case o.TokenCredential != nil && !isNetwork(err):
		e = &connector.Error{Kind: connector.ErrAuth, Err: &credentialError{err}, Remedy: "check the credential that TokenCredential holds"}
	case asError(rec.Err()) != nil:
		e = asError(rec.Err())
	default:
		e = networkError(cmp.Or(rec.Err(), err))
	}
	return o.typed("sign in", e), fresh
}

// entraError reads an answer of the token endpoint.
func entraError(f *wire.StatusError, err error) (e *connector.Error, fresh bool) {
	answer, ok := oauth.ParseEntraError(f.Status, f.Body)
	if !ok {
		e = faults.Explain(f, faults.Mailbox)
		if errors.Is(e, connector.ErrNoMailbox) || errors.Is(e, connector.ErrPermission) {
			e.Kind, e.Remedy = connector.ErrUnexpected, "something else than Entra answered: check Cloud, AuthorityHost and the proxy"
		}
		e.Err = f // it names the host
		return e, false
	}
	remedy, kind := answer.Explain()
	e = &connector.Error{Kind: kind, Remedy: remedy, RetryAfter: retryafter.Header(f.Header), Err: &entraRefusalError{answer, azureError(err)}}
	return e, answer.FreshMayHelp()
}

// answerIn is Entra's answer to a credential of the caller's own, which makes its own requests.
func answerIn(err error) *wire.StatusError {
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if !ok || failed.RawResponse == nil || failed.RawResponse.Body == nil {
		return nil
	}
	resp := failed.RawResponse
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16)) // of an answer that was read before
	f := &wire.StatusError{Status: resp.StatusCode, Header: resp.Header, Body: body}
	if resp.Request != nil {
		f.Host = resp.Request.URL.Hostname()
	}
	return f
}

// credentialError is an error of the caller's credential, told by its first line.
type credentialError struct{ err error }

func (e *credentialError) Error() string {
	line, _, _ := strings.Cut(e.err.Error(), "\n")
	return "TokenCredential gave no token: " + strings.TrimSpace(line)
}

func (e *credentialError) Unwrap() error { return e.err }

func azureError(err error) error {
	if e, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok {
		return e
	}
	return nil
}

// entraRefusalError is Entra's refusal; errors.As finds the Azure SDK's error below it.
type entraRefusalError struct {
	*oauth.EntraError
	sdk error
}

func (e *entraRefusalError) Unwrap() []error {
	if e.sdk == nil {
		return []error{e.EntraError}
	}
	return []error{e.EntraError, e.sdk}
}
