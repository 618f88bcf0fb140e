// Package testhelpers is what a test calls: it begins a session of its own, waits, expects that
// nothing comes, makes addresses, and turns what went wrong into a failure that explains itself.
//
//	s := testhelpers.Begin(t, inbox)                     // inbox: one connected Session for all tests
//	addr := testhelpers.Address(t, inbox.Mailbox())      // qa+k7f3m2q9xw@example.com
//	signUp(addr)                                         // the product sends its mail
//	m := testhelpers.WaitFor(t, s, connector.Query{To: addr, Subject: "Welcome"})
//
// Assertions on a mail, or on several, come in pairs: Assert lets the test go on and returns what it
// found, Require ends it. A failure shows what was expected, the nearest that there is and where the
// mail was kept; AssertGolden compares a whole mail with a file.
//
// Every function takes a [T], which *testing.T, *testing.B, testify's suites, Ginkgo's GinkgoT and
// godog's T are. What else such a value can do is used if it is there: Helper, Name, Cleanup,
// Context and Deadline.
//
// Waits end with the test's context, and early enough before the test's own deadline that the
// report is printed and what must be cleaned up is.
package testhelpers
