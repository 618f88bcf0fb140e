package oauth_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
)

const scope = "https://www.googleapis.com/auth/gmail.modify"

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return k
})

// keyFile is a key file, with some fields changed.
func keyFile(change map[string]string) string {
	der, _ := x509.MarshalPKCS8PrivateKey(rsaKey())
	f := map[string]string{
		"type": "service_account", "client_email": "robot@acme.iam.gserviceaccount.com", "client_id": "104727004242420010001",
		"private_key_id": "3f0c", "private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"token_uri": oauth.GoogleTokenURL, "universe_domain": "googleapis.com",
	}
	for k, v := range change {
		f[k] = v
	}
	b, _ := json.Marshal(f)
	return string(b)
}

// answers is a transport that gives the same answers in turn, the last for ever.
type answers struct {
	mu    sync.Mutex
	list  []func(*http.Request) (*http.Response, error)
	asked []*http.Request
	forms []url.Values
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	next := a.list[min(len(a.asked), len(a.list)-1)]
	a.asked, a.forms = append(a.asked, r), append(a.forms, form)
	a.mu.Unlock()
	return next(r)
}

func (a *answers) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.asked)
}

// reply is an answer.
func reply(status int, body string, header ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}}
		for i := 0; i+1 < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func good(token string) func(*http.Request) (*http.Response, error) {
	return reply(200, fmt.Sprintf(`{"access_token":%q,"expires_in":3599,"token_type":"Bearer"}`, token))
}

func refuse(status int, code, text string) func(*http.Request) (*http.Response, error) {
	return reply(status, fmt.Sprintf(`{"error":%q,"error_description":%q}`, code, text))
}

// newGoogle makes a token getter for qa@example.com.
func newGoogle(t *testing.T, key connector.Credential, list ...func(*http.Request) (*http.Response, error)) (*oauth.Google, *answers) {
	t.Helper()
	a := &answers{list: list}
	g, err := oauth.NewGoogle(t.Context(), oauth.GoogleConfig{Key: key, Subject: "qa@example.com", Scopes: []string{scope},
		Client: &http.Client{Transport: a}})
	require.NoError(t, err)
	return g, a
}

func TestGoogleAssertion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, a := newGoogle(t, connector.Literal(keyFile(nil)), good("tok-1"), good("tok-2"))
		for range 3 {
			token, err := g.Token(t.Context(), "")
			require.NoError(t, err)
			assert.Equal(t, "tok-1", token)
		}
		require.Equal(t, 1, a.count())
		assert.Equal(t, oauth.GoogleTokenURL, a.asked[0].URL.String())
		assert.Equal(t, "urn:ietf:params:oauth:grant-type:jwt-bearer", a.forms[0].Get("grant_type"))
		head, claims := verify(t, a.forms[0].Get("assertion"))
		assert.Equal(t, map[string]any{"alg": "RS256", "typ": "JWT", "kid": "3f0c"}, head)
		now := time.Now().Unix()
		assert.Equal(t, map[string]any{"iss": "robot@acme.iam.gserviceaccount.com", "sub": "qa@example.com", "scope": scope,
			"aud": oauth.GoogleTokenURL, "iat": float64(now - 10), "exp": float64(now + 3590)}, claims)

		token, err := g.Token(t.Context(), "tok-1") // refused by the API
		require.NoError(t, err)
		assert.Equal(t, "tok-2", token)
		time.Sleep(58 * time.Minute)
		_, err = g.Token(t.Context(), "tok-1")
		require.NoError(t, err)
		assert.Equal(t, 2, a.count(), "the token is good for another minute")
		time.Sleep(time.Minute)
		_, err = g.Token(t.Context(), "")
		require.NoError(t, err)
		assert.Equal(t, 3, a.count(), "the token was about to expire")
	})
}

// verify checks the signature of an assertion.
func verify(t *testing.T, assertion string) (head, claims map[string]any) {
	t.Helper()
	parts := strings.Split(assertion, ".")
	require.Len(t, parts, 3)
	var raw [3][]byte
	for i, p := range parts {
		b, err := base64.RawURLEncoding.DecodeString(p)
		require.NoError(t, err)
		raw[i] = b
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	require.NoError(t, rsa.VerifyPKCS1v15(&rsaKey().PublicKey, crypto.SHA256, sum[:], raw[2]))
	require.NoError(t, json.Unmarshal(raw[0], &head))
	require.NoError(t, json.Unmarshal(raw[1], &claims))
	return head, claims
}

func TestGoogleKeyFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, says string }{
		"empty":      {" ", "ServiceAccount is empty"},
		"path":       {"/etc/key.json", "ServiceAccount is no JSON"},
		"type":       {keyFile(map[string]string{"type": "authorized_user"}), `type is "authorized_user"`},
		"no address": {keyFile(map[string]string{"client_email": ""}), "client_email"},
		"token_uri":  {keyFile(map[string]string{"token_uri": "https://evil.example/token"}), "token_uri"},
		"plain http": {keyFile(map[string]string{"token_uri": "http://oauth2.googleapis.com/token"}), "token_uri"},
		"user info":  {keyFile(map[string]string{"token_uri": "https://oauth2.googleapis.com@evil.example/token"}), "token_uri"},
		"universe":   {keyFile(map[string]string{"universe_domain": "other.example"}), "universe_domain"},
		"no pem":     {keyFile(map[string]string{"private_key": "MIIE"}), "private_key"},
		"no key":     {keyFile(map[string]string{"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}), "private_key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := oauth.NewGoogle(t.Context(), oauth.GoogleConfig{Key: connector.Literal(c.text), Scopes: []string{scope}})
			require.ErrorIs(t, err, connector.ErrConfig)
			assert.Contains(t, err.Error(), c.says)
			assert.NotContains(t, err.Error(), "MII")
			e, _ := errors.AsType[*connector.Error](err)
			require.NotNil(t, e)
			assert.NotEmpty(t, e.Remedy)
		})
	}
	for _, uri := range []string{"", "http://127.0.0.1:8080/token", "https://localhost/token", "http://[::1]:1/token", "https://accounts.google.com/o/oauth2/token"} {
		_, err := oauth.NewGoogle(t.Context(), oauth.GoogleConfig{Key: connector.Literal(keyFile(map[string]string{"token_uri": uri})), Scopes: []string{scope}})
		assert.NoError(t, err, uri)
	}
}

func TestGoogleConfig(t *testing.T) {
	t.Parallel()
	key := connector.Literal(keyFile(nil))
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "x"})
	for name, c := range map[string]oauth.GoogleConfig{
		"nothing":   {Scopes: []string{scope}},
		"two ways":  {Key: key, Source: source, Scopes: []string{scope}},
		"no scopes": {Key: key},
		"token url": {Key: key, Scopes: []string{scope}, TokenURL: "https://evil.example/"},
		"account":   {Keyless: &oauth.GoogleKeyless{Caller: source}, Scopes: []string{scope}},
		"caller":    {Keyless: &oauth.GoogleKeyless{Account: "robot@acme.example"}, Scopes: []string{scope}},
		"iam url":   {Keyless: &oauth.GoogleKeyless{Account: "robot@acme.example", Caller: source, URL: "https://evil.example"}, Scopes: []string{scope}},
	} {
		_, err := oauth.NewGoogle(t.Context(), c)
		assert.ErrorIs(t, err, connector.ErrConfig, name)
	}
}

// A key that Google refuses is asked for afresh once; where there is no other, the refusal stands.
func TestGoogleRotatedKey(t *testing.T) {
	t.Parallel()
	fresh := keyFile(map[string]string{"private_key_id": "new"})
	var told []string
	rotated := func(_ context.Context, refused string) (string, error) {
		told = append(told, refused)
		if refused == "" {
			return keyFile(nil), nil
		}
		return fresh, nil
	}
	g, a := newGoogle(t, rotated, refuse(400, "invalid_grant", "Invalid JWT Signature."), good("tok"))
	token, err := g.Token(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, "tok", token)
	assert.Equal(t, []string{"", keyFile(nil)}, told)
	assert.Equal(t, 2, a.count())

	told = nil
	g, a = newGoogle(t, rotated, refuse(400, "invalid_grant", "Invalid JWT Signature."))
	_, err = g.Token(t.Context(), "")
	require.ErrorIs(t, err, connector.ErrAuth)
	assert.Len(t, told, 2, "one fresh key, no more")
	assert.Equal(t, 2, a.count())

	g, a = newGoogle(t, connector.Literal(keyFile(nil)), refuse(400, "invalid_grant", "Invalid JWT Signature."))
	_, err = g.Token(t.Context(), "")
	require.ErrorIs(t, err, connector.ErrAuth)
	assert.Contains(t, err.Error(), "make a new JSON key for robot@acme.iam.gserviceaccount.com")
	assert.Equal(t, 1, a.count())

	vault := func(_ context.Context, refused string) (string, error) {
		if refused == "" {
			return keyFile(nil), nil
		}
		return "", context.DeadlineExceeded
	}
	g, _ = newGoogle(t, vault, refuse(400, "invalid_grant", "Invalid JWT Signature."))
	_, err = g.Token(t.Context(), "")
	assert.ErrorIs(t, err, connector.ErrUnavailable, "the vault may be back soon")
}

// A thousand askers cost one request; those whose context ends leave, the others do not suffer.
func TestGoogleSharedRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(5 * time.Second):
				return good("tok")(r)
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}
		g, a := newGoogle(t, connector.Literal(keyFile(nil)), slow)
		var wg sync.WaitGroup
		for i := range 100 {
			limit := time.Minute
			if i == 0 { // it makes the request, and gives up before the answer
				limit = 2 * time.Second
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			wg.Go(func() {
				defer cancel()
				time.Sleep(time.Duration(i) * time.Millisecond)
				token, err := g.Token(ctx, "")
				if i == 0 {
					assert.ErrorIs(t, err, connector.ErrUnavailable)
					assert.ErrorIs(t, err, context.DeadlineExceeded)
					return
				}
				assert.NoError(t, err, "asker %d", i)
				assert.Equal(t, "tok", token)
			})
		}
		wg.Wait()
		assert.Equal(t, 2, a.count())
	})
}

// A failure is shared too: 50 askers do not make 50 bad requests.
func TestGoogleSharedFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return refuse(503, "internal_failure", "Backend Error")(r)
		}
		g, a := newGoogle(t, connector.Literal(keyFile(nil)), slow)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				_, err := g.Token(t.Context(), "")
				assert.ErrorIs(t, err, connector.ErrUnavailable)
			})
		}
		wg.Wait()
		assert.Equal(t, 1, a.count())
	})
}

// hanging is a source of tokens that never answers, until it is let go.
type hanging chan struct{}

func (h hanging) Token() (*oauth2.Token, error) {
	<-h
	return &oauth2.Token{AccessToken: "late"}, nil
}

func TestGoogleSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := make(hanging)
		g, err := oauth.NewGoogle(t.Context(), oauth.GoogleConfig{Source: h})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = g.Token(ctx, "")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		close(h)
		token, err := g.Token(t.Context(), "")
		require.NoError(t, err)
		assert.Equal(t, "late", token)
	})
	for name, c := range map[string]struct {
		token *oauth2.Token
		err   error
		kind  error
	}{
		"nothing":  {nil, nil, connector.ErrConfig},
		"empty":    {&oauth2.Token{}, nil, connector.ErrConfig},
		"refused":  {nil, &oauth2.RetrieveError{ErrorCode: "invalid_grant", Body: []byte(`refresh_token=s3cret`), Response: &http.Response{StatusCode: http.StatusBadRequest}}, connector.ErrAuth},
		"outage":   {nil, &oauth2.RetrieveError{Response: &http.Response{StatusCode: http.StatusServiceUnavailable}}, connector.ErrUnavailable},
		"too late": {nil, context.DeadlineExceeded, connector.ErrUnavailable},
		"other":    {nil, errors.New("no metadata server"), connector.ErrAuth},
	} {
		g, err := oauth.NewGoogle(t.Context(), oauth.GoogleConfig{Source: source{c.token, c.err}})
		require.NoError(t, err)
		_, err = g.Token(t.Context(), "")
		assert.ErrorIs(t, err, c.kind, name)
		assert.NotContains(t, err.Error(), "s3cret")
	}
}

type source struct {
	token *oauth2.Token
	err   error
}

func (s source) Token() (*oauth2.Token, error) { return s.token, s.err }

// FuzzGoogleKeyFile: no text makes a panic, or an error that quotes it.
func FuzzGoogleKeyFile(f *testing.F) {
	f.Add(keyFile(nil))
	f.Add(keyFile(map[string]string{"private_key": "-----BEGIN PRIVATE KEY-----\nsecretsecret\n-----END PRIVATE KEY-----\n"}))
	f.Add(`{"type":"service_account","client_email":"a@b.example","private_key":"secretsecret"}`)
	f.Fuzz(func(t *testing.T, text string) {
		_, err := oauth.NewGoogle(t.Context(), oauth.GoogleConfig{Key: connector.Literal(text), Scopes: []string{scope}})
		if err == nil {
			return
		}
		assert.ErrorIs(t, err, connector.ErrConfig)
		if strings.Contains(err.Error(), "private_key") { // other fields may be quoted
			assert.NotContains(t, err.Error(), "secretsecret")
		}
	})
}
