package fakegcp_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/cloudmail-go/cloudmail/keyvault/gcpvault"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegcp"
)

// read reads a secret as a program does that has the service account's key.
func read(vault *gcpvault.Vault) {
	s, err := vault.Secret(context.Background(), "mail")
	fmt.Println(len(s.Reveal()), err != nil)
}

func Example() {
	fake, err := fakegcp.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	key := func(context.Context, string) (string, error) { return string(fake.Key()), nil }
	vault, err := gcpvault.New(&gcpvault.Options{Project: "contoso", Key: key, HTTPClient: &http.Client{Transport: fake.RoundTripper()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("version", fake.Put("projects/contoso/secrets/mail", []byte("hunter2")))
	read(vault)
	fake.Revoke() // the token ends: another is asked for
	read(vault)
	fake.Disable("projects/contoso/secrets/mail")
	read(vault)
	fake.Deny(true)
	read(vault)
	// Output:
	// version 1
	// 7 false
	// 7 false
	// 0 true
	// 0 true
}

// Programs that need an address find the fake on the loopback interface.
func ExampleFake_Start() {
	fake, err := fakegcp.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := fake.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	r, err := http.NewRequest(http.MethodGet, server.URL+"/v1/projects/contoso/secrets/mail/versions/latest:access", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Header.Set("Authorization", "Bearer "+fake.Token()) // for clients whose login is elsewhere
	answer, err := server.Client().Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	fmt.Println(answer.StatusCode) // there is no such secret
	// Output: 404
}
