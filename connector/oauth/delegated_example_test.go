package oauth_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
)

func ExampleNewEntraApp() {
	_, app, client := entra() // an app that an administrator registered
	a, err := oauth.NewEntraApp(oauth.EntraAppConfig{Tenant: app.Tenant, ClientID: app.ClientID,
		ClientSecret: connector.Literal(app.Secret()), Client: client})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := a.Token(context.Background(), "") // pop3.Server{Token: a.Token, …} asks for it by itself
	fmt.Println(token != "", err)
	// Output:
	// true <nil>
}

func ExampleNewDelegated() {
	fake, app, client := entra()
	vault := &safe{} // keyvault.From(vault, name) reads, vault.Write writes
	d, err := oauth.NewDelegated(oauth.DelegatedConfig{
		Authority: oauth.Microsoft(app.Tenant, ""), ClientID: app.ClientID, Scopes: []string{oauth.ExchangePOPScope},
		Account: person, Kept: vault.read, Keep: vault.write, Command: "cloudmail sign-in qa", Client: client,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = d.Token(context.Background(), "")
	fmt.Println(err)
	fake.AtBrowser(person)
	err = d.SignInByBrowser(context.Background(), func(address string) error {
		fmt.Println("open", strings.SplitN(address, "?", 2)[0][:33])
		return visit(fake.RoundTripper(), address)
	})
	fmt.Println(err)
	token, err := d.Token(context.Background(), "")
	fmt.Println(token != "", err)
	// Output:
	// get access token: credentials refused: nobody has signed in yet; sign in again as qa@contoso.example: run cloudmail sign-in qa
	// open https://login.microsoftonline.com
	// <nil>
	// true <nil>
}

func ExampleDelegated_SignInByCode() {
	fake, app, client := entraWith(&fakegraph.Options{DeviceInterval: time.Second})
	vault := &safe{}
	d, err := oauth.NewDelegated(oauth.DelegatedConfig{Authority: oauth.Microsoft("organizations", ""), ClientID: app.ClientID,
		Scopes: []string{oauth.ExchangePOPScope}, Kept: vault.read, Keep: vault.write, Client: client})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = d.SignInByCode(context.Background(), func(c oauth.DeviceCode) {
		fmt.Println("open", c.URL, "and type in the code")
		fake.EnterCode(c.Code, "") // this person refuses
	})
	fmt.Println(err)
	// Output:
	// open https://microsoft.com/devicelogin and type in the code
	// sign in: permission missing: the sign-in was refused by the person; start it anew
}

func ExampleXOAUTH2() {
	response, err := oauth.XOAUTH2("qa@contoso.example", "eyJ0")
	fmt.Printf("%q %v\n", response, err)
	response, err = oauth.BearerResponse("qa@example.com", "mail.example.com", 995, "eyJ0")
	fmt.Printf("%q %v\n", response, err)
	// Output:
	// "user=qa@contoso.example\x01auth=Bearer eyJ0\x01\x01" <nil>
	// "n,a=qa@example.com,\x01host=mail.example.com\x01port=995\x01auth=Bearer eyJ0\x01\x01" <nil>
}

func ExampleGoogleAccounts() {
	_, err := oauth.NewDelegated(oauth.DelegatedConfig{Authority: oauth.GoogleAccounts(""), ClientID: "1.apps.googleusercontent.com",
		Scopes: []string{oauth.GoogleMailScope}, Kept: (&safe{}).read})
	fmt.Println(err)
	// Output:
	// <nil>
}
