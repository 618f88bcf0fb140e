package fakepop3_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net/textproto"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakepop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// talk says commands and prints the first line of each answer, until the connection ends; the lines
// of UIDL and TOP are printed too.
func talk(c *textproto.Conn, commands ...string) {
	for _, command := range commands {
		err := c.PrintfLine("%s", command)
		if line, readErr := c.ReadLine(); err == nil && readErr == nil {
			fmt.Println(line)
			if command == "UIDL" || command[:3] == "TOP" {
				lines, _ := c.ReadDotLines()
				fmt.Printf("%q\n", lines)
			}
			continue
		}
		fmt.Println("the connection is gone")
		return
	}
}

// connect dials in memory and takes the greeting.
func connect(server *fakepop3.Server) *textproto.Conn {
	conn, err := server.DialContext(context.Background(), "", "")
	if err != nil {
		panic(err)
	}
	c := textproto.NewConn(conn)
	_, _ = c.ReadLine()
	return c
}

// A server in memory, with TLS from the first byte on. Secrets change while it runs, and its list of
// commands shows none.
func ExampleNew() {
	store := mailstore.New()
	store.Add("qa@example.com")
	server, err := fakepop3.New(store, &fakepop3.Options{TLS: fakepop3.Implicit,
		Users: map[string]string{"qa@example.com": "old"}, Tokens: map[string]string{"qa@example.com": "expired"}})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	server.SetPassword("qa@example.com", "new")
	server.SetToken("qa@example.com", "fresh")
	xoauth2 := base64.StdEncoding.EncodeToString([]byte("user=qa@example.com\x01auth=Bearer fresh\x01\x01"))
	for _, commands := range [][]string{
		{"USER qa@example.com", "PASS old"},
		{"USER qa@example.com", "PASS new", "QUIT"},
		{"AUTH XOAUTH2 " + xoauth2, "QUIT"},
	} {
		conn, err := server.DialContext(context.Background(), "tcp", "localhost:995")
		if err != nil {
			panic(err)
		}
		c := textproto.NewConn(tls.Client(conn, server.TLSConfig()))
		_, _ = c.ReadLine() // the greeting
		talk(c, commands...)
		_ = conn.Close()
	}
	fmt.Println(server.Connections(), server.Commands())
	// Output:
	// +OK
	// -ERR [AUTH] Authentication failed.
	// +OK
	// +OK Logged in.
	// +OK bye
	// +OK Logged in.
	// +OK bye
	// 3 [USER qa@example.com PASS *** USER qa@example.com PASS *** QUIT AUTH XOAUTH2 *** QUIT]
}

// Connections that break at the worst of times, and a server that is slow to greet.
func ExampleServer_CutAfter() {
	store := mailstore.New()
	store.Add("qa@example.com")
	server, err := fakepop3.New(store, &fakepop3.Options{TLS: fakepop3.Plain, Users: map[string]string{"qa@example.com": "secret"}})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	server.Delay(time.Millisecond)
	server.Outage(1)    // the next connection gets no byte
	server.CutAfter(12) // the one after it this many
	for range 2 {
		conn, err := server.DialContext(context.Background(), "", "")
		if err != nil {
			panic(err)
		}
		got, err := io.ReadAll(conn)
		fmt.Printf("%q %v\n", got, err)
	}

	server.Throttle(1, 30*time.Second)
	c := connect(server)
	talk(c, "USER qa@example.com", "PASS secret", "USER qa@example.com", "PASS secret")
	server.Drop()
	talk(c, "STAT")
	// Output:
	// "" <nil>
	// "+OK POP3 rea" <nil>
	// +OK
	// -ERR [LOGIN-DELAY] minimum time between logins not reached
	// +OK
	// +OK Logged in.
	// the connection is gone
}

// What a mailbox can do to a client that lists it: unique ids change when a backup is restored, a
// mail goes while it is looked at, and the listing breaks off.
func ExampleServer_ChangeUIDs() {
	store := mailstore.New()
	inbox := store.Add("qa@example.com")
	for _, subject := range []string{"one", "two"} {
		inbox.Deliver([]byte("Subject: "+subject+"\r\n\r\n"), mailstore.Delivery{NoTrace: true})
	}
	server, err := fakepop3.New(store, &fakepop3.Options{TLS: fakepop3.Plain, Shared: true, Users: map[string]string{"qa@example.com": "secret"}})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	login := []string{"USER qa@example.com", "PASS secret"}
	talk(connect(server), append(login, "UIDL", "QUIT")...)
	server.ChangeUIDs()
	talk(connect(server), append(login, "UIDL", "QUIT")...)
	server.CutTops()
	talk(connect(server), append(login, "TOP 1 0", "TOP 2 0")...)
	server.Vanish(1)
	talk(connect(server), append(login, "UIDL", "RETR 2")...)
	// Output:
	// +OK
	// +OK Logged in.
	// +OK
	// ["1 0000000100000001" "2 0000000200000001"]
	// +OK bye
	// +OK
	// +OK Logged in.
	// +OK
	// ["1 0000000100000002" "2 0000000200000002"]
	// +OK bye
	// +OK
	// +OK Logged in.
	// +OK
	// ["Subject: one" ""]
	// the connection is gone
	// +OK
	// +OK Logged in.
	// +OK
	// ["1 0000000100000002" "2 0000000200000002"]
	// -ERR no such message
}
