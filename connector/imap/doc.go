// Package imap connects to a mailbox by IMAP (RFC 9051 and 3501): company servers, and Exchange Online
// or Gmail where their own interfaces are closed.
//
//	server := imap.Server{
//		Host:     "mail.example.com",
//		Address:  "qa@example.com",
//		Password: keyvault.From(vault, "mail/qa#password"),
//	}
//	s, err := connector.Connect(ctx, server, nil)
//
// For Exchange Online and Gmail give [Server.Token] instead of a password, as they take none:
//
//	imap.Server{Host: "outlook.office365.com", Address: "qa@contoso.example", Token: token}
//	imap.Server{Host: "imap.gmail.com", Address: "qa@example.com", Token: token}
//
// # How mail is seen
//
// The place in the stream of mail is UIDVALIDITY and the next UID of each watched folder. A look is one
// round trip: what came into the inbox, with its header, and the next UIDs of the other folders. While
// somebody waits, a second connection lies in IDLE on the first watched folder and tells of news at
// once; the looks go on beside it, so that a connection that fell silent delays nothing. A server that
// says nothing for 10 seconds in answer to a look is dropped and connected to anew.
//
// Where a folder's UIDVALIDITY changes, mails are recognised by Message-ID, time and size. IMAP shows no
// clock: marks carry this machine's. A server whose clock is more than 15 minutes behind it makes new
// mail look old.
//
// Searching narrows by day and Message-ID on the server, and compares the rest here. Bodies are read
// by BODY.PEEK in folders opened by EXAMINE: reading changes nothing, the read flag and \Recent
// included. A server that tells no UIDNEXT there, as Courier, gives mails lasting UIDs at SELECT alone:
// its folders are opened by SELECT, which takes \Recent from new mail and changes nothing else. Of a
// large mail the texts are read by part, and an attachment when it is opened; where a server's parts are
// not those of its structure, the mail is read whole. Mails flagged \Deleted or \Draft, and those in
// Sent and Drafts, are no arrivals.
//
// # Folders
//
// SPECIAL-USE (RFC 6154) says which folder is Junk, Sent, Drafts, Trash and Archive, in whatever language;
// where a server does not have it, the usual names do. Paths are written with "/" between the
// levels, without the prefix of the personal namespace. Where another folder has the name of a well-known one,
// as "Sent" beside a "Sent Items" that SPECIAL-USE names, it is "Sent (2)". A mailbox without a Junk folder is
// watched without it.
//
// # Security
//
// TLS from the first byte is the default ([TLS]); [StartTLS] is asked for by name; [Plain] is refused but
// for a loopback address. No credential leaves before the server's certificate was checked. A server
// that says PREAUTH, or does not know STARTTLS, is left.
//
// # Sending
//
// IMAP cannot send: [Server.Submission] names who can. Sent gets a copy of the mail then, with its Bcc field,
// where the server does not see to that ([Server.NoSentCopy]). A copy that fails makes no failed send: the
// session logs it and [connector.Receipt.NoCopy] tells. [Server.Append] puts a mail into a folder without
// sending it, to seed a test.
package imap
