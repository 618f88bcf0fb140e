package graph

import (
	"context"
	"errors"
	"io"
	"net"
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
		if a, ok := errors.AsType[*faults.Answer](e.Err); ok {
			a.SDK = sdkError(err)
		}
	default:
		e = networkError(err)
	}
	return c.server.typed(op, e)
}

// typed fills operation and mailbox in.
func (o Office365) typed(op string, e *connector.Error) *connector.Error {
	own := *e
	own.Op, own.Mailbox = op, o.Mailbox()
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
	checkTrust   = "set RootCAs if a proxy opens TLS here"
	checkHost    = "is the service reachable under this name from here?"
)

// networkError is an error without an answer, or of an answer that broke off.
func networkError(err error) *connector.Error {
	e := &connector.Error{Kind: connector.ErrUnavailable, Err: plain(err), Remedy: checkNetwork}
	var dns *net.DNSError
	text := err.Error()
	switch {
	case errors.Is(err, wire.ErrForeignHost):
		e.Kind, e.Remedy = connector.ErrUnexpected, "the answer led to another host, which is not followed: check Endpoint"
	case errors.Is(err, wire.ErrSilent), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		e.Remedy = "the answer broke off"
	case isFailure(err):
		f, _ := errors.AsType[*wire.Failure](err)
		e = faults.Explain(f, faults.Mailbox)
	case strings.Contains(text, "certificate") || strings.Contains(text, "x509:"):
		e.Remedy = checkTrust
	case errors.As(err, &dns):
		e.Remedy = checkHost
	case !isNetwork(err):
		e.Kind, e.Remedy = connector.ErrUnexpected, "the SDK could not read the answer: please report it with this line"
	}
	return e
}

func isFailure(err error) bool {
	_, ok := errors.AsType[*wire.Failure](err)
	return ok
}

// isNetwork reports whether the network, and not the answer, is what failed.
func isNetwork(err error) bool {
	var u *url.Error
	var n net.Error
	return errors.As(err, &u) || errors.As(err, &n) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
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
	f := rec.Failure()
	switch known := asError(err); {
	case known != nil:
		return known, false
	case ctx.Err() != nil:
		e = &connector.Error{Kind: connector.ErrUnavailable, Err: context.Cause(ctx)}
	case f != nil:
		e, fresh = entraError(f, err)
	case o.TokenCredential != nil && !isNetwork(err):
		e = &connector.Error{Kind: connector.ErrAuth, Err: errors.New("TokenCredential gave no token"), Remedy: "check the credential that TokenCredential holds"}
	case o.FederatedToken != nil && rec.Requests() < 2 && !isNetwork(err):
		e = &connector.Error{Kind: connector.ErrAuth, Err: err, Remedy: "FederatedToken gave no token"}
	default:
		e = networkError(err)
	}
	return o.typed("sign in", e), fresh
}

// entraError reads an answer of the token endpoint.
func entraError(f *wire.Failure, err error) (e *connector.Error, fresh bool) {
	answer, ok := oauth.ParseEntraError(f.Status, f.Body)
	if !ok {
		e = faults.Explain(f, faults.Mailbox)
		if e.Kind == connector.ErrNoMailbox || e.Kind == connector.ErrPermission {
			e.Kind, e.Remedy = connector.ErrUnexpected, "something else than Entra answered: check Cloud, AuthorityHost and the proxy"
		}
		return e, false
	}
	kind, remedy := answer.Explain()
	e = &connector.Error{Kind: kind, Remedy: remedy, RetryAfter: retryafter.Header(f.Header), Err: &entraAnswer{answer, azureError(err)}}
	return e, answer.FreshMayHelp()
}

func azureError(err error) error {
	if e, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok {
		return e
	}
	return nil
}

// entraAnswer is Entra's refusal; errors.As finds the Azure SDK's error below it.
type entraAnswer struct {
	*oauth.EntraError
	sdk error
}

func (e *entraAnswer) Unwrap() []error {
	if e.sdk == nil {
		return []error{e.EntraError}
	}
	return []error{e.EntraError, e.sdk}
}
