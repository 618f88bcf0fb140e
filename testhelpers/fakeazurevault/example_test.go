package fakeazurevault_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakeazurevault"
)

// get reads a secret's newest version and prints the status, and whether the answer holds a mark.
func get(client *http.Client, url, token, mark string) {
	r, err := http.NewRequest(http.MethodGet, url+"/secrets/mail/?api-version=7.5", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := client.Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(answer.Body)
	fmt.Println(answer.StatusCode, strings.Contains(string(text), mark))
}

func Example() {
	fake := fakeazurevault.New(nil)
	fmt.Println(len(fake.Put("mail", fakeazurevault.Secret{Value: "hunter2"})), "characters of version")
	client := &http.Client{Transport: fake.RoundTripper()}
	get(client, "https://contoso.vault.azure.net", "", "Unauthorized") // the challenge
	get(client, "https://contoso.vault.azure.net", "token", "hunter2")
	fake.Refuse(true)
	get(client, "https://contoso.vault.azure.net", "token", "ForbiddenByRbac")
	// Output:
	// 32 characters of version
	// 401 true
	// 200 true
	// 403 true
}

// Programs that need an address find the fake on the loopback interface.
func ExampleFake_Start() {
	fake := fakeazurevault.New(&fakeazurevault.Options{Token: "mine"})
	server, err := fake.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	get(server.Client(), server.URL, "mine", "SecretNotFound")
	// Output: 404 true
}
