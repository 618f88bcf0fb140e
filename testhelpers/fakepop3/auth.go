package fakepop3

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// apop checks the digest of the greeting's stamp and the password (RFC 1939 §7).
func (x *session) apop(args string) bool {
	user, digest, _ := strings.Cut(args, " ")
	password, ok := x.users.Get(user)
	sum := md5.Sum([]byte(x.stamp + password))
	return x.login(user, ok && hex.EncodeToString(sum[:]) == strings.ToLower(digest))
}

// auth is a SASL exchange (RFC 5034).
func (x *session) auth(args string) bool {
	mechanism, response, inline := strings.Cut(args, " ")
	mechanism = strings.ToUpper(mechanism)
	switch {
	case !slices.Contains(x.options.Mechanisms, mechanism):
		return x.refuse("", "mechanism not supported")
	case inline && x.options.TwoLines:
		return x.refuse("", "Protocol error. Connection is closed.") && false
	}
	if mechanism == "LOGIN" {
		return x.loginPrompts()
	}
	if !inline {
		var ok bool
		if response, ok = x.prompt(""); !ok {
			return false
		}
	}
	plain, err := base64.StdEncoding.DecodeString(response)
	if response == "*" || err != nil {
		return x.refuse("", "authentication cancelled")
	}
	return x.credentials(mechanism, string(plain))
}

// prompt sends a challenge and reads the response.
func (x *session) prompt(challenge string) (string, bool) {
	if !x.say("+ %s", challenge) {
		return "", false
	}
	line, err := x.line()
	return line, err == nil
}

// credentials judges a response.
func (x *session) credentials(mechanism, response string) bool {
	switch mechanism {
	case "PLAIN": // RFC 4616
		f := strings.Split(response, "\x00")
		return x.login(at(f, 1), len(f) == 3 && (f[0] == "" || f[0] == f[1]) && x.users.Match(f[1], f[2]))
	case "XOAUTH2":
		f := strings.Split(response, "\x01")
		user, token := strings.TrimPrefix(at(f, 0), "user="), strings.TrimPrefix(at(f, 1), "auth=Bearer ")
		if len(f) == 4 && x.tokens.Match(user, token) {
			return x.login(user, true)
		}
		return x.reason(`{"status":"401","schemes":"bearer","scope":"mail"}`)
	}
	f := strings.Split(response, "\x01") // OAUTHBEARER, RFC 7628 §3.1
	user := strings.TrimSuffix(strings.TrimPrefix(at(f, 0), "n,a="), ",")
	i := slices.IndexFunc(f, func(s string) bool { return strings.HasPrefix(s, "auth=Bearer ") })
	if i > 0 && x.tokens.Match(user, strings.TrimPrefix(f[i], "auth=Bearer ")) {
		return x.login(user, true)
	}
	return x.reason(`{"status":"invalid_token"}`)
}

// reason says why a token is refused; the client has to answer before the refusal [3].
func (x *session) reason(json string) bool {
	_, ok := x.prompt(base64.StdEncoding.EncodeToString([]byte(json)))
	return ok && x.refuse("AUTH", "Authentication failed.")
}

// loginPrompts is LOGIN (draft-murchison-sasl-login).
func (x *session) loginPrompts() bool {
	var got [2]string
	for i, ask := range []string{"Username:", "Password:"} {
		line, ok := x.prompt(base64.StdEncoding.EncodeToString([]byte(ask)))
		if !ok {
			return false
		}
		plain, _ := base64.StdEncoding.DecodeString(line) // what is no base64 is no password either
		got[i] = string(plain)
	}
	return x.login(got[0], x.users.Match(got[0], got[1]))
}

// login opens the maildrop of a user whose secret was judged.
func (x *session) login(user string, ok bool) bool {
	switch {
	case x.throttled(user):
		return x.refuse("LOGIN-DELAY", "minimum time between logins not reached")
	case !ok:
		return x.refuse("AUTH", "Authentication failed.")
	}
	address := user
	if a, ok := x.options.Mailboxes[user]; ok {
		address = a
	}
	box, ok := x.store.Mailbox(address)
	if !ok {
		return x.refuse("SYS/PERM", "no such mailbox")
	}
	if !x.lock(box.Address()) {
		return x.refuse("IN-USE", "Mailbox is locked by another POP3 session.")
	}
	x.drop = x.newMaildrop(box)
	return x.say("+OK Logged in.")
}

// throttled reports whether a login comes too early.
func (s *Server) throttled(user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.throttles > 0 {
		s.throttles--
		return true
	}
	last, was := s.logins[user]
	if was && time.Since(last) < s.options.LoginDelay {
		return true
	}
	s.logins[user] = time.Now()
	return false
}

// loginDelay is what is announced.
func (s *Server) loginDelay() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.throttles > 0 {
		return s.pause
	}
	return s.options.LoginDelay
}

func at(f []string, i int) string {
	if i < len(f) {
		return f[i]
	}
	return ""
}
