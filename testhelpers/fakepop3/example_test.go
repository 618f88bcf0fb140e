package fakepop3_test

import (
	"bufio"
	"fmt"
	"net"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakepop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func ExampleStart() {
	store := mailstore.New()
	store.Add("qa@example.com").Deliver([]byte("Subject: Hello\r\n\r\n"), mailstore.Delivery{NoTrace: true})
	server, err := fakepop3.Start(store, &fakepop3.Options{TLS: fakepop3.Plain, Users: map[string]string{"qa@example.com": "secret"}})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	conn, err := net.Dial("tcp", server.Addr())
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "USER qa@example.com\r\nPASS secret\r\nSTAT\r\nQUIT\r\n")
	lines := bufio.NewScanner(conn)
	lines.Scan() // the greeting
	for lines.Scan() {
		fmt.Println(lines.Text())
	}
	// Output:
	// +OK
	// +OK Logged in.
	// +OK 1 18
	// +OK bye
}
