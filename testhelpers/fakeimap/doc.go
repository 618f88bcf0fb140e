// Package fakeimap is an IMAP server in process: a front end of a mailstore, so that what a product
// sends through fakesmtp, or a test through fakegraph, is read here by IMAP.
//
//	store := mailstore.New()
//	qa := store.Add("qa@example.com")
//	server, err := fakeimap.Start(store, &fakeimap.Options{Users: map[string]string{"qa@example.com": "secret"}})
//	// … a client connects to server.Addr(), trusting server.CertPool …
//	defer server.Close()
//
// [Start] listens on a free port of 127.0.0.1. [New] does not; its only door is [Server.DialContext], a
// connection in memory, which also works in a testing/synctest bubble.
//
// The protocol is spoken by go-imap's imapserver (IMAP4rev1 with UIDPLUS, MOVE, SPECIAL-USE, IDLE, ESEARCH,
// LITERAL-, SASL-IR, ENABLE, LIST-EXTENDED, LIST-STATUS); what a mailbox is and does is this package's own.
// Signing in is by LOGIN and PLAIN, and by XOAUTH2 and OAUTHBEARER where [Options] names tokens.
//
// # What can go wrong
//
// [Server.Push] queues failures of commands: a refusal with any text, or a dropped connection.
// [Server.CutNext] breaks the next connection after any number of bytes. [Server.Freeze] makes the
// connections half open: nothing goes either way any more, and nobody is told. [Server.Delay] gives
// them a round-trip time. [Server.Down] refuses all. [Server.ResetUIDs] changes UIDVALIDITY.
//
// ASSUMPTIONS.md lists what the RFCs leave open, what is taken for it, and the switch.
package fakeimap
