// Package delivery tells how a mail came to be there: whether a person wrote it or a machine
// answered, what a bounce says about whom, over which servers it came and how long each kept it, and
// how one leaves the list that sent it.
//
//	m := testhelpers.WaitFor(t, s, connector.Query{Recipient: "orders@example.com"})
//	if delivery.KindOf(m) == delivery.Bounce {
//		report, err := delivery.ReadReport(ctx, m)
//		// report.Recipients[0].Address, .Status: "nobody@example.com", "5.1.1"
//	}
//
// [KindOf] looks at the header and the parts alone and asks no service. [ReadReport] reads the
// machine part of a bounce or receipt (RFC 3464, RFC 8098, RFC 5965), which a service may have to be
// asked for. [Trace] reads the Received lines (RFC 5321 §4.4), [ListOf] the List lines (RFC 2369,
// RFC 2919, RFC 8058).
//
// Everything here is what the mail says. A mail can lie; what can be proved is in package authres.
package delivery
