package oauth

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/cloudmail-go/cloudmail/connector"
)

// GoogleTokenURL is Google's token endpoint.
const GoogleTokenURL = "https://oauth2.googleapis.com/token"

// GoogleConfig says how access tokens of Google are got. Exactly one of Key, Keyless, Token and
// Source is set.
type GoogleConfig struct {
	// Key gives the JSON key file of a service account, as text.
	Key connector.Credential
	// Keyless lets IAM sign in the place of a key file.
	Keyless *GoogleKeyless
	// Token gives access tokens that were made elsewhere and are kept there, such as by a [Delegated].
	Token connector.Credential
	// Source gives tokens that were made elsewhere. Its Token is called by one goroutine at a time
	// and knows no context: a call that hangs outlives who asked for it.
	Source oauth2.TokenSource
	// Subject is the user whose mailbox is meant. Token and Source need none.
	Subject string
	// Scopes are asked for, letter by letter as the administrator delegated them.
	Scopes []string
	// TokenURL overrides the key's token_uri. Only Google's own endpoints and loopback addresses
	// are taken, of either: what is sent there proves who we are.
	TokenURL string
	// Client makes the requests. Required.
	Client *http.Client
}

// Google gets and keeps access tokens. It is safe for concurrent use; [NewGoogle] makes one.
type Google struct {
	conf GoogleConfig

	mu     sync.Mutex
	key    *googleKey   // the key in use, nil until it is read
	token  func() token // a closure, so that it does not print; nil: none yet
	flight *flight      // the request that is under way; nil: none is
}

// flight is one request for a token and what came of it.
type flight struct {
	done chan struct{} // closed when it ended; then the rest is set
	err  error
	left bool // its asker gave up: another may try
}

// token is an access token as it was answered.
type token struct {
	value  string
	expiry time.Time // zero: not told
}

// early is how long before its expiry a token is no longer used.
const early = time.Minute

// good reports whether the token can be used.
func (t token) good(refused string) bool {
	return t.value != "" && t.value != refused && (t.expiry.IsZero() || time.Until(t.expiry) > early)
}

// NewGoogle checks the configuration and reads the key, if there is one to read: what is wrong with
// them is a connector.ErrConfig that names the field. No request is made to Google.
func NewGoogle(ctx context.Context, c GoogleConfig) (*Google, error) {
	g := &Google{conf: c}
	if err := g.conf.check(); err != nil {
		return nil, err
	}
	if c.Key == nil {
		return g, nil
	}
	key, err := g.readKey(ctx, "")
	g.key = key
	return g, err
}

// check finds what no request is needed for to find.
func (c *GoogleConfig) check() error {
	ways := 0
	for _, set := range []bool{c.Key != nil, c.Keyless != nil, c.Token != nil, c.Source != nil} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		return configError("set exactly one of ServiceAccount, Keyless, Token and TokenSource", "ServiceAccount takes the JSON key file of a service account")
	}
	if c.Source == nil && c.Token == nil && len(c.Scopes) == 0 {
		return configError("Scopes is empty", "leave it nil for the default")
	}
	if c.TokenURL != "" && !googleOrLoopback(c.TokenURL) {
		return configError("TokenURL is neither Google's nor a loopback address", "leave it empty for "+GoogleTokenURL)
	}
	if c.Keyless != nil {
		return c.Keyless.check()
	}
	return nil
}

// configError is an ErrConfig about a field.
func configError(what, remedy string) *connector.Error {
	return &connector.Error{Op: "read configuration", Kind: connector.ErrConfig, Err: errors.New(what), Remedy: remedy}
}

// Token returns an access token: the one in use, unless it is about to expire or is the refused
// one. It has the shape of a connector.Credential. Askers share one request and its outcome; it is
// made with the context of the first, and when that one gives up, by the next.
func (g *Google) Token(ctx context.Context, refused string) (string, error) {
	for {
		g.mu.Lock()
		if g.token != nil && g.token().good(refused) {
			defer g.mu.Unlock()
			return g.token().value, nil
		}
		f := g.flight
		if f == nil {
			f = &flight{done: make(chan struct{})}
			g.flight = f
			g.mu.Unlock()
			return g.fly(ctx, f, refused)
		}
		g.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return "", unavailable(ctx.Err())
		}
		if f.err != nil && !f.left {
			return "", f.err
		}
	}
}

// fly gets a new token for all who wait.
func (g *Google) fly(ctx context.Context, f *flight, refused string) (string, error) {
	if g.conf.Source != nil {
		return g.ask(ctx, f)
	}
	t, err := g.fetch(ctx, refused)
	g.land(f, t, err, ctx.Err() != nil)
	return t.value, err
}

// land keeps a new token and lets those go on who waited for it.
func (g *Google) land(f *flight, t token, err error, left bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		g.token = func() token { return t }
	}
	f.err, f.left = err, left
	g.flight = nil
	close(f.done)
}

// fetch exchanges an assertion for a token. A key that Google refuses is asked for afresh, once.
func (g *Google) fetch(ctx context.Context, refused string) (token, error) {
	if g.conf.Token != nil {
		return g.given(ctx, refused)
	}
	if g.conf.Keyless != nil {
		return g.exchange(ctx, g.conf.Keyless.party(), g.conf.Keyless.sign)
	}
	g.mu.Lock()
	key := g.key
	g.mu.Unlock()
	t, err := g.exchange(ctx, key.party, key.sign)
	if !blamesKey(err) {
		return t, err
	}
	fresh, again := g.readKey(ctx, key.text())
	if again != nil || fresh.text() == key.text() {
		return t, worse(err, again)
	}
	g.mu.Lock()
	g.key = fresh
	g.mu.Unlock()
	return g.exchange(ctx, fresh.party, fresh.sign)
}

// givenFor is how long a token of Token is used before it is asked for again, which costs nothing while it
// is good.
const givenFor = 30 * time.Second

// given takes a token that is kept elsewhere.
func (g *Google) given(ctx context.Context, refused string) (token, error) {
	value, err := g.conf.Token(ctx, refused)
	if err != nil {
		return token{}, connector.CredentialError("", err)
	}
	if value == "" {
		return token{}, noToken("Token gave an empty access token", "check where its tokens come from")
	}
	return token{value, time.Now().Add(early + givenFor)}, nil
}

// worse chooses between the refusal of a key and the failure to get a better one: that the vault is
// out of reach for a while is the news, that it has no other key is not.
func worse(refusal, vault error) error {
	if errors.Is(vault, connector.ErrUnavailable) || errors.Is(vault, connector.ErrThrottled) {
		return vault
	}
	return refusal
}

// ask takes a token from the source, which knows no context: it runs on a goroutine of its own,
// that ends when the source answers.
func (g *Google) ask(ctx context.Context, f *flight) (string, error) {
	var kept token
	go func() {
		t, err := g.conf.Source.Token()
		if err = checkSourced("TokenSource", t, err); err == nil {
			kept = token{t.AccessToken, t.Expiry}
		}
		g.land(f, kept, err, false)
	}()
	select {
	case <-f.done:
		return kept.value, f.err
	case <-ctx.Done():
		return "", unavailable(ctx.Err())
	}
}

// checkSourced makes a typed error of what a source gave, if it is no token.
func checkSourced(field string, t *oauth2.Token, err error) error {
	if err != nil {
		return sourceError(err)
	}
	if t == nil || t.AccessToken == "" {
		return noToken(field+" gave an empty access token", "check where its tokens come from")
	}
	return nil
}

// Account says who asks for tokens: the service account's address and its numeric client ID, ""
// where unknown.
func (g *Google) Account() (email, clientID string) {
	p := g.party()
	return p.email, p.clientID
}

// party is who asks, as of now.
func (g *Google) party() party {
	if g.conf.Keyless != nil {
		return g.conf.Keyless.party()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.key != nil {
		return g.key.party
	}
	return party{}
}

// Fingerprint tells credentials apart without giving them away; "" where that cannot be told, as of
// tokens that come from a source.
func (g *Google) Fingerprint() string {
	if k := g.conf.Keyless; k != nil {
		return strings.Join(append([]string{"iam", k.Account}, k.Delegates...), " ")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.key != nil {
		return g.key.fingerprint
	}
	return ""
}
