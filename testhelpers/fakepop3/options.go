package fakepop3

import (
	"cmp"
	"time"
)

// TLS says how a server encrypts.
type TLS int

// The kinds of encryption.
const (
	Implicit TLS = iota // from the first byte on (RFC 8314)
	StartTLS            // offered by STLS (RFC 2595); no login without it
	Plain               // none; also a password runs in the clear
)

// Options are a server's settings. Without Users and Tokens nobody can log in. The numbers in
// brackets are those of ASSUMPTIONS.md.
type Options struct {
	Hostname string // in the greeting and in the certificate; default "localhost"
	TLS      TLS

	Users     map[string]string // passwords by user name
	Tokens    map[string]string // access tokens by the user name of XOAUTH2 or OAUTHBEARER
	Mailboxes map[string]string // addresses by user name, where the name is no address of the store

	// Mechanisms are the SASL mechanisms offered; nil is PLAIN and LOGIN where there are Users,
	// XOAUTH2 and OAUTHBEARER where there are Tokens.
	Mechanisms []string
	NoUSER     bool // neither USER and PASS nor APOP
	NoCAPA     bool // a server older than RFC 2449
	NoTOP      bool
	NoUIDL     bool
	NoPipeline bool // PIPELINING is not announced
	NoCodes    bool // no response codes such as [AUTH] and [IN-USE]: text alone
	TwoLines   bool // refuse an AUTH with its response on the same line, as Exchange Online does [4]
	HashUIDs   bool // a mail's unique id is a hash of it, so that copies share one (RFC 1939 §7)
	MarksRead  bool // RETR sets the read flag at QUIT [2]

	// Shared lets several clients open a maildrop at the same time, as Dovecot does by default [1].
	Shared bool
	// LockWait is how long a login waits for a maildrop that is open before it is refused [1].
	LockWait time.Duration
	// LoginDelay is announced and enforced between the logins of a user, in whole seconds.
	LoginDelay time.Duration
}

// withDefaults is a copy with what was left out.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	c.Hostname = cmp.Or(c.Hostname, "localhost")
	if c.Mechanisms != nil {
		return c
	}
	if len(c.Users) > 0 {
		c.Mechanisms = append(c.Mechanisms, "PLAIN", "LOGIN")
	}
	if len(c.Tokens) > 0 {
		c.Mechanisms = append(c.Mechanisms, "XOAUTH2", "OAUTHBEARER")
	}
	return c
}
