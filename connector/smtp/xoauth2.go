package smtp

import (
	"encoding/base64"

	client "github.com/wneessen/go-mail/smtp"

	"github.com/cloudmail-go/cloudmail/connector/oauth"
)

// lineMax is how long a command may be (RFC 5321 §4.5.3.1.4). AUTH is one: a first response that is longer comes
// when the server asks for it (RFC 4954 §4), as tokens of Entra do.
const lineMax = 512

// xoauth2 shows an access token.
type xoauth2 struct {
	user, token string
	sent        bool
}

var _ client.Auth = (*xoauth2)(nil)

// Start implements [client.Auth].
func (x *xoauth2) Start(*client.ServerInfo) (mechanism string, response []byte, err error) {
	response, err = oauth.XOAUTH2(x.user, x.token)
	if len("AUTH XOAUTH2 \r\n")+base64.StdEncoding.EncodedLen(len(response)) > lineMax {
		return "XOAUTH2", nil, err
	}
	x.sent = true
	return "XOAUTH2", response, err
}

// Next implements [client.Auth]. What the server asks after the token is whether its refusal was heard.
func (x *xoauth2) Next(_ []byte, more bool) (response []byte, err error) {
	switch {
	case !more:
		return nil, nil
	case x.sent:
		return []byte{}, nil
	}
	x.sent = true
	return oauth.XOAUTH2(x.user, x.token)
}
