package fakehttp_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"syscall"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// service is a fake in its shortest form: it answers "done", and its path is the kind of a request.
var service = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "done") })

func kindOf(r *http.Request) string { return r.URL.Path[1:] }

// try asks for a path and prints what came.
func try(client *http.Client, path string) {
	resp, err := client.Get("https://service.example/" + path)
	if err != nil {
		fmt.Println(path, "reset:", errors.Is(err, syscall.ECONNRESET))
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Printf("%s %d %q %v\n", path, resp.StatusCode, body, err)
}

// Faults meet the requests that they fit, in the order in which they were pushed.
func ExampleFaults() {
	var faults fakehttp.Faults
	client := &http.Client{Transport: fakehttp.RoundTripper(faults.Wrap(service, kindOf))}

	faults.Push(
		fakehttp.Fault{Kind: "list", Status: 503, Body: "busy"},
		fakehttp.Fault{Kind: "send", AfterEffect: true}, // it was sent, and the client does not learn of it
		fakehttp.Fault{CutAfter: 2, Times: -1},
	)
	try(client, "list")
	try(client, "send")
	try(client, "list")
	fmt.Println("pending:", faults.Pending())
	faults.Clear()
	try(client, "list")
	// Output:
	// list 503 "busy" <nil>
	// send reset: true
	// list 200 "do" unexpected EOF
	// pending: 1
	// list 200 "done" <nil>
}

// The counter says what a client asked for, and how much of it at a time.
func ExampleCounter() {
	var counter fakehttp.Counter
	client := &http.Client{Transport: fakehttp.RoundTripper(counter.Wrap(service, kindOf))}
	try(client, "list?page=2")
	try(client, "token")

	fmt.Println("requests:", counter.Total().Requests, "of list:", counter.Count("list"), counter.Kinds()["list"].Sent, "bytes")
	for _, e := range counter.Log() {
		fmt.Println(e.Method, e.Path, e.Query, e.Status)
	}
	fmt.Println("at the same time:", counter.MaxInFlight(), "now:", counter.InFlight())
	counter.Reset()
	fmt.Println("after Reset:", counter.Total().Requests)
	// Output:
	// list?page=2 200 "done" <nil>
	// token 200 "done" <nil>
	// requests: 2 of list: 1 4 bytes
	// GET /list page=2 200
	// GET /token  200
	// at the same time: 1 now: 0
	// after Reset: 0
}

// A round trip takes time, until it is set to zero again.
func ExampleLatency() {
	var latency fakehttp.Latency
	client := &http.Client{Transport: fakehttp.RoundTripper(latency.Wrap(service))}
	latency.Set(20 * time.Millisecond)
	begun := time.Now()
	try(client, "list")
	fmt.Println(time.Since(begun) >= latency.Get())
	// Output:
	// list 200 "done" <nil>
	// true
}

// A fake's own tests ask whether it broke the rules of HTTP.
func ExampleTransport_Misuse() {
	door := fakehttp.RoundTripper(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		_, _ = io.WriteString(w, "a body")
	}))
	try(&http.Client{Transport: door}, "list")
	for _, what := range door.Misuse() {
		fmt.Println(what)
	}
	// Output:
	// list 204 "" <nil>
	// GET /list: wrote a body with status 204
}

// Without TLS, for a client that allows it on the loopback interface.
func ExampleListenPlain() {
	server, err := fakehttp.ListenPlain(service)
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	resp, err := http.Get(server.URL + "/list")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(resp.Proto, string(body), err)
	// Output: HTTP/1.1 done <nil>
}

// A server that is no HTTP server has a certificate too.
func ExampleCA() {
	ca, err := fakehttp.NewCA()
	if err != nil {
		log.Fatal(err)
	}
	cert, err := ca.Issue("imap.example.com")
	if err != nil {
		log.Fatal(err)
	}
	server := &tls.Config{Certificates: []tls.Certificate{cert}}
	client := &tls.Config{RootCAs: ca.Pool(), ServerName: "imap.example.com"}

	_, err = server.Certificates[0].Leaf.Verify(x509.VerifyOptions{Roots: client.RootCAs, DNSName: client.ServerName})
	fmt.Println("trusted:", err == nil)
	block, _ := pem.Decode(ca.PEM()) // for clients that read a file
	fmt.Println(block.Type)
	// Output:
	// trusted: true
	// CERTIFICATE
}
