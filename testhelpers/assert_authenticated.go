package testhelpers

import (
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/delivery"
)

// AssertAuthenticated fails the test unless the receiving server found that each of the methods passed:
// "spf", "dkim", "dmarc", "arc", "compauth"; none named is dmarc. What counts is the verdicts of the
// server that judged last ([delivery.Verdicts]); those that a sender wrote himself do not. Nothing is
// looked up: package authentication verifies signatures anew.
func AssertAuthenticated(t T, m *connector.Message, methods ...string) bool {
	help(t)()
	if !has(t, m) {
		return false
	}
	if len(methods) == 0 {
		methods = []string{"dmarc"}
	}
	all := delivery.Verdicts(m)
	failed := slices.DeleteFunc(slices.Clone(methods), func(method string) bool { return delivery.Passed(all, method) })
	if len(failed) == 0 {
		return true
	}
	var found []string
	for _, v := range all {
		text := v.Method + "=" + v.Result
		if v.Reason != "" {
			text += " (" + v.Reason + ")"
		}
		if !v.Trusted {
			text += ", by another server"
		}
		found = append(found, text)
	}
	if found == nil {
		found = []string{"no Authentication-Results"}
	}
	return fail(t, m, "not authenticated by "+strings.Join(failed, ", "), strings.Join(failed, "=pass, ")+"=pass", strings.Join(found, "; "))
}

// RequireAuthenticated is AssertAuthenticated that ends the test if it does not hold.
func RequireAuthenticated(t T, m *connector.Message, methods ...string) {
	help(t)()
	require(t, AssertAuthenticated(t, m, methods...))
}
