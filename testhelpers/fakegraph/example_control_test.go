package fakegraph_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// demo is a program that reads ada's mail, over the fake that stands in for the service.
type demo struct {
	box  *mailstore.Mailbox
	fake *fakegraph.Fake
	app  fakegraph.App
}

func newDemo() *demo {
	store := mailstore.New()
	d := &demo{box: store.Add(ada), fake: fakegraph.New(store, nil)}
	d.app = d.fake.AddApp(fakegraph.App{})
	d.box.Deliver([]byte("From: shop@app.example.com\r\nSubject: Your order\r\n\r\nThanks!\r\n"), mailstore.Delivery{})
	return d
}

// do makes a request in memory and reads its answer.
func (d *demo) do(req *http.Request) (resp *http.Response, body map[string]any) {
	resp, err := d.fake.RoundTripper().RoundTrip(req)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	_ = json.Unmarshal(text, &body) // not all answers are JSON
	return resp, body
}

// signIn asks for a token of a tenant; what is refused shows in the answer.
func (d *demo) signIn(tenant string) (resp *http.Response, body map[string]any) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {d.app.ClientID}, "client_secret": {d.app.Secret()},
		"scope": {"https://graph.microsoft.com/.default"}, "claims": {`{"access_token":{"xms_cc":{"values":["CP1"]}}}`}}
	req, _ := http.NewRequest(http.MethodPost, login+tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return d.do(req)
}

func (d *demo) token() string {
	_, body := d.signIn(d.app.Tenant)
	return fmt.Sprint(body["access_token"])
}

// ask reads below a user.
func (d *demo) ask(token, path string) (resp *http.Response, body map[string]any) {
	if !strings.HasPrefix(path, "https://") {
		path = users + path
	}
	req, _ := http.NewRequest(http.MethodGet, path, nil)
	req.Header.Set("Authorization", "Bearer "+token)
	return d.do(req)
}

func codeOf(body map[string]any) any { return body["error"].(map[string]any)["code"] }

// A token ends its life in the middle of a test.
func ExampleFake_ExpireTokens() {
	d := newDemo()
	token := d.token()
	before, _ := d.ask(token, ada+"/messages")
	d.fake.ExpireTokens()
	after, body := d.ask(token, ada+"/messages")
	fmt.Println(before.StatusCode, after.StatusCode, codeOf(body))
	// Output: 200 401 InvalidAuthenticationToken
}

// Continuous Access Evaluation takes a token back, and says what the next one must have.
func ExampleFake_RevokeTokens() {
	d := newDemo()
	token := d.token()
	d.fake.RevokeTokens(d.app.ClientID)
	resp, _ := d.ask(token, ada+"/messages")
	fmt.Println(resp.StatusCode, strings.Contains(resp.Header.Get("WWW-Authenticate"), `error="insufficient_claims"`))
	// Output: 401 true
}

// The service forgets the place of a delta, as it does after some time.
func ExampleFake_ExpireDeltas() {
	d := newDemo()
	token := d.token()
	_, round := d.ask(token, ada+"/mailFolders/inbox/messages/delta")
	d.fake.ExpireDeltas()
	resp, body := d.ask(token, fmt.Sprint(round["@odata.deltaLink"]))
	fmt.Println(resp.StatusCode, codeOf(body))
	// Output: 410 SyncStateNotFound
}

// A user without a licence is in the directory and has no mailbox.
func ExampleFake_NoMailbox() {
	d := newDemo()
	d.fake.NoMailbox("guest@contoso.example")
	resp, body := d.ask(d.token(), "guest@contoso.example/messages")
	fmt.Println(resp.StatusCode, codeOf(body))
	// Output: 404 MailboxNotEnabledForRESTAPI
}

// A link to a file in the cloud is an attachment too.
func ExampleFake_Link() {
	d := newDemo()
	m := d.box.List(mailstore.Inbox)[0]
	d.fake.Link(m.Key, fakegraph.Reference{Name: "plan.docx", URL: "https://files.contoso.example/plan.docx"})
	token := d.token()
	_, list := d.ask(token, ada+"/messages?$select=id")
	id := list["value"].([]any)[0].(map[string]any)["id"]
	_, files := d.ask(token, ada+"/messages/"+fmt.Sprint(id)+"/attachments")
	file := files["value"].([]any)[0].(map[string]any)
	fmt.Println(file["@odata.type"], file["name"])
	// Output: #microsoft.graph.referenceAttachment plan.docx
}

// A page without items that has a next one, as the service is free to send.
func ExampleFake_Quirk() {
	d := newDemo()
	d.box.Deliver([]byte("Subject: Your invoice\r\n\r\nx\r\n"), mailstore.Delivery{})
	d.fake.Quirk(fakegraph.EmptyPage, 1)
	token := d.token()
	_, first := d.ask(token, ada+"/messages?$top=1")
	_, second := d.ask(token, fmt.Sprint(first["@odata.nextLink"]))
	fmt.Println(len(first["value"].([]any)), len(second["value"].([]any)))
	// Output: 0 1
}

// The next list is throttled, with a form of Retry-After that a client may not expect.
func ExampleGraphError() {
	d := newDemo()
	fault := fakegraph.GraphError("list", "ApplicationThrottled")
	fault.Header.Set("Retry-After", "0.249")
	d.fake.Faults.Push(fault)
	resp, body := d.ask(d.token(), ada+"/messages")
	fmt.Println(resp.StatusCode, resp.Header.Get("Retry-After"), codeOf(body))
	// Output: 429 0.249 ApplicationThrottled
}

// The next sign-in is refused because the secret has expired.
func ExampleEntraError() {
	d := newDemo()
	d.fake.Faults.Push(fakegraph.EntraError(7000222))
	resp, body := d.signIn(d.app.Tenant)
	fmt.Println(resp.StatusCode, body["error"], body["error_codes"])
	// Output: 401 invalid_client [7.000222e+06]
}

// An administrator takes the app's consent away: tokens issued from then on have no roles.
func ExampleFake_ChangeApp() {
	d := newDemo()
	d.fake.ChangeApp(d.app.ClientID, func(a *fakegraph.App) { a.Roles = []string{} })
	resp, body := d.ask(d.token(), ada+"/messages")
	fmt.Println(resp.StatusCode, codeOf(body))
	// Output: 403 ErrorAccessDenied
}

// The secret is rotated: the old one is refused, the new one is taken.
func ExampleFake_RotateSecret() {
	d := newDemo()
	fresh := d.fake.RotateSecret(d.app.ClientID)
	old, _ := d.signIn(d.app.Tenant)
	d.app.Secrets[0].Value = fresh
	next, _ := d.signIn(d.app.Tenant)
	fmt.Println(old.StatusCode, next.StatusCode)
	// Output: 401 200
}

// An app of one directory is unknown in another.
func ExampleFake_AddTenant() {
	d := newDemo()
	other := d.fake.AddTenant(fakegraph.Tenant{Domains: []string{"fabrikam.example"}})
	home, _ := d.signIn(d.fake.Tenant().ID)
	away, body := d.signIn(other.ID)
	fmt.Println(home.StatusCode, away.StatusCode, body["error"])
	// Output: 200 400 unauthorized_client
}

// A mailbox is named by the user's object id as well.
func ExampleUserID() {
	d := newDemo()
	resp, _ := d.ask(d.token(), fakegraph.UserID(ada)+"/messages")
	fmt.Println(resp.StatusCode)
	// Output: 200
}

// A program in another process, or in another language, takes the door on the loopback interface.
func ExampleFake_Start() {
	d := newDemo()
	server, err := d.fake.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client := &http.Client{Transport: server.Transport()} // or a client that trusts server.CertPool, with server.URL as its address
	resp, err := client.Get(login + d.app.Tenant + "/v2.0/.well-known/openid-configuration")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode)
	// Output: 200
}

// people asks an endpoint of the sign-in of persons.
func (d *demo) people(endpoint string, form url.Values) map[string]any {
	form.Set("client_id", d.app.ClientID)
	req, _ := http.NewRequest(http.MethodPost, login+d.app.Tenant+"/oauth2/v2.0/"+endpoint, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, body := d.do(req)
	return body
}

// A person signs in on another device, changes the password, and has to sign in again.
func ExampleFake_EnterCode() {
	d := newDemo()
	code := d.people("devicecode", url.Values{"scope": {"https://outlook.office.com/POP.AccessAsUser.All offline_access"}})
	fmt.Println(d.fake.EnterCode(fmt.Sprint(code["user_code"]), "ada@contoso.example"))
	token := d.people("token", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {fmt.Sprint(code["device_code"])}})
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {fmt.Sprint(token["refresh_token"])}}
	fmt.Println(d.people("token", refresh)["token_type"])
	d.fake.EndSignIns("ada@contoso.example", 50173)
	fmt.Println(d.people("token", refresh)["error"])
	// Output:
	// true
	// Bearer
	// invalid_grant
}

// A browser comes to the authorize endpoint, and goes back with a code.
func ExampleFake_AtBrowser() {
	d := newDemo()
	d.fake.AtBrowser("ada@contoso.example")
	q := url.Values{"client_id": {d.app.ClientID}, "response_type": {"code"}, "redirect_uri": {"http://localhost:8400"}, "state": {"s1"},
		"scope": {"https://outlook.office.com/POP.AccessAsUser.All"}, "code_challenge": {strings.Repeat("x", 43)}, "code_challenge_method": {"S256"}}
	req, _ := http.NewRequest(http.MethodGet, login+d.app.Tenant+"/oauth2/v2.0/authorize?"+q.Encode(), nil)
	resp, _ := d.do(req)
	back, err := resp.Location()
	if err != nil {
		panic(err)
	}
	fmt.Println(back.Host, back.Query().Get("state"), back.Query().Has("code"))
	// Output: localhost:8400 s1 true
}
