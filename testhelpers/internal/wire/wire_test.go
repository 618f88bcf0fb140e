package wire_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cloudmail-go/cloudmail/testhelpers/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// greet says ten bytes, and then what it hears.
func greet(c net.Conn) {
	if _, err := io.WriteString(c, "0123456789"); err == nil {
		_, _ = io.Copy(c, c)
	}
}

// straight is a door whose connections greet.
func straight() *wire.Door { return wire.NewDoor(func(c *wire.Conn) { greet(c) }) }

// carried is one whose connections are carried to what greets.
func carried() *wire.Door {
	return wire.NewDoor(func(c *wire.Conn) {
		near, own := net.Pipe()
		var greeting sync.WaitGroup
		greeting.Go(func() {
			defer own.Close()
			greet(own)
		})
		c.Carry(near)
		greeting.Wait()
	})
}

func dial(t *testing.T, d *wire.Door) net.Conn {
	t.Helper()
	c, err := d.DialContext(t.Context(), "", "")
	require.NoError(t, err)
	return c
}

func TestDoorEndsAllItLetIn(t *testing.T) {
	t.Parallel()
	d := straight()
	require.NoError(t, d.Listen())
	tcp, err := net.Dial("tcp", d.Addr())
	require.NoError(t, err)
	defer tcp.Close()
	memory := dial(t, d)
	for _, c := range []net.Conn{tcp, memory} {
		_, err := io.ReadFull(c, make([]byte, 10))
		require.NoError(t, err)
	}
	assert.Equal(t, 2, d.Len())
	d.Down()
	_, err = d.DialContext(t.Context(), "", "")
	require.ErrorContains(t, err, "connection refused")
	for _, c := range []net.Conn{tcp, memory} {
		_, err := c.Read(make([]byte, 1))
		require.Error(t, err)
	}
	d.Up()
	_, err = io.ReadFull(dial(t, d), make([]byte, 10))
	require.NoError(t, err)
	require.NoError(t, d.Close())
	require.NoError(t, d.Close())
	assert.Zero(t, d.Len())
	_, err = d.DialContext(t.Context(), "", "")
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestDialEndsWithItsContext(t *testing.T) {
	t.Parallel()
	d := straight()
	defer d.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := d.DialContext(ctx, "", "")
	require.ErrorIs(t, err, context.Canceled)
}

func TestCarryBreaksAtAnyByte(t *testing.T) {
	t.Parallel()
	d := carried()
	defer d.Close()
	for n := range int64(11) {
		d.Cuts.Push(n, 1)
		got, err := io.ReadAll(dial(t, d))
		require.NoError(t, err)
		assert.Equal(t, "0123456789"[:n], string(got))
	}
	c := dial(t, d)
	_, err := io.ReadFull(c, make([]byte, 10))
	require.NoError(t, err)
	_, err = c.Write([]byte("x"))
	require.NoError(t, err, "the next one is whole")
}

func TestCarryTakesHalfATripEachWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := carried()
		d.Trip.Set(50 * time.Millisecond)
		defer d.Close()
		began := time.Now()
		c := dial(t, d)
		_, err := io.ReadFull(c, make([]byte, 10))
		require.NoError(t, err)
		assert.Equal(t, 25*time.Millisecond, time.Since(began))
		_, err = c.Write([]byte("x"))
		require.NoError(t, err)
		_, err = io.ReadFull(c, make([]byte, 1))
		require.NoError(t, err)
		assert.Equal(t, 75*time.Millisecond, time.Since(began))
	})
}

func TestCarryFreezesWhatIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := carried()
		defer d.Close()
		c := dial(t, d)
		_, err := io.ReadFull(c, make([]byte, 10))
		require.NoError(t, err)
		d.Freeze()
		_, err = c.Write([]byte("x"))
		require.NoError(t, err, "nobody is told")
		require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Hour)))
		_, err = c.Read(make([]byte, 1))
		require.ErrorContains(t, err, "timeout")
		_, err = io.ReadFull(dial(t, d), make([]byte, 10))
		require.NoError(t, err, "a new one works")
	})
}
