package oauth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/cloudmail-go/cloudmail/connector"
)

// DeviceCode is what a person types in on another device.
type DeviceCode struct {
	URL     string // to open there
	Code    string // to type in there
	Expires time.Time
}

// SignInByCode lets a person sign in on any device with a browser (RFC 8628): show is given what to
// open and to type in, and the call returns when that is done, refused or too old. Google gives no
// mail to this way: use [Delegated.SignInByBrowser] there.
func (d *Delegated) SignInByCode(ctx context.Context, show func(DeviceCode)) error {
	r, err := d.ask(ctx, d.conf.Authority.device, url.Values{"scope": {strings.Join(d.conf.Scopes, " ")}})
	if err != nil {
		return err
	}
	if r.status != http.StatusOK {
		return d.refusal(r)
	}
	var a struct {
		Device   string `json:"device_code"`
		User     string `json:"user_code"`
		URI      string `json:"verification_uri"`
		URL      string `json:"verification_url"` // Google's spelling
		Expires  int64  `json:"expires_in"`
		Interval int64  `json:"interval"`
	}
	if json.Unmarshal(r.body, &a) != nil || a.Device == "" || a.User == "" {
		return unexpectedSignIn("the answer has no code")
	}
	expires := time.Now().Add(time.Duration(a.Expires) * time.Second)
	show(DeviceCode{URL: cmp.Or(a.URI, a.URL), Code: a.User, Expires: expires})
	return d.poll(ctx, a.Device, time.Duration(cmp.Or(max(a.Interval, 0), 5))*time.Second, expires)
}

// slowest is how seldom is asked at most after failures.
const slowest = time.Minute

// poll asks until the person is done, or the code is too old. What fails on the way is tried again, more
// seldom each time (RFC 8628 §3.5): the person may be typing meanwhile.
func (d *Delegated) poll(ctx context.Context, device string, every time.Duration, expires time.Time) error {
	for {
		timer := time.NewTimer(every)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return unavailable(context.Cause(ctx))
		}
		g, err := d.exchange(ctx, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {device}})
		if err == nil {
			return d.complete(ctx, g)
		}
		e, refused := errors.AsType[*EntraError](err)
		switch {
		case refused && e.Code == "authorization_pending":
			err = d.again(errors.New("the code has expired"))
		case refused && e.Code == "slow_down":
			every += 5 * time.Second
			err = d.again(errors.New("the code has expired"))
		case errors.Is(err, connector.ErrUnavailable), errors.Is(err, connector.ErrThrottled):
			every = max(every, min(every*2, slowest))
		default:
			return declined(err, e)
		}
		if time.Now().After(expires) {
			return err
		}
	}
}

// declined names what a person decided.
func declined(err error, e *EntraError) error {
	if e == nil {
		return err
	}
	if e.Code == "authorization_declined" || e.Code == "access_denied" {
		return &connector.Error{Op: "sign in", Kind: connector.ErrPermission, Err: errors.New("the sign-in was refused by the person"), Remedy: "start it anew"}
	}
	return err
}

// complete takes a grant into use and keeps it.
func (d *Delegated) complete(ctx context.Context, g granted) error {
	if g.Refresh == "" {
		return unexpectedSignIn("the answer has no refresh token")
	}
	d.adopt(g.Refresh, d.conf.Account)
	d.keep.set(g.token())
	if err := d.save(ctx); err != nil {
		return &connector.Error{Op: "sign in", Kind: connector.ErrUnavailable, Err: errors.Join(errors.New("the sign-in succeeded and could not be kept"), err), Remedy: "can the vault be written to?"}
	}
	return nil
}

func unexpectedSignIn(what string) error {
	return &connector.Error{Op: "sign in", Kind: connector.ErrUnexpected, Err: errors.New(what), Remedy: "is a proxy or a login page between?"}
}

// SignInByBrowser lets a person sign in with a browser on this machine: open is given the address
// to open, and the call returns when the browser came back to a port of 127.0.0.1 that is open for
// so long (RFC 8252 §7.3), with a proof that no other program can make (PKCE, RFC 7636). The app's
// registration needs the redirect http://localhost at Microsoft, none at Google.
func (d *Delegated) SignInByBrowser(ctx context.Context, open func(address string) error) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return &connector.Error{Op: "sign in", Kind: connector.ErrUnavailable, Err: err, Remedy: "may this program listen on 127.0.0.1?"}
	}
	_, port, _ := net.SplitHostPort(l.Addr().String()) // of our own listener
	back := "http://127.0.0.1:" + port
	if !d.conf.Authority.google {
		back = "http://localhost:" + port
	}
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	door := &door{state: state, came: make(chan url.Values, 1)}
	server := &http.Server{Handler: door, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	defer func() { _ = server.Close(); <-done }()
	if err := open(d.authorizeURL(back, state, verifier)); err != nil {
		return &connector.Error{Op: "sign in", Kind: connector.ErrUnavailable, Err: err, Remedy: "open the address by hand, or sign in by code"}
	}
	select {
	case q := <-door.came:
		return d.arrived(ctx, q, back, verifier)
	case <-ctx.Done():
		return unavailable(context.Cause(ctx))
	}
}

// authorizeURL is where the browser goes.
func (d *Delegated) authorizeURL(back, state, verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{"response_type": {"code"}, "client_id": {d.conf.ClientID}, "redirect_uri": {back}, "state": {state},
		"scope": {strings.Join(d.conf.Scopes, " ")}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}}
	if d.conf.Account != "" {
		q.Set("login_hint", d.conf.Account)
	}
	if d.conf.Authority.google { // else a second sign-in gives no refresh token
		q.Set("access_type", "offline")
		q.Set("prompt", "consent")
	}
	return d.conf.Authority.authorize + "?" + q.Encode()
}

// arrived redeems what the browser brought.
func (d *Delegated) arrived(ctx context.Context, q url.Values, back, verifier string) error {
	if code := q.Get("error"); code != "" {
		e := &EntraError{Status: http.StatusBadRequest, Code: shorten(code), Text: shorten(entraText(q.Get("error_description")))}
		remedy, kind := e.Explain()
		return declined(&connector.Error{Op: "sign in", Kind: kind, Err: e, Remedy: remedy}, e)
	}
	g, err := d.exchange(ctx, url.Values{"grant_type": {"authorization_code"}, "code": {q.Get("code")}, "redirect_uri": {back}, "code_verifier": {verifier}})
	if err != nil {
		return err
	}
	return d.complete(ctx, g)
}

// door waits for the one visit that knows the state.
type door struct {
	state string
	came  chan url.Values
}

// goodbye is the page that the person sees last.
const goodbye = "You can close this window.\n"

// ServeHTTP implements [http.Handler].
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(d.state)) != 1 || q.Get("code") == "" && q.Get("error") == "" {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte("This is not the sign-in that was begun.\n"))
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(goodbye)))
	_, _ = w.Write([]byte(goodbye))
	_ = http.NewResponseController(w).Flush() // all of it, for the server may end with the sign-in
	select {
	case d.came <- q:
	default: // a second visit
	}
}
