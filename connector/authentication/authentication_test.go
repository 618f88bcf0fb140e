package authentication_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/authentication"
	"github.com/cloudmail-go/cloudmail/fixtures"
)

func read(t testing.TB, raw string) *connector.Message {
	t.Helper()
	m, err := connector.ReadMessage(strings.NewReader(raw))
	require.NoError(t, err)
	return m
}

// verified are the errors of the signatures, nil for good ones.
func verified(t *testing.T, raw string, dns authentication.DNS) []error {
	t.Helper()
	all, err := authentication.VerifyDKIM(t.Context(), read(t, raw), dns)
	require.NoError(t, err)
	var errs []error
	for _, s := range all {
		errs = append(errs, s.Err)
	}
	return errs
}

func TestDKIM(t *testing.T) {
	t.Parallel()
	raw, zone := string(fixtures.Raw("dkim-signed")), authentication.Zone(fixtures.Want("dkim-signed").DNS)
	all, err := authentication.VerifyDKIM(t.Context(), read(t, raw), zone)
	require.NoError(t, err)
	require.Len(t, all, 2)
	for _, s := range all {
		require.NoError(t, s.Err)
		assert.Equal(t, "shop.example.com", s.Domain)
		assert.True(t, s.Aligned)
		assert.True(t, s.Covers("subject"))
		assert.False(t, s.Covers("Reply-To"))
		assert.False(t, s.Signed.IsZero())
	}
	for what, forged := range map[string]string{
		"subject": strings.Replace(raw, "Subject: Order 4712", "Subject: Order 4713", 1),
		"body":    strings.Replace(raw, "Thank you", "Thank us", 1),
		"more":    raw + "Pay to another account.\r\n",
		"from":    strings.Replace(raw, "orders@shop", "orders@shop2", 1),
	} {
		for _, err := range verified(t, forged, zone) {
			assert.Error(t, err, "a changed %s", what)
		}
	}
	for _, err := range verified(t, strings.ReplaceAll(raw, "\r\n", "\n"), zone) {
		assert.NoError(t, err, "line ends are not signed")
	}
	for _, err := range verified(t, raw, authentication.Zone{}) {
		require.Error(t, err, "without a key nothing is proven")
	}
	key := zone["ed._domainkey.shop.example.com"]
	errs := verified(t, raw, authentication.Zone{"ED._domainkey.shop.example.com.": key, "s1._domainkey.shop.example.com": "v=DKIM1; p="})
	require.NoError(t, errs[0])
	require.Error(t, errs[1], "a revoked key")
	assert.Empty(t, verified(t, "From: a@example.com\r\n\r\nx\r\n", zone), "no signature is no failure")
}

// A signature of another domain is good, and says nothing about From.
func TestAlignment(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	zone := authentication.Zone{}
	for from, want := range map[string]bool{"a@mail.example.com": true, "a@example.com": true, "a@other.example": false, "a@example.co.uk": false} {
		var out bytes.Buffer
		require.NoError(t, dkim.Sign(&out, strings.NewReader("From: "+from+"\r\nSubject: x\r\n\r\nx\r\n"), &dkim.SignOptions{Domain: "news.example.com", Selector: "k", Signer: private, HeaderKeys: []string{"From", "Subject"}}))
		zone["k._domainkey.news.example.com"] = "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
		all, err := authentication.VerifyDKIM(t.Context(), read(t, out.String()), zone)
		require.NoError(t, err)
		require.Len(t, all, 1)
		require.NoError(t, all[0].Err)
		assert.Equal(t, want, all[0].Aligned, from)
	}
}

func TestDKIMRefuses(t *testing.T) {
	t.Parallel()
	m := read(t, string(fixtures.Raw("dkim-signed")))
	m.Rebuilt = true
	_, err := authentication.VerifyDKIM(t.Context(), m, authentication.Zone{})
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = authentication.VerifyDKIM(t.Context(), nil, authentication.Zone{})
	require.ErrorIs(t, err, connector.ErrConfig)
	_, err = authentication.VerifyDKIM(t.Context(), read(t, "From: a@b\r\n\r\n"), nil)
	require.ErrorIs(t, err, connector.ErrConfig)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = authentication.VerifyDKIM(ctx, read(t, string(fixtures.Raw("dkim-signed"))), authentication.Zone{})
	require.ErrorIs(t, err, context.Canceled)
	flood := strings.Repeat("DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=k; h=From; bh=YQ==; b=YQ==\r\n", 100) + "From: a@example.com\r\n\r\nx\r\n"
	asked := &counting{Zone: authentication.Zone{}} // several are checked at the same time
	all, err := authentication.VerifyDKIM(t.Context(), read(t, flood), asked)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(all), 10)
	assert.LessOrEqual(t, asked.n.Load(), int32(10))
}

// counting counts the questions.
type counting struct {
	authentication.Zone
	n atomic.Int32
}

func (c *counting) LookupTXT(ctx context.Context, name string) ([]string, error) {
	c.n.Add(1)
	return c.Zone.LookupTXT(ctx, name)
}

func TestSPF(t *testing.T) {
	t.Parallel()
	zone := authentication.Zone{"example.com": "v=spf1 ip4:192.0.2.0/24 -all", "soft.example": "v=spf1 ~all", "loop.example": "v=spf1 include:loop.example -all", "mta.example": "v=spf1 ip4:192.0.2.9 -all"}
	for want, c := range map[string]authentication.Client{
		"pass":      {IP: net.ParseIP("192.0.2.1"), Helo: "x.example", MailFrom: "a@example.com"},
		"fail":      {IP: net.ParseIP("198.51.100.1"), Helo: "x.example", MailFrom: "a@example.com"},
		"softfail":  {IP: net.ParseIP("198.51.100.1"), Helo: "x.example", MailFrom: "a@soft.example"},
		"none":      {IP: net.ParseIP("198.51.100.1"), Helo: "x.example", MailFrom: "a@nothing.example"},
		"permerror": {IP: net.ParseIP("198.51.100.1"), Helo: "x.example", MailFrom: "a@loop.example"},
	} {
		got, _ := authentication.CheckSPF(t.Context(), c, zone)
		assert.Equal(t, want, got)
	}
	bounce, _ := authentication.CheckSPF(t.Context(), authentication.Client{IP: net.ParseIP("192.0.2.9"), Helo: "mta.example"}, zone)
	assert.Equal(t, "pass", bounce, "of a bounce the machine's name is judged")
	_, err := authentication.CheckSPF(t.Context(), authentication.Client{Helo: "x"}, zone)
	require.ErrorIs(t, err, connector.ErrConfig)
}

func TestClientOf(t *testing.T) {
	t.Parallel()
	m := read(t, "Return-Path: <bounce@example.com>\r\nReceived: by 2002:a05:6402 with SMTP id x; Mon, 23 Nov 2026 10:00:02 +0000\r\n"+
		"Received: from mail.example.com (mail.example.com. [192.0.2.1]) by mx.google.com with ESMTPS id y; Mon, 23 Nov 2026 10:00:01 +0000\r\n"+
		"Received: from forged (forged [198.51.100.7]) by mx.google.com with ESMTP; Mon, 23 Nov 2026 10:00:00 +0000\r\nFrom: a@example.com\r\n\r\nx\r\n")
	c, ok := authentication.ClientOf(m, ".google.com")
	require.True(t, ok)
	assert.Equal(t, "192.0.2.1", c.IP.String(), "the line nearest to us")
	assert.Equal(t, authentication.Client{IP: c.IP, Helo: "mail.example.com", MailFrom: "bounce@example.com"}, c)
	_, ok = authentication.ClientOf(m, "mx.contoso.example")
	assert.False(t, ok)
}

func TestDMARC(t *testing.T) {
	t.Parallel()
	zone := authentication.Zone{
		"_dmarc.example.com":    "v=DMARC1; p=reject; sp=quarantine",
		"_dmarc.strict.example": "v=DMARC1; p=none; adkim=s; aspf=s",
		"_dmarc.broken.example": "v=DMARC1; p=perhaps",
	}
	good := func(domain string) []authentication.Signature { return []authentication.Signature{{Domain: domain}} }
	bad := []authentication.Signature{{Domain: "example.com", Err: errors.New("body hash did not verify")}}
	for _, c := range []struct {
		from       string
		signatures []authentication.Signature
		spf        string
		want       authentication.DMARC
	}{
		{"example.com", good("mail.example.com"), "", authentication.DMARC{From: "example.com", Domain: "example.com", Policy: "reject", DKIM: true, Pass: true}},
		{"shop.example.com", good("example.com"), "", authentication.DMARC{From: "shop.example.com", Domain: "example.com", Policy: "quarantine", DKIM: true, Pass: true}},
		{"example.com", bad, "", authentication.DMARC{From: "example.com", Domain: "example.com", Policy: "reject"}},
		{"example.com", nil, "bounces.example.com", authentication.DMARC{From: "example.com", Domain: "example.com", Policy: "reject", SPF: true, Pass: true}},
		{"example.com", good("other.example"), "other.example", authentication.DMARC{From: "example.com", Domain: "example.com", Policy: "reject"}},
		{"strict.example", good("mail.strict.example"), "mail.strict.example", authentication.DMARC{From: "strict.example", Domain: "strict.example", Policy: "none"}},
		{"strict.example", good("strict.example"), "", authentication.DMARC{From: "strict.example", Domain: "strict.example", Policy: "none", DKIM: true, Pass: true}},
		{"nothing.example", good("nothing.example"), "", authentication.DMARC{From: "nothing.example"}},
	} {
		m := read(t, fmt.Sprintf("From: a@%s\r\n\r\nx\r\n", c.from))
		got, err := authentication.CheckDMARC(t.Context(), m, c.signatures, c.spf, zone)
		require.NoError(t, err)
		assert.Equal(t, c.want, got, c.from)
	}
	_, err := authentication.CheckDMARC(t.Context(), read(t, "From: a@broken.example\r\n\r\nx\r\n"), nil, "", zone)
	require.Error(t, err)
	_, err = authentication.CheckDMARC(t.Context(), read(t, "From: a@example.com, b@other.example\r\n\r\nx\r\n"), nil, "", zone)
	require.ErrorIs(t, err, connector.ErrUnexpected)
}
