package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strings"

	"golang.org/x/oauth2"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// workspace embeds Google with one user and a robot that may act for the domain, and returns the
// robot's key file and a client that reaches it.
func workspace(scopes ...string) (string, *http.Client) {
	store := mailstore.New()
	store.Add("qa@example.com")
	google := fakegmail.New(store, &fakegmail.Options{KeyBits: 1024})
	key, err := google.ServiceAccountJSON("example.com", scopes...)
	if err != nil {
		log.Fatal(err)
	}
	return string(key), &http.Client{Transport: google.RoundTripper()}
}

// A token is kept until shortly before it expires, and given to all who ask.
func ExampleNewGoogle() {
	ctx := context.Background()
	key, client := workspace(fakegmail.ScopeModify)
	g, err := oauth.NewGoogle(ctx, oauth.GoogleConfig{
		Key:     connector.Literal(key), // in life: keyvault.From(vault, "mail/google")
		Subject: "qa@example.com",
		Scopes:  []string{fakegmail.ScopeModify},
		Client:  client,
	})
	if err != nil {
		log.Fatal(err)
	}
	first, err := g.Token(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	again, _ := g.Token(ctx, "")
	other, _ := g.Token(ctx, first) // which the service just refused
	fmt.Println(first != "", again == first, other == first)

	email, clientID := g.Account()
	fmt.Println(strings.HasSuffix(email, ".iam.gserviceaccount.com"), clientID != "", g.Fingerprint() != "")
	// Output:
	// true true false
	// true true true
}

// No key file exists: the job's own identity lets IAM sign for the robot.
func ExampleGoogleKeyless() {
	store := mailstore.New()
	store.Add("qa@example.com")
	google := fakegmail.New(store, nil)
	robot, err := google.ServiceAccount("example.com", fakegmail.ScopeModify)
	if err != nil {
		log.Fatal(err)
	}
	google.AllowSigning("ci@build.example", robot.Email)

	ctx := context.Background()
	g, err := oauth.NewGoogle(ctx, oauth.GoogleConfig{
		Keyless: &oauth.GoogleKeyless{
			Account: robot.Email,
			Caller:  oauth2.StaticTokenSource(&oauth2.Token{AccessToken: google.CallerToken("ci@build.example")}), // in life: google.DefaultTokenSource
		},
		Subject: "qa@example.com",
		Scopes:  []string{fakegmail.ScopeModify},
		Client:  &http.Client{Transport: google.RoundTripper()},
	})
	if err != nil {
		log.Fatal(err)
	}
	token, err := g.Token(ctx, "")
	fmt.Println(token != "", err)
	// Output: true <nil>
}

// What Google refuses is explained: the kind, the meaning, and who has to do what.
func ExampleGoogleError() {
	ctx := context.Background()
	key, client := workspace(fakegmail.ScopeReadonly) // the administrator delegated no more
	g, err := oauth.NewGoogle(ctx, oauth.GoogleConfig{
		Key: connector.Literal(key), Subject: "qa@example.com", Scopes: []string{fakegmail.ScopeModify}, Client: client,
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = g.Token(ctx, "")
	fmt.Println(errors.Is(err, connector.ErrPermission))
	if refusal, ok := errors.AsType[*oauth.GoogleError](err); ok {
		fmt.Println(refusal.Status, refusal.Code)
		fmt.Println(refusal.Meaning)
	}
	// Output:
	// true
	// 401 unauthorized_client
	// the domain does not let the service account act for its users with all of these scopes, or qa@example.com is of another domain (no consumer account can be delegated)
}

// A number of Entra, the kind that it is of, and what to do.
func ExampleParseEntraError() {
	body := []byte(`{"error":"invalid_client","error_codes":[7000222],` +
		`"error_description":"AADSTS7000222: The provided client secret keys are expired. Trace ID: 1 Correlation ID: 2"}`)
	refusal, ok := oauth.ParseEntraError(http.StatusUnauthorized, body)
	remedy, kind := refusal.Explain()
	fmt.Println(ok, refusal)
	fmt.Println(errors.Is(kind, connector.ErrAuth), "remedy:", remedy)
	fmt.Println("ask the vault for a newer secret:", refusal.FreshMayHelp())
	// Output:
	// true AADSTS7000222: The provided client secret keys are expired.
	// true remedy: make a new client secret for the app (Certificates & secrets) and put it into the vault
	// ask the vault for a newer secret: true
}

func ExampleEntraTenant() {
	fmt.Println(oauth.EntraTenant("contoso.example"))
	fmt.Println(oauth.EntraTenant("common"))
	fmt.Println(oauth.IsGUID("a1b2c3d4-0000-4000-8000-0123456789ab"), oauth.IsGUID("contoso.example"))
	// Output:
	// <nil>
	// "common" means any tenant, and an application has rights in one only
	// true false
}
