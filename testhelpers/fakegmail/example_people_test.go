package fakegmail_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// A person signs in with a browser to an app of type Desktop, and takes the consent back. The client is
// Google's own for Go.
func ExampleFake_AddDesktopApp() {
	store := mailstore.New()
	store.Add("qa@example.com")
	google := fakegmail.New(store, &fakegmail.Options{Testing: true})
	app := google.AddDesktopApp()
	conf := oauth2.Config{ClientID: app.ClientID, ClientSecret: app.ClientSecret, RedirectURL: "http://127.0.0.1:4711", Scopes: []string{fakegmail.ScopeFull},
		Endpoint: oauth2.Endpoint{AuthURL: "https://accounts.google.com/o/oauth2/v2/auth", TokenURL: "https://oauth2.googleapis.com/token", AuthStyle: oauth2.AuthStyleInParams}}
	client := &http.Client{Transport: google.RoundTripper(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, client)

	google.AtBrowser("qa@example.com")
	verifier := oauth2.GenerateVerifier()
	page := conf.AuthCodeURL("state", oauth2.AccessTypeOffline, oauth2.SetAuthURLParam("prompt", "consent"), oauth2.S256ChallengeOption(verifier))
	resp, err := client.Get(page)
	if err != nil {
		panic(err)
	}
	_ = resp.Body.Close()
	back, _ := resp.Location()
	token, err := conf.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
	fmt.Println(err, token.RefreshToken != "", token.Extra("refresh_token_expires_in"))
	_, err = conf.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
	fmt.Println(err)

	refresh := func() error {
		_, err := conf.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
		return err
	}
	fmt.Println(refresh())
	google.EndSignIns("qa@example.com") // such as by a changed password
	fmt.Println(refresh())

	for _, address := range []string{"device/code", "revoke"} {
		resp, err := client.PostForm("https://oauth2.googleapis.com/"+address, url.Values{"scope": {fakegmail.ScopeFull}, "client_id": {app.ClientID}, "token": {"1//none"}})
		fmt.Println(address, resp.Status, err)
		_ = resp.Body.Close()
	}
	// Output:
	// <nil> true 604799
	// oauth2: "invalid_grant" "Malformed auth code."
	// <nil>
	// oauth2: "invalid_grant" "Token has been expired or revoked."
	// device/code 400 Bad Request <nil>
	// revoke 400 Bad Request <nil>
}
