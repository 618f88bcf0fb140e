package smtp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func ExampleServer_Sender() {
	store := mailstore.New()
	peer := store.Add("peer@example.com")
	fake, err := fakesmtp.Start(store, &fakesmtp.Options{TLS: fakesmtp.Implicit, Users: map[string]string{"qa@example.com": "secret"}})
	if err != nil {
		panic(err)
	}
	defer fake.Close()
	server := smtp.Server{Host: "localhost", Password: connector.Literal("secret"), RootCAs: fake.CertPool, Dial: fake.DialContext}
	sender, err := server.Sender("qa@example.com")
	if err == nil {
		mail := "From: qa@example.com\r\nTo: peer@example.com\r\nBcc: secret@example.com\r\nSubject: Hello\r\n\r\nHello.\r\n"
		err = sender.Send(context.Background(), []string{"peer@example.com"}, strings.NewReader(mail))
	}
	fmt.Println(err)
	for _, m := range peer.List(mailstore.Inbox) {
		fmt.Println(strings.Contains(string(m.Raw), "Subject: Hello"), strings.Contains(string(m.Raw), "Bcc:"))
	}
	// Output:
	// <nil>
	// true false
}

// A check before the first mail tells what is wrong with a login. Nothing is sent by it.
func ExampleSender_Check() {
	store := mailstore.New()
	fake, err := fakesmtp.Start(store, &fakesmtp.Options{TLS: fakesmtp.StartTLS, Users: map[string]string{"qa@example.com": "secret"}})
	if err != nil {
		panic(err)
	}
	defer fake.Close()
	for _, password := range []string{"secret", "mistyped"} {
		server := smtp.Server{Host: "localhost", Security: smtp.StartTLS, Password: connector.Literal(password),
			RootCAs: fake.CertPool, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, fake.Addr())
			}}
		sender, err := server.Sender("qa@example.com")
		if err != nil {
			panic(err)
		}
		err = sender.Check(context.Background())
		fmt.Println(err == nil, errors.Is(err, connector.ErrAuth))
	}
	// Output:
	// true false
	// false true
}

// A mailbox's login is good for its submission server, unless that has one of its own.
func ExampleServer_WithLogin() {
	for _, own := range []connector.Credential{nil, connector.Literal("another")} {
		s := smtp.Server{Host: "smtp.example.com", Password: own}.WithLogin("qa", connector.Literal("secret"), nil)
		password, err := s.Password(context.Background(), "")
		fmt.Printf("%q %s %v\n", s.User, password, err)
	}
	// Output:
	// "qa" secret <nil>
	// "" another <nil>
}
