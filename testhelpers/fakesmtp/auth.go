package fakesmtp

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/cloudmail-go/cloudmail/testhelpers/internal/wire"
)

// AuthMechanisms are those that a user of the options can use.
func (x *session) AuthMechanisms() []string {
	var names []string
	if x.server.users.Len() > 0 {
		names = append(names, "PLAIN", "LOGIN")
	}
	if x.server.options.Tokens != nil {
		names = append(names, "XOAUTH2")
	}
	return names
}

// Auth begins an exchange of AUTH (RFC 4954).
func (x *session) Auth(mechanism string) (sasl.Server, error) {
	if !slices.Contains(x.AuthMechanisms(), mechanism) {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	users, tokens := x.server.users, x.server.tokens
	switch mechanism {
	case "PLAIN":
		return sasl.NewPlainServer(func(identity, user, password string) error {
			if identity != "" && identity != user {
				return smtp.ErrAuthFailed
			}
			return x.login(users, user, password)
		}), nil
	case "LOGIN":
		return &loginServer{check: func(user, password string) error { return x.login(users, user, password) }}, nil
	}
	return &xoauth2Server{check: func(user, token string) error { return x.login(tokens, user, token) }}, nil
}

// login judges a secret.
func (x *session) login(known *wire.Secrets, user, secret string) error {
	if !known.Match(user, secret) {
		return smtp.ErrAuthFailed
	}
	x.user = user
	return nil
}

// SetPassword changes the password of a user; "" takes it away. The server must have had Users.
func (s *Server) SetPassword(user, password string) { s.users.Set(user, password) }

// SetToken changes the access token of a user; "" takes it away. The server must have had Tokens.
func (s *Server) SetToken(user, token string) { s.tokens.Set(user, token) }

var errSASL = errors.New("fakesmtp: unexpected client response")

// loginServer is LOGIN (draft-murchison-sasl-login): two prompts, the first of which the client may
// have answered with the command.
type loginServer struct {
	check func(user, password string) error
	user  *string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil:
		return []byte("Username:"), false, nil
	case l.user == nil:
		user := string(response)
		l.user = &user
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(*l.user, string(response))
}

// xoauth2Server is XOAUTH2 (developers.google.com/workspace/gmail/imap/xoauth2-protocol): a refused
// token gets a challenge with the reason, which the client has to answer before the refusal.
type xoauth2Server struct {
	check   func(user, token string) error
	refused error
}

func (s *xoauth2Server) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case s.refused != nil:
		return nil, true, s.refused
	case response == nil:
		return nil, false, nil
	}
	user, token, err := parseXOAUTH2(response)
	if err != nil {
		return nil, true, err
	}
	if s.refused = s.check(user, token); s.refused != nil {
		return []byte(`{"status":"401","schemes":"bearer","scope":"mail"}`), false, nil
	}
	return nil, true, nil
}

// parseXOAUTH2 reads "user=" user ^A "auth=Bearer " token ^A ^A.
func parseXOAUTH2(response []byte) (user, token string, err error) {
	fields, ok := bytes.CutSuffix(response, []byte("\x01\x01"))
	first, second, two := strings.Cut(string(fields), "\x01")
	user, isUser := strings.CutPrefix(first, "user=")
	token, isToken := strings.CutPrefix(second, "auth=Bearer ")
	if !ok || !two || !isUser || !isToken || strings.Contains(token, "\x01") {
		return "", "", errSASL
	}
	return user, token, nil
}
