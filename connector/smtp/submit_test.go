package smtp_test

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// spoken keeps what is written.
type spoken struct {
	net.Conn
	text *bytes.Buffer
}

func (s *spoken) Write(p []byte) (int, error) {
	s.text.Write(p)
	return s.Conn.Write(p)
}

// listened is a server without TLS and a sender to it, and what the sender says.
func listened(t *testing.T, o *fakesmtp.Options) (*mailstore.Store, *smtp.Sender, *bytes.Buffer) {
	t.Helper()
	store, text := mailstore.New(), new(bytes.Buffer)
	store.Add(peer)
	o.Users = users
	fake, err := fakesmtp.New(store, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, fake.Close()) })
	sender, err := smtp.Server{Host: "localhost", Security: smtp.Plain, Password: connector.Literal("secret"),
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := fake.DialContext(ctx, network, address)
			return &spoken{conn, text}, err
		}}.Sender(me)
	require.NoError(t, err)
	return store, sender, text
}

// TestEnvelope names sender and recipients as RFC 5321 has them, and asks for SMTPUTF8 only where a mail needs it.
func TestEnvelope(t *testing.T) {
	for to, want := range map[string]string{
		peer:                "RCPT TO:<peer@example.com>\r\n",
		"a b@example.com":   "RCPT TO:<\"a b\"@example.com>\r\n",
		"a>b@example.com":   "RCPT TO:<\"a>b\"@example.com>\r\n",
		"grüße@example.com": "RCPT TO:<grüße@example.com>\r\n",
	} {
		store, s, said := listened(t, &fakesmtp.Options{AcceptUnknown: true})
		store.Add(to)
		require.NoError(t, send(t, s, to), to)
		assert.Contains(t, said.String(), "MAIL FROM:<qa@example.com> SIZE=")
		assert.Contains(t, said.String(), want)
		assert.Equal(t, strings.Contains(to, "ü"), strings.Contains(said.String(), " SMTPUTF8\r\n"), to)
	}
	_, s, said := listened(t, &fakesmtp.Options{})
	require.NoError(t, s.Send(t.Context(), []string{peer}, strings.NewReader("From: ü <qa@example.com>\r\n\r\nHello.\r\n")))
	assert.Contains(t, said.String(), " SMTPUTF8\r\n", "for the header's sake")
	_, s, said = listened(t, &fakesmtp.Options{})
	require.NoError(t, s.Send(t.Context(), []string{peer}, strings.NewReader("From: qa@example.com\r\n\r\nGrüße\r\n\r\n")))
	assert.NotContains(t, said.String(), " SMTPUTF8\r\n", "the text needs 8BITMIME alone")
}

// TestNoAddress refuses recipients that would say more to the server than an address.
func TestNoAddress(t *testing.T) {
	for _, to := range []string{"", "nobody", "@example.com", "a@b.example> NOTIFY=NEVER", "a@b.example\r\nRCPT TO:<c@example.com>", "a\r\n@b.example", "a@b.example\x00"} {
		_, s, said := listened(t, &fakesmtp.Options{AcceptUnknown: true})
		require.ErrorIs(t, send(t, s, peer, to), connector.ErrConfig, "%q", to)
		assert.Equal(t, 1, strings.Count(said.String(), "RCPT"), "%q", to)
		assert.NotContains(t, said.String(), "DATA")
	}
}

// TestSizeIsSaidBefore does not send a mail that the server would refuse for its size.
func TestSizeIsSaidBefore(t *testing.T) {
	_, s, said := listened(t, &fakesmtp.Options{MaxSize: 1 << 20})
	err := s.Send(t.Context(), []string{peer}, strings.NewReader(mail+strings.Repeat("xxxxxxxxxxxxxxxxxx\r\n", 100_000)))
	require.ErrorIs(t, err, connector.ErrConfig)
	require.ErrorContains(t, err, "larger than the server takes")
	require.Less(t, said.Len(), 1000)
}

// TestEndlessAnswer hears a server that never ends its answer, by one line or by many, no further than an answer can go.
func TestEndlessAnswer(t *testing.T) {
	for _, more := range []string{"250-more\r\n", "more"} {
		var said atomic.Int64
		sender, err := smtp.Server{Host: "localhost", Security: smtp.Plain, Password: connector.Literal("secret"),
			Dial: func(context.Context, string, string) (net.Conn, error) {
				client, server := net.Pipe()
				go func() {
					defer server.Close()
					_, err := server.Write([]byte("220 hello\r\n"))
					if err == nil {
						_, err = bufio.NewReader(server).ReadString('\n')
					}
					for err == nil && said.Load() < 64<<20 {
						said.Add(int64(len(more)) << 10)
						_, err = server.Write([]byte(strings.Repeat(more, 1<<10)))
					}
				}()
				return client, nil
			}}.Sender(me)
		require.NoError(t, err)
		require.ErrorIs(t, sender.Check(t.Context()), connector.ErrUnexpected)
		require.Less(t, said.Load(), int64(2<<20))
	}
}

// giving ends a context when a word goes over the wire.
type giving struct {
	net.Conn
	up     func()
	writes string
	reads  string
	after  *atomic.Bool // what is read counts only after what was written
}

func (g giving) Write(p []byte) (int, error) {
	if g.writes != "" && bytes.Contains(p, []byte(g.writes)) {
		g.after.Store(true)
		if g.reads == "" {
			g.up()
			return 0, net.ErrClosed
		}
	}
	return g.Conn.Write(p)
}

func (g giving) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if g.reads != "" && g.after.Load() && bytes.Contains(p[:n], []byte(g.reads)) {
		g.up()
	}
	return n, err
}

// TestGivingUp gives up while a mail is sent: the error says that it may have been; and once it was taken there is none.
func TestGivingUp(t *testing.T) {
	for reads, want := range map[string]string{"": "may have been sent", "250": ""} {
		store := mailstore.New()
		box := store.Add(peer)
		fake, err := fakesmtp.New(store, &fakesmtp.Options{Users: users})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		sender, err := smtp.Server{Host: "localhost", Security: smtp.Plain, Password: connector.Literal("secret"),
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := fake.DialContext(ctx, network, address)
				return giving{conn, cancel, "Subject: one", reads, new(atomic.Bool)}, err
			}}.Sender(me)
		require.NoError(t, err)
		err = sender.Send(ctx, []string{peer}, strings.NewReader(mail))
		if want == "" {
			require.NoError(t, err)
			require.Len(t, box.List(mailstore.Inbox), 1)
		} else {
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorContains(t, err, want)
		}
		require.NoError(t, fake.Close())
	}
}
