package fakeimap_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// talk takes the greeting, says commands, and prints how the server ends each answer, but for the
// capabilities.
func talk(conn net.Conn, commands ...string) {
	c := textproto.NewConn(conn)
	line, err := c.ReadLine()
	for _, command := range commands {
		if err == nil {
			err = c.PrintfLine("a %s", command)
		}
		for err == nil && !strings.HasPrefix(line, "a ") {
			line, err = c.ReadLine()
		}
		if err != nil {
			fmt.Println("the connection is gone")
			return
		}
		line = strings.TrimPrefix(line, "a ")
		if _, after, ok := strings.Cut(line, "OK [CAPABILITY "); ok {
			_, text, _ := strings.Cut(after, "] ")
			line = "OK " + text
		}
		fmt.Println(line)
		line = ""
	}
}

// connect dials in memory.
func connect(server *fakeimap.Server) net.Conn {
	conn, err := server.DialContext(context.Background(), "", "")
	if err != nil {
		panic(err)
	}
	return conn
}

// A server on a port of this machine, with TLS from the first byte on.
func ExampleStart() {
	store := mailstore.New()
	store.Add("qa@example.com").Deliver([]byte("Subject: Hello\r\n\r\n"), mailstore.Delivery{NoTrace: true})
	server, err := fakeimap.Start(store, &fakeimap.Options{Users: map[string]string{"qa@example.com": "secret"}})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	conn, err := tls.Dial("tcp", server.Addr(), &tls.Config{RootCAs: server.CertPool, ServerName: "localhost"})
	if err != nil {
		panic(err)
	}
	talk(conn, "LOGIN qa@example.com secret", "SELECT INBOX", "UID SEARCH SUBJECT Hello", "LOGOUT")
	fmt.Println(strings.Join(server.Commands(), "; "))
	fmt.Println(server.Requests(), "requests")
	// Output:
	// OK Logged in
	// OK [READ-WRITE] SELECT completed
	// OK UID SEARCH completed
	// OK LOGOUT completed
	// LOGIN; SELECT INBOX; UID SEARCH SUBJECT Hello; LOGOUT
	// 3 requests
}

// A server in memory. Passwords and tokens change while it runs.
func ExampleNew() {
	store := mailstore.New()
	store.Add("qa@example.com")
	server, err := fakeimap.New(store, &fakeimap.Options{TLS: fakeimap.Plain,
		Users: map[string]string{"qa@example.com": "old"}, Tokens: map[string]string{"qa@example.com": "expired"}})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	server.SetPassword("qa@example.com", "new")
	server.SetToken("qa@example.com", "fresh")
	xoauth2 := base64.StdEncoding.EncodeToString([]byte("user=qa@example.com\x01auth=Bearer fresh\x01\x01"))
	for _, command := range []string{"LOGIN qa@example.com old", "LOGIN qa@example.com new", "AUTHENTICATE XOAUTH2 " + xoauth2} {
		conn, err := server.DialContext(context.Background(), "tcp", "localhost:143")
		if err != nil {
			panic(err)
		}
		talk(conn, command)
	}
	fmt.Println(server.Connections(), "connections are open")
	// Output:
	// NO [AUTHENTICATIONFAILED] Authentication failed
	// OK Logged in
	// OK XOAUTH2 authentication successful
	// 3 connections are open
}

// Commands that are refused, mails that go while they are looked at, and a mailbox that was restored.
func ExampleServer_Push() {
	store := mailstore.New()
	inbox := store.Add("qa@example.com")
	inbox.Deliver([]byte("Subject: Hello\r\n\r\n"), mailstore.Delivery{NoTrace: true})
	server, err := fakeimap.New(store, &fakeimap.Options{TLS: fakeimap.Plain, Users: map[string]string{"qa@example.com": "secret"}})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	server.Push(fakeimap.Fault{Commands: []string{"SELECT"}, Times: -1, Reply: "NO [UNAVAILABLE] later"})
	talk(connect(server), "LOGIN qa@example.com secret", "SELECT INBOX", "SELECT INBOX")
	server.Clear()

	server.Vanish(1)
	talk(connect(server), "LOGIN qa@example.com secret", "SELECT INBOX", "FETCH 1 (UID BODY.PEEK[HEADER])")
	fmt.Println(len(inbox.List(mailstore.Inbox)), "mails are left")

	before, _ := inbox.Folder(mailstore.Inbox)
	server.ResetUIDs("qa@example.com")
	after, _ := inbox.Folder(mailstore.Inbox)
	fmt.Println("UIDVALIDITY changed:", before.UIDValidity != after.UIDValidity)
	// Output:
	// OK Logged in
	// NO [UNAVAILABLE] later
	// NO [UNAVAILABLE] later
	// OK Logged in
	// OK [READ-WRITE] SELECT completed
	// OK FETCH completed
	// 0 mails are left
	// UIDVALIDITY changed: true
}

// What a network does: long ways, connections that break or say nothing any more, and nobody there.
func ExampleServer_Freeze() {
	store := mailstore.New()
	store.Add("qa@example.com")
	server, err := fakeimap.New(store, &fakeimap.Options{TLS: fakeimap.Plain, Users: map[string]string{"qa@example.com": "secret"}})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	server.Delay(time.Millisecond)
	server.CutNext(4)
	got, err := io.ReadAll(connect(server))
	fmt.Printf("%q %v\n", got, err)

	conn := connect(server)
	server.Freeze() // no greeting comes, and no end
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	_, err = conn.Read(make([]byte, 1))
	fmt.Println("nothing came:", errors.Is(err, os.ErrDeadlineExceeded))

	conn = connect(server)
	server.Disconnect()
	talk(conn, "NOOP")

	server.Down()
	_, err = server.DialContext(context.Background(), "", "")
	fmt.Println(err)
	server.Clear()
	talk(connect(server), "NOOP")
	// Output:
	// "* OK" <nil>
	// nothing came: true
	// the connection is gone
	// dial pipe: connection refused
	// OK NOOP completed
}
