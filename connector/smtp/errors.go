package smtp

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/link"
)

// The failures that no server words are for.
var (
	errNoSTARTTLS = errors.New("the server does not begin TLS by STARTTLS")
	errNeedsTLS   = errors.New("the submission server takes no login without TLS")
	errNoToken    = errors.New("the submission server does not offer XOAUTH2")
	errNoLogin    = errors.New("the submission server offers no way to log in with a password")
	errControl    = errors.New("the secret has a control character")
	errUTF8       = errors.New("an address or a header field goes beyond ASCII, and the submission server takes none such (SMTPUTF8)")
	errEndless    = errors.New("the submission server does not end its answer")
	errAddress    = errors.New("no mail address")
)

// local are failures with their meaning.
var local = map[error]link.Meaning{
	errNoSTARTTLS: {Kind: connector.ErrConfig, Remedy: "use Security tls, or let the administrator switch STARTTLS on; if it was there before, somebody tampers with the connection"},
	errNeedsTLS:   {Kind: connector.ErrConfig, Remedy: "set Submission's Security to starttls or tls"},
	errNoToken:    {Kind: connector.ErrConfig, Remedy: "set Submission's Password in place of Token"},
	errNoLogin:    {Kind: connector.ErrConfig, Remedy: "set Submission's Token in place of Password"},
	errControl:    {Kind: connector.ErrConfig, Remedy: "is it the right secret?"},
	errUTF8:       {Kind: connector.ErrConfig, Remedy: "write to addresses of ASCII, or submit to a server that announces SMTPUTF8"},
	errEndless:    {Kind: connector.ErrUnexpected, Remedy: "is it a submission server? Check Submission's Host and Port"},
	errAddress:    {Kind: connector.ErrConfig, Remedy: `write "local@domain"`},
}

// loginError is a failure of the login.
type loginError struct{ err error }

func (e *loginError) Error() string { return e.err.Error() }
func (e *loginError) Unwrap() error { return e.err }

// rcptError is a refusal of a recipient.
type rcptError struct {
	address string
	err     error
}

func (e *rcptError) Error() string { return fmt.Sprintf("recipient %s: %v", e.address, e.err) }
func (e *rcptError) Unwrap() error { return e.err }

// halfSentError is a failure after the mail began to be sent.
type halfSentError struct{ err error }

func (e *halfSentError) Error() string { return e.err.Error() }
func (e *halfSentError) Unwrap() error { return e.err }

// fail makes the error that a call returns. That a mail may be under way is said also where the
// context ended over it.
func (s *Sender) fail(ctx context.Context, op string, err error) error {
	failed := link.Fail(ctx, op, s.mailbox, err, meaning)
	if e, ok := errors.AsType[*connector.Error](failed); ok && e.Remedy == "" {
		e.Remedy = halfSent(err)
	}
	return failed
}

// halfSent is what to do about a mail that may be under way; "" if it is not.
func halfSent(err error) string {
	_, replied := errors.AsType[*textproto.Error](err)
	if _, half := errors.AsType[*halfSentError](err); !half || replied {
		return ""
	}
	return "the mail may have been sent: look before you send it again"
}

// meaning sorts what went wrong. A reply of 4xx means that nothing was taken and that later it may
// be (RFC 5321 §4.2.1), at whatever point it comes.
func meaning(err error) link.Meaning {
	for known, m := range local {
		if errors.Is(err, known) {
			return m
		}
	}
	reply, replied := errors.AsType[*textproto.Error](err)
	_, login := errors.AsType[*loginError](err)
	switch {
	case halfSent(err) != "":
		return link.Meaning{Kind: connector.ErrUnavailable, Remedy: halfSent(err)}
	case !replied:
		return link.Way(err)
	case reply.Code >= 400 && reply.Code < 500:
		return link.Meaning{Kind: connector.ErrThrottled}
	case login:
		return loginMeaning(reply)
	}
	return replyMeaning(err, reply)
}

// loginMeaning is what a refused login means.
func loginMeaning(r *textproto.Error) link.Meaning {
	if strings.Contains(r.Msg, "5.7.139") || strings.Contains(strings.ToLower(r.Msg), "smtpclientauthentication is disabled") {
		return link.Meaning{Kind: connector.ErrPermission, Remedy: "let an administrator switch on Authenticated SMTP for the mailbox (Set-CASMailbox -SmtpClientAuthenticationDisabled $false)"}
	}
	return link.Meaning{Kind: connector.ErrAuth, Remedy: link.RefusedRemedy}
}

// replyMeaning is what a refusal for good means, by its enhanced code (RFC 3463).
func replyMeaning(err error, r *textproto.Error) link.Meaning {
	_, rcpt := errors.AsType[*rcptError](err)
	switch {
	case strings.HasPrefix(r.Msg, "5.7."):
		return link.Meaning{Kind: connector.ErrPermission, Remedy: "may this account send as this address, and to this recipient?"}
	case strings.HasPrefix(r.Msg, "5.3.4"), strings.HasPrefix(r.Msg, "5.2.3"):
		return link.Meaning{Kind: connector.ErrConfig, Remedy: "the mail is larger than the server takes: send a smaller attachment"}
	case rcpt:
		return link.Meaning{Kind: connector.ErrNoMailbox, Remedy: "the server does not take this recipient"}
	}
	return link.Meaning{Kind: connector.ErrUnexpected}
}
