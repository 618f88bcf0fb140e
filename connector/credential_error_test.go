package connector_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cloudmail-go/cloudmail/connector"
)

// sealed is the error of a vault, as far as a backend can see it.
type sealed bool

func (sealed) Error() string     { return "the vault is sealed" }
func (s sealed) Temporary() bool { return bool(s) }

func TestCredentialError(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ err, kind error }{
		{errors.New("no such secret"), connector.ErrAuth},
		{sealed(false), connector.ErrAuth},
		{sealed(true), connector.ErrUnavailable},
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, connector.ErrUnavailable},
		{context.DeadlineExceeded, connector.ErrUnavailable},
		{&connector.Error{Kind: connector.ErrConfig}, connector.ErrConfig},
	} {
		err := connector.CredentialError("qa@example.com", row.err)
		assert.ErrorIs(t, err, row.kind)
		assert.ErrorIs(t, err, row.err)
	}
}
