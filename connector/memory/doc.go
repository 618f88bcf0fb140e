// Package memory is a mailbox in memory: a user's test double where no cloud is wanted, and the
// backend contract of package connector in executable form.
//
// A [Server] opens one mailbox of a [mailstore.Store]. Mail gets into it by [mailstore.Mailbox.Deliver],
// by [mailstore.Store.Send], by SMTP through package fakesmtp, or from the session itself:
//
//	store := mailstore.New()
//	box := store.Add("qa@example.com")
//	s, err := connector.Connect(ctx, memory.Server{Store: store, Address: "qa@example.com"}, nil)
//	...
//	box.Deliver(raw, mailstore.Delivery{})
//	m, err := s.WaitFor(ctx, connector.Query{Subject: "Your code"})
//
// Several servers over one store are several mailboxes of one mail system: what one sends, the
// other gets. Folders have the names of the store, which are those of [connector.Folder].
//
// # What it is true to
//
// The backend can do all that the contract knows, and is as strict as the strictest service: it
// reports no drafts and no sent copies as arrivals, it reports a mail that was moved into a watched
// folder, it retries nothing, and each of its calls is one request. The switches of Server take
// single gifts away, so that a program is seen to work without them: ids that last
// ([Server.UnstableIDs]), headers that come with the listing ([Server.BareEnvelopes]), a search that
// narrows ([Server.WideSearch]), a push ([Server.Push]).
//
// # Faults
//
// [Faults] is the door through which a test makes the service throttle, fail, forget, refuse and
// delay. One Faults may be shared by several servers; it is safe to use while a session waits.
//
// Nothing here needs a goroutine, a socket or a clock of its own: it works inside testing/synctest.
package memory
