package pop3

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/link"
)

// RefusalError is an answer of the server that begins with -ERR: what errors.As finds in an error of
// this package.
type RefusalError struct {
	Command string // the command that was refused, without its arguments
	Code    string // the response code, such as "IN-USE" (RFC 2449 §8, RFC 3206); may be empty
	Text    string // the server's own words
	Reason  string // why a token was refused: JSON (RFC 7628 §3.2.2); may be empty
}

// Error returns the command and the server's words.
func (r *RefusalError) Error() string {
	words := r.Text
	if r.Code != "" {
		words = "[" + r.Code + "] " + words
	}
	if r.Reason != "" {
		words += " " + r.Reason
	}
	return "the server refuses " + r.Command + ": " + link.Shorten(words)
}

// codes are the response codes that say what kind of failure it is.
// https://www.iana.org/assignments/pop3-extension-mechanism
var codes = map[string]link.Meaning{
	"IN-USE":      {Kind: connector.ErrUnavailable, Remedy: "another program has the maildrop open: give the tests a mailbox of their own"},
	"LOGIN-DELAY": {Kind: connector.ErrThrottled, Remedy: "the server wants more time between logins: share one session among the tests"},
	"SYS/TEMP":    {Kind: connector.ErrUnavailable, Remedy: ""},
	"SYS/PERM":    {Kind: connector.ErrUnexpected, Remedy: "the server says that waiting will not help: ask its administrator"},
	"AUTH":        {Kind: connector.ErrAuth, Remedy: link.RefusedRemedy},
}

// explain says what kind of failure a refusal is. Without a response code the words decide, as far
// as servers agree on them.
func (r *RefusalError) explain() link.Meaning {
	if known, ok := r.loginMeaning(); ok {
		return known
	}
	if known, ok := codes[strings.ToUpper(r.Code)]; ok {
		return known
	}
	switch {
	case r.says("locked", "in use", "lock busy", "already open", "busy"):
		return codes["IN-USE"]
	case r.says("too many", "too frequent", "too often", "minimum time", "login rate", "throttled"):
		return codes["LOGIN-DELAY"]
	case r.says("temporar", "try again", "try later", "internal error", "unavailable", "timeout"):
		return codes["SYS/TEMP"]
	case r.login():
		return codes["AUTH"]
	}
	return link.Meaning{Kind: connector.ErrUnexpected, Remedy: ""}
}

// loginMeaning is what the words of a refused login mean that no response code is for.
func (r *RefusalError) loginMeaning() (m link.Meaning, ok bool) {
	switch {
	case !r.login():
		return m, false
	case r.says("stls", "use tls", "begin tls", "without tls", "requires tls", "plaintext authentication disallowed"):
		return link.Meaning{Kind: connector.ErrConfig, Remedy: "the server takes no login without TLS: set Security to starttls or tls"}, true
	case r.says("account") && r.says("locked out", "is locked", "suspended", "disabled") && !r.says("session", "another"):
		return link.Meaning{Kind: connector.ErrPermission, Remedy: "have the account unlocked or enabled, and put the secret right before: wrong ones lock it again"}, true
	}
	return m, false
}

// says reports whether any of the words is in the server's, whatever their letter case.
func (r *RefusalError) says(words ...string) bool {
	text := strings.ToLower(r.Text)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// login reports whether a login was refused.
func (r *RefusalError) login() bool {
	switch r.Command {
	case "USER", "PASS", "APOP", "AUTH":
		return true
	}
	return false
}

// The failures that no server words are for.
var (
	errLongLine = errors.New("the answer has a line without end")
	errGrammar  = errors.New("the answer is not POP3")
	errTooBig   = errors.New("the mail is larger than MaxMail")
	errInjected = errors.New("the server sent something in the clear behind its answer to STLS")
	errNoSTLS   = errors.New("the server does not begin TLS by STLS")
	errNoUIDL   = errors.New("the server gives no unique ids (UIDL)")
	errNoToken  = errors.New("the server offers neither XOAUTH2 nor OAUTHBEARER")
	errNoLogin  = errors.New("the server offers no way to log in with a password")
	errNoStamp  = errors.New("the server's greeting has no timestamp for APOP")
	errControl  = errors.New("the secret has a line break or a NUL")
)

// local are failures with their meaning.
var local = map[error]link.Meaning{
	errLongLine: {Kind: connector.ErrUnexpected, Remedy: "is it a POP3 server? Check Host and Port"},
	errGrammar:  {Kind: connector.ErrUnexpected, Remedy: "is it a POP3 server, and Security what it speaks? Check Host, Port and Security"},
	errTooBig:   {Kind: connector.ErrUnexpected, Remedy: "raise MaxMail if such a mail is meant"},
	errInjected: {Kind: connector.ErrUnexpected, Remedy: "somebody tampers with the connection: use Security tls"},
	errNoSTLS:   {Kind: connector.ErrConfig, Remedy: "use Security tls, or let the administrator switch STLS on; if it was there before, somebody tampers with the connection"},
	errNoUIDL:   {Kind: connector.ErrConfig, Remedy: "this server cannot be used: without unique ids new mail cannot be told from old"},
	errNoToken:  {Kind: connector.ErrConfig, Remedy: "set Password in place of Token, or let the administrator switch OAuth on"},
	errNoLogin:  {Kind: connector.ErrConfig, Remedy: "set Token in place of Password: the server wants OAuth 2.0"},
	errNoStamp:  {Kind: connector.ErrConfig, Remedy: "leave Auth empty"},
	errControl:  {Kind: connector.ErrConfig, Remedy: "is it the right secret?"},
}

// fail makes the one kind of error that this package returns.
func (s Server) fail(ctx context.Context, op string, err error) error {
	err = link.Fail(ctx, op, s.Address, err, meaning)
	e, ok := errors.AsType[*connector.Error](err)
	if d, delays := errors.AsType[*delayed](err); ok && delays && errors.Is(e.Kind, connector.ErrThrottled) {
		e.RetryAfter = d.by
	}
	return err
}

// meaning sorts an error of the server, of the way to it, or of ours.
func meaning(err error) link.Meaning {
	for known, m := range local {
		if errors.Is(err, known) {
			return m
		}
	}
	if r, ok := errors.AsType[*RefusalError](err); ok {
		return r.explain()
	}
	return link.Way(err)
}

// delayed is a refusal by a server that announced how long to wait between logins.
type delayed struct {
	by  time.Duration
	err error
}

func (d *delayed) Error() string { return d.err.Error() }
func (d *delayed) Unwrap() error { return d.err }

// config is an ErrConfig about a field.
func (s Server) config(what, remedy string) error {
	return &connector.Error{Op: "connect", Mailbox: s.Address, Kind: connector.ErrConfig, Err: errors.New(what), Remedy: remedy}
}
