package delivery_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/delivery"
)

// judged is a mail with these fields.
func judged(t testing.TB, fields ...string) *connector.Message {
	t.Helper()
	m, err := connector.ReadMessage(strings.NewReader(strings.Join(fields, "\r\n") + "\r\nFrom: shop@example.com\r\n\r\nx\r\n"))
	require.NoError(t, err)
	return m
}

// short is a verdict in a line.
func short(all []delivery.Verdict) []string {
	var out []string
	for _, v := range all {
		trust := "-"
		if v.Trusted {
			trust = "+"
		}
		out = append(out, trust+v.Server+" "+v.Method+"="+v.Result)
	}
	return out
}

func TestVerdictsOfGmail(t *testing.T) {
	t.Parallel()
	m := judged(t,
		"ARC-Authentication-Results: i=1; mx.google.com;",
		"       dkim=pass header.i=@example.com header.s=s1 header.b=Wvv81pQ6;",
		"       spf=pass (google.com: domain of bounce@example.com designates 192.0.2.1 as permitted sender) smtp.mailfrom=bounce@example.com",
		"Received-SPF: pass (google.com: domain of bounce@example.com designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1;",
		"Authentication-Results: mx.google.com;",
		"       dkim=pass header.i=@example.com header.s=s1 header.b=Wvv81pQ6;",
		"       dkim=fail (body hash; did not verify) header.i=@list.example.org;",
		"       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.com",
		"Authentication-Results: mail.forger.example; dmarc=pass header.from=bank.example")
	all := delivery.Verdicts(m)
	assert.Equal(t, []string{"+mx.google.com dkim=pass", "+mx.google.com spf=pass", "-google.com spf=pass", "+mx.google.com dkim=pass",
		"+mx.google.com dkim=fail", "+mx.google.com dmarc=pass", "-mail.forger.example dmarc=pass"}, short(all))
	assert.Equal(t, map[string]string{"header.i": "@example.com", "header.s": "s1", "header.b": "Wvv81pQ6"}, all[3].Properties)
	assert.Equal(t, "192.0.2.1", strings.TrimSuffix(all[2].Properties["client-ip"], ";"))
	assert.Equal(t, "google.com: domain of bounce@example.com designates 192.0.2.1 as permitted sender", all[2].Reason)
	assert.True(t, delivery.Passed(all, "DMARC"))
	assert.False(t, delivery.Passed(all, "arc"))
	assert.True(t, delivery.Passed(delivery.Verdicts(m, "mail.forger.example"), "dmarc"), "who asks for it, gets it")
	assert.False(t, delivery.Passed(delivery.Verdicts(m, "mx.contoso.example"), "dmarc"))
}

func TestVerdictsOfExchange(t *testing.T) {
	t.Parallel()
	m := judged(t,
		"Authentication-Results: spf=pass (sender IP is 192.0.2.1)",
		" smtp.mailfrom=example.com; dkim=pass (signature was verified)",
		" header.d=example.com;dmarc=bestguesspass action=none",
		" header.from=example.com;compauth=pass reason=109",
		"Authentication-Results: mx.example.com; dkim=pass header.d=example.com")
	all := delivery.Verdicts(m)
	assert.Equal(t, []string{"+ spf=pass", "+ dkim=pass", "+ dmarc=bestguesspass", "+ compauth=pass", "-mx.example.com dkim=pass"}, short(all))
	assert.Equal(t, "109", all[3].Reason)
	assert.Equal(t, "none", all[2].Properties["action"])
	assert.True(t, delivery.Passed(all, "compauth"))
	assert.False(t, delivery.Passed(all, "dmarc"))
}

// The forms of RFC 8601, its appendix B among them, and broken ones.
func TestVerdictsInAllForms(t *testing.T) {
	t.Parallel()
	for field, want := range map[string][]string{
		"example.org 1; none":                             nil,
		"example.com; spf=pass smtp.mailfrom=example.net": {"+example.com spf=pass"},
		`foo.example.net (foobar) 1 (baz); dkim (Because I like it) / 1 (One yay) = (wait) fail policy (A dot can go here) . (like that) expired (this surprised me) = (as I wasn't expecting it) 1362471462`: {"+foo.example.net dkim=fail"},
		`example.com; dkim=fail reason="bad; signature (really)" header.i=@a.example`: {"+example.com dkim=fail"},
		"example.com; auth=pass (cram-md5) smtp.auth=sender@example.net; spf=pass":    {"+example.com auth=pass", "+example.com spf=pass"},
		"example.com; DKIM=PASS header.D=Example.com":                                 {"+example.com dkim=pass"},
		"example.com": nil, "": nil, ";;;": nil, "example.com; =pass; dkim=; x": nil, `example.com; dkim="pa\ss`: {"+example.com dkim=pass"},
		"example.com; dkim=pass (never (closed": {"+example.com dkim=pass"},
		"i=2; mx.example.com; arc=pass":         {"+mx.example.com arc=pass"},
	} {
		assert.Equal(t, want, short(delivery.Verdicts(judged(t, "Authentication-Results: "+field))), field)
	}
	one := delivery.Verdicts(judged(t, `Authentication-Results: a.example; dkim=fail reason="bad; signature (really)" header.i=@a.example`))
	assert.Equal(t, "bad; signature (really)", one[0].Reason)
	assert.Empty(t, delivery.Verdicts(judged(t, "Subject: none")))
	flood := delivery.Verdicts(judged(t, "Authentication-Results: a.example"+strings.Repeat("; dkim=pass", 10_000)))
	assert.LessOrEqual(t, len(flood), 200)
}

func FuzzVerdicts(f *testing.F) {
	for _, seed := range []string{"mx.google.com; dkim=pass header.i=@x; spf=fail (a;b) smtp.mailfrom=\"x y\"", "spf=pass; x", `a; b="\\\"(`, "i=1; a; (((", "pass (x: y) client-ip=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		m := &connector.Message{Header: connector.Header{{Name: "Authentication-Results", Value: value}, {Name: "Received-SPF", Value: value}}}
		for _, v := range delivery.Verdicts(m) {
			assert.NotEmpty(t, v.Method)
			assert.NotEmpty(t, v.Field)
			assert.Equal(t, strings.ToLower(v.Result), v.Result)
		}
	})
}
