// Package fakehttp is the plumbing that all HTTP fakes of this module share: what a service's
// front does before and after the service itself thinks.
//
// A fake is an [http.Handler]. This package gives it doors, and tests a hand on them:
//
//   - [RoundTripper] is the door in memory: a transport for any HTTP client that calls the handler
//     directly. No socket is involved, so that a client runs under testing/synctest and a wait of
//     minutes takes no time.
//   - [Listen] is the door on the loopback interface, by TLS under a certificate authority of its
//     own; [ListenPlain] is the same without TLS.
//   - [Front] stands between a door and the fake. It counts and logs ([Counter]), adds a round-trip
//     time ([Latency]) and makes requests fail on demand ([Faults]): refusals with any status,
//     broken and cut connections, answers that are lost after the act took effect.
//
// A fake embeds a Front and names the kind of each request, such as "list" or "token"; a test then
// writes
//
//	fake.Faults.Push(fakehttp.Fault{Kind: "list", Status: 503, Times: 2})
//	…
//	require.Equal(t, 3, fake.Counter.Count("list"))
//
// # One behaviour at all doors
//
// The door in memory follows net/http's server: it adds Date, and Content-Length where the answer is
// small; answers to HEAD and with 204 or 304 have no body; what is written is seen by the client
// after 2048 bytes, or a Flush. The answer is streamed: at no time is more of it in memory than the
// handler and the client hold themselves. The handler gets the request as a server would have read
// it from the wire, and a context of its own, which ends when the client gives up, when the answer's
// body is closed, and when the handler returns.
//
// Where a connection breaks before the answer, the client in memory gets ECONNRESET in a
// [net.OpError]; behind a listener Go's server closes the connection, the client sees EOF, and Go's
// own client repeats an idempotent request once if the connection was used before. Where it breaks
// within the body, both get [io.ErrUnexpectedEOF].
//
// Not done in memory: trailers, 1xx answers, hijacking, and compression that the client did not ask
// for itself.
//
// The package reaches the standard library only. All times are [time.Now] and all delays timers, so
// that they belong to the bubble they are used in.
package fakehttp
