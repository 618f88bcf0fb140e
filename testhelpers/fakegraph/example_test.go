package fakegraph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// A program that reads Office 365 mail, and the fake in the place of the service.
func Example() {
	store := mailstore.New()
	store.Add("qa@contoso.example").Deliver([]byte("From: shop@app.example.com\r\nSubject: Your order\r\n\r\nThanks!\r\n"), mailstore.Delivery{})
	fake := fakegraph.New(store, nil)
	app := fake.AddApp(fakegraph.App{Roles: []string{"Mail.Read"}})
	client := &http.Client{Transport: fake.RoundTripper()}

	resp, err := client.PostForm("https://login.microsoftonline.com/"+app.Tenant+"/oauth2/v2.0/token", url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {app.ClientID},
		"client_secret": {app.Secret()},
		"scope":         {"https://graph.microsoft.com/.default"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	_ = json.NewDecoder(resp.Body).Decode(&token)
	_ = resp.Body.Close()

	req, _ := http.NewRequest(http.MethodGet, "https://graph.microsoft.com/v1.0/users/qa@contoso.example/messages?$select=subject", nil)
	req.Header.Set("Authorization", "Bearer "+token.AccessToken)
	resp, err = client.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	var list struct {
		Value []struct{ Subject string }
	}
	_ = json.NewDecoder(resp.Body).Decode(&list)
	fmt.Println(list.Value[0].Subject, fake.Counter.Count("list"))
	// Output: Your order 1
}
