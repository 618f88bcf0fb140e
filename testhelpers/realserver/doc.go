// Package realserver runs a real mail server inside a test: Dovecot, Cyrus or Courier, started from
// the installed program on free loopback ports, with all it writes in a temporary folder.
//
//	server := realserver.New(t, realserver.Dovecot, &realserver.Options{
//		Users: map[string]string{"qa@example.com": "secret"},
//	})
//	// … the product sends to server.LMTP, or the test calls server.Deliver …
//	mailbox := imap.Server{Host: "127.0.0.1", Port: server.Port(server.IMAPS), RootCAs: server.RootCAs, …}
//
// What such a server does, no one of this module wrote: it is where a program is seen to speak the
// protocol and not only what a fake takes for it.
//
// # What has to be there
//
// On Debian, Dovecot is what apt installs. Cyrus and Courier conflict with it and are looked for in
// unpacked package trees that the variables CLOUDMAIL_CYRUS and CLOUDMAIL_COURIER name, else in
// /var/lib/cloudmail/cyrus and /var/lib/cloudmail/courier; the script .ci/mail-servers of this module
// fetches all three. Dovecot and Cyrus run as any user; Courier wants root, for it knows no other
// places than its own.
//
// [New] skips the test by the server's name where it is missing, or fails it if the variable
// CLOUDMAIL_REQUIRE_ALL is not empty. [Start] returns [ErrMissing].
//
// # What the servers can do
//
//	            Dovecot  Cyrus  Courier
//	IMAP, POP3     x       x       x      LOGIN, PLAIN, STARTTLS; TLS from the start at IMAPS and POP3S
//	LMTP           x       x              Deliver uses it; at Courier it writes into the Maildir
//	Submission     x                      Options.Relay says where on this machine it goes
//	OAuth          x                      XOAUTH2, OAUTHBEARER: Options.Token says whose a token is
//
// Nothing listens elsewhere than on 127.0.0.1, and nothing is sent on but to Options.Relay, which is
// an address of this machine.
package realserver
