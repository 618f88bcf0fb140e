// Package fakesmtp is a mail server's SMTP side in process: what a product under test sends to it
// arrives in the mailboxes of a mailstore, where the mail fakes serve it.
//
//	store := mailstore.New()
//	inbox := store.Add("qa@example.com")
//	server, err := fakesmtp.Start(store, nil)
//	// … the product sends to server.Addr() …
//	defer server.Close()
//
// [Start] listens on a free port of 127.0.0.1. [New] does not; its only door is
// [Server.DialContext], a connection in memory, which also works in a testing/synctest bubble.
//
// The server speaks ESMTP with SIZE, 8BITMIME, SMTPUTF8, PIPELINING, CHUNKING and
// ENHANCEDSTATUSCODES (RFC 5321, 1870, 6152, 6531, 2920, 3030, 2034), STARTTLS or implicit TLS under a
// certificate authority of its own (RFC 3207, 8314), and AUTH PLAIN, LOGIN and XOAUTH2 where
// [Options] names users. It never sends mail on: nothing leaves the process.
//
// # What is accepted
//
// A recipient without a mailbox in the store is refused with 550 5.1.1, as a mail exchanger that
// knows its users does; with [Options.AcceptUnknown] it is accepted, and a bounce goes to the sender.
// Mails of MaxSize or more are refused with 552 5.3.4, further recipients than MaxRecipients with 452
// 4.5.3. Where users are named, MAIL without AUTH is refused with 530 5.7.0 (RFC 4954 §6), a wrong
// password or token with 535 5.7.8; AUTH is offered only under TLS, unless the server has none.
//
// The mail arrives as it was sent: a Bcc header that the product left in is still there. In front
// stand the Received field of this server (RFC 5321 §4.4, with the protocol names of RFC 3848 and
// 6531), and what the mailbox itself adds.
//
// # What can go wrong
//
// Real deliveries are slow, refused and repeated. Options.Greylist refuses the first tries of each
// sender and recipient with 450 4.7.1, Options.Delay lets the mail reach the mailbox later, and
// [Server.Push] queues failures: any reply at MAIL, RCPT or DATA, a dropped connection, or one that
// drops after the mail was taken, so that the client sends it again.
package fakesmtp
