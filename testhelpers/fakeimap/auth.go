package fakeimap

import (
	"strings"

	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-sasl"
)

// Login signs a user in by password.
func (x *session) Login(user, password string) error {
	if err := x.fail("LOGIN"); err != nil {
		return err
	}
	if !x.server.users.Match(user, password) {
		return imapserver.ErrAuthFailed
	}
	return x.enter(user)
}

// enter opens the mailbox of a user.
func (x *session) enter(user string) error {
	box, ok := x.server.store.Mailbox(user)
	if !ok {
		return imapserver.ErrAuthFailed
	}
	x.box = box
	return nil
}

// AuthenticateMechanisms are those that somebody can use.
func (x *session) AuthenticateMechanisms() []string {
	var out []string
	if x.server.users.Len() > 0 {
		out = append(out, "PLAIN")
	}
	if x.server.tokens.Len() > 0 {
		out = append(out, "XOAUTH2", "OAUTHBEARER")
	}
	return out
}

// Authenticate begins an exchange.
func (x *session) Authenticate(mechanism string) (sasl.Server, error) {
	switch mechanism {
	case "PLAIN":
		return sasl.NewPlainServer(func(identity, user, password string) error {
			if identity != "" && identity != user {
				return imapserver.ErrAuthFailed
			}
			return x.Login(user, password)
		}), nil
	case "XOAUTH2":
		return &bearer{session: x, refusal: `{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`}, nil
	case "OAUTHBEARER":
		return &bearer{session: x, refusal: `{"status":"invalid_token"}`}, nil
	}
	return nil, no("there is no such mechanism")
}

// bearer is the server's side of XOAUTH2 and OAUTHBEARER: fields between bytes 0x01.
type bearer struct {
	session *session
	refusal string
	refused bool
}

// Next takes the token, or the client's answer to a refusal.
func (b *bearer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case b.refused:
		return nil, false, imapserver.ErrAuthFailed
	case response == nil:
		return []byte{}, false, nil
	}
	if err := b.session.fail("LOGIN"); err != nil {
		return nil, false, err
	}
	user, token := "", ""
	for field := range strings.SplitSeq(string(response), "\x01") {
		if v, ok := strings.CutPrefix(field, "auth=Bearer "); ok {
			token = v
		}
		if v, ok := strings.CutPrefix(field, "user="); ok {
			user = v
		}
		if _, v, ok := strings.Cut(field, "a="); ok && strings.HasPrefix(field, "n,") {
			user = strings.NewReplacer("=2C", ",", "=3D", "=").Replace(strings.TrimSuffix(v, ","))
		}
	}
	if !b.session.server.tokens.Match(user, token) || b.session.enter(user) != nil {
		b.refused = true
		return []byte(b.refusal), false, nil
	}
	return nil, true, nil
}
