package keyvault

import (
	"errors"
	"strings"
	"time"
)

// Kinds of failure. errors.Is answers them through an *Error.
var (
	ErrNotFound    = errors.New("not found")                   // no such secret, field or version
	ErrRefused     = errors.New("refused")                     // the vault knows us and says no, or does not know us
	ErrUnavailable = errors.New("the vault is unavailable")    // down, unreachable, sealed, throttled: later may work
	ErrConfig      = errors.New("the configuration is wrong")  // wrong on our side, whatever the vault does
	ErrEmpty       = errors.New("the value is empty")          // there, but of no use as a credential
	ErrNotText     = errors.New("the value is not one string") // a whole JSON where one string is wanted
)

// Error is what every vault answers when it cannot give a secret. It names the place
// and the way out, never a value, nor a part of one.
type Error struct {
	Vault      string        // the vault's usual name: "hashicorp", "env"
	Path       string        // the secret's name in that vault, without field and version
	Version    string        // the version asked for, "" = newest
	Field      string        // the field asked for, "" = the whole value
	Kind       error         // one of the kinds above, or errors.ErrUnsupported
	Remedy     string        // what to write, set, or ask the administrator for
	RetryAfter time.Duration // what the vault asked for, 0 = nothing
	Err        error         // the cause, nil where the kind says all
}

// Error gives one line: vault, path, field, kind, cause, remedy.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("keyvault")
	part := func(label, s string) {
		if s != "" {
			b.WriteString(label + s)
		}
	}
	part(": ", e.Vault)
	part(": ", e.Path)
	part(", version ", e.Version)
	part(", field ", e.Field)
	if e.Kind != nil {
		part(": ", e.Kind.Error())
	}
	if e.Err != nil {
		part(": ", oneLine(e.Err.Error()))
	}
	part("; ", e.Remedy)
	return b.String()
}

// Unwrap gives kind and cause.
func (e *Error) Unwrap() []error {
	var errs []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// Temporary tells whether the same request may succeed later, for callers that do
// not know this package: they ask for the method.
func (e *Error) Temporary() bool { return errors.Is(e.Kind, ErrUnavailable) }

// NotFound tells whether the vault has no such secret, for callers that do not know this package.
func (e *Error) NotFound() bool { return errors.Is(e.Kind, ErrNotFound) }

// retryAfter is the pause that the vault asked for, 0 if none.
func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// oneLine folds the lines of an SDK's error: SDKs like lists.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Cause gives an error with a text of its own that unwraps to err: for the errors of SDKs,
// whose fields may hold headers and bodies. It keeps err in a closure, as Secret does.
func Cause(text string, err error) error { return &cause{text: text, err: func() error { return err }} }

type cause struct {
	text string
	err  func() error
}

func (c *cause) Error() string { return c.text }
func (c *cause) Unwrap() error { return c.err() }
