package fakegmail_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
	googleauth "golang.org/x/oauth2/google"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// A domain with one user, and a client that reads what came.
func Example() {
	store := mailstore.New()
	store.Add("qa@example.com")
	google := fakegmail.New(store, nil)
	store.Send("shop@contoso.example", []string{"qa@example.com"}, []byte("Subject: Hello\r\n\r\nYour code is 123456\r\n"))

	client := &http.Client{Transport: google.RoundTripper()}
	req, err := http.NewRequest(http.MethodGet, "https://gmail.googleapis.com/gmail/v1/users/me/messages?q=subject:hello", nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+google.Token("qa@example.com", fakegmail.ScopeReadonly))
	resp, err := client.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	var list struct{ Messages []struct{ ID string } }
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(list.Messages), "found for", google.Units("qa@example.com"), "units")
	// Output: 1 found for 5 units
}

// A key file for a client that signs in by domain-wide delegation.
func ExampleFake_ServiceAccountJSON() {
	google := fakegmail.New(mailstore.New(), &fakegmail.Options{KeyBits: 1024})
	key, err := google.ServiceAccountJSON("example.com", fakegmail.ScopeModify, fakegmail.ScopeSend)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(bytes.Contains(key, []byte(`"type": "service_account"`)))
	// Output: true
}

// The next two looks at the history fail, as they do on a bad day of the service.
func ExampleFake_FailNext() {
	store := mailstore.New()
	store.Add("qa@example.com")
	google := fakegmail.New(store, nil)
	google.FailNext("history", 2, fakegmail.Unavailable())

	client := &http.Client{Transport: google.RoundTripper()}
	for range 3 {
		resp, err := client.Get("https://gmail.googleapis.com/gmail/v1/users/me/history?startHistoryId=37002&access_token=" +
			google.Token("qa@example.com", fakegmail.ScopeReadonly))
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
		fmt.Println(resp.StatusCode)
	}
	fmt.Println(google.Requests("history"), "requests")
	// Output:
	// 503
	// 503
	// 200
	// 3 requests
}

// An administrator delegates a scope to a robot, and takes it back.
func ExampleFake_Delegate() {
	store := mailstore.New()
	store.Add("qa@example.com")
	fake := fakegmail.New(store, &fakegmail.Options{KeyBits: 1024})
	robot, err := fake.ServiceAccount("example.com", fakegmail.ScopeReadonly)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(signIn(fake.RoundTripper(), robot.JSON(), fakegmail.ScopeReadonly))
	fmt.Println(signIn(fake.RoundTripper(), robot.JSON(), fakegmail.ScopeSend))

	fake.Delegate("example.com", robot.ClientID, fakegmail.ScopeReadonly, fakegmail.ScopeSend)
	fmt.Println(signIn(fake.RoundTripper(), robot.JSON(), fakegmail.ScopeSend))

	fake.Delegate("example.com", robot.ClientID)
	fmt.Println(signIn(fake.RoundTripper(), robot.JSON(), fakegmail.ScopeReadonly))
	// Output:
	// signed in
	// unauthorized_client: Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.
	// signed in
	// unauthorized_client: Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.
}

// One account serves many fakes, so that its key is made once. Its keys can be replaced and
// revoked, and the account can go.
func ExampleFake_Register() {
	robot, err := fakegmail.NewAccount(1024)
	if err != nil {
		log.Fatal(err)
	}
	store := mailstore.New()
	store.Add("qa@example.com")
	fake := fakegmail.New(store, nil)
	fake.Register(robot)
	fake.Delegate("example.com", robot.ClientID, fakegmail.ScopeModify)
	fmt.Println("first key:", signIn(fake.RoundTripper(), robot.JSON(), fakegmail.ScopeModify))

	fresh, err := fake.RotateKey(robot)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("old key:", signIn(fake.RoundTripper(), robot.JSON(), fakegmail.ScopeModify))
	fmt.Println("new key:", signIn(fake.RoundTripper(), fresh.JSON(), fakegmail.ScopeModify))

	fake.RevokeKeys()
	fmt.Println("revoked:", signIn(fake.RoundTripper(), fresh.JSON(), fakegmail.ScopeModify))
	fake.RemoveAccount(fresh)
	fmt.Println("removed:", signIn(fake.RoundTripper(), fresh.JSON(), fakegmail.ScopeModify))
	// Output:
	// first key: signed in
	// old key: invalid_grant: Invalid JWT Signature.
	// new key: signed in
	// revoked: invalid_grant: Invalid JWT Signature.
	// removed: invalid_grant: Invalid grant: account not found
}

// What an administrator can do to a user, to apps and to a project, with a token that is out.
func ExampleFake_SetUser() {
	store := mailstore.New()
	store.Add("qa@example.com")
	fake := fakegmail.New(store, nil)
	token := fake.Token("qa@example.com", fakegmail.ScopeReadonly)

	fake.SetUser("qa@example.com", fakegmail.UserWithoutMail)
	fmt.Println("no licence:", ask(fake, token, "profile"))
	fake.SetUser("qa@example.com", fakegmail.UserActive)

	fake.ForbidApps("example.com", true)
	fmt.Println("no apps:", ask(fake, token, "profile"))
	fake.ForbidApps("example.com", false)

	fake.EnableAPI("acme-mail-test", "gmail.googleapis.com", false)
	fmt.Println("no API:", ask(fake, token, "profile"))
	fake.EnableAPI("acme-mail-test", "gmail.googleapis.com", true)
	fmt.Println("all well:", ask(fake, token, "profile"))
	// Output:
	// no licence: 400 failedPrecondition
	// no apps: 403 domainPolicy
	// no API: 403 accessNotConfigured
	// all well: 200
}

// A workload without a key file lets IAM sign for the robot.
func ExampleFake_AllowSigning() {
	fake := fakegmail.New(mailstore.New(), nil)
	robot, err := fakegmail.NewAccount(1024)
	if err != nil {
		log.Fatal(err)
	}
	fake.Register(robot)
	const runner = "runner@acme-mail-test.iam.gserviceaccount.com"
	client := &http.Client{Transport: fake.RoundTripper()}
	sign := func() {
		resp, err := client.Post("https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"+robot.Email+
			":signJwt?access_token="+fake.CallerToken(runner), "application/json", strings.NewReader(`{"payload": "{}"}`))
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
		fmt.Println(resp.StatusCode)
	}
	sign()
	fake.AllowSigning(runner, robot.Email)
	sign()
	// Output:
	// 403
	// 200
}

// The failures of the API, each as the service words it.
func ExampleFailure() {
	store := mailstore.New()
	store.Add("qa@example.com")
	fake := fakegmail.New(store, nil)
	token := fake.Token("qa@example.com", fakegmail.ScopeReadonly)
	for _, failure := range []fakegmail.Failure{
		fakegmail.BackendError(),
		fakegmail.Unavailable(),
		fakegmail.RateLimited(time.Now().Add(time.Minute)),
		fakegmail.QuotaExceeded(),
		fakegmail.TooConcurrent(),
		fakegmail.Unauthenticated(),
		fakegmail.NotFound(),
	} {
		fake.FailNext("list", 1, failure)
		fmt.Println(ask(fake, token, "messages"))
	}
	fmt.Println(ask(fake, token, "messages"))
	// Output:
	// 500 backendError
	// 503 backendError
	// 403 rateLimitExceeded
	// 403 rateLimitExceeded
	// 429 rateLimitExceeded
	// 401 authError
	// 404 notFound
	// 200
}

// The token endpoint has a bad moment.
func ExampleTokenFailure() {
	store := mailstore.New()
	store.Add("qa@example.com")
	fake := fakegmail.New(store, &fakegmail.Options{KeyBits: 1024})
	key, err := fake.ServiceAccountJSON("example.com")
	if err != nil {
		log.Fatal(err)
	}
	fake.FailNext("token", 1, fakegmail.TokenFailure(http.StatusInternalServerError, "internal_failure", "Backend Error"))
	fmt.Println(signIn(fake.RoundTripper(), key, fakegmail.ScopeModify))
	fmt.Println(signIn(fake.RoundTripper(), key, fakegmail.ScopeModify))
	// Output:
	// internal_failure: Backend Error
	// signed in
}

// A user who is over quota: nothing is let in, and nothing is charged.
func ExampleFake_Throttle() {
	store := mailstore.New()
	store.Add("qa@example.com")
	fake := fakegmail.New(store, nil)
	token := fake.Token("qa@example.com", fakegmail.ScopeReadonly)
	fmt.Println(ask(fake, token, "messages"))
	fake.Throttle("qa@example.com", time.Hour)
	fmt.Println(ask(fake, token, "messages"))
	fmt.Println(fake.Units("qa@example.com"), "units,", fake.UnitsInWindow("qa@example.com"), "of them in the last minute")
	// Output:
	// 200
	// 403 rateLimitExceeded
	// 5 units, 5 of them in the last minute
}

// A mail intake asks before each delivery, as a mailbox takes only so many a minute.
func ExampleFake_Accept() {
	store := mailstore.New()
	store.Add("qa@example.com")
	fake := fakegmail.New(store, &fakegmail.Options{ReceiveLimit: 2})
	for range 3 {
		err := fake.Accept("qa@example.com")
		fmt.Println(err == nil, errors.Is(err, fakegmail.ErrReceivingTooFast))
	}
	// Output:
	// true false
	// true false
	// false true
}

// Tokens end before their time; a new one is good.
func ExampleFake_ExpireTokens() {
	store := mailstore.New()
	store.Add("qa@example.com")
	fake := fakegmail.New(store, nil)
	token := fake.Token("qa@example.com", fakegmail.ScopeReadonly)
	fake.ExpireTokens()
	fmt.Println(ask(fake, token, "profile"))
	fmt.Println(ask(fake, fake.Token("qa@example.com", fakegmail.ScopeReadonly), "profile"))
	// Output:
	// 401 authError
	// 200
}

// A history id grows too old; the client must look at the mailbox itself again.
func ExampleFake_ExpireHistory() {
	store := mailstore.New()
	store.Add("qa@example.com")
	fake := fakegmail.New(store, nil)
	token := fake.Token("qa@example.com", fakegmail.ScopeReadonly)
	fmt.Println(ask(fake, token, "history?startHistoryId=37002"))
	fake.ExpireHistory()
	fmt.Println(ask(fake, token, "history?startHistoryId=37002"))
	// Output:
	// 200
	// 404 notFound
}

// A plain server for a client of another language: it reads the key file, which names the
// server's own token endpoint.
func ExampleFake_StartPlain() {
	store := mailstore.New()
	store.Add("qa@example.com")
	fake := fakegmail.New(store, &fakegmail.Options{KeyBits: 1024})
	robot, err := fake.ServiceAccount("example.com")
	if err != nil {
		log.Fatal(err)
	}
	server, err := fake.StartPlain()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	fmt.Println(signIn(http.DefaultTransport, robot.JSONFor(server.TokenURI()), fakegmail.ScopeModify))
	// Output: signed in
}

// A server with TLS, under a certificate that its own transport trusts.
func ExampleFake_Start() {
	fake := fakegmail.New(mailstore.New(), nil)
	server, err := fake.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client := &http.Client{Transport: server.Transport()}
	resp, err := client.Get(server.URL + "/gmail/v1/users/me/profile")
	if err != nil {
		log.Fatal(err)
	}
	resp.Body.Close()
	fmt.Println(resp.StatusCode, "without a token")
	// Output: 401 without a token
}

// signIn takes a token for qa@example.com with a key file, and tells how it went.
func signIn(door http.RoundTripper, key []byte, scope string) string {
	cfg, err := googleauth.JWTConfigFromJSON(key, scope)
	if err != nil {
		log.Fatal(err)
	}
	cfg.Subject = "qa@example.com"
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Transport: door})
	_, err = cfg.TokenSource(ctx).Token()
	if err == nil {
		return "signed in"
	}
	var refusal *oauth2.RetrieveError
	if !errors.As(err, &refusal) {
		log.Fatal(err)
	}
	var body struct {
		Code string `json:"error"`
		Text string `json:"error_description"`
	}
	if err := json.Unmarshal(refusal.Body, &body); err != nil {
		log.Fatal(err)
	}
	return body.Code + ": " + body.Text
}

// ask calls a method of the API and gives the status, with the reason of a refusal.
func ask(fake *fakegmail.Fake, token, method string) string {
	client := &http.Client{Transport: fake.RoundTripper()}
	req, err := http.NewRequest(http.MethodGet, "https://gmail.googleapis.com/gmail/v1/users/me/"+method, nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	var body struct {
		Error struct{ Errors []struct{ Reason string } }
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		log.Fatal(err)
	}
	out := fmt.Sprint(resp.StatusCode)
	for _, e := range body.Error.Errors {
		out += " " + e.Reason
	}
	return out
}
