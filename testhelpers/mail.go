package testhelpers

import (
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// AssertMail compares a mail that the test has with a query and reports each criterion that fails,
// with how near it came. It returns whether all hold; the test goes on. A nil mail and a query that
// [connector.Query.Check] refuses fail too. Query.Folder zero is the Inbox here too: a mail of
// [connector.ReadMessage] lies in no folder, and is compared with Folder [connector.Anywhere].
func AssertMail(t T, m *connector.Message, q connector.Query) bool {
	help(t)()
	if m == nil {
		t.Errorf("the mail is nil; wanted: %s", q)
		return false
	}
	if err := q.Check(); err != nil {
		t.Errorf("%v", err)
		return false
	}
	reasons := q.Mismatch(m)
	if len(reasons) == 0 {
		return true
	}
	lines := make([]string, len(reasons))
	for i, r := range reasons {
		lines[i] = "\n  " + r.String()
	}
	t.Errorf("the mail %q does not match:%s\n  mail: %s", m.Subject, strings.Join(lines, ""), kept(t, m))
	return false
}

// RequireMail is [AssertMail] that ends the test if a criterion fails.
func RequireMail(t T, m *connector.Message, q connector.Query) {
	help(t)()
	if !AssertMail(t, m, q) {
		t.FailNow()
	}
}
