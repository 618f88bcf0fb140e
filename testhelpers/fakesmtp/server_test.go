package fakesmtp_test

import (
	"context"
	"net"
	"net/smtp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func TestStandardClientDelivers(t *testing.T) {
	t.Parallel()
	store := mailstore.New()
	qa := store.Add("qa@example.com")
	s, err := fakesmtp.Start(store, nil)
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, smtp.SendMail(s.Addr(), nil, sender, []string{"QA+run7@example.com"}, []byte(mail)))

	list := qa.List(mailstore.Inbox)
	require.Len(t, list, 1)
	assert.Equal(t, sender, list[0].From)
	assert.Equal(t, "QA+run7@example.com", list[0].Rcpt)
	raw := string(list[0].Raw)
	assert.True(t, strings.HasSuffix(raw, mail), "%s", raw)
	assert.Contains(t, raw, "\r\nReceived: from localhost ([127.0.0.1])\r\n\tby localhost with UTF8SMTP id 1; ",
		"net/smtp asks for SMTPUTF8 wherever it is offered")
}

func TestHeaderIsNotTouched(t *testing.T) {
	t.Parallel()
	bubble(t, &fakesmtp.Options{Hostname: "mx.example.com"}, func(t *testing.T, s *fakesmtp.Server, qa, _ *mailstore.Mailbox) {
		require.NoError(t, send(dial(t, s), sender, toQA, "Bcc: leaked@example.com\r\n"+mail))
		want := "Return-Path: <app@example.com>\r\nDelivered-To: qa@example.com\r\n" +
			"Received: from localhost by example.com with LMTP\r\n" +
			"\tfor <qa@example.com>; Sat, 01 Jan 2000 00:00:00 +0000\r\n" +
			"Received: from client.example.com ([127.0.0.1])\r\n" +
			"\tby mx.example.com with UTF8SMTP id 1; Sat, 01 Jan 2000 00:00:00 +0000\r\n" +
			"Bcc: leaked@example.com\r\n" + mail
		assert.Equal(t, want, string(qa.List("")[0].Raw))
	})
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	bubble(t, &fakesmtp.Options{MaxSize: 1000}, func(t *testing.T, s *fakesmtp.Server, _, _ *mailstore.Mailbox) {
		c := dial(t, s)
		for _, name := range []string{"8BITMIME", "SMTPUTF8", "PIPELINING", "CHUNKING", "ENHANCEDSTATUSCODES"} {
			ok, _ := c.Extension(name)
			assert.True(t, ok, name)
		}
		_, size := c.Extension("SIZE")
		assert.Equal(t, "1000", size)
		for _, name := range []string{"STARTTLS", "AUTH"} {
			ok, _ := c.Extension(name)
			assert.False(t, ok, name)
		}
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	o := &fakesmtp.Options{MaxSize: 1000, MaxRecipients: 2}
	bubble(t, o, func(t *testing.T, s *fakesmtp.Server, qa, app *mailstore.Mailbox) {
		c := dial(t, s)
		refused(t, send(c, sender, []string{"nobody@example.com"}, mail), 550, "5.1.1")
		require.NoError(t, c.Reset())
		refused(t, send(c, sender, []string{"qa+1@example.com", "qa+2@example.com", "qa+3@example.com"}, mail), 452, "4.5.3")
		require.NoError(t, c.Reset())
		refused(t, send(c, sender, toQA, mail+strings.Repeat("0123456789\r\n", 100)), 552, "5.3.4")
		assert.Empty(t, qa.List(""))
		assert.Empty(t, app.List(""), "a refused mail is the client's to bounce")
		require.NoError(t, send(c, sender, toQA, mail), "the connection is still good")
		assert.Len(t, qa.List(""), 1)
	})
}

func TestAcceptUnknownBounces(t *testing.T) {
	t.Parallel()
	o := &fakesmtp.Options{AcceptUnknown: true}
	bubble(t, o, func(t *testing.T, s *fakesmtp.Server, qa, app *mailstore.Mailbox) {
		require.NoError(t, send(dial(t, s), sender, []string{"nobody@example.com", "qa@example.com"}, mail))
		assert.Len(t, qa.List(""), 1)
		list := app.List(mailstore.Inbox)
		require.Len(t, list, 1)
		assert.Contains(t, string(list[0].Raw), "Final-Recipient: rfc822; nobody@example.com\r\n")
	})
}

func TestGreylist(t *testing.T) {
	t.Parallel()
	bubble(t, &fakesmtp.Options{Greylist: 2}, func(t *testing.T, s *fakesmtp.Server, qa, _ *mailstore.Mailbox) {
		c := dial(t, s)
		for range 2 {
			refused(t, send(c, sender, toQA, mail), 450, "4.7.1")
			require.NoError(t, c.Reset())
		}
		require.NoError(t, send(c, sender, toQA, mail))
		require.NoError(t, send(c, sender, toQA, mail), "once known, always known")
		assert.Len(t, qa.List(""), 2)
		refused(t, send(c, "other@example.com", toQA, mail), 450, "4.7.1")
	})
}

func TestDelay(t *testing.T) {
	t.Parallel()
	bubble(t, &fakesmtp.Options{Delay: 10 * time.Minute}, func(t *testing.T, s *fakesmtp.Server, qa, _ *mailstore.Mailbox) {
		start := time.Now()
		require.NoError(t, send(dial(t, s), sender, toQA, mail))
		assert.Zero(t, time.Since(start))
		assert.Empty(t, qa.List(""))
		require.NoError(t, qa.Wait(t.Context(), 0))
		assert.Equal(t, 10*time.Minute, time.Since(start))
		assert.Equal(t, start.Add(10*time.Minute).UTC(), qa.List("")[0].Received)
	})
}

func TestCloseDropsWhatIsDelayed(t *testing.T) {
	t.Parallel()
	bubble(t, &fakesmtp.Options{Delay: time.Minute}, func(t *testing.T, s *fakesmtp.Server, qa, _ *mailstore.Mailbox) {
		require.NoError(t, send(dial(t, s), sender, toQA, mail))
		require.NoError(t, s.Close())
		<-time.After(time.Hour)
		assert.Empty(t, qa.List(""))
	})
}

func TestCloseBreaksConnections(t *testing.T) {
	t.Parallel()
	s, err := fakesmtp.Start(mailstore.New(), nil)
	require.NoError(t, err)
	idle, err := smtp.Dial(s.Addr())
	require.NoError(t, err)
	defer idle.Close()
	inMemory, err := s.DialContext(t.Context(), "tcp", "anywhere.example.com:25")
	require.NoError(t, err)
	defer inMemory.Close()
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	require.Error(t, idle.Noop())
	_, err = s.DialContext(t.Context(), "", "")
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = smtp.Dial(s.Addr())
	require.Error(t, err)
}

func TestDialEndsWithItsContext(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *fakesmtp.Server, _, _ *mailstore.Mailbox) {
		assert.Empty(t, s.Addr())
		ctx, cancel := context.WithCancel(t.Context())
		require.NoError(t, s.Close())
		cancel()
		_, err := s.DialContext(ctx, "", "")
		require.Error(t, err)
	})
}

func TestAbandonedMailIsNotDelivered(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *fakesmtp.Server, qa, _ *mailstore.Mailbox) {
		c := dial(t, s)
		require.NoError(t, c.Mail(sender))
		require.NoError(t, c.Rcpt(toQA[0]))
		w, err := c.Data()
		require.NoError(t, err)
		_, err = w.Write([]byte(mail))
		require.NoError(t, err)
		require.NoError(t, c.Close())
		synctest.Wait()
		assert.Empty(t, qa.List(""))
	})
}
