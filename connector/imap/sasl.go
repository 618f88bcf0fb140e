package imap

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/emersion/go-sasl"
)

// The ways to sign in.
const (
	plain       = "PLAIN"
	login       = "LOGIN"
	xoauth2     = "XOAUTH2"
	oauthBearer = "OAUTHBEARER"
)

// bearer presents an access token: XOAUTH2
// (https://developers.google.com/workspace/gmail/imap/xoauth2-protocol) or OAUTHBEARER (RFC 7628).
type bearer struct {
	mechanism   string
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
	if b.mechanism == xoauth2 {
		return xoauth2, []byte("user=" + b.user + "\x01auth=Bearer " + b.token + "\x01\x01"), nil
	}
	return oauthBearer, []byte("n,a=" + saslName(b.user) + ",\x01host=" + b.host + "\x01port=" + strconv.Itoa(b.port) +
		"\x01auth=Bearer " + b.token + "\x01\x01"), nil
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

// saslName escapes a name of GS2 (RFC 5801 §4).
func saslName(s string) string {
	out := ""
	for _, r := range s {
		switch r {
		case ',', '=':
			out += fmt.Sprintf("=%02X", r)
		default:
			out += string(r)
		}
	}
	return out
}
