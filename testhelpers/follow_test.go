package testhelpers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector/links"
	"github.com/cloudmail-go/cloudmail/testhelpers"
)

// shop is a product's pages.
func shop(t *testing.T, asked *[]*http.Request) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	see := func(f http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			*asked = append(*asked, r)
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
			f(w, r)
		}
	}
	mux.HandleFunc("/confirm", see(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/welcome?x=1", http.StatusFound) }))
	mux.HandleFunc("/welcome", see(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<h1>Welcome</h1>") }))
	mux.HandleFunc("/loop", see(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) }))
	mux.HandleFunc("/out", see(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusSeeOther)
	}))
	mux.HandleFunc("/gone", see(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
	mux.HandleFunc("/refresh", see(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<META HTTP-EQUIV="Refresh" content="0; url=/welcome">`)
	}))
	mux.HandleFunc("/big", see(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 5000)) }))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func target(u string) links.Link { return links.Link{Raw: u, URL: u, Target: u} }

func TestFollow(t *testing.T) {
	t.Parallel()
	var asked []*http.Request
	s := shop(t, &asked)
	here := &testhelpers.FollowOptions{Allow: []string{"127.0.0.1"}}
	v := testhelpers.Follow(t, target(s.URL+"/confirm#top"), here)
	assert.Equal(t, http.StatusOK, v.Status)
	assert.Equal(t, s.URL+"/welcome?x=1#top", v.URL)
	assert.Equal(t, "<h1>Welcome</h1>", string(v.Body))
	assert.Equal(t, []testhelpers.Hop{{URL: s.URL + "/confirm#top", Status: 302, Location: v.URL}, {URL: v.URL, Status: 200}}, v.Hops)
	assert.Empty(t, v.Notes)
	require.Len(t, asked, 2)
	for _, r := range asked {
		assert.Equal(t, http.MethodGet, r.Method)
		for _, field := range []string{"Cookie", "Referer", "Authorization"} {
			assert.Empty(t, r.Header.Get(field), field)
		}
	}
	gone := testhelpers.Follow(t, links.Link{Target: s.URL + "/gone", Gateway: "Microsoft Safe Links"}, here)
	assert.Equal(t, http.StatusGone, gone.Status)
	assert.Contains(t, strings.Join(gone.Notes, "\n"), "may have opened it already")
	assert.Contains(t, strings.Join(gone.Notes, "\n"), "410")
	assert.Contains(t, strings.Join(testhelpers.Follow(t, target(s.URL+"/refresh"), here).Notes, "\n"), "meta refresh")
	big := testhelpers.Follow(t, target(s.URL+"/big"), &testhelpers.FollowOptions{Allow: []string{"127.0.0.0/8"}, MaxBody: 1000})
	assert.Len(t, big.Body, 1000)
	assert.True(t, big.Cut)
}

// followed is what a test hears that follows an address which is refused.
func followed(l links.Link, o *testhelpers.FollowOptions) string {
	h := &hearing{}
	testhelpers.Follow(h, l, o)
	return h.said.String()
}

func TestFollowEnds(t *testing.T) {
	t.Parallel()
	var asked []*http.Request
	s := shop(t, &asked)
	for path, want := range map[string]string{
		"/loop":                          "more than 10 redirects",
		"/out?to=file:///etc/passwd":     `"file" is no scheme of the web`,
		"/out?to=http://user@127.0.0.1/": "a user's name",
		"/out?to=http://[::1]:1/":        "::1 is not public",
		"/out?to=http://169.254.169.254": "169.254.169.254 is not public",
	} {
		said := followed(target(s.URL+path), &testhelpers.FollowOptions{Allow: []string{"127.0.0.1"}})
		assert.Contains(t, said, want, path)
		assert.Contains(t, said, s.URL, "the way so far is shown")
		assert.Contains(t, said, "--- FAIL")
	}
	assert.Contains(t, followed(target(s.URL+"/confirm"), &testhelpers.FollowOptions{Allow: []string{"127.0.0.1"}, Redirects: -1}), "more than 0 redirects")
	before := len(asked)
	assert.Contains(t, followed(target(s.URL+"/welcome"), nil), "127.0.0.1 is not public: name it in FollowOptions.Allow")
	assert.Contains(t, followed(target("http://[::ffff:127.0.0.1]:1/"), &testhelpers.FollowOptions{Allow: []string{"10.0.0.0/8"}}), "is not public")
	assert.Len(t, asked, before, "nothing was sent there")
	for _, bad := range []string{"", "*", "http://x", "a b", "x:80"} {
		assert.Contains(t, followed(target(s.URL), &testhelpers.FollowOptions{Allow: []string{bad}}), "FollowOptions.Allow", bad)
	}
}

// The ways to write an address that is not public, as attackers write them. None is reached.
func TestFollowStaysInTheOpen(t *testing.T) {
	t.Parallel()
	hosts := strings.Fields(`127.0.0.1 127.1.2.3 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.254 192.168.0.1 192.168.255.1 169.254.169.254 169.254.0.1
		100.64.0.1 100.127.255.254 192.0.0.1 192.0.2.1 198.18.0.1 198.19.255.1 198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
		[::1] [::] [::127.0.0.1] [::ffff:127.0.0.1] [::ffff:10.0.0.1] [::ffff:7f00:1] [::ffff:a9fe:a9fe] [fe80::1] [fe80::1%25lo] [fc00::1] [fd00:ec2::254] [ff02::1] [fec0::1]
		[64:ff9b::127.0.0.1] [64:ff9b::a9fe:a9fe] [64:ff9b::10.0.0.1] [64:ff9b:1::1] [2002:7f00:1::] [2002:a9fe:a9fe::1] [2002:c0a8:1::1] [2001:db8::1] [2001::1] [100::1] [3fff::1]
		localhost LOCALHOST localhost. 2130706433 0x7f000001 0177.0.0.1 017700000001 0x7f.0.0.1 127.1 127.0.1 0 0x0 127.0.0.1. ①②⑦.⓪.⓪.① 1②7.0.0.1`)
	require.GreaterOrEqual(t, len(hosts), 60)
	for _, host := range hosts {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			said := followed(target("http://"+host+":9/"), nil)
			assert.Contains(t, said, "--- FAIL")
			refused := strings.Contains(said, "is not public") || strings.Contains(said, "no such host") || strings.Contains(said, "lookup ") ||
				strings.Contains(said, "no address") || strings.Contains(said, "no suitable address") || strings.Contains(said, "invalid")
			assert.True(t, refused, "%s was not refused, but tried: %s", host, said)
		})
	}
}

// A link of the mail is opened where it leads to, not at the gateway that rewrote it.
func TestFollowOverTransport(t *testing.T) {
	t.Parallel()
	l := links.Link{URL: "https://eur01.safelinks.protection.outlook.com/?url=x", Target: "https://shop.example/confirm?token=1", Gateway: "Microsoft Safe Links"}
	var asked []string
	page := roundTripper(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.String())
		w := httptest.NewRecorder()
		if r.URL.Scheme == "https" {
			w.Header().Set("Location", "http://shop.example/plain")
			w.WriteHeader(http.StatusMovedPermanently)
		}
		return w.Result(), nil
	})
	v := testhelpers.Follow(t, l, &testhelpers.FollowOptions{Transport: page})
	assert.Equal(t, []string{"https://shop.example/confirm?token=1", "http://shop.example/plain"}, asked)
	assert.Contains(t, strings.Join(v.Notes, "\n"), "from https to http")
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
