package imap

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/hide"
)

// keeper holds the secret and replaces it when it is refused.
type keeper struct {
	server Server
	habits habits

	mu     sync.Mutex
	secret func() string // a closure, so that it does not print; nil: none yet
	asked  time.Time     // when the credential had nothing better than what was refused
}

// askEvery is how long a refused secret is not asked for again, if the credential had no other.
const askEvery = 30 * time.Second

// get returns the secret to present. refused is the one that was just rejected, "" if none; a
// thousand callers with the same refused secret cost one read.
func (k *keeper) get(ctx context.Context, refused string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.secret != nil && (refused == "" || k.secret() != refused) {
		return k.secret(), nil
	}
	if refused != "" && time.Since(k.asked) < askEvery {
		return "", errRefused
	}
	secret, err := k.ask(ctx, refused)
	if err != nil {
		return "", err
	}
	if secret == refused {
		k.asked = time.Now()
		return "", errRefused
	}
	k.secret = func() string { return secret }
	return secret, nil
}

// errRefused is a credential without anything better than what was refused.
var errRefused = errors.New("the credential gives no other value than the one that was refused")

// ask reads the credential.
func (k *keeper) ask(ctx context.Context, refused string) (string, error) {
	credential := k.server.Password
	if k.server.Token != nil {
		credential = k.server.Token
	}
	secret, err := credential(ctx, refused)
	if _, typed := errors.AsType[*connector.Error](err); typed {
		return "", err
	}
	switch {
	case err != nil:
		return "", &connector.Error{Kind: connector.ErrAuth, Err: err, Remedy: "is the key vault reachable, and the name right?"}
	case secret == "":
		return "", k.server.config("the credential gave an empty value", "is the variable or the vault's entry set?")
	case strings.ContainsFunc(secret, unsafeRune):
		return "", k.server.config("the credential gave a value with a control character", "was it stored with its line end?")
	}
	return secret, nil
}

// fingerprint tells secrets apart without showing them.
func (k *keeper) fingerprint() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.secret == nil {
		return ""
	}
	sum := sha256.Sum256([]byte(k.secret()))
	return hex.EncodeToString(sum[:8])
}

// signedIn connects and signs in; a refused secret is replaced once.
func (k *keeper) signedIn(ctx context.Context) (*conn, error) {
	secret, err := k.get(ctx, "")
	if err != nil {
		return nil, k.server.fail("read credential", err)
	}
	c, refusal := k.try(ctx, secret)
	if !errors.Is(refusal, connector.ErrAuth) {
		return c, refusal
	}
	secret, err = k.get(ctx, secret)
	if errors.Is(err, errRefused) {
		return nil, refusal
	}
	if err != nil {
		return nil, k.server.fail("read credential", err)
	}
	return k.try(ctx, secret)
}

// try is one connection with one secret.
func (k *keeper) try(ctx context.Context, secret string) (*conn, error) {
	c, err := k.server.connect(ctx)
	if err != nil {
		return nil, err
	}
	c.habits = &k.habits
	defer context.AfterFunc(ctx, c.kill)()
	c.guard.begin(silenceSearch, budgetSignIn) // servers let a wrong password wait
	defer c.guard.end()
	if err := c.guard.why(c.signIn(k.server, secret)); err != nil {
		c.shut()
		if bye, ok := errors.AsType[*byeError](err); ok {
			bye.said.Text = hide.Text(bye.said.Text, secret)
		}
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, k.server.fail("sign in", err)
	}
	return c, nil
}

// signIn presents the secret in the way that was asked for, or the first that the server has.
func (c *conn) signIn(s Server, secret string) error {
	way, err := c.way(s)
	if err != nil {
		return err
	}
	var exchange sasl.Client
	switch way {
	case AuthLogin:
		return refusedBy(c.imap.Login(s.User, secret).Wait(), "", secret)
	case AuthPlain:
		exchange = sasl.NewPlainClient("", s.User, secret)
	default:
		exchange = &bearer{way: way, user: s.User, token: secret, host: s.Host, port: s.Port}
	}
	err = c.imap.Authenticate(exchange)
	reason := ""
	if b, ok := exchange.(*bearer); ok {
		reason = b.reason
	}
	return refusedBy(err, reason, secret)
}

// errCapabilities is a server that breaks off, or refuses, where it must say what it can.
var errCapabilities = errors.New("the server does not tell its capabilities")

// way chooses how to sign in. LOGIN is a command of its own, which a server without SASL has.
func (c *conn) way(s Server) (Auth, error) {
	if c.imap.Caps() == nil {
		return "", errCapabilities
	}
	var can []Auth
	for _, a := range s.ways() {
		if c.has(imap.AuthCap(string(a))) || a == AuthLogin && !c.has(imap.CapLoginDisabled) {
			can = append(can, a)
		}
	}
	switch {
	case s.Auth == "" && len(can) > 0:
		return can[0], nil
	case slices.Contains(can, s.Auth):
		return s.Auth, nil
	case s.Security == Plain && c.has(imap.CapLoginDisabled):
		return "", s.config("the server takes no password without TLS", "set Security to tls or starttls")
	case s.Token != nil:
		return "", s.config("the server takes no OAuth token in this way", "it offers "+c.offers()+"; give Password, or another Auth")
	}
	return "", s.config("the server takes no password in this way", "it offers "+c.offers()+"; give Token, or another Auth")
}

// offers lists the mechanisms of the server.
func (c *conn) offers() string {
	var all []string
	for capability := range c.imap.Caps() {
		if name, ok := strings.CutPrefix(string(capability), "AUTH="); ok {
			all = append(all, name)
		}
	}
	if len(all) == 0 {
		return "none"
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// refusedBy makes the server's NO or BAD to a sign-in a refusal, with its reason. Servers quote what they refuse.
func refusedBy(err error, reason, secret string) error {
	if refusal, ok := errors.AsType[*imap.Error](err); ok {
		refusal.Text = hide.Text(refusal.Text, secret)
		return &signInError{refusal: refusal, reason: hide.Text(reason, secret)}
	}
	return hide.Error(err, secret)
}

// signInError is a refused sign-in.
type signInError struct {
	refusal *imap.Error
	reason  string // of an OAuth exchange, in JSON
}

// Error returns the server's words.
func (e *signInError) Error() string {
	if e.reason == "" {
		return e.refusal.Error()
	}
	return fmt.Sprintf("%v (%s)", e.refusal, shorten(e.reason))
}

// Unwrap returns go-imap's error.
func (e *signInError) Unwrap() error { return e.refusal }
