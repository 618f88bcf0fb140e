package fakecyberark_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakecyberark"
)

// call makes a request and prints the status, and whether the answer holds a mark.
func call(client *http.Client, method, url, body, token, mark string) string {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	if token != "" {
		r.Header.Set("Authorization", `Token token="`+token+`"`)
	} else {
		r.Header.Set("Accept-Encoding", "base64")
	}
	answer, err := client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(answer.Body)
	fmt.Println(answer.StatusCode, strings.Contains(string(text), mark))
	return string(text)
}

func ExampleNewCCP() {
	fake := fakecyberark.NewCCP(nil)
	fake.Put("Mail", "", "office365", fakecyberark.Account{Content: "hunter2", UserName: "app-1"})
	client := &http.Client{Transport: fake.RoundTripper()}
	const url = "https://ccp.example.com/AIMWebService/api/Accounts?AppID=MailTests&Safe=Mail&Object=office365"
	call(client, http.MethodGet, url, "", "", "hunter2")
	fake.Changing(true)
	call(client, http.MethodGet, url, "", "", "APPAP282E")
	fake.Deny(true)
	call(client, http.MethodGet, url, "", "", "APPAP306E")
	fake.Deny(false)
	fake.Allow("a1") // from now on only with the certificate of this serial number
	call(client, http.MethodGet, url, "", "", "APPAP306E")
	// Output:
	// 200 true
	// 500 true
	// 403 true
	// 403 true
}

func ExampleNewConjur() {
	fake := fakecyberark.NewConjur()
	fake.APIKey("host/qa", "key")
	fake.JWT("github", "", "job-token")
	fmt.Println("version", fake.Put("qa/mail", "hunter2"))
	client := &http.Client{Transport: fake.RoundTripper()}
	const url, variable = "https://conjur.example.com", "/secrets/contoso/variable/qa%2Fmail"
	call(client, http.MethodPost, url+"/authn-jwt/github/contoso/authenticate", "jwt=job-token", "", "")
	token := call(client, http.MethodPost, url+"/authn/contoso/host%2Fqa/authenticate", "key", "", "")
	call(client, http.MethodGet, url+variable, "", token, "hunter2")
	fake.Deny(true)
	call(client, http.MethodGet, url+variable, "", token, "forbidden")
	fake.Revoke()
	call(client, http.MethodGet, url+variable, "", token, "unauthorized")
	// Output:
	// version 1
	// 200 true
	// 200 true
	// 200 true
	// 403 true
	// 401 true
}

// Programs that need an address find the fakes on the loopback interface.
func ExampleCCP_Start() {
	server, err := fakecyberark.NewCCP(nil).Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	call(server.Client(), http.MethodGet, server.URL+"/AIMWebService/api/Accounts", "", "", "AIMWS031E")
	// Output: 400 true
}
