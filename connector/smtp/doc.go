// Package smtp sends the mail of a mailbox by message submission (RFC 6409): what the backends that
// read by IMAP or POP3 need to send, reply and forward.
//
//	server := pop3.Server{
//		Host: "outlook.office365.com", Address: "qa@contoso.example", Token: app.Token,
//		Submission: &smtp.Server{Host: "smtp.office365.com", Security: smtp.StartTLS},
//	}
//
// The mail goes out byte for byte as it is given, but for its Bcc fields, which are left out. It is
// sent at most once: a server that refuses for now has taken nothing and gives
// [connector.ErrThrottled], so that a session tries again; after any other failure the mail may be
// under way.
//
// It stands on github.com/wneessen/go-mail.
package smtp
