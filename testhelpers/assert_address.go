package testhelpers

import (
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// AssertFrom fails the test unless the mail is from the address, compared as [connector.Query] does:
// letter case makes no difference, "@example.com" is any address of exactly that domain. A display
// name that is given, "Shop <shop@example.com>", must be that of the mail too.
func AssertFrom(t T, m *connector.Message, want string) bool {
	help(t)()
	return has(t, m) && assertAddress(t, m, connector.Query{From: want}, want, m.From)
}

// RequireFrom is AssertFrom that ends the test if it does not hold.
func RequireFrom(t T, m *connector.Message, want string) {
	help(t)()
	require(t, AssertFrom(t, m, want))
}

// AssertTo fails the test unless the address is one of To, compared as in [AssertFrom].
func AssertTo(t T, m *connector.Message, want string) bool {
	help(t)()
	return has(t, m) && assertAddress(t, m, connector.Query{To: want}, want, m.To)
}

// RequireTo is AssertTo that ends the test if it does not hold.
func RequireTo(t T, m *connector.Message, want string) {
	help(t)()
	require(t, AssertTo(t, m, want))
}

// AssertCc fails the test unless the address is one of Cc, compared as in [AssertFrom].
func AssertCc(t T, m *connector.Message, want string) bool {
	help(t)()
	return has(t, m) && assertAddress(t, m, connector.Query{Cc: want}, want, m.Cc)
}

// RequireCc is AssertCc that ends the test if it does not hold.
func RequireCc(t T, m *connector.Message, want string) {
	help(t)()
	require(t, AssertCc(t, m, want))
}

// AssertRecipient fails the test unless the mail was for the address, be it by To, Cc, Bcc or an
// alias ([connector.Message].Recipients), compared as in [AssertFrom].
func AssertRecipient(t T, m *connector.Message, want string) bool {
	help(t)()
	return has(t, m) && assertAddress(t, m, connector.Query{Recipient: want}, want, m.Recipients())
}

// RequireRecipient is AssertRecipient that ends the test if it does not hold.
func RequireRecipient(t T, m *connector.Message, want string) {
	help(t)()
	require(t, AssertRecipient(t, m, want))
}

// assertAddress looks for a wanted address among those of a mail. The query is the one that asks for
// it alone.
func assertAddress(t T, m *connector.Message, q connector.Query, want string, have []connector.Address) bool {
	help(t)()
	q.Folder = connector.Anywhere
	if err := q.Check(); err != nil {
		t.Errorf("%v", err)
		return false
	}
	name := displayName(want)
	one := connector.Query{From: want, Folder: connector.Anywhere}
	if slices.ContainsFunc(have, func(a connector.Address) bool {
		return one.Mismatch(&connector.Message{From: []connector.Address{a}}) == nil && (name == "" || connector.Fold(name) == connector.Fold(a.Name))
	}) {
		return true
	}
	what, got := "the display name is another one", "no address"
	for _, r := range q.Mismatch(m) {
		if what = "the address is not in " + r.Criterion; r.Near != "" {
			what += ": " + r.Near
		}
	}
	if len(have) > 0 {
		got = ""
	}
	for _, a := range have {
		got += a.String() + "\n"
	}
	return fail(t, m, what, want, got)
}

// displayName cuts the name off an address; "" if it has none.
func displayName(address string) string {
	name, _, ok := strings.Cut(address, "<")
	if !ok {
		return ""
	}
	return strings.Trim(strings.TrimSpace(name), `"`)
}
