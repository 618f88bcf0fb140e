package testhelpers

import (
	"crypto/rand"
	"strings"
)

// Lengths of an address: a local part has at most 64 octets (RFC 5321 §4.5.3.1.1).
const (
	maxLocal = 64
	tagSize  = 10 // random characters: 50 bits
)

// Address returns an address of the mailbox that no other test uses: a random plus-tag, so that
// qa@example.com becomes qa+k7f3m2q9xw@example.com. A mailbox that has a tag keeps it in front.
//
// For a product that refuses "+", give a pattern with one "*" for the tag instead, of a mailbox
// that catches all of it: "*@qa.example.com", "test-*@example.com".
//
// The tag has 10 letters and digits, which is 50 random bits. An address that is none, or whose local
// part is longer than 64 octets with the tag (RFC 5321 §4.5.3.1.1), fails the test now.
func Address(t T, mailbox string) string {
	help(t)()
	at := strings.LastIndexByte(mailbox, '@')
	if at < 0 || at == len(mailbox)-1 || strings.ContainsAny(mailbox, " \t\r\n<>") {
		return refuse(t, "testhelpers.Address: %q is no address: write local@domain", mailbox)
	}
	local, domain := mailbox[:at], mailbox[at:]
	switch strings.Count(local, "*") {
	case 0:
		if local == "" {
			return refuse(t, "testhelpers.Address: %q has no local part: write local@domain, or *@domain", mailbox)
		}
		sep := "+"
		if strings.Contains(local, "+") {
			sep = "-"
		}
		local += sep + tag()
	case 1:
		local = strings.Replace(local, "*", tag(), 1)
	default:
		return refuse(t, "testhelpers.Address: %q has more than one *", mailbox)
	}
	if len(local) > maxLocal {
		return refuse(t, "testhelpers.Address: %q is longer than 64 characters before the @ with its tag", local)
	}
	return local + domain
}

// tag returns random characters that survive every mail system: lower case letters and digits.
func tag() string { return strings.ToLower(rand.Text()[:tagSize]) }

// refuse fails the test now.
func refuse(t T, format string, args ...any) string {
	help(t)()
	t.Errorf(format, args...)
	t.FailNow()
	return ""
}
