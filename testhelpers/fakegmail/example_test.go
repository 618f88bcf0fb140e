package fakegmail_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"

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
