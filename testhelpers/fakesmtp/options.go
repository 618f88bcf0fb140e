package fakesmtp

import (
	"cmp"
	"time"
)

// TLS says how a server encrypts.
type TLS int

// The kinds of encryption.
const (
	Plain    TLS = iota // none; also AUTH runs in the clear
	StartTLS            // offered by STARTTLS (RFC 3207)
	Implicit            // from the first byte on (RFC 8314)
)

// Options are a server's settings; nil or the zero value is a plain server for everybody.
type Options struct {
	Hostname string // in the greeting, in Received and in the certificate; default "localhost"
	TLS      TLS

	Users  map[string]string // passwords by user name, for AUTH PLAIN and LOGIN
	Tokens map[string]string // access tokens by user name, for AUTH XOAUTH2

	AcceptUnknown bool          // accept recipients that have no mailbox, and bounce the mail
	MaxSize       int64         // bytes; a mail must be smaller. Default 35 MiB, as Exchange Online has it
	MaxRecipients int           // a mail; default 100, which RFC 5321 §4.5.3.1.8 asks for
	Greylist      int           // how many tries of a sender and recipient to refuse at first; default 0
	Delay         time.Duration // from the acceptance of a mail to its arrival in the mailbox; default 0
}

// withDefaults is a copy with what was left out.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	c.Hostname = cmp.Or(c.Hostname, "localhost")
	c.MaxSize = cmp.Or(c.MaxSize, 35<<20)
	c.MaxRecipients = cmp.Or(c.MaxRecipients, 100)
	return c
}

func (o *Options) authenticates() bool { return o.Users != nil || o.Tokens != nil }
