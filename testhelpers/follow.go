package testhelpers

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector/links"
)

// FollowOptions say how far [Follow] may go; nil and the zero value are the defaults.
type FollowOptions struct {
	// Allow lists what may be reached although it is not public, such as the product on this machine:
	// names ("localhost", "shop.test"), addresses ("127.0.0.1") and prefixes ("10.1.0.0/16").
	Allow []string
	// Redirects is how many are followed at most; 0 is 10, less than 0 none.
	Redirects int
	// MaxBody is how many bytes of the page are kept; 0 is 1 MiB.
	MaxBody int64
	// Timeout is for all of it; 0 is 30 seconds. The test's own deadline ends it earlier.
	Timeout time.Duration
	// RootCAs are trusted in place of the system's.
	RootCAs *x509.CertPool
	// Transport makes the requests in place of the network: a handler in memory, or a way through a
	// proxy. Where it leads is its own affair: addresses are not checked then.
	Transport http.RoundTripper
}

// Visit is what came of following a link.
type Visit struct {
	Hops   []Hop       // every address that was asked, the last one is the page
	URL    string      // of the page
	Status int         // of the page
	Header http.Header // of the page
	Body   []byte      // of the page, at most MaxBody
	Cut    bool        // the page is longer than Body
	// Notes say what a test should know: that a mail gateway may have opened the link before, that a
	// redirect leads from https to http, that the page leads on by itself.
	Notes []string
}

// Hop is one address that was asked.
type Hop struct {
	URL      string
	Status   int
	Location string // where it leads to; "" if nowhere
}

const (
	usualRedirects = 10
	usualBody      = 1 << 20
	usualTimeout   = 30 * time.Second
)

// Follow opens the target of a link and returns what came, as a person's browser would get it at first:
// redirects are followed and shown, scripts do not run. It is a GET without cookies, without a referrer
// and without any credential; a magic link is used up by it. An address that is not public is refused,
// at each redirect anew and after its name was resolved, unless Allow has it. The test fails now where
// the page cannot be had; a page that says "gone" is for the test to judge, by Status.
func Follow(t T, l links.Link, o *FollowOptions) *Visit {
	help(t)()
	ctx, cancel := contextOf(t)
	defer cancel()
	v, err := follow(ctx, l, o.withDefaults())
	if err != nil {
		t.Errorf("%s", seen(fmt.Sprintf("the link %s cannot be followed: %v", l, err)))
		for _, h := range v.Hops {
			t.Errorf("  %s", seen(h.String()))
		}
		t.FailNow()
		return nil
	}
	return v
}

// String is one line.
func (h Hop) String() string {
	text := fmt.Sprintf("%d %s", h.Status, h.URL)
	if h.Location != "" {
		text += " → " + h.Location
	}
	return text
}

func (o *FollowOptions) withDefaults() FollowOptions {
	own := FollowOptions{}
	if o != nil {
		own = *o
	}
	if own.Redirects == 0 {
		own.Redirects = usualRedirects
	}
	if own.MaxBody == 0 {
		own.MaxBody = usualBody
	}
	if own.Timeout == 0 {
		own.Timeout = usualTimeout
	}
	return own
}

// follow asks address after address. What came until an error is returned with it.
func follow(ctx context.Context, l links.Link, o FollowOptions) (*Visit, error) {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	v := &Visit{}
	v.note(l.Warning())
	transport, err := o.transport()
	if err != nil {
		return v, err
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	next := l.Target
	for {
		u, err := webAddress(next)
		if err != nil {
			return v, err
		}
		location, err := v.ask(ctx, client, u, o.MaxBody)
		if err != nil || location == "" {
			return v, err
		}
		if len(v.Hops) > max(o.Redirects, 0) {
			return v, fmt.Errorf("more than %d redirects", max(o.Redirects, 0))
		}
		next = location
	}
}

// webAddress reads an address that may be opened.
func webAddress(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, errors.New("it is no address")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%q is no scheme of the web", u.Scheme)
	case u.Hostname() == "":
		return nil, errors.New("it names no host")
	case u.User != nil:
		return nil, errors.New("it has a user's name in it, as forged addresses do")
	}
	return u, nil
}

// ask makes one request. It returns where the answer leads to, "" if it is the page.
func (v *Visit) ask(ctx context.Context, c *http.Client, u *url.URL, most int64) (location string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("User-Agent", "cloudmail link check")
	req.Header.Set("Accept", "text/html,*/*")
	resp, err := c.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return "", fmt.Errorf("%s: %w", u.Host, err)
	}
	defer resp.Body.Close()
	hop := Hop{URL: u.String(), Status: resp.StatusCode}
	if to, err := resp.Location(); err == nil && resp.StatusCode/100 == 3 {
		if to.Fragment == "" {
			to.Fragment = u.Fragment // RFC 9110 §10.2.2
		}
		hop.Location = to.String()
	}
	v.Hops = append(v.Hops, hop)
	if hop.Location != "" {
		if u.Scheme == "https" && strings.HasPrefix(hop.Location, "http:") {
			v.note("a redirect leads from https to http: " + hop.String())
		}
		return hop.Location, nil
	}
	return "", v.page(resp, hop, most)
}

// refresh is the way of HTML to lead on without a redirect.
var refresh = regexp.MustCompile(`(?i)<meta[^>]{0,200}http-equiv\s{0,9}=\s{0,9}["']?refresh`)

// page keeps the last answer.
func (v *Visit) page(resp *http.Response, hop Hop, most int64) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return fmt.Errorf("the page broke off: %w", err)
	}
	if v.Cut = int64(len(body)) > most; v.Cut {
		body = body[:most]
	}
	v.URL, v.Status, v.Header, v.Body = hop.URL, resp.StatusCode, resp.Header, body
	if refresh.Match(body) {
		v.note("the page leads on by itself (meta refresh), which is not followed")
	}
	if resp.StatusCode >= http.StatusBadRequest && len(v.Notes) > 0 {
		v.note(fmt.Sprintf("the page answers %d: the link may be used up already", resp.StatusCode))
	}
	return nil
}

func (v *Visit) note(s string) {
	if s != "" {
		v.Notes = append(v.Notes, s)
	}
}
