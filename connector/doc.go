// Package connector connects a test to a cloud mailbox, waits for the mail that a product sent,
// and finds, answers and cleans up mail, with one meaning on every mail service.
//
// # Connect, begin, wait
//
// [Connect] opens a mailbox and gives a [Session]. The server is a plain struct of the backend
// that knows the service (graph.Office365, gmail.Workspace, imap.Server, memory.Server, …):
//
//	s, err := connector.Connect(ctx, server, nil)
//	...
//	test, err := s.Begin(ctx, connector.Scope{Name: t.Name()}) // the mark: what comes from here on is new
//	... make the product send its mail ...
//	m, err := test.WaitFor(ctx, connector.Query{To: "qa+x7@example.com", Subject: "Your code"})
//
// A session sees only what came after its mark, and no mail twice. A mail that came between the
// mark and the wait is found; a mail of yesterday, or of the test before, is not. Sessions made
// with [Session.Begin] share one connection and one stream of requests, whatever their number.
//
// # Queries
//
// A [Query] is content only: who, what, where. All its criteria must hold. The rules of comparison
// are those of [Query.Mismatch], are the same for every backend, and are decided here: a service's
// own search only narrows what is looked at.
//
// # When a wait fails
//
// Every failed wait is a [*WaitError]. It lists what did come, why each mail did not match and by
// how little, and names the likeliest cause first. errors.Is tells the kind:
// context.DeadlineExceeded, context.Canceled, or the obstacle of the last look, such as [ErrAuth].
//
// # Hands off
//
// Reading changes nothing on the server, the read flag included. Acts ([Session.Move],
// [Session.Trash], [Session.SetRead], [Session.Clean]) touch only mails that a wait gave to the
// session or to one begun from it; mail is sent only to the mailbox itself. Every wider reach has
// its own name in [Options].
//
// # Writing a backend
//
// A backend implements [Server], [Backend] and as many of the abilities ([Sender], [Mover], …) as
// its service has; package connectortest holds the laws it must keep. The Session is the only one
// that waits, retries, matches and remembers: a backend answers one call with one honest result.
package connector
