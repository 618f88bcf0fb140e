package links_test

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/links"
	"github.com/cloudmail-go/cloudmail/fixtures"
)

// fixture reads a sample mail.
func fixture(t testing.TB, name string) *connector.Message {
	t.Helper()
	m, err := connector.ReadMessage(bytes.NewReader(fixtures.Raw(name)))
	require.NoError(t, err)
	return m
}

func TestOfText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  string
		want  []string
		label string
	}{
		"plain":                    {"Go to https://example.com/a?b=c&d=e#f now", []string{"https://example.com/a?b=c&d=e#f"}, "Go to"},
		"full stop":                {"See https://example.com/a.", []string{"https://example.com/a"}, "See"},
		"in brackets":              {"(see https://example.com/a_(b))", []string{"https://example.com/a_(b)"}, "see"},
		"in angle brackets":        {"Reset: <https://example.com/a>.", []string{"https://example.com/a"}, "Reset"},
		"broken over lines":        {"<https://example.com/a/\n  b?c=d>", []string{"https://example.com/a/b?c=d"}, ""},
		"a bracket and a sentence": {"<https://example.com/a is here>", []string{"https://example.com/a"}, ""},
		"two":                      {"https://a.example/1 https://b.example/2", []string{"https://a.example/1", "https://b.example/2"}, ""},
		"www":                      {"at www.example.com, now", []string{"http://www.example.com"}, "at"},
		"Japanese behind":          {"こちらhttps://example.com/a?t=1をクリック", []string{"https://example.com/a?t=1"}, "こちら"},
		"full-width bracket":       {"（https://example.com/a）", []string{"https://example.com/a"}, ""},
		"label a line above":       {"Reset your password:\n\nhttps://example.com/r", []string{"https://example.com/r"}, "Reset your password"},
		"Markdown":                 {"[Reset](https://example.com/r)", []string{"https://example.com/r"}, "Reset"},
		"umlaut in path":           {"https://example.com/straße", []string{"https://example.com/straße"}, ""},
		"dots":                     {"https://example.com/a..b/...", []string{"https://example.com/a..b/"}, ""},
		"no host":                  {"https:// and www.", nil, ""},
		"within a word":            {"xhttps://example.com", nil, ""},
		"upper case":               {"HTTPS://EXAMPLE.COM/A", []string{"HTTPS://EXAMPLE.COM/A"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := links.OfText(c.text)
			var urls []string
			for _, l := range got {
				urls = append(urls, l.URL)
			}
			assert.Equal(t, c.want, urls)
			if len(got) == 1 {
				assert.Equal(t, c.label, got[0].Text)
			}
		})
	}
}

func TestOfHTML(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		html string
		want []links.Link
	}{
		"entities":          {`<a href="https://e.example/?a=1&amp;b=2">Go <b>on</b></a>`, []links.Link{{Raw: "https://e.example/?a=1&amp;b=2", URL: "https://e.example/?a=1&b=2", Text: "Go on", Place: links.InHTML}}},
		"broken over lines": {"<a href=\" https://e.example/a\r\n b \">x</a>", []links.Link{{Raw: " https://e.example/a\r\n b ", URL: "https://e.example/a b", Text: "x", Place: links.InHTML, Problem: "it has blanks in it"}}},
		"no quotes":         {`<A HREF=https://e.example/a>x</A>`, []links.Link{{Raw: "https://e.example/a", URL: "https://e.example/a", Text: "x", Place: links.InHTML}}},
		"hidden":            {`<div style="display:none"><a href="https://e.example/h">x</a></div>`, []links.Link{{Raw: "https://e.example/h", URL: "https://e.example/h", Place: links.InHTML, Hidden: true}}},
		"image":             {`<a href="https://e.example/i"><img src="x.png" alt="Open"></a>`, []links.Link{{Raw: "https://e.example/i", URL: "https://e.example/i", Text: "Open", Place: links.InImage}}},
		"image and text":    {`<a href="https://e.example/i"><img src="x.png" alt="Icon"> Open</a>`, []links.Link{{Raw: "https://e.example/i", URL: "https://e.example/i", Text: "Open", Place: links.InHTML}}},
		"area":              {`<map><area href="https://e.example/m" alt="North"></map>`, []links.Link{{Raw: "https://e.example/m", URL: "https://e.example/m", Text: "North", Place: links.InImage}}},
		"button by class":   {`<a class="btn btn-primary" href="https://e.example/b">Go</a>`, []links.Link{{Raw: "https://e.example/b", URL: "https://e.example/b", Text: "Go", Place: links.InButton}}},
		"button by style":   {`<a style="background-color:#06c;padding:10px" href="https://e.example/b">Go</a>`, []links.Link{{Raw: "https://e.example/b", URL: "https://e.example/b", Text: "Go", Place: links.InButton}}},
		"button by cell":    {`<table><tr><td class="button"><a href="https://e.example/b">Go</a></td></tr></table>`, []links.Link{{Raw: "https://e.example/b", URL: "https://e.example/b", Text: "Go", Place: links.InButton}}},
		"button by role":    {`<a role=button href="https://e.example/b">Go</a>`, []links.Link{{Raw: "https://e.example/b", URL: "https://e.example/b", Text: "Go", Place: links.InButton}}},
		"form":              {`<form action="https://e.example/f"><input type="submit" value="Send"></form>`, []links.Link{{Raw: "https://e.example/f", URL: "https://e.example/f", Text: "Send", Place: links.InButton}}},
		"base":              {`<base href="https://e.example/x/"><a href="../y">z</a>`, []links.Link{{Raw: "../y", URL: "https://e.example/y", Text: "z", Place: links.InHTML}}},
		"relative":          {`<a href="/y">z</a>`, []links.Link{{Raw: "/y", URL: "/y", Text: "z", Place: links.InHTML, Problem: "it is relative: a mail has no address that it could stand for"}}},
		"not closed":        {`<a href="https://e.example/1">one<a href="https://e.example/2">two`, []links.Link{{Raw: "https://e.example/1", URL: "https://e.example/1", Text: "one", Place: links.InHTML}, {Raw: "https://e.example/2", URL: "https://e.example/2", Text: "two", Place: links.InHTML}}},
		"within":            {`<a href="#top">up</a><a href="cid:a">x</a><a name="n">y</a>`, nil},
		"shown only":        {`<p>Go to https://e.example/s now</p>`, []links.Link{{Raw: "https://e.example/s", URL: "https://e.example/s", Text: "Go to", Place: links.InShown}}},
		"shown as link":     {`<a href="https://e.example/s">https://e.example/s</a>`, []links.Link{{Raw: "https://e.example/s", URL: "https://e.example/s", Text: "https://e.example/s", Place: links.InHTML}}},
		"mail address":      {`<a href="mailto:a@e.example">write</a>`, []links.Link{{Raw: "mailto:a@e.example", URL: "mailto:a@e.example", Text: "write", Place: links.InHTML}}},
		"escaped twice":     {`<a href="https://e.example/?a=1&amp;amp;b=2">x</a>`, []links.Link{{Raw: "https://e.example/?a=1&amp;amp;b=2", URL: "https://e.example/?a=1&amp;b=2", Text: "x", Place: links.InHTML, Problem: "it has &amp; in it: escaped for HTML twice"}}},
		"encoded twice":     {`<a href="https://e.example/?a=3D1">x</a>`, []links.Link{{Raw: "https://e.example/?a=3D1", URL: "https://e.example/?a=3D1", Text: "x", Place: links.InHTML, Problem: "it has =3D in it: encoded as quoted-printable twice"}}},
		"template":          {`<a href="https://e.example/{{token}}">x</a>`, []links.Link{{Raw: "https://e.example/{{token}}", URL: "https://e.example/{{token}}", Text: "x", Place: links.InHTML, Problem: "a mark of its template was not filled in"}}},
		"undefined":         {`<a href="https://e.example/r?t=undefined">x</a>`, []links.Link{{Raw: "https://e.example/r?t=undefined", URL: "https://e.example/r?t=undefined", Text: "x", Place: links.InHTML, Problem: "a mark of its template was not filled in"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := range c.want {
				c.want[i].Target = c.want[i].URL
			}
			got := links.OfHTML(c.html)
			if len(got) == 0 {
				got = nil
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestUnwrap(t *testing.T) {
	t.Parallel()
	for link, c := range map[string]struct {
		want, by string
		sealed   bool
	}{
		"https://example.com/a?url=https%3A%2F%2Fx.example": {want: "https://example.com/a?url=https%3A%2F%2Fx.example"},
		"https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fcloud.example.com%2Fc%3Ft%3Da%252Bb%26n%3D1&data=05%7C02&reserved=0":         {want: "https://cloud.example.com/c?t=a%2Bb&n=1", by: "Microsoft Safe Links"},
		"https://safelinks.protection.outlook.com.evil.example/?url=https%3A%2F%2Fx.example":                                                            {want: "https://safelinks.protection.outlook.com.evil.example/?url=https%3A%2F%2Fx.example"},
		"https://urldefense.com/v3/__https://cloud.example.com/magic?t=9f8e__;!!Ab1-Cd2!eFgH$":                                                          {want: "https://cloud.example.com/magic?t=9f8e", by: "Proofpoint URL Defense"},
		"https://urldefense.com/v3/__https://cloud.example.com/a*b*c__;w6kr!!Ab1!e$":                                                                    {want: "https://cloud.example.com/aéb+c", by: "Proofpoint URL Defense"},
		"https://urldefense.com/v3/__https://cloud.example.com/a**Ab__;Kis!!Ab1!e$":                                                                     {want: "https://cloud.example.com/a*+b", by: "Proofpoint URL Defense"},
		"https://urldefense.us/v3/__https:/cloud.example.com/a__;!!x!y$":                                                                                {want: "https://cloud.example.com/a", by: "Proofpoint URL Defense"},
		"https://urldefense.proofpoint.com/v2/url?u=https-3A__cloud.example.com_magic-3Ft-3D9f8e&d=DwMF":                                                {want: "https://cloud.example.com/magic?t=9f8e", by: "Proofpoint URL Defense"},
		"https://urldefense.proofpoint.com/v1/url?u=https%3A%2F%2Fcloud.example.com%2Fa&k=x":                                                            {want: "https://cloud.example.com/a", by: "Proofpoint URL Defense"},
		"https://www.google.com/url?q=https://docs.example.com/d/1?usp%3Dmail&sa=D&source=mail":                                                         {want: "https://docs.example.com/d/1?usp=mail", by: "Google"},
		"https://www.google.com/search?q=https://docs.example.com":                                                                                      {want: "https://www.google.com/search?q=https://docs.example.com"},
		"https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fx.example.com%2fa&c=E":                                                                     {want: "https://x.example.com/a", by: "Barracuda Link Protection"},
		"https://secure-web.cisco.com/1abc/https%3A%2F%2Fx.example.com%2Fa":                                                                             {want: "https://x.example.com/a", by: "Cisco Secure Email"},
		"https://eu.protection.sophos.com/?d=example.com&u=aHR0cHM6Ly94LmV4YW1wbGUuY29tL2E=&i=1":                                                        {want: "https://x.example.com/a", by: "Sophos"},
		"https://protect-eu.mimecast.com/s/AbCd?domain=x.example.com":                                                                                   {want: "https://protect-eu.mimecast.com/s/AbCd?domain=x.example.com", by: "Mimecast", sealed: true},
		"https://nam01.safelinks.protection.outlook.com/?url=https%3A%2F%2Furldefense.com%2Fv3%2F__https%3A%2F%2Fx.example.com%2Fa__%3B!!A!b%24&data=1": {want: "https://x.example.com/a", by: "Microsoft Safe Links"},
		"https://eur01.safelinks.protection.outlook.com/?url=&data=1":                                                                                   {want: "https://eur01.safelinks.protection.outlook.com/?url=&data=1"},
		"%zz": {want: "%zz"},
	} {
		target, by, sealed := links.Unwrap(link)
		assert.Equal(t, c.want, target, link)
		assert.Equal(t, c.by, by, link)
		assert.Equal(t, c.sealed, sealed, link)
	}
}

// TestFixtures finds the link that each sample mail is about.
func TestFixtures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		q    links.Query
		want string
		by   string
	}{
		"magic-link":           {links.Query{Text: "sign in"}, "https://notes.example.com/magic?t=eyJhbGciOi.J9&next=%2Finbox", ""},
		"link-safelinks":       {links.Query{Place: links.InHTML}, "https://cloud.example.com/confirm?token=abc123&n=1", "Microsoft Safe Links"},
		"link-urldefense":      {links.Query{Host: "cloud.example.com"}, "https://cloud.example.com/magic?t=9f8e", "Proofpoint URL Defense"},
		"link-google-redirect": {links.Query{Path: "/d/*"}, "https://docs.example.com/d/1?usp=mail", "Google"},
		"newsletter-one-click": {links.Query{Text: "unsubscribe"}, "https://news.example.com/u/77?k=abc", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := links.Find(fixture(t, name), c.q)
			require.NoError(t, err)
			assert.Equal(t, c.want, l.Target)
			assert.Equal(t, c.by, l.Gateway)
			assert.Equal(t, c.by != "", l.Warning() != "")
			assert.Empty(t, l.Problem)
		})
	}
}

func TestFindErrors(t *testing.T) {
	t.Parallel()
	m := fixture(t, "link-google-redirect")
	_, err := links.Find(m, links.Query{})
	require.ErrorIs(t, err, links.ErrSeveral)
	require.ErrorContains(t, err, `"the plan" → https://docs.example.com/d/1?usp=mail (html, by Google)`)
	_, err = links.Find(m, links.Query{Text: "download", Host: "*.example.com"})
	require.ErrorIs(t, err, links.ErrNone)
	require.ErrorContains(t, err, `find link {Text: "download", Host: "*.example.com"}: no link matches`)
	_, err = links.Find(m, links.Query{Path: "["})
	require.ErrorIs(t, err, connector.ErrConfig)
	_, err = links.Find(fixture(t, "one-time-code"), links.Query{})
	require.ErrorContains(t, err, "the mail has no link")
}

func TestQuery(t *testing.T) {
	t.Parallel()
	m, err := connector.ReadMessage(strings.NewReader("Content-Type: text/html\r\n\r\n" +
		`<a href="https://a.shop.example.com/reset/now?x=1">Reset&nbsp;Password</a> <a href="mailto:x@example.com">mail</a>` +
		`<a style="display:none" href="https://hidden.example.com/">h</a><a href="https://shop.example.com">home</a>`))
	require.NoError(t, err)
	for want, q := range map[string]links.Query{
		"https://a.shop.example.com/reset/now?x=1": {Path: "/reset/**"},
		"mailto:x@example.com":                     {Scheme: "mailto"},
		"https://hidden.example.com/":              {Hidden: true, Host: "hidden.example.com"},
		"https://shop.example.com":                 {Path: "/"},
	} {
		l, err := links.Find(m, q)
		require.NoError(t, err, q.String())
		assert.Equal(t, want, l.Target)
	}
	l, err := links.Find(m, links.Query{Text: "reset  password", Host: "*.shop.example.com"})
	require.NoError(t, err)
	assert.Equal(t, "a.shop.example.com", l.Host())
	assert.Equal(t, "1", l.Param("x"))
	_, err = links.Find(m, links.Query{Host: "hidden.example.com"})
	require.ErrorIs(t, err, links.ErrNone)
}

func FuzzLinks(f *testing.F) {
	for _, name := range fixtures.Names() {
		if want := fixtures.Want(name); len(fixtures.Raw(name)) < 5000 {
			f.Add(want.Text + string(fixtures.Raw(name)))
		}
	}
	f.Add("https://urldefense.com/v3/__https://a.example/**9__;w6kr!!x")
	f.Fuzz(func(t *testing.T, source string) {
		for _, l := range append(links.OfHTML(source), links.OfText(source)...) {
			assert.NotEmpty(t, l.URL)
			assert.NotEmpty(t, l.Target)
			again, _, _ := links.Unwrap(l.Target)
			if !l.Sealed && l.Gateway == "" {
				assert.Equal(t, l.Target, again)
			}
			_ = l.Host()
			assert.NotContains(t, l.String(), "\x00\x00\x00\x00")
		}
	})
}

func BenchmarkOfHTML(b *testing.B) {
	source := strings.Repeat(`<p>Hello <a href="https://example.com/a?b=c&amp;d=e">there</a></p>`, 1000)
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	for b.Loop() {
		links.OfHTML(source)
	}
}

func TestHost(t *testing.T) {
	t.Parallel()
	u, err := url.Parse("https://Example.COM:8443/x")
	require.NoError(t, err)
	assert.Equal(t, "example.com", links.Link{Target: u.String()}.Host())
	assert.Empty(t, links.Link{Target: "%zz"}.Host())
}
