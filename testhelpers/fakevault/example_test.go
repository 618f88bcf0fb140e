package fakevault_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakevault"
)

// call makes a request and prints its status with what the answer says of the marks, one after the other.
func call(fake *fakevault.Fake, method, path, token, body string, marks ...string) {
	r, err := http.NewRequest(method, "https://vault.example.com/v1/"+path, strings.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Header.Set("X-Vault-Token", token)
	answer, err := (&http.Client{Transport: fake.RoundTripper()}).Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(answer.Body)
	fmt.Print(answer.StatusCode)
	for _, m := range marks {
		fmt.Print(" ", m, " ", strings.Contains(string(text), m))
	}
	fmt.Println()
}

func Example() {
	fake := fakevault.New(nil)
	fake.Put("secret/mail", map[string]any{"client_secret": "hunter2"})
	fake.Token("qa", time.Hour, "secret/data/mail") // a token that may read this and nothing else
	call(fake, "GET", "secret/data/mail", "qa", "", "hunter2")
	call(fake, "GET", "secret/data/other", "qa", "", "permission denied")
	fake.Revoke()
	call(fake, "GET", "secret/data/mail", "qa", "", "invalid token")
	fake.Seal(true)
	call(fake, "GET", "secret/data/mail", fakevault.RootToken, "", "Vault is sealed")
	// Output:
	// 200 hunter2 true
	// 403 permission denied true
	// 403 invalid token true
	// 503 Vault is sealed true
}

func ExampleFake_AppRole() {
	fake := fakevault.New(nil)
	fake.AppRole("role", "secret-id", time.Hour)
	fake.Kubernetes("qa", "pod-token", time.Hour)
	fake.JWT("jwt", "qa", "job-token", time.Hour)
	fake.Userpass("qa", "hunter2", time.Hour)
	call(fake, "PUT", "auth/approle/login", "", `{"role_id":"role","secret_id":"secret-id"}`, "client_token")
	call(fake, "PUT", "auth/kubernetes/login", "", `{"role":"qa","jwt":"pod-token"}`, "client_token")
	call(fake, "PUT", "auth/jwt/login", "", `{"role":"qa","jwt":"job-token"}`, "client_token")
	call(fake, "PUT", "auth/userpass/login/qa", "", `{"password":"wrong"}`, "invalid username or password")
	// Output:
	// 200 client_token true
	// 200 client_token true
	// 200 client_token true
	// 400 invalid username or password true
}

// A wrapping token works once.
func ExampleFake_WrapData() {
	fake := fakevault.New(nil)
	secretID := fake.WrapData(map[string]any{"secret_id": "hunter2"})
	call(fake, "PUT", "sys/wrapping/unwrap", secretID, "", "hunter2")
	call(fake, "PUT", "sys/wrapping/unwrap", secretID, "", "wrapping token is not valid")
	fake.Token("qa", time.Hour)
	call(fake, "PUT", "sys/wrapping/unwrap", fake.WrapToken("qa"), "", `"client_token":"qa"`)
	// Output:
	// 200 hunter2 true
	// 400 wrapping token is not valid true
	// 200 "client_token":"qa" true
}

func ExampleFake_Lease() {
	fake := fakevault.New(nil)
	fake.Lease("database/creds/mail", map[string]any{"password": "hunter2"}, time.Hour)
	call(fake, "GET", "database/creds/mail", fakevault.RootToken, "", `"lease_duration":3600`)
	fake.Put("secret/mail", map[string]any{"password": "hunter2"})
	fake.DeleteAt("secret/mail", time.Now())
	call(fake, "GET", "secret/data/mail", fakevault.RootToken, "", "hunter2")
	// Output:
	// 200 "lease_duration":3600 true
	// 404 hunter2 false
}

func ExampleFake_PutIn() {
	fake := fakevault.New(nil)
	fake.PutIn("team", "secret/mail", map[string]any{"password": "hunter2"})
	call(fake, "GET", "secret/data/mail", fakevault.RootToken, "") // the root namespace has none
	r, err := http.NewRequest(http.MethodGet, "https://vault.example.com/v1/secret/data/mail", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Header = http.Header{"X-Vault-Token": {fakevault.RootToken}, "X-Vault-Namespace": {"team"}}
	answer, err := (&http.Client{Transport: fake.RoundTripper()}).Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	fmt.Println(answer.StatusCode)
	// Output:
	// 404
	// 200
}

// Programs that need an address find the fake on the loopback interface.
func ExampleFake_Start() {
	fake := fakevault.New(nil)
	server, err := fake.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	answer, err := server.Client().Get(server.URL + "/v1/secret/data/mail")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	fmt.Println(answer.StatusCode) // without a token
	// Output: 403
}
