package fakehttp_test

import (
	"fmt"
	"io"
	"net/http"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

func ExampleRoundTripper() {
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello from %s", r.Host)
	})
	client := &http.Client{Transport: fakehttp.RoundTripper(hello)}

	resp, err := client.Get("https://service.example/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(resp.Status, string(body), err)
	// Output: 200 OK hello from service.example <nil>
}

func ExampleListen() {
	server, err := fakehttp.Listen(http.NotFoundHandler(), "service.example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	resp, err := server.Client().Get("https://service.example/missing")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, resp.Proto)
	// Output: 404 Not Found HTTP/2.0
}

func ExampleFront() {
	var front fakehttp.Front
	service := front.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "done")
	}), func(r *http.Request) string { return r.URL.Path[1:] })
	client := &http.Client{Transport: fakehttp.RoundTripper(service)}

	front.Faults.Push(fakehttp.Fault{Kind: "send", Status: 503, Header: http.Header{"Retry-After": {"5"}}})
	for range 2 {
		resp, err := client.Post("https://service.example/send", "text/plain", nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d, retry after %q\n", resp.StatusCode, resp.Header.Get("Retry-After"))
		resp.Body.Close()
	}
	fmt.Println("sends:", front.Counter.Count("send"))
	// Output:
	// 503, retry after "5"
	// 200, retry after ""
	// sends: 2
}
