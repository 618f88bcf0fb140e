package delivery_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/delivery"
	"github.com/cloudmail-go/cloudmail/fixtures"
)

// parse reads a mail that is written with LF.
func parse(t testing.TB, raw string) *connector.Message {
	t.Helper()
	m, err := connector.ReadMessage(strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")))
	require.NoError(t, err)
	return m
}

// fixture reads a sample mail.
func fixture(t testing.TB, name string) *connector.Message {
	t.Helper()
	m, err := connector.ReadMessage(bytes.NewReader(fixtures.Raw(name)))
	require.NoError(t, err)
	return m
}

// TestKindOfFixtures knows the few that are not ordinary among all sample mails.
func TestKindOfFixtures(t *testing.T) {
	t.Parallel()
	special := map[string]delivery.Kind{
		"bounce": delivery.Bounce, "bounce-delayed": delivery.Delay, "auto-reply": delivery.OutOfOffice,
		"out-of-office-exchange": delivery.OutOfOffice, "abuse-report": delivery.Complaint, "read-receipt": delivery.Receipt,
	}
	for _, name := range fixtures.Names() {
		want := special[name]
		if want == "" {
			want = delivery.Ordinary
		}
		assert.Equal(t, want, delivery.KindOf(fixture(t, name)), name)
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header string
		want   delivery.Kind
	}{
		"answer":                     {"Auto-Submitted: auto-replied (vacation)\nSubject: Re: Hello\n", delivery.AutoReply},
		"answer with a parameter":    {"Auto-Submitted: auto-replied; owner-email=a@example.com\n", delivery.AutoReply},
		"no machine":                 {"Auto-Submitted: no\nSubject: Hello\n", delivery.Ordinary},
		"product mail":               {"Auto-Submitted: auto-generated\nSubject: Your order\n", delivery.Generated},
		"old header":                 {"X-Autoreply: yes\nSubject: Re: Hello\n", delivery.AutoReply},
		"precedence":                 {"Precedence: auto_reply\nSubject: Re: Hello\n", delivery.AutoReply},
		"list mail":                  {"Precedence: bulk\nSubject: News\n", delivery.Ordinary},
		"about being out of office":  {"Subject: Out of office policy\n", delivery.Ordinary},
		"French":                     {"In-Reply-To: <1@x>\nSubject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_Offre?=\n", delivery.OutOfOffice},
		"Japanese":                   {"In-Reply-To: <1@x>\nSubject: =?utf-8?b?6Ieq5YuV5b+c562UOiDopovnqY0=?=\n", delivery.OutOfOffice},
		"Exim":                       {"From: Mail Delivery System <Mailer-Daemon@mx.example.com>\nX-Failed-Recipients: a@example.com\nAuto-Submitted: auto-replied\n", delivery.Bounce},
		"qmail":                      {"From: MAILER-DAEMON@mx.example.com\nSubject: failure notice\n", delivery.Bounce},
		"a user writes about one":    {"From: ann@example.com\nSubject: failure notice\n", delivery.Ordinary},
		"the postmaster, otherwise":  {"From: postmaster@example.com\nSubject: Quota report\n", delivery.Ordinary},
		"report that was not loaded": {"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n", delivery.Bounce},
	} {
		assert.Equal(t, c.want, delivery.KindOf(parse(t, c.header+"\nbody\n")), name)
	}
}

func TestReadReport(t *testing.T) {
	t.Parallel()
	r, err := delivery.ReadReport(t.Context(), fixture(t, "bounce"))
	require.NoError(t, err)
	assert.Equal(t, &delivery.Report{
		Kind: delivery.Bounce, By: "mx.contoso.example", Arrived: r.Arrived, MessageID: "orig.1@contoso.example", Subject: "Hello",
		Recipients: []delivery.Recipient{{Address: "nobody@example.com", Original: "nobody@example.com", Action: "failed", Status: "5.1.1",
			Diagnostic: "550 5.1.1 <nobody@example.com>: Recipient address rejected: User unknown", Remote: "mx.example.com"}},
	}, r)
	assert.True(t, time.Date(2026, 11, 5, 8, 0, 0, 0, time.UTC).Equal(r.Arrived), r.Arrived)

	r, err = delivery.ReadReport(t.Context(), fixture(t, "bounce-delayed"))
	require.NoError(t, err)
	assert.Equal(t, delivery.Delay, r.Kind)
	assert.Equal(t, "slow@contoso.example", r.MessageID)
	assert.Equal(t, 21, r.Recipients[0].RetryUntil.Day())

	r, err = delivery.ReadReport(t.Context(), fixture(t, "read-receipt"))
	require.NoError(t, err)
	assert.Equal(t, delivery.Receipt, r.Kind)
	assert.Equal(t, "asked@contoso.example", r.MessageID)
	assert.Equal(t, "displayed", r.Recipients[0].Action)

	r, err = delivery.ReadReport(t.Context(), fixture(t, "abuse-report"))
	require.NoError(t, err)
	assert.Equal(t, delivery.Complaint, r.Kind)
	assert.Equal(t, "gina@example.com", r.Recipients[0].Address)

	_, err = delivery.ReadReport(t.Context(), fixture(t, "magic-link"))
	require.ErrorIs(t, err, delivery.ErrNoReport)
}

func TestReadReportOfSeveral(t *testing.T) {
	t.Parallel()
	report := func(actions ...string) string {
		raw := "From: MAILER-DAEMON@x.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\ntext\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n"
		for _, a := range actions {
			raw += "\nFinal-Recipient: rfc822;<" + a + "@example.com>\nAction: " + a + " (words)\nStatus: 5.0.0 (more words)\n"
		}
		return raw + "\n--b--\n"
	}
	for want, actions := range map[delivery.Kind][]string{
		delivery.Bounce: {"delivered", "failed"}, delivery.Delay: {"delivered", "delayed"}, delivery.Delivered: {"relayed", "expanded"},
	} {
		m := parse(t, report(actions...))
		assert.Equal(t, want, delivery.KindOf(m))
		r, err := delivery.ReadReport(t.Context(), m)
		require.NoError(t, err)
		require.Len(t, r.Recipients, 2)
		assert.Equal(t, delivery.Recipient{Address: actions[1] + "@example.com", Action: actions[1], Status: "5.0.0"}, r.Recipients[1])
	}
}

func TestReadFreeBounce(t *testing.T) {
	t.Parallel()
	r, err := delivery.ReadReport(t.Context(), parse(t, "From: MAILER-DAEMON@mx.example.com\nTo: qa@contoso.example\nSubject: failure notice\nIn-Reply-To: <1@contoso.example>\n\n"+
		"Hi. I'm afraid I wasn't able to deliver your message.\n\n<nobody@example.com>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 no such user\n\n--- Below\nFrom: qa@contoso.example\n"))
	require.NoError(t, err)
	assert.Equal(t, []delivery.Recipient{{Address: "nobody@example.com", Action: "failed", Status: "5.1.1", Diagnostic: "550 5.1.1 no such user"}}, r.Recipients)
	assert.Equal(t, "1@contoso.example", r.MessageID)

	r, err = delivery.ReadReport(t.Context(), parse(t, "From: Mailer-Daemon@mx.example.com\nX-Failed-Recipients: a@example.com, b@example.com\n\nno more\n"))
	require.NoError(t, err)
	require.Len(t, r.Recipients, 2)
	assert.Equal(t, "b@example.com", r.Recipients[1].Address)
}

func TestTrace(t *testing.T) {
	t.Parallel()
	hops := delivery.Trace(fixture(t, "received-trace"))
	require.Len(t, hops, 5)
	var delays []time.Duration
	for _, h := range hops {
		delays = append(delays, h.Delay)
	}
	assert.Equal(t, []time.Duration{0, time.Second, 4 * time.Second, 25 * time.Second, time.Second}, delays)
	hops[3].Raw, hops[3].At = "", time.Time{}
	assert.Equal(t, delivery.Hop{From: "out7.esp.example.com", IP: "192.0.2.7", By: "mx.contoso.example", ID: "E2", For: "qa@contoso.example", Delay: 25 * time.Second}, hops[3])
	assert.Equal(t, "10.0.0.5", hops[0].IP)
	assert.Equal(t, "SMTP", hops[2].With)

	hops = delivery.Trace(parse(t, "Date: Sun, 15 Nov 2026 10:00:10 +0000\nReceived: from a ([IPv6:2001:db8::1]) by b with ESMTPS id 1; Sun, 15 Nov 2026 10:00:00 +0000\nReceived: garbage\n\nx"))
	require.Len(t, hops, 2)
	assert.True(t, hops[0].At.IsZero())
	assert.Equal(t, "2001:db8::1", hops[1].IP)
	assert.Equal(t, -10*time.Second, hops[1].Delay, "clocks differ")
}

func TestListOf(t *testing.T) {
	t.Parallel()
	l := delivery.ListOf(fixture(t, "newsletter-one-click"))
	assert.Equal(t, delivery.List{
		ID: "weekly.news.example.com", Name: "Example Weekly", OneClick: "https://news.example.com/u/77?k=abc",
		Unsubscribe: []string{"https://news.example.com/u/77?k=abc", "mailto:leave@news.example.com?subject=leave"},
	}, l)
	for header, problem := range map[string]string{
		"List-Unsubscribe: <mailto:a@example.com>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n":                                "no https address",
		"List-Unsubscribe: <http://example.com/u>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n":                                "no https address",
		"List-Unsubscribe: <https://example.com/u>\nList-Unsubscribe-Post: one-click\n":                                                "is not List-Unsubscribe=One-Click",
		"List-Unsubscribe: <https://example.com/u>, <https://example.com/v>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n":      "more than one https",
		"List-Unsubscribe: <https://example.com/u>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\nList-Unsubscribe-Post: again\n": "more than once",
	} {
		l := delivery.ListOf(parse(t, header+"\nx"))
		require.Len(t, l.Problems, 1, header)
		assert.Contains(t, l.Problems[0], problem)
		assert.Empty(t, l.OneClick)
	}
	assert.Equal(t, delivery.List{}, delivery.ListOf(fixture(t, "magic-link")))
}

func FuzzReport(f *testing.F) {
	for _, name := range []string{"bounce", "bounce-delayed", "read-receipt", "abuse-report", "received-trace", "newsletter-one-click"} {
		f.Add(fixtures.Raw(name))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := connector.ReadMessage(bytes.NewReader(raw))
		require.NoError(t, err)
		delivery.ListOf(m)
		assert.Len(t, delivery.Trace(m), len(m.Header.Values("Received")))
		if r, err := delivery.ReadReport(t.Context(), m); err != nil {
			require.ErrorIs(t, err, delivery.ErrNoReport)
		} else {
			assert.NotEmpty(t, r.Kind)
		}
	})
}
