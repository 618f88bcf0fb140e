package realserver_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/realserver"
)

// A program of one's own, outside a test, starts a server and delivers into it. (Not run: it needs
// Dovecot.)
func ExampleStart() {
	server, err := realserver.Start(realserver.Dovecot, &realserver.Options{
		Users: map[string]string{"qa@example.com": "secret"},
		Token: func(token string) (string, bool) { return "qa@example.com", token == "access-token" },
	})
	if err != nil {
		fmt.Println(err) // errors.Is(err, realserver.ErrMissing): it is not installed
		return
	}
	defer server.Close()
	if err := server.Deliver("qa@example.com", []byte("Subject: hello\r\n\r\nworld\r\n")); err != nil {
		fmt.Println(err, server.Log())
	}
	fmt.Println("IMAP at", server.IMAP, "and POP3 at", server.POP3)
}

// A test runs against each server that is installed, skipped for those that are not; the power fails
// in it. (Not run: t is the test's.)
func ExampleNew() {
	var t *testing.T
	for _, kind := range realserver.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			server := realserver.New(t, kind, nil) // one mailbox, of DefaultUser; ends with the test
			fmt.Println("IMAP with TLS on port", server.Port(server.IMAPS))
			received := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
			if err := server.Place(realserver.DefaultUser, "INBOX", []byte("Subject: old\r\n\r\n"), received); err != nil {
				t.Fatal(err)
			}
			server.Kill() // every connection breaks, the mail stays
			if err := server.Run(); err != nil {
				t.Fatal(err, server.Log())
			}
		})
	}
}
