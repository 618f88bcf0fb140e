package oauth

import (
	"errors"
	"fmt"
	"strings"
)

// XOAUTH2 is the response of the mechanism XOAUTH2, before base64: Microsoft's and Google's own way
// to show an access token in IMAP, POP3 and SMTP. The user is the mailbox, also where the token is
// of somebody else who may read it. A token that is refused is answered with a challenge, which
// wants an empty response.
//
//	user=qa@contoso.example^Aauth=Bearer eyJ…^A^A
//
// https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
// https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
func XOAUTH2(user, token string) ([]byte, error) {
	if strings.ContainsAny(user+token, "\x00\x01\r\n") {
		return nil, errControl
	}
	return []byte("user=" + user + "\x01auth=Bearer " + token + "\x01\x01"), nil
}

// BearerResponse is the response of the mechanism OAUTHBEARER (RFC 7628 §3.1), before base64. A token
// that is refused is answered with a challenge, which wants the one byte 0x01.
func BearerResponse(user, host string, port int, token string) ([]byte, error) {
	if strings.ContainsAny(user+host+token, "\x00\x01\r\n") {
		return nil, errControl
	}
	name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(user) // RFC 5801 §4
	return fmt.Appendf(nil, "n,a=%s,\x01host=%s\x01port=%d\x01auth=Bearer %s\x01\x01", name, host, port, token), nil
}

// errControl quotes nothing: one of the values is secret.
var errControl = errors.New("user or token has a control character")
