package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/hide"
	"github.com/cloudmail-go/cloudmail/connector/internal/retryafter"
)

// keeper keeps a token and lets one asker at a time get another.
type keeper struct {
	turn *semaphore.Weighted

	mu    sync.Mutex
	token func() token // which does not print; nil: none yet
}

func newKeeper() *keeper { return &keeper{turn: semaphore.NewWeighted(1)} }

// get returns the token in use, unless it is about to expire or is the refused one.
func (k *keeper) get(ctx context.Context, refused string, fetch func(context.Context) (token, error)) (string, error) {
	if err := k.turn.Acquire(ctx, 1); err != nil {
		return "", unavailable(err)
	}
	defer k.turn.Release(1)
	k.mu.Lock()
	now := k.token
	k.mu.Unlock()
	if now != nil && now().good(refused) {
		return now().value, nil
	}
	t, err := fetch(ctx)
	if err == nil {
		k.set(t)
	}
	return t.value, err
}

func (k *keeper) set(t token) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.token = func() token { return t }
}

// answerMax bounds an answer of a token endpoint.
const answerMax = 1 << 20

// reply is an answer of an endpoint of OAuth.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// post sends a form and reads the answer.
func post(ctx context.Context, c *http.Client, address string, form url.Values) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return reply{}, configError("the address of the endpoint is no URL", "leave it empty for the service's own")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if c == nil {
		c = http.DefaultClient
	}
	resp, err := c.Do(req)
	if err != nil {
		return reply{}, unavailable(err)
	}
	defer resp.Body.Close()
	hide.Answer(req, resp)
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerMax))
	if err != nil {
		return reply{}, unavailable(err)
	}
	return reply{resp.StatusCode, resp.Header, body}, nil
}

// granted is a success of a token endpoint (RFC 6749 §5.1).
type granted struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Expires int64  `json:"expires_in"`
}

// grant reads a success.
func (r reply) grant() (granted, error) {
	var g granted
	if err := json.Unmarshal(r.body, &g); err != nil || g.Access == "" {
		return g, &connector.Error{Op: "get access token", Kind: connector.ErrUnexpected,
			Err: errors.New("the answer has no access token"), Remedy: "is a proxy or a login page between?"}
	}
	return g, nil
}

// token is the access token of a success.
func (g granted) token() token {
	t := token{value: g.Access}
	if g.Expires > 0 {
		t.expiry = time.Now().Add(time.Duration(g.Expires) * time.Second)
	}
	return t
}

// entra makes an error of a refusal of Entra, and reports what it was.
func (r reply) entra() (*connector.Error, *EntraError) {
	e, ok := ParseEntraError(r.status, r.body)
	if !ok {
		err, _ := errors.AsType[*connector.Error](foreign(r.status, r.header, "the token endpoint"))
		return err, nil
	}
	remedy, kind := e.Explain()
	return &connector.Error{Op: "get access token", Kind: kind, Err: e, Remedy: remedy, RetryAfter: retryafter.Header(r.header)}, e
}

// secureURL reports whether a URL may be sent what proves who we are: HTTPS, or this machine.
func secureURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopbackHost(u.Hostname())
}
