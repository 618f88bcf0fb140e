package graph

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	kiotaauth "github.com/microsoft/kiota-authentication-azure-go"
	kiotajson "github.com/microsoft/kiota-serialization-json-go"
	kiotatext "github.com/microsoft/kiota-serialization-text-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/cloudmail-go/cloudmail/connector/graph/internal/faults"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/wire"
)

// client makes the requests to one mailbox: through the SDK, and as streams beside it where the SDK
// would read a whole mail into memory.
type client struct {
	server  Office365
	http    *http.Client
	release func() // ends idle connections
	tokens  *tokens
	adapter *core.GraphRequestAdapterBase
	user    *users.UserItemRequestBuilder
	skew    atomic.Int64 // service's clock minus ours, in nanoseconds
	hold    hold
}

// newClient sets the SDK up by hand: no default middleware, whose order is random and which
// compresses and retries, and no registry shared with others.
func newClient(o Office365) (*client, error) {
	c := &client{server: o}
	c.http, c.release = o.newClient()
	c.tokens = newTokens(o, c.http)
	e := o.endpoints()
	auth, err := kiotaauth.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(c.tokens, []string{o.scope()}, []string{hostOf(e.graph)})
	if err != nil {
		return nil, o.config("Endpoint", err, "check it")
	}
	nodes := serialization.NewParseNodeFactoryRegistry()
	nodes.ContentTypeAssociatedFactories["application/json"] = kiotajson.NewJsonParseNodeFactory()
	nodes.ContentTypeAssociatedFactories["text/plain"] = kiotatext.NewTextParseNodeFactory()
	writers := serialization.NewSerializationWriterFactoryRegistry()
	writers.ContentTypeAssociatedFactories["application/json"] = kiotajson.NewJsonSerializationWriterFactory()
	writers.ContentTypeAssociatedFactories["text/plain"] = kiotatext.NewTextSerializationWriterFactory()
	c.adapter, err = core.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		auth, core.GraphClientOptions{}, nodes, writers, c.http)
	if err != nil {
		return nil, o.config("Endpoint", err, "check it")
	}
	c.adapter.SetBaseUrl(e.graph + "/v1.0")
	c.user = users.NewUserItemRequestBuilderInternal(map[string]string{"user%2Did": o.Mailbox()}, c.adapter)
	return c, nil
}

// immutable is asked for with every request: ids that survive moves.
// https://learn.microsoft.com/graph/outlook-immutable-id
const immutable = `IdType="ImmutableId"`

// prefer makes the header of a request.
func prefer(more ...string) *abstractions.RequestHeaders {
	h := abstractions.NewRequestHeaders()
	for _, p := range append([]string{immutable}, more...) {
		h.Add("Prefer", p)
	}
	return h
}

// call runs one request of the SDK. A refused token is replaced once; a CAE challenge the SDK
// answers itself. The date is the service's clock, zero if it showed none.
func (c *client) call(ctx context.Context, op string, about faults.Subject, do func(context.Context) error) (date time.Time, err error) {
	if err := c.held(ctx, op); err != nil {
		return time.Time{}, err
	}
	for again := true; ; again = false {
		turn := c.tokens.generation()
		watched, rec := wire.Watch(ctx)
		err = do(watched)
		if err == nil {
			c.note(rec.Date())
			return rec.Date(), nil
		}
		if !again || !plain401(rec) || !c.tokens.discard(ctx, turn) {
			return time.Time{}, c.failed(ctx, op, about, rec, err)
		}
	}
}

// plain401 reports whether Graph refused a token without saying what a better one must have.
func plain401(rec *wire.Record) bool {
	f := rec.Failure()
	return f != nil && f.Status == http.StatusUnauthorized && f.Claims() == ""
}

// note remembers the service's clock.
func (c *client) note(date time.Time) {
	if !date.IsZero() {
		c.skew.Store(int64(time.Until(date)))
	}
}

// now is the service's time, as far as its answers told.
func (c *client) now() time.Time { return time.Now().Add(time.Duration(c.skew.Load())).UTC() }

// url makes an address below the mailbox, each part escaped.
func (c *client) url(parts ...string) string {
	u := c.adapter.GetBaseUrl() + "/users/" + url.PathEscape(c.server.Mailbox())
	for _, p := range parts {
		u += "/" + url.PathEscape(p)
	}
	return u
}

// stream opens an answer without reading it. The caller closes the body.
func (c *client) stream(ctx context.Context, op string, about faults.Subject, address string) (*http.Response, error) {
	if err := c.held(ctx, op); err != nil {
		return nil, err
	}
	claims := ""
	for again := true; ; again = false {
		turn := c.tokens.generation()
		watched, rec := wire.Watch(ctx)
		resp, err := c.open(watched, address, claims)
		if err == nil && resp.StatusCode == http.StatusOK {
			c.note(rec.Date())
			return resp, nil
		}
		if err == nil {
			_ = resp.Body.Close() // what it said is recorded
			err = errors.New(resp.Status)
		}
		f := rec.Failure()
		if !again || f == nil || f.Status != http.StatusUnauthorized {
			return nil, c.failed(ctx, op, about, rec, err)
		}
		if claims = f.Claims(); claims == "" && !c.tokens.discard(ctx, turn) {
			return nil, c.failed(ctx, op, about, rec, err)
		}
	}
}

// open makes one request with a token that satisfies the claims.
func (c *client) open(ctx context.Context, address, claims string) (*http.Response, error) {
	token, err := c.tokens.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.server.scope()}, EnableCAE: true, Claims: claims})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token.Token)
	req.Header.Set("Prefer", immutable)
	req.Header.Set("Accept", wire.AnyType)
	return c.http.Do(req)
}

// body is a streamed answer whose errors have a meaning.
type body struct {
	io.ReadCloser
	fail func(error) error
}

func (b body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // a reader ends with io.EOF itself
		err = b.fail(err)
	}
	return n, err
}
