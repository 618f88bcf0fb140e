package memory

import (
	"context"
	"errors"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// fail makes the one kind of error that a backend returns.
func (b *backend) fail(op string, kind, cause error, remedy string) *connector.Error {
	return &connector.Error{Op: op, Mailbox: b.server.Address, Kind: kind, Err: cause, Remedy: remedy}
}

// typed makes an error of the store, of the faults or of the context one of connector's.
func (b *backend) typed(op string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*connector.Error](err); ok {
		return e
	}
	var fault *fault
	switch {
	case errors.As(err, &fault):
		e := b.fail(op, fault.kind, errors.New("a fault that the test asked for"), "")
		e.RetryAfter = fault.retryAfter
		return e
	case errors.Is(err, mailstore.ErrNotFound):
		return b.fail(op, connector.ErrNotFound, err, "was it deleted or moved?")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return b.fail(op, connector.ErrUnavailable, err, "")
	}
	return b.fail(op, connector.ErrUnexpected, err, "")
}
