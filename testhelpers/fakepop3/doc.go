// Package fakepop3 is a mail server's POP3 side in process: it serves the inboxes of a mailstore,
// so that mail delivered to any other fake on the same store can be read by POP3.
//
//	store := mailstore.New()
//	inbox := store.Add("qa@example.com")
//	server, err := fakepop3.Start(store, &fakepop3.Options{Users: map[string]string{"qa@example.com": "secret"}})
//	// … a client connects to server.Addr(), trusting server.CertPool …
//	defer server.Close()
//
// [Start] listens on a free port of 127.0.0.1. [New] does not; its only door is
// [Server.DialContext], a connection in memory, which also works in a testing/synctest bubble.
//
// The server speaks POP3 (RFC 1939) with CAPA, TOP, UIDL, RESP-CODES, AUTH-RESP-CODE, PIPELINING
// and LOGIN-DELAY (RFC 2449, 3206), STLS or implicit TLS under a certificate authority of its own
// (RFC 2595, 8314), USER and PASS, APOP, and AUTH PLAIN, LOGIN, XOAUTH2 and OAUTHBEARER (RFC 5034,
// 7628). It never shows a folder but the inbox, nor mail that came after the login, and it deletes
// only after QUIT.
//
// # What can go wrong
//
// [Server.Throttle], [Server.Outage] and [Server.Delay] disturb logins. [Server.CutAfter] breaks a
// connection at any byte of what the server says. [Server.CutTops] breaks every other listing after
// its first header, [Server.Vanish] lets listed mails be gone, [Server.ChangeUIDs] gives every mail
// another unique id, as a server does whose mailbox was restored. A second login while a maildrop
// is open is refused with [IN-USE] unless Options.Shared is set.
//
// [Server.Commands] is the list of all that clients said, without their secrets.
package fakepop3
