package imap_test

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// dialsMax is more connections than one call may try.
const dialsMax = 10

// TestCutAtEveryByte breaks connections after each byte in turn, in a look and in reading a mail: what is told then is
// whole, or an error beside it says that more is to come. Run with -race it shows that nobody reads on where go-imap does.
func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	small := []byte("Message-ID: <1@example.com>\r\nSubject: first\r\n\r\nbody\r\n")
	for name, raw := range map[string][]byte{"small": small, "large": append(small, bytes.Repeat([]byte("streamed\r\n"), 120_000)...)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, &fakeimap.Options{TLS: fakeimap.Plain})
				server := w.server()
				server.Security = security(fakeimap.Plain)
				b, err := server.Open(t.Context(), []connector.Folder{connector.Inbox, connector.Junk})
				require.NoError(t, err)
				defer b.(io.Closer).Close()
				mark, err := b.End(t.Context())
				require.NoError(t, err)
				for _, subject := range []string{"zero", "last"} {
					w.box.Deliver([]byte("Message-ID: <"+subject+"@example.com>\r\nSubject: "+subject+"\r\n\r\n"), mailstore.Delivery{})
				}
				w.box.Deliver(raw, mailstore.Delivery{})
				whole, _, err := b.Arrivals(t.Context(), mark)
				require.NoError(t, err)
				require.Len(t, whole, 3)
				c := &cutter{t: t, w: w, b: b, mark: mark, whole: whole, raw: raw}
				if name == "small" {
					c.each(1, c.look)
				}
				c.each(int64(1+len(raw)>>17), c.read)
			})
		})
	}
}

// cutter breaks connections, and knows what is true.
type cutter struct {
	t     *testing.T
	w     *world
	b     connector.Backend
	mark  connector.Cursor
	whole []connector.Envelope
	raw   []byte
}

// each cuts all connections of a call after n bytes, for each n until the call succeeds, or, of a long answer, for some.
func (c *cutter) each(step int64, call func() error) {
	succeeded := 0
	for n := int64(1); succeeded == 0; n += step + n/4096*997 {
		c.w.fake.Disconnect()
		cuts := make([]int64, dialsMax)
		for i := range cuts {
			cuts[i] = n
		}
		c.w.fake.CutNext(cuts...)
		if call() == nil {
			succeeded++
		}
		c.w.fake.Clear()
		require.Less(c.t, n, int64(8<<20), "it never succeeds")
	}
}

// look is one that is cut: what it tells is whole, and the cursor beside an error comes to the rest.
func (c *cutter) look() error {
	got, cursor, err := c.b.Arrivals(c.t.Context(), c.mark)
	for _, e := range got {
		assert.Contains(c.t, c.whole, e)
	}
	if err == nil {
		assert.ElementsMatch(c.t, c.whole, got)
		return nil
	}
	assert.ErrorIs(c.t, err, connector.ErrUnavailable)
	c.w.fake.Clear()
	rest, _, again := c.b.Arrivals(c.t.Context(), cursor)
	require.NoError(c.t, again)
	assert.ElementsMatch(c.t, c.whole, append(got, rest...))
	return err
}

// read is one mail whose reading is cut: its content is whole, or reading fails, and fails again.
func (c *cutter) read() error {
	src, err := c.b.Fetch(c.t.Context(), c.whole[2].ID, connector.DepthWhole)
	if err != nil {
		assert.ErrorIs(c.t, err, connector.ErrUnavailable)
		return err
	}
	defer src.Close()
	got, err := io.ReadAll(src)
	if err != nil {
		assert.ErrorIs(c.t, err, connector.ErrUnavailable)
		_, again := src.Read(make([]byte, 1))
		assert.Equal(c.t, err, again)
		return err
	}
	assert.Len(c.t, got, int(c.whole[2].Size))
	assert.True(c.t, bytes.HasSuffix(got, c.raw))
	assert.WithinDuration(c.t, c.whole[2].Received, src.Received, time.Second)
	return nil
}
