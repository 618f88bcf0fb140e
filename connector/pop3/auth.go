package pop3

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector/internal/hide"
	"github.com/cloudmail-go/cloudmail/connector/internal/link"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
)

// login logs in with a secret, in the way that the server offers.
func (s Server) login(c *conn, secret string) error {
	if strings.ContainsAny(secret, "\r\n\x00") || secret == "" {
		return errControl
	}
	way, err := s.way(c)
	if err == nil {
		err = c.utf8()
	}
	if err != nil {
		return err
	}
	switch way {
	case AuthUser:
		if _, err = c.cmd("USER " + s.User); err == nil {
			_, err = c.cmd("PASS " + secret)
		}
	case AuthAPOP:
		sum := md5.Sum([]byte(c.stamp + secret))
		_, err = c.cmd("APOP " + s.User + " " + hex.EncodeToString(sum[:]))
	default:
		err = s.sasl(c, way, secret)
	}
	err = hidden(err, secret)
	if d := c.loginDelay(); err != nil && d > 0 {
		return &delayed{d, err}
	}
	return err
}

// hidden takes the secret out of what the server said: servers quote what they refuse.
func hidden(err error, secret string) error {
	if r, ok := errors.AsType[*RefusalError](err); ok {
		r.Text, r.Reason, r.Code = hide.Text(r.Text, secret), hide.Text(r.Reason, secret), hide.Text(r.Code, secret)
		return err
	}
	return hide.Error(err, secret)
}

// way picks how to log in. Passwords go as USER and PASS, which every server knows, over what is
// encrypted or stays on this machine.
func (s Server) way(c *conn) (Auth, error) {
	offered := strings.Fields(c.caps["SASL"])
	has := func(a Auth) bool { return slices.Contains(offered, string(a)) }
	switch {
	case s.Auth == AuthAPOP && c.stamp == "":
		return "", errNoStamp
	case s.Auth != "":
		return s.Auth, nil
	case s.Token != nil && !has(AuthXOAUTH2) && has(AuthOAuthBearer):
		return AuthOAuthBearer, nil
	case s.Token != nil && len(offered) > 0 && !has(AuthXOAUTH2):
		return "", errNoToken
	case s.Token != nil: // what announces no mechanisms may still have it
		return AuthXOAUTH2, nil
	case c.can("USER"):
		return AuthUser, nil
	case has(AuthPlain):
		return AuthPlain, nil
	case has(AuthLogin):
		return AuthLogin, nil
	case c.stamp != "":
		return AuthAPOP, nil
	}
	return "", errNoLogin
}

// sasl runs an exchange (RFC 5034), each response on a line of its own: Exchange Online knows no
// other form, and every server knows this one.
func (s Server) sasl(c *conn, way Auth, secret string) error {
	responses, err := s.responses(way, secret)
	if err != nil {
		return errControl
	}
	_, err = c.cmd("AUTH " + string(way))
	for _, r := range responses {
		if !errors.Is(err, errChallenge) {
			break
		}
		err = c.respond(base64.StdEncoding.EncodeToString(r))
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errChallenge):
		return c.refused(way, err)
	}
	return err
}

// responses are what the client answers, challenge by challenge.
func (s Server) responses(way Auth, secret string) ([][]byte, error) {
	switch way {
	case AuthPlain:
		return [][]byte{[]byte("\x00" + s.User + "\x00" + secret)}, nil
	case AuthLogin:
		return [][]byte{[]byte(s.User), []byte(secret)}, nil
	case AuthXOAUTH2:
		r, err := oauth.XOAUTH2(s.User, secret)
		return [][]byte{r}, err
	}
	r, err := oauth.BearerResponse(s.User, s.Host, s.Port, secret)
	return [][]byte{r}, err
}

// challenge is a challenge with its text.
type challenge struct{ text string }

func (c *challenge) Error() string        { return errChallenge.Error() }
func (c *challenge) Is(target error) bool { return target == errChallenge }

// respond sends one response and reads what comes.
func (c *conn) respond(response string) error {
	if err := c.send(response); err != nil {
		return err
	}
	text, err := readStatus(c.r, "AUTH")
	if errors.Is(err, errChallenge) {
		return &challenge{text}
	}
	return err
}

// refused reads the reason that a challenge gives for refusing a token, and ends the exchange: with
// an empty response for XOAUTH2, the byte 0x01 for OAUTHBEARER (RFC 7628 §3.2.3), a star for what
// is no token (RFC 5034 §4).
func (c *conn) refused(way Auth, err error) error {
	reason := ""
	if ch, ok := errors.AsType[*challenge](err); ok {
		text, _ := base64.StdEncoding.DecodeString(ch.text) // what is none is no reason
		reason = link.Shorten(string(text))
	}
	end := map[Auth]string{AuthXOAUTH2: "", AuthOAuthBearer: "AQ=="}
	answer, token := end[way]
	if !token {
		answer = "*"
	}
	err = c.respond(answer)
	if r, ok := errors.AsType[*RefusalError](err); ok {
		r.Reason = reason
		return r
	}
	if err == nil || errors.Is(err, errChallenge) {
		return fmt.Errorf("%w: it goes on asking in %s", errGrammar, way)
	}
	return err
}
