package fakesmtp_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/smtp"
	"net/textproto"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func ExampleStart() {
	store := mailstore.New()
	inbox := store.Add("qa@example.com")
	server, err := fakesmtp.Start(store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	// What the product under test does:
	raw := []byte("Subject: Order 42\r\n\r\nThanks\r\n")
	err = smtp.SendMail(server.Addr(), nil, "shop@example.com", []string{"qa+42@example.com"}, raw)

	fmt.Println(err)
	for _, mail := range inbox.List(mailstore.Inbox) {
		fmt.Println(mail.From, "to", mail.Rcpt)
	}
	// Output:
	// <nil>
	// shop@example.com to qa+42@example.com
}

func ExampleServer_DialContext() {
	server, err := fakesmtp.New(mailstore.New(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	conn, err := server.DialContext(context.Background(), "tcp", "mx.example.com:25")
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := smtp.NewClient(conn, "mx.example.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(client.Mail("shop@example.com"))
	fmt.Println(client.Rcpt("nobody@example.com"))
	// Output:
	// <nil>
	// 550 "5.1.1 no such mailbox here"
}

func ExampleServer_Push() {
	store := mailstore.New()
	store.Add("qa@example.com")
	server, err := fakesmtp.Start(store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	server.Push(fakesmtp.Fault{Stage: fakesmtp.AtRcpt, Code: 452, Enhanced: "4.2.2", Text: "mailbox full"})
	for range 2 {
		err := smtp.SendMail(server.Addr(), nil, "shop@example.com", []string{"qa@example.com"}, []byte("Subject: s\r\n\r\n"))
		fmt.Println(err)
	}
	// Output:
	// 452 "4.2.2 mailbox full"
	// <nil>
}

// A server that demands a password, which is taken under TLS alone.
func ExampleServer_TLSConfig() {
	server, err := fakesmtp.Start(mailstore.New(), &fakesmtp.Options{
		Hostname: "relay.example.com",
		TLS:      fakesmtp.StartTLS,
		Users:    map[string]string{"shop": "correct horse"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	client, err := smtp.Dial(server.Addr())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(client.StartTLS(server.TLSConfig()))
	fmt.Println(client.Mail("shop@example.com"))
	fmt.Println(client.Auth(smtp.PlainAuth("", "shop", "correct horse", "127.0.0.1"))) // the host that was dialled
	fmt.Println(client.Mail("shop@example.com"))
	// Output:
	// <nil>
	// 530 "5.7.0 authentication required"
	// <nil>
	// <nil>
}

// An outage that lasts until the test ends it.
func ExampleServer_Clear() {
	store := mailstore.New()
	store.Add("qa@example.com")
	server, err := fakesmtp.Start(store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	send := func() error {
		return smtp.SendMail(server.Addr(), nil, "shop@example.com", []string{"qa@example.com"}, []byte("Subject: s\r\n\r\n"))
	}

	server.Push(fakesmtp.Fault{Stage: fakesmtp.AtMail, Times: -1, Code: 421, Enhanced: "4.3.2", Text: "shutting down"})
	fmt.Println(send())
	server.Clear()
	fmt.Println(send())
	// Output:
	// 421 "4.3.2 shutting down"
	// <nil>
}

// A token that expires, and the one that takes its place.
func ExampleServer_SetToken() {
	server, err := fakesmtp.New(mailstore.New(), &fakesmtp.Options{Tokens: map[string]string{"qa@example.com": "old"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	server.SetToken("qa@example.com", "fresh")
	for _, token := range []string{"old", "fresh"} {
		fmt.Println(token, login(server, "XOAUTH2", "user=qa@example.com\x01auth=Bearer "+token+"\x01\x01"))
	}
	// Output:
	// old 535
	// fresh 235
}

// A password that is changed.
func ExampleServer_SetPassword() {
	server, err := fakesmtp.New(mailstore.New(), &fakesmtp.Options{Users: map[string]string{"qa@example.com": "old"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	server.SetPassword("qa@example.com", "fresh")
	for _, password := range []string{"old", "fresh"} {
		fmt.Println(password, login(server, "PLAIN", "\x00qa@example.com\x00"+password))
	}
	// Output:
	// old 535
	// fresh 235
}

// login tries to sign in, and returns the server's code.
func login(server *fakesmtp.Server, mechanism, response string) int {
	conn, err := server.DialContext(context.Background(), "", "")
	if err != nil {
		return 0
	}
	defer conn.Close()
	c := textproto.NewConn(conn)
	_, _, _ = c.ReadResponse(220)
	code := 0
	for _, line := range []string{"HELO localhost", "AUTH " + mechanism + " " + base64.StdEncoding.EncodeToString([]byte(response)), ""} {
		if code == 535 || c.PrintfLine("%s", line) != nil {
			break
		}
		if code, _, _ = c.ReadResponse(0); code == 235 {
			break
		}
	}
	return code
}
