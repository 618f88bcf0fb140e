package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"golang.org/x/sync/semaphore"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/certs"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/wire"
)

// tokens gives access tokens. A credential that Entra refuses is asked for afresh, once; what Entra
// answers becomes an error with its meaning. It keeps no token itself: the Azure SDK does.
type tokens struct {
	server Office365
	http   *http.Client

	// one is who may ask: the SDK holds a lock while it asks Entra, and locks held over a request stand
	// still in a testing/synctest bubble. Nobody who waits here has a use for another answer.
	one *semaphore.Weighted

	mu   sync.Mutex
	held func() credential // nil until first asked; a closure, so that the secret does not print
	turn int               // how many were made
}

// credential is the Azure SDK's, and the secret that it was made of.
type credential struct {
	azcore.TokenCredential
	secret string
}

var _ azcore.TokenCredential = (*tokens)(nil)

func newTokens(server Office365, c *http.Client) *tokens {
	return &tokens{server: server, http: c, one: semaphore.NewWeighted(1)}
}

// GetToken returns a token, from the SDK's cache where that has one.
func (t *tokens) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if err := t.one.Acquire(ctx, 1); err != nil {
		return azcore.AccessToken{}, t.server.typed("get access token", &connector.Error{Kind: connector.ErrUnavailable, Err: err})
	}
	defer t.one.Release(1)
	cred, turn, err := t.current(ctx)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	token, fresh, err := t.request(ctx, cred, o)
	if err == nil || !fresh {
		return token, err
	}
	other, renewErr := t.renew(ctx, turn, true)
	switch {
	case errors.Is(renewErr, errSame): // what Entra said tells more
		return token, err
	case errors.Is(renewErr, connector.ErrUnavailable): // it passes, and the refusal may with it
		return token, renewErr
	case renewErr != nil:
		return token, t.server.noOther(err, renewErr)
	}
	token, _, err = t.request(ctx, other, o)
	return token, err
}

// errSame is a credential function that has no value but the refused one.
var errSame = errors.New("the credential was refused, and there is no other")

// noOther is the refusal of a credential when the source of another one failed too.
func (o Office365) noOther(refusal, failure error) error {
	e := *asError(refusal)
	e.Err = fmt.Errorf("%w (and asking for another credential failed: %w)", e.Err, failure)
	return &e
}

// request asks once. fresh means that another secret may be accepted.
func (t *tokens) request(ctx context.Context, cred azcore.TokenCredential, o policy.TokenRequestOptions) (token azcore.AccessToken, fresh bool, err error) {
	ctx, rec := wire.Watch(ctx)
	token, err = cred.GetToken(ctx, o)
	if err == nil {
		return token, false, nil
	}
	err, fresh = t.server.signInError(ctx, rec, err)
	return token, fresh && t.server.TokenCredential == nil, err
}

// current returns the credential in use.
func (t *tokens) current(ctx context.Context) (azcore.TokenCredential, int, error) {
	t.mu.Lock()
	held, turn := t.held, t.turn
	t.mu.Unlock()
	if held != nil {
		return held().TokenCredential, turn, nil
	}
	cred, err := t.renew(ctx, turn, false)
	return cred, turn + 1, err
}

// renew replaces the credential of a turn, unless someone else did already. refused says that its
// secret was; otherwise it is made anew of the same one, which forgets the tokens in its cache. The
// caller is the one who may ask.
func (t *tokens) renew(ctx context.Context, turn int, refused bool) (azcore.TokenCredential, error) {
	t.mu.Lock()
	held, now := t.held, t.turn
	t.mu.Unlock()
	if now != turn {
		return held().TokenCredential, nil
	}
	value, err := "", error(nil)
	if held != nil {
		value = held().secret
	}
	if held == nil || refused {
		value, err = t.server.secret(ctx, value)
	}
	if err != nil {
		return nil, err
	}
	cred, err := t.server.credential(ctx, t.http, value)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held, t.turn = func() credential { return credential{cred, value} }, t.turn+1
	return cred, nil
}

// discard forgets a token that Graph refused. It reports false if the credential is not ours to
// make anew.
func (t *tokens) discard(ctx context.Context, turn int) bool {
	if g, ok := t.server.TokenCredential.(*given); ok {
		return t.refuse(g, turn)
	}
	if t.server.TokenCredential != nil || t.one.Acquire(ctx, 1) != nil {
		return false
	}
	defer t.one.Release(1)
	_, err := t.renew(ctx, turn, false)
	return err == nil
}

// refuse tells a function of tokens that its last was refused, once for all who were given it.
func (t *tokens) refuse(g *given, turn int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.turn == turn {
		g.refuse()
		t.turn++
	}
	return true
}

// generation says which credential is in use, for discard.
func (t *tokens) generation() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.turn
}

// secret asks for the value of the credential; refused is the one that Entra just rejected.
func (o Office365) secret(ctx context.Context, refused string) (string, error) {
	source := o.ClientSecret
	if source == nil {
		source = o.Certificate
	}
	if source == nil { // federated, or the caller's own
		return "", nil
	}
	value, err := source(ctx, refused)
	switch known := asError(err); {
	case refused != "" && (err == nil && value == refused || known != nil && errors.Is(err, connector.ErrAuth)):
		return "", errSame
	case err != nil:
		return "", connector.CredentialError(o.Mailbox(), err)
	}
	if o.ClientSecret == nil {
		return value, nil
	}
	if value = strings.TrimSpace(value); value == "" {
		return "", o.config("ClientSecret", errors.New("it is empty"), "is the variable or vault entry set?")
	}
	return value, o.checkSecret(value)
}

// credential makes the Azure SDK's credential. Its own retries are off. It asks no one which
// authorities there are, since ours comes from a fixed list or from the caller.
func (o Office365) credential(ctx context.Context, c *http.Client, value string) (azcore.TokenCredential, error) {
	options := azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: o.endpoints().authority + "/"},
		Transport: c,
		Retry:     policy.RetryOptions{MaxRetries: -1},
		Telemetry: policy.TelemetryOptions{ApplicationID: "cloudmail"},
	}
	var cred azcore.TokenCredential
	var err error
	switch {
	case o.TokenCredential != nil:
		return o.TokenCredential, nil
	case o.ClientSecret != nil:
		cred, err = azidentity.NewClientSecretCredential(o.Tenant, o.ClientID, value,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	case o.FederatedToken != nil:
		cred, err = azidentity.NewClientAssertionCredential(o.Tenant, o.ClientID, o.assertion,
			&azidentity.ClientAssertionCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	default:
		return o.certificate(ctx, options, value)
	}
	if err != nil {
		return nil, o.config("Tenant or ClientID", err, "check both")
	}
	return cred, nil
}

// assertion is FederatedToken; its error is noted, since the layers above keep the text alone.
func (o Office365) assertion(ctx context.Context) (string, error) {
	token, err := o.FederatedToken(ctx)
	if err == nil && strings.TrimSpace(token) == "" {
		err = errors.New("it gave an empty token")
	}
	if err == nil {
		return token, nil
	}
	e := &connector.Error{Kind: connector.ErrAuth, Err: fmt.Errorf("FederatedToken: %w", err), Remedy: "check the source of the federated token"}
	if isNetwork(err) {
		e.Kind = connector.ErrUnavailable
	}
	wire.Fail(ctx, e)
	return "", e
}

func (o Office365) certificate(ctx context.Context, options azcore.ClientOptions, text string) (azcore.TokenCredential, error) {
	password := ""
	if o.CertificatePassword != nil {
		var err error
		if password, err = o.CertificatePassword(ctx, ""); err != nil {
			return nil, connector.CredentialError(o.Mailbox(), err)
		}
	}
	chain, key, err := certs.Parse(text, password)
	if err != nil {
		return nil, o.config("Certificate", err, "give certificate and RSA key, as PEM or as the base64 of a PFX")
	}
	cred, err := azidentity.NewClientCertificateCredential(o.Tenant, o.ClientID, chain, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true, SendCertificateChain: true})
	if err != nil {
		return nil, o.config("Certificate", err, "give certificate and RSA key, as PEM or as the base64 of a PFX")
	}
	return cred, nil
}
