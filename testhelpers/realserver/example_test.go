package realserver_test

import (
	"fmt"

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
