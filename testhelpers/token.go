package testhelpers

import "strings"

// Token returns 10 random letters and digits, 50 bits, that no other test has: what a test can put
// into a name, an order or a subject to know its own mail by. It survives every mail system: lower
// case, no punctuation. Find the mail by connector.Query{Subject: token} or Body.
func Token() string { return tag() }

// SubjectToken returns the subject with a token in brackets behind it, "Your order [k7f3m2q9xw]", and
// the token alone, which is what to wait for: a product, or a mailing list, may change the rest.
func SubjectToken(subject string) (tagged, token string) {
	token = Token()
	return strings.TrimSpace(subject + " [" + token + "]"), token
}

// MessageID returns a Message-ID that no other mail has, without the angle brackets (RFC 5322 §3.6.4):
// for a product that lets the test choose it. Find the mail by connector.Query{MessageID: id}. The
// domain is that of the address, or the text itself where it has no "@".
func MessageID(domain string) string {
	return tag() + tag() + "@" + domain[strings.LastIndexByte(domain, '@')+1:]
}
