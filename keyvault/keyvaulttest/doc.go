// Package keyvaulttest is the conformance suite that every vault passes: a table of
// named laws, run on a fresh instance each. A law that is broken prints why it exists.
//
//	func TestLaws(t *testing.T) {
//		keyvaulttest.Run(t, func(t *testing.T) *keyvaulttest.Harness {
//			fake := …
//			return &keyvaulttest.Harness{Vault: …, Put: …}
//		})
//	}
//
// What the vault's service can be made to do stands in the Harness, a struct of funcs;
// nil means that it cannot, and the laws that need it are not run. RunInBubble runs each
// law in virtual time, which adds the law on a long outage; Open is then called in the
// bubble, so that the service must be reached without sockets.
//
// Memory is the contract in its shortest executable form, and a test double for users.
package keyvaulttest
