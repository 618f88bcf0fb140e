package hashivault_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/hashivault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakevault"
	"github.com/stretchr/testify/require"
)

func literal(value string) hashivault.Credential {
	return func(context.Context, string) (string, error) { return value, nil }
}

func open(t *testing.T, fake *fakevault.Fake, o hashivault.Options) *hashivault.Vault {
	t.Helper()
	o.Address, o.HTTPClient = "https://vault.example.com", &http.Client{Transport: fake.RoundTripper()}
	vault, err := hashivault.New(&o)
	require.NoError(t, err)
	return vault
}

func fields(text map[string]string) map[string]any {
	data := map[string]any{}
	for k, v := range text {
		data[k] = v
	}
	return data
}

// harness is a vault on the fake, with its secrets under a mount, "secret" (version 2) or "kv" (1).
func harness(mount string) func(t *testing.T) *keyvaulttest.Harness {
	return func(t *testing.T) *keyvaulttest.Harness {
		fake := fakevault.New(nil)
		fake.Token("t", 0)
		toggle := func(f fakehttp.Fault) func(bool) {
			return func(on bool) {
				fake.Faults.Clear()
				if on {
					fake.Faults.Push(f)
				}
			}
		}
		h := &keyvaulttest.Harness{
			Vault: open(t, fake, hashivault.Options{Login: hashivault.Token{Value: literal("t")}}),
			Put: func(path string, value []byte) string {
				fake.Put(mount+"/"+path, map[string]any{"value": string(value)})
				return mount + "/" + path
			},
			PutFields: func(path string, text map[string]string) string {
				fake.Put(mount+"/"+path, fields(text))
				return mount + "/" + path
			},
			CanHold: func(value []byte) bool { return string(value) != "\xff\xfe\x80" }, // JSON holds text
			Refuse: func(on bool) {
				if on {
					fake.Token("t", 0, "elsewhere/")
					return
				}
				fake.Token("t", 0)
			},
			Down: func(on bool) {
				fake.Seal(on)
			},
			Hang:     toggle(fakehttp.Fault{Hang: true, Times: -1}),
			Requests: func() int { return fake.Counter.Count("read") + fake.Counter.Count("write") },
			Throttle: func(after time.Duration) {
				fake.Faults.Push(fakehttp.Fault{Kind: "read", Status: http.StatusTooManyRequests, Body: `{"errors":["rate limit quota exceeded"]}`,
					Header: http.Header{"Retry-After": {fmt.Sprint(int(after.Seconds()))}}})
			},
		}
		if mount == "secret" {
			h.Versions = func(path string, values ...string) (names []string) {
				for i, v := range values {
					names = append(names, fmt.Sprint(h.Put(path, []byte(v)), "@", i+1))
				}
				return names
			}
			h.Expiring = func(path, value string, at time.Time) string {
				name := h.Put(path, []byte(value))
				fake.DeleteAt("secret/"+path, at)
				return name
			}
		}
		return h
	}
}

func TestKV2(t *testing.T) { keyvaulttest.RunInBubble(t, harness("secret")) }
func TestKV1(t *testing.T) { keyvaulttest.RunInBubble(t, harness("kv")) }

func TestLogins(t *testing.T) {
	t.Parallel()
	fake := fakevault.New(nil)
	fake.Put("secret/mail", map[string]any{"client_secret": "hunter2"})
	fake.AppRole("role", "secret-id", time.Hour)
	fake.Kubernetes("qa", "pod", time.Hour)
	fake.JWT("jwt", "qa", "github", time.Hour)
	fake.Userpass("qa", "pw", time.Hour)
	fake.Token("made", 0)
	for name, login := range map[string]func() hashivault.Login{
		"AppRole": func() hashivault.Login { return hashivault.AppRole{RoleID: "role", SecretID: literal("secret-id")} },
		"wrapped AppRole": func() hashivault.Login {
			return hashivault.AppRole{RoleID: "role", SecretID: literal(fake.WrapData(map[string]any{"secret_id": "secret-id"})), Wrapped: true}
		},
		"Kubernetes": func() hashivault.Login { return hashivault.Kubernetes{Role: "qa", JWT: literal("pod")} },
		"JWT":        func() hashivault.Login { return hashivault.JWT{Role: "qa", JWT: literal("github")} },
		"Userpass":   func() hashivault.Login { return hashivault.Userpass{Username: "qa", Password: literal("pw")} },
		"wrapped Token": func() hashivault.Login {
			return hashivault.Token{Value: literal(fake.WrapToken("made")), Wrapped: true}
		},
	} {
		vault := open(t, fake, hashivault.Options{Login: login()})
		for range 2 {
			s, err := vault.Secret(t.Context(), "secret/mail#client_secret")
			require.NoError(t, err, name)
			require.Equal(t, "hunter2", s.Reveal())
		}
	}
	require.Equal(t, 5, fake.Counter.Count("login"), "one login each, and none for a token")
	require.Equal(t, 2, fake.Counter.Count("unwrap"), "a wrapping token is good for one use")
}

func TestARefusedLogin(t *testing.T) {
	t.Parallel()
	fake := fakevault.New(nil)
	fake.AppRole("role", "secret-id", time.Hour)
	vault := open(t, fake, hashivault.Options{Login: hashivault.AppRole{RoleID: "role", SecretID: literal("hunter2")}})
	_, err := vault.Secret(t.Context(), "secret/mail")
	require.ErrorIs(t, err, keyvault.ErrRefused)
	require.EqualError(t, err, "keyvault: hashicorp: auth/approle/login: refused: status 400: invalid role or secret ID; check the login: its path (Mount), the role, and the credential")
	_, err = open(t, fake, hashivault.Options{Login: hashivault.Token{Value: literal("used"), Wrapped: true}}).Secret(t.Context(), "secret/mail")
	require.ErrorIs(t, err, keyvault.ErrRefused)
}

// A token that ended is replaced by one login, and a rotated secret id is read once.
func TestDeadTokens(t *testing.T) {
	t.Parallel()
	for _, hides := range []bool{false, true} {
		fake := fakevault.New(&fakevault.Options{Mounts: map[string]int{"secret": 2}, HidesBadTokens: hides})
		fake.Put("secret/mail", map[string]any{"value": "v"})
		fake.AppRole("role", "one", time.Hour)
		secretID := &keyvaulttest.Memory{}
		secretID.Put("id", []byte("one"), time.Time{})
		vault := open(t, fake, hashivault.Options{Login: hashivault.AppRole{RoleID: "role", SecretID: keyvault.From(secretID, "id")}})
		read := func() {
			s, err := vault.Secret(t.Context(), "secret/mail")
			require.NoError(t, err)
			require.Equal(t, "v", s.Reveal())
		}
		read()
		fake.Revoke()
		read()
		require.Equal(t, 2, fake.Counter.Count("login"))
		fake.AppRole("role", "two", time.Hour)
		secretID.Put("id", []byte("two"), time.Time{})
		fake.Revoke()
		read()
		require.Equal(t, 4, fake.Counter.Count("login"), "one refused, one granted")
		require.Equal(t, 2, secretID.Requests())
	}
}

func TestARightThatIsMissingCostsNoLogin(t *testing.T) {
	t.Parallel()
	fake := fakevault.New(nil)
	fake.AppRole("role", "id", time.Hour, "secret/data/other")
	vault := open(t, fake, hashivault.Options{Login: hashivault.AppRole{RoleID: "role", SecretID: literal("id")}})
	for range 3 {
		_, err := vault.Secret(t.Context(), "secret/mail")
		require.ErrorIs(t, err, keyvault.ErrRefused)
		require.ErrorContains(t, err, "give the login a policy with read on this path")
	}
	require.Equal(t, 1, fake.Counter.Count("login"))
}

func TestNamespaceMountsAndLeases(t *testing.T) {
	t.Parallel()
	fake := fakevault.New(&fakevault.Options{Mounts: map[string]int{"secret": 2, "secret/team": 1, "database": 1}})
	fake.PutIn("qa", "secret/mail", map[string]any{"value": "of qa"})
	fake.Put("secret/team/mail", map[string]any{"n": 12, "deep": map[string]any{"a": "<b>"}})
	fake.Lease("database/creds/mail", map[string]any{"password": "p", "username": "u"}, time.Hour)
	token := hashivault.Token{Value: literal(fakevault.RootToken)}
	s, err := open(t, fake, hashivault.Options{Namespace: "qa", Login: token}).Secret(t.Context(), "secret/mail")
	require.NoError(t, err)
	require.Equal(t, "of qa", s.Reveal())
	asked := fake.Counter.Count("mounts")
	vault := open(t, fake, hashivault.Options{Login: token, Mounts: map[string]int{"secret": 2, "/secret/team/": 1, "database": 1}})
	s, err = vault.Secret(t.Context(), "/secret/team/mail")
	require.NoError(t, err)
	require.Equal(t, `{"deep":{"a":"<b>"},"n":12}`, s.Reveal())
	s, err = vault.Secret(t.Context(), "database/creds/mail#password")
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(time.Hour), s.Expires(), time.Minute)
	require.Equal(t, asked, fake.Counter.Count("mounts"))
}

func TestErrorsNameTheWayOut(t *testing.T) {
	t.Parallel()
	fake := fakevault.New(nil)
	fake.Put("secret/mail", map[string]any{"value": "v"})
	fake.Put("secret/old", map[string]any{"value": "v"})
	fake.DeleteAt("secret/old", time.Now())
	vault := open(t, fake, hashivault.Options{Login: hashivault.Token{Value: literal(fakevault.RootToken)}})
	for name, text := range map[string]string{
		"secret/data/mail": "name it without data/: secret/mail",
		"secret/mail@7":    "vault kv metadata get secret/mail lists the versions",
		"secret/none":      "vault kv put secret/none stores it",
		"secret/old":       "version 1 was deleted",
		"secret":           "it is an engine: name a secret in it, as in secret/mail",
		"kv/mail@1":        "this vault has no versions",
		"nowhere/mail":     "tell the engine in Options.Mounts",
	} {
		_, err := vault.Secret(t.Context(), name)
		require.ErrorContains(t, err, text, name)
	}
	fake.Faults.Push(fakehttp.Fault{Status: http.StatusBadGateway, Body: "<html>hunter2</html>"})
	_, err := vault.Secret(t.Context(), "secret/mail")
	require.ErrorIs(t, err, keyvault.ErrUnavailable)
	require.NotContains(t, err.Error(), "hunter2", "a body that is not Vault's is in no error")
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for field, o := range map[string]hashivault.Options{
		"Login.RoleID":   {Login: hashivault.AppRole{}},
		"Login.Role":     {Login: hashivault.Kubernetes{}},
		"Login.JWT":      {Login: hashivault.JWT{}},
		"Login.Username": {Login: hashivault.Userpass{}},
		"Login.Password": {Login: hashivault.Userpass{Username: "qa"}},
		"Address":        {Address: "http://[bad"},
	} {
		_, err := hashivault.New(&o)
		require.ErrorIs(t, err, keyvault.ErrConfig)
		require.ErrorContains(t, err, field)
	}
}

func TestEnvironment(t *testing.T) {
	fake := fakevault.New(nil)
	fake.Put("secret/mail", map[string]any{"value": "v"})
	server, err := fake.Start()
	require.NoError(t, err)
	defer func() { _ = server.Close() }()
	t.Setenv("VAULT_ADDR", server.URL)
	t.Setenv("VAULT_CACERT_BYTES", string(server.CAPEM))
	t.Setenv("VAULT_TOKEN", fakevault.RootToken)
	t.Setenv("VAULT_MAX_RETRIES", "5")
	vault, err := hashivault.New(nil)
	require.NoError(t, err)
	s, err := vault.Secret(t.Context(), "secret/mail")
	require.NoError(t, err)
	require.Equal(t, "v", s.Reveal())
	fake.Seal(true)
	before := fake.Counter.Count("read")
	_, err = vault.Secret(t.Context(), "secret/mail")
	require.ErrorIs(t, err, keyvault.ErrUnavailable)
	require.Equal(t, before+1, fake.Counter.Count("read"), "the SDK retries nothing, whatever the environment says")
	t.Setenv("VAULT_SKIP_VERIFY", "perhaps")
	_, err = hashivault.New(nil)
	require.ErrorIs(t, err, keyvault.ErrConfig)
}

func TestNoToken(t *testing.T) {
	t.Setenv("VAULT_TOKEN", "")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("USERPROFILE", t.TempDir())
	_, err := open(t, fakevault.New(nil), hashivault.Options{}).Secret(t.Context(), "secret/mail")
	require.ErrorContains(t, err, "set VAULT_TOKEN, run vault login")
}

func TestGitHubToken(t *testing.T) {
	t.Setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.example.com/?api-version=2")
	t.Setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job")
	client := &http.Client{Transport: fakehttp.RoundTripper(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer job" || r.URL.Query().Get("audience") != "https://vault.example.com" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		_, _ = w.Write([]byte(`{"count":1,"value":"github"}`))
	}))}
	fake := fakevault.New(nil)
	fake.Put("secret/mail", map[string]any{"value": "v"})
	fake.JWT("gh", "qa", "github", time.Hour)
	login := hashivault.JWT{Mount: "gh", Role: "qa", JWT: hashivault.GitHubToken("https://vault.example.com", client)}
	s, err := open(t, fake, hashivault.Options{Login: login}).Secret(t.Context(), "secret/mail")
	require.NoError(t, err)
	require.Equal(t, "v", s.Reveal())
	_, err = hashivault.GitHubToken("other", client)(t.Context(), "")
	require.ErrorIs(t, err, keyvault.ErrUnavailable)
	t.Setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "")
	_, err = hashivault.GitHubToken("", nil)(t.Context(), "")
	require.ErrorContains(t, err, "id-token: write")
}

func TestWriteKeepsWhatOthersWrote(t *testing.T) {
	t.Parallel()
	fake := fakevault.New(nil)
	fake.Put("secret/mail", map[string]any{"token": "a", "n": 12})
	vault := open(t, fake, hashivault.Options{Login: hashivault.Token{Value: literal(fakevault.RootToken)}})
	require.NoError(t, vault.Write(t.Context(), "secret/mail#token", keyvault.NewSecret("b")))
	s, err := vault.Secret(t.Context(), "secret/mail")
	require.NoError(t, err)
	require.JSONEq(t, `{"token":"b","n":12}`, s.Reveal())
	fake.Faults.Push(fakehttp.Fault{Kind: "write", Status: http.StatusBadRequest, Body: `{"errors":["check-and-set parameter did not match the current version"]}`})
	err = vault.Write(t.Context(), "secret/mail#token", keyvault.NewSecret("c"))
	require.ErrorIs(t, err, keyvault.ErrUnavailable)
	require.ErrorIs(t, vault.Write(t.Context(), "secret/mail", keyvault.NewSecret("\xff\xfe")), keyvault.ErrConfig)
}

func Example() {
	fake := fakevault.New(nil) // a real program names its server: VAULT_ADDR, or Options.Address
	fake.Put("secret/mail", fields(map[string]string{"client_id": "app-1", "client_secret": "correct horse"}))
	fake.AppRole("role-1", "secret-id-1", time.Hour)

	vault, err := hashivault.New(&hashivault.Options{
		Address:    "https://vault.example.com",
		Login:      hashivault.AppRole{RoleID: "role-1", SecretID: literal("secret-id-1")}, // keyvault.From(envvault.New(nil), "VAULT_SECRET_ID")
		HTTPClient: &http.Client{Transport: fake.RoundTripper()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	credential := keyvault.From(vault, "secret/mail#client_secret")
	value, err := credential(context.Background(), "")
	fmt.Println(len(value), err)
	_, err = vault.Secret(context.Background(), "secret/mail#secret")
	fmt.Println(err)
	// Output:
	// 13 <nil>
	// keyvault: hashicorp: secret/mail, field secret: not found; the JSON has no such field (it has client_id, client_secret)
}
