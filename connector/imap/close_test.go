package imap_test

import (
	"bytes"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// TestCloseBesideRead closes a mail that another goroutine reads, after any time: the reader is let go, and the
// connections go on to be of use. With -race it shows that the two do not meet.
func TestCloseBesideRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		b, err := w.server().Open(t.Context(), []connector.Folder{connector.Inbox})
		require.NoError(t, err)
		defer b.(io.Closer).Close()
		mark, err := b.End(t.Context())
		require.NoError(t, err)
		w.box.Deliver(append([]byte("Subject: large\r\n\r\n"), bytes.Repeat([]byte("streamed\r\n"), 300_000)...), mailstore.Delivery{})
		envs, _, err := b.Arrivals(t.Context(), mark)
		require.NoError(t, err)
		w.fake.Delay(time.Millisecond)
		for i := range 60 {
			src, err := b.Fetch(t.Context(), envs[0].ID, connector.DepthWhole)
			require.NoError(t, err)
			done := make(chan error, 1)
			go func() {
				_, err := io.Copy(io.Discard, src)
				done <- err
			}()
			time.Sleep(time.Duration(i) * 100 * time.Microsecond)
			require.NoError(t, src.Close())
			if err := <-done; err != nil {
				assert.ErrorIs(t, err, os.ErrClosed)
				assert.ErrorIs(t, err, connector.ErrUnavailable)
			}
			_, err = src.Read(make([]byte, 1))
			require.ErrorIs(t, err, os.ErrClosed)
			require.NoError(t, src.Close())
		}
		_, _, err = b.Arrivals(t.Context(), mark)
		require.NoError(t, err)
		assert.LessOrEqual(t, w.fake.Connections(), 2)
	})
}

// A mail of which nothing comes any more is let go when it is closed.
func TestCloseEndsARead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		b, err := w.server().Open(t.Context(), []connector.Folder{connector.Inbox})
		require.NoError(t, err)
		defer b.(io.Closer).Close()
		mark, err := b.End(t.Context())
		require.NoError(t, err)
		w.box.Deliver(bytes.Repeat([]byte("X-Long: streamed\r\n"), 300_000), mailstore.Delivery{})
		envs, _, err := b.Arrivals(t.Context(), mark)
		require.NoError(t, err)
		src, err := b.Fetch(t.Context(), envs[0].ID, connector.DepthWhole)
		require.NoError(t, err)
		w.fake.Freeze()
		start, done := time.Now(), make(chan error, 1)
		go func() {
			_, err := io.Copy(io.Discard, src)
			done <- err
		}()
		synctest.Wait()
		require.NoError(t, src.Close())
		require.ErrorIs(t, <-done, os.ErrClosed)
		assert.Zero(t, time.Since(start))
	})
}
