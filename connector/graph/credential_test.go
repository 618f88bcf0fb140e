package graph_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"iter"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// identity is a key with its certificate: an app's, or an outside issuer's.
type identity struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
}

func newIdentity(t testing.TB) identity {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "qa-mail"},
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return identity{key, cert}
}

func (i identity) pem(t testing.TB) string {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(i.key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.cert.Raw})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
}

// pfx is what OpenSSL 3 writes by default, in base64.
func (i identity) pfx(t testing.TB, password string) string {
	t.Helper()
	der, err := pkcs12.Modern.Encode(i.key, i.cert, nil, password)
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(der)
}

const githubIssuer = "https://token.actions.githubusercontent.com"

// token is a JWT that an outside issuer signs.
func (i identity) token(t testing.TB, subject string, life time.Duration) string {
	t.Helper()
	segment := func(v any) string {
		raw, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	now := time.Now()
	text := segment(map[string]any{"alg": "RS256", "typ": "JWT"}) + "." + segment(map[string]any{"iss": githubIssuer, "sub": subject,
		"aud": "api://AzureADTokenExchange", "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(life).Unix()})
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, sum[:])
	require.NoError(t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

const subject = "repo:contoso/shop:ref:refs/heads/main"

// trust makes the app accept the identity: its certificate, and its tokens about the subject.
func (w *world) trust(i identity) {
	w.fake.ChangeApp(w.app.ClientID, func(a *fakegraph.App) {
		a.Certificates = []*x509.Certificate{i.cert}
		a.Federated = []fakegraph.Federated{{Issuer: githubIssuer, Subject: subject, Audience: "api://AzureADTokenExchange", Keys: []crypto.PublicKey{&i.key.PublicKey}}}
	})
}

// opens asserts that the server's credential opens the mailbox.
func opens(t *testing.T, server graph.Office365) {
	t.Helper()
	b, err := server.Open(t.Context(), []connector.Folder{connector.Inbox})
	if assert.NoError(t, err) {
		require.NoError(t, end(t.Context(), b))
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, i := newWorld(t, nil), newIdentity(t)
		w.trust(i)
		server := w.server()
		server.ClientSecret, server.Certificate = nil, connector.Literal(i.pem(t))
		opens(t, server)
		server.Certificate, server.CertificatePassword = connector.Literal(i.pfx(t, "pw")), connector.Literal("pw")
		opens(t, server)

		server.CertificatePassword = connector.Literal("wrong")
		_, err := server.Open(t.Context(), nil)
		require.ErrorIs(t, err, connector.ErrConfig)
		require.ErrorContains(t, err, "CertificatePassword")

		other := newIdentity(t)
		server.Certificate, server.CertificatePassword = connector.Literal(other.pem(t)), nil
		_, err = server.Open(t.Context(), nil)
		require.ErrorIs(t, err, connector.ErrAuth)
		require.ErrorContains(t, err, "upload this certificate")

		asked := 0 // the vault's certificate was replaced meanwhile
		server.Certificate = func(_ context.Context, refused string) (string, error) {
			asked++
			if refused == "" {
				return other.pem(t), nil
			}
			return i.pem(t), nil
		}
		opens(t, server)
		assert.Equal(t, 2, asked)
	})
}

func TestFederatedToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, i := newWorld(t, &fakegraph.Options{TokenLife: 10 * time.Minute}), newIdentity(t)
		w.trust(i)
		server, asked := w.server(), 0
		server.ClientSecret, server.FederatedToken = nil, func(context.Context) (string, error) {
			asked++
			return i.token(t, subject, 5*time.Minute), nil
		}
		s, err := connector.Connect(t.Context(), server, nil)
		require.NoError(t, err)
		defer s.Close()
		time.Sleep(time.Hour) // the outside token and Entra's are both long gone
		w.deliver("late", time.Time{})
		_, err = s.WaitFor(t.Context(), connector.Query{Subject: "late"})
		require.NoError(t, err)
		assert.Equal(t, 2, asked, "each access token takes a fresh outside token")

		server.FederatedToken = func(context.Context) (string, error) { return i.token(t, subject+"s", time.Minute), nil }
		_, err = server.Open(t.Context(), nil)
		require.ErrorIs(t, err, connector.ErrAuth)
		require.ErrorContains(t, err, "letter by letter")
		server.FederatedToken = func(context.Context) (string, error) { return " ", nil }
		_, err = server.Open(t.Context(), nil)
		require.ErrorIs(t, err, connector.ErrAuth)
		require.ErrorContains(t, err, "empty token")
	})
}

// The token service of GitHub Actions as a workflow's environment names it.
func TestGitHubActions(t *testing.T) {
	w, i := newWorld(t, nil), newIdentity(t)
	w.trust(i)
	status := http.StatusOK
	service := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "bearer request-token", r.Header.Get("Authorization"))
		assert.Equal(t, "api://AzureADTokenExchange", r.URL.Query().Get("audience"))
		assert.Equal(t, "2.0", r.URL.Query().Get("api-version"))
		rw.WriteHeader(status)
		_ = json.NewEncoder(rw).Encode(map[string]string{"value": i.token(t, subject, time.Minute)})
	}))
	defer service.Close()
	server := w.server()
	server.ClientSecret, server.FederatedToken = nil, graph.GitHubActions()

	t.Setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "")
	t.Setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")
	_, err := server.Open(t.Context(), nil)
	require.ErrorIs(t, err, connector.ErrAuth)
	require.ErrorContains(t, err, "id-token: write")

	t.Setenv("ACTIONS_ID_TOKEN_REQUEST_URL", service.URL+"/?api-version=2.0")
	t.Setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token")
	opens(t, server)

	status = http.StatusForbidden
	_, err = server.Open(t.Context(), nil)
	require.ErrorIs(t, err, connector.ErrAuth)
	require.ErrorContains(t, err, "answered 403 without a token")

	t.Setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "http://service.example/token")
	_, err = server.Open(t.Context(), nil)
	require.ErrorContains(t, err, "no https address")
}

// A workload identity's file is read anew for each token, since it is replaced while tests run.
func TestWorkloadIdentityFile(t *testing.T) {
	w, i := newWorld(t, nil), newIdentity(t)
	w.trust(i)
	path := filepath.Join(t.TempDir(), "token")
	server := w.server()
	server.ClientSecret, server.FederatedToken = nil, graph.WorkloadIdentityFile("")
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", "")
	_, err := server.Open(t.Context(), nil)
	require.ErrorContains(t, err, "AZURE_FEDERATED_TOKEN_FILE")

	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", path)
	_, err = server.Open(t.Context(), nil)
	require.ErrorIs(t, err, connector.ErrAuth)
	require.ErrorIs(t, err, os.ErrNotExist)

	require.NoError(t, os.WriteFile(path, []byte(i.token(t, "another", time.Minute)), 0o600))
	b, err := server.Open(t.Context(), nil)
	require.ErrorIs(t, err, connector.ErrAuth)
	require.Nil(t, b)
	require.NoError(t, os.WriteFile(path, []byte(i.token(t, subject, time.Minute)+"\n"), 0o600))
	opens(t, server)
	server.FederatedToken = graph.WorkloadIdentityFile(path)
	opens(t, server)
}

// Any credential of the Azure SDK opens the mailbox, without tenant and app in the fields; what Entra
// tells it is told here too.
func TestTokenCredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	server := w.server()
	own := func(secret string) azcore.TokenCredential {
		cred, err := azidentity.NewClientSecretCredential(w.app.Tenant, w.app.ClientID, secret, &azidentity.ClientSecretCredentialOptions{
			DisableInstanceDiscovery: true,
			ClientOptions:            azcore.ClientOptions{Transport: &http.Client{Transport: w.fake.RoundTripper()}, Retry: policy.RetryOptions{MaxRetries: -1}}})
		require.NoError(t, err)
		return cred
	}
	server.ClientSecret, server.Tenant, server.ClientID = nil, "", ""
	server.TokenCredential = own(w.secret)
	opens(t, server)
	server.TokenCredential = own("wrong")
	_, err := server.Open(t.Context(), nil)
	require.ErrorIs(t, err, connector.ErrAuth)
	require.ErrorContains(t, err, "not its id")
	_, sdk := errors.AsType[*azidentity.AuthenticationFailedError](err)
	assert.True(t, sdk, "the SDK's error is below")
}

// Each cloud is asked at its own addresses, and for a token of its own Graph.
func TestClouds(t *testing.T) {
	t.Parallel()
	for cloud, hosts := range map[graph.Cloud][2]string{
		"":                    {"login.microsoftonline.com", "graph.microsoft.com"},
		graph.Global:          {"login.microsoftonline.com", "graph.microsoft.com"},
		graph.USGovernment:    {"login.microsoftonline.us", "graph.microsoft.us"},
		graph.USGovernmentDoD: {"login.microsoftonline.us", "dod-graph.microsoft.us"},
		graph.China:           {"login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"},
	} {
		w := newWorld(t, nil)
		asked := map[string]bool{}
		server := w.server()
		server.Cloud = cloud
		server.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			asked[r.URL.Host] = true
			return w.fake.RoundTripper().RoundTrip(r)
		})
		opens(t, server)
		assert.Equal(t, map[string]bool{hosts[0]: true, hosts[1]: true}, asked, cloud)
	}
}

// Many calls need a token at once, on a slow line and in a bubble, where a lock that is held over a request would stand
// still for ever: one of them asks.
func TestTokensAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.fake.Latency.Set(100 * time.Millisecond)
		m := w.deliver("read by many", time.Time{})
		b := w.open(w.server())
		envs := slices.Collect(first(b.Search(t.Context(), connector.Query{Everything: true})))
		require.Len(t, envs, 1, m.Key)
		for range 3 {
			w.fake.ExpireTokens()
			before := w.fake.Counter.Count("token")
			var all sync.WaitGroup
			for range 4 { // as many as Graph takes
				all.Go(func() {
					src, err := b.Fetch(t.Context(), envs[0].ID, connector.DepthWhole)
					if assert.NoError(t, err) {
						assert.NoError(t, src.Close())
					}
				})
			}
			all.Wait()
			assert.LessOrEqual(t, w.fake.Counter.Count("token")-before, 2, "requests for tokens")
		}
	})
}

// first gives what a search yields, without the errors.
func first(seq iter.Seq2[connector.Envelope, error]) iter.Seq[connector.Envelope] {
	return func(yield func(connector.Envelope) bool) {
		for e, err := range seq {
			if err != nil || !yield(e) {
				return
			}
		}
	}
}

// A token that dies while a list is followed by its links is replaced, and the link asked for again is the same.
func TestTokensDieBetweenLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.connect(t, nil)
		links := 0
		w.fake.Faults.Push(fakehttp.Fault{Kind: "delta", Times: -1, Match: func(r *http.Request) bool {
			if strings.Contains(r.URL.RawQuery, "token") {
				if links++; links%2 == 1 {
					w.fake.ExpireTokens()
				}
			}
			return false
		}})
		require.NoError(t, s.ExpectNone(t.Context(), connector.Query{Subject: "nothing"}, 10*time.Minute))
		require.Greater(t, links, 5, "links of deltas that were asked for")
	})
}
