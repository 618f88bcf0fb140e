package fakeimap

import "cmp"

// TLS says how a server encrypts.
type TLS int

// The kinds of encryption.
const (
	Implicit TLS = iota // from the first byte on (RFC 8314)
	StartTLS            // offered by STARTTLS; no sign-in before
	Plain               // none
)

// Options are a server's settings; nil is a server with implicit TLS that nobody can sign in to.
type Options struct {
	Hostname string // in the certificate; default "localhost"
	TLS      TLS

	Users  map[string]string // passwords by address, for LOGIN and PLAIN
	Tokens map[string]string // access tokens by address, for XOAUTH2 and OAUTHBEARER

	LoginDisabled bool     // say LOGINDISABLED where there is no TLS
	Without       []string // capabilities to leave out: MOVE, UIDPLUS, SPECIAL-USE
}

// withDefaults is a copy with what was left out.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	c.Hostname = cmp.Or(c.Hostname, "localhost")
	return c
}
