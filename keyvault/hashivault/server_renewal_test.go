package hashivault_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/hashivault"
)

// A pod signs in by its service account: the server asks the cluster, which is the test, whether the token is good.
func TestServerKubernetes(t *testing.T) {
	s := start(t)
	mount := s.mount(t, "2")
	s.put(t, mount, "mail", map[string]any{"client_secret": "hunter2"})
	s.policy(t, "mail", mount)
	key, _ := signer(t)
	account := func(name string) string {
		now := time.Now()
		return signed(t, key, map[string]any{"sub": "system:serviceaccount:ci:" + name, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
			"kubernetes.io": map[string]any{"namespace": "ci", "serviceaccount": map[string]any{"name": name, "uid": "1"}}})
	}
	good := account("mail-tests")
	cluster := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review struct {
			Spec struct{ Token string } `json:"spec"`
		}
		if json.NewDecoder(r.Body).Decode(&review) != nil || r.URL.Path != "/apis/authentication.k8s.io/v1/tokenreviews" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(map[string]any{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": map[string]any{
			"authenticated": review.Spec.Token == good, "user": map[string]any{"username": "system:serviceaccount:ci:mail-tests", "uid": "1"}}})
	}))
	defer cluster.Close()
	s.do(t, http.MethodPost, "sys/auth/kubernetes", map[string]any{"type": "kubernetes"})
	s.do(t, http.MethodPost, "auth/kubernetes/config", map[string]any{"kubernetes_host": cluster.URL, "disable_local_ca_jwt": true, "token_reviewer_jwt": good})
	s.do(t, http.MethodPost, "auth/kubernetes/role/mail-tests", map[string]any{"bound_service_account_names": "mail-tests", "bound_service_account_namespaces": "ci", "token_policies": "mail", "audience": ""})

	got, err := s.read(t, hashivault.Kubernetes{Role: "mail-tests", JWT: literal(good)}, mount+"/mail#client_secret")
	require.NoError(t, err)
	require.Equal(t, "hunter2", got.Reveal())
	for name, bad := range map[string]string{"of another account": account("other"), "that the cluster does not know": account("mail-tests") + "x", "that is none": "hunter2"} {
		_, err = s.read(t, hashivault.Kubernetes{Role: "mail-tests", JWT: literal(bad)}, mount+"/mail")
		require.ErrorIs(t, err, keyvault.ErrRefused, name)
		require.NotContains(t, err.Error(), bad, name)
	}
}

// A token that ends after a second is replaced by another login, without a failure to whoever reads.
func TestServerShortTokens(t *testing.T) {
	s := start(t)
	mount := s.mount(t, "2")
	s.put(t, mount, "mail", map[string]any{"value": "v"})
	s.policy(t, "mail", mount)
	s.do(t, http.MethodPost, "sys/auth/approle", map[string]any{"type": "approle"})
	s.do(t, http.MethodPost, "auth/approle/role/qa", map[string]any{"token_policies": "mail", "token_ttl": "1s", "token_max_ttl": "1s", "role_id": "role"})
	s.do(t, http.MethodPost, "auth/approle/role/qa/custom-secret-id", map[string]any{"secret_id": "secret"})
	var logins atomic.Int64
	count := logging(func(r *http.Request) {
		if r.URL.Path == "/v1/auth/approle/login" {
			logins.Add(1)
		}
	})
	vault, err := hashivault.New(&hashivault.Options{Address: s.Address, Login: hashivault.AppRole{RoleID: "role", SecretID: literal("secret")}, HTTPClient: &http.Client{Transport: count}})
	require.NoError(t, err)
	for deadline := time.Now().Add(2 * time.Minute); logins.Load() < 3; {
		got, err := vault.Secret(t.Context(), mount+"/mail")
		require.NoError(t, err)
		require.Equal(t, "v", got.Reveal())
		require.True(t, time.Now().Before(deadline), "%d logins in two minutes of tokens that live a second", logins.Load())
	}
}

// A wrapping token is good once: who comes second learns that it was used.
func TestServerWrappedOnce(t *testing.T) {
	s := start(t)
	mount := s.mount(t, "2")
	s.put(t, mount, "mail", map[string]any{"value": "v"})
	s.policy(t, "mail", mount)
	wrapped := s.wrapped(t, "auth/token/create", map[string]any{"policies": []string{"mail"}})
	_, err := s.read(t, hashivault.Token{Value: literal(wrapped), Wrapped: true}, mount+"/mail")
	require.NoError(t, err)
	_, err = s.read(t, hashivault.Token{Value: literal(wrapped), Wrapped: true}, mount+"/mail")
	require.ErrorIs(t, err, keyvault.ErrRefused)
}

// The cache in front of the vault reads a rotated value when its time is over, and at once when told that it was refused.
func TestServerRotation(t *testing.T) {
	s := start(t)
	mount := s.mount(t, "2")
	s.put(t, mount, "mail", map[string]any{"value": "first"})
	vault, err := hashivault.New(&hashivault.Options{Address: s.Address, Login: hashivault.Token{Value: literal(s.Token)}})
	require.NoError(t, err)
	value := keyvault.From(keyvault.NewCache(vault, nil), mount+"/mail#value")
	got, err := value(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, "first", got)
	s.put(t, mount, "mail", map[string]any{"value": "second"})
	got, err = value(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, "first", got, "from the cache")
	got, err = value(t.Context(), "first")
	require.NoError(t, err)
	require.Equal(t, "second", got)
}

// logging sees each request on its way.
type logging func(*http.Request)

func (l logging) RoundTrip(r *http.Request) (*http.Response, error) {
	l(r)
	return http.DefaultTransport.RoundTrip(r)
}
