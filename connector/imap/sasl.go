package imap

import (
	"errors"

	"github.com/emersion/go-sasl"

	"github.com/cloudmail-go/cloudmail/connector/oauth"
)

// Auth is a way to sign in.
type Auth string

// The ways to sign in. PLAIN and LOGIN need Password, XOAUTH2 and OAUTHBEARER Token.
const (
	AuthPlain       Auth = "PLAIN"       // RFC 4616
	AuthLogin       Auth = "LOGIN"       // the command (RFC 9051 §6.2.3)
	AuthXOAUTH2     Auth = "XOAUTH2"     // Microsoft's and Google's
	AuthOAuthBearer Auth = "OAUTHBEARER" // RFC 7628
)

// bearer presents an access token: XOAUTH2
// (https://developers.google.com/workspace/gmail/imap/xoauth2-protocol) or OAUTHBEARER (RFC 7628).
type bearer struct {
	way         Auth
	user, token string
	host        string
	port        int
	reason      string // why it was refused, in the server's JSON
	refused     bool
}

// errChallenge is a server that goes on asking after it refused a token.
var errChallenge = errors.New("the server goes on asking after it refused the token")

var _ sasl.Client = (*bearer)(nil)

// Start gives the mechanism and the first answer.
func (b *bearer) Start() (string, []byte, error) {
	var first []byte
	var err error
	if b.way == AuthXOAUTH2 {
		first, err = oauth.XOAUTH2(b.user, b.token)
	} else {
		first, err = oauth.BearerResponse(b.user, b.host, b.port, b.token)
	}
	return string(b.way), first, err
}

// Next takes the reason of a refusal, and answers so that the server can end the exchange. RFC 7628
// §3.2.3 wants one byte 0x01; XOAUTH2 wants an empty line, for which servers take it as well. It answers
// once: a server could ask for ever.
func (b *bearer) Next(challenge []byte) ([]byte, error) {
	if b.refused {
		return nil, errChallenge
	}
	b.refused, b.reason = true, string(challenge)
	return []byte{1}, nil
}
