// Package pop3 connects to a mailbox by POP3: company servers with a password, Exchange Online and
// Gmail with OAuth 2.0.
//
//	server := pop3.Server{
//		Host:     "mail.example.com",
//		Address:  "qa@example.com",
//		Password: keyvault.From(vault, "mail/qa"),
//	}
//	s, err := connector.Connect(ctx, server, nil)
//
// With OAuth, Token takes the place of Password; package connector/oauth gives tokens. An account
// that moves from the one to the other keeps its marks: they are of the mailbox, not of the
// credential.
//
// # How mail is seen
//
// POP3 (RFC 1939) shows the inbox and nothing else: no junk, no folders, no read flag, no search,
// no clock. A connection shows the maildrop as it was at the login, so each look is a connection of
// its own: login, the list of unique ids, the headers of those that are new. The place in the
// stream of mail is the set of unique ids that were there. When all of them change at once, as after
// a restore, a mail counts as old if it stands where one of that size stood and was received before.
//
// The time of receipt is what the topmost Received field says, else the Date field.
//
// Most servers open a maildrop for one client at a time. One that is open elsewhere is
// [connector.ErrUnavailable], and one that was asked too often [connector.ErrThrottled]: a session
// waits and tries again. Nothing else is repeated but a login whose secret or token was refused,
// once, with a fresh one.
//
// # What is kept and what goes
//
// A session deletes nothing: moving, trashing and marking are not POP3's. Reading marks nothing
// either: a mail is read by TOP with more lines than it has, which is no reading to a server, and
// where that is not the whole mail, by RETR with a RSET before QUIT, which makes a server forget what it
// would mark. Dovecot, Cyrus and Courier keep their read flags so; Gmail does what its POP setting says.
//
// Mail stays on the server unless a test program asks for a retention: with a [Ledger], sessions
// note when each mail was first seen and which were downloaded whole. [Server.Plan] tells which of
// these are older than so many days, and [Plan.Delete] deletes them, each only after it was compared
// once more, byte for byte, with what was downloaded.
package pop3
