package connectortest

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// markLaws are about what is new.
func markLaws() []Law {
	return []Law{
		{Name: "a-mark-survives-as-text", Run: markText,
			Why: "one process triggers, another waits: what came between them must be found there, and nothing older"},
		{Name: "a-mark-as-text-survives-a-lost-cursor", Needs: canLose, Run: markTextLost,
			Why: "a mark may be older than what the service remembers; mail after it is still new, mail before it still old"},
		{Name: "a-mark-that-was-forgotten-is-no-earlier-one", Needs: canLose, Run: forgottenMark,
			Why: "a mark is found again by its time; what this process has read of the time before it is not new by that"},
		{Name: "a-mark-of-another-mailbox-is-refused", Run: foreignMark,
			Why: "the wrong mark in the wrong mailbox would make every mail new, or none"},
		{Name: "a-mark-is-used-again", Run: markAgain,
			Why: "a test that is repeated from the same mark sees the same mails"},
		{Name: "since-reaches-back", Needs: canPlace, Run: since,
			Why: "who asks for the mail of the last hour gets it, once, and nothing older"},
		{Name: "old-mail-moved-in-is-not-new", Needs: canMove, Run: oldMovedIn,
			Why: "somebody tidies the mailbox while the tests run; mail of last week in the inbox is still of last week"},
		{Name: "fresh-mail-moved-in-is-new", Needs: canMove, Run: freshMovedIn,
			Why: "a rule or a person takes mail out of Junk: from then on it is in the inbox, and a wait must see that"},
		{Name: "mail-stamped-late-is-new", Needs: canPlace, Run: stampedEarlier,
			Why: "services show a mail some time after the moment that they stamp on it; the stamp alone must not make it old"},
		{Name: "drafts-and-sent-copies-are-no-arrivals", Needs: canPlace, Run: noArrivals,
			Why: "what was written in this mailbox did not come to it"},
		{Name: "junk-is-reported-not-matched", Needs: canFile, Run: junk,
			Why: "mail in Junk did not reach a user's inbox, so a wait must not pass; but the report must say where it went"},
		{Name: "a-wait-keeps-to-its-folder", Needs: func(in *Instance) bool { return canFile(in) && in.Extra != "" }, Run: folderScope,
			Why: "mail that a rule files elsewhere is found there and nowhere else"},
	}
}

// asText sends a mark through its text, as to another process.
func asText(t T, m connector.Mark) connector.Mark {
	t.Helper()
	text, err := m.MarshalText()
	must(t, err, "marshal the mark")
	var out connector.Mark
	must(t, out.UnmarshalText(text), "unmarshal the mark")
	return out
}

func markText(t T, in *Instance) {
	in.send("before the mark")
	s := in.connect(t, nil)
	mark := asText(t, s.Mark())
	must(t, s.Close(), "close")
	after := in.send("after the mark")
	pass(t, in.span(10*time.Minute, 100*time.Millisecond))
	other := begin(t, in.connect(t, nil), connector.Scope{Mark: mark})
	same(t, in.finds(t, other, connector.Query{Subject: "the mark"}).MessageID, after.id, "Message-ID")
	in.findsNone(t, other, connector.Query{Subject: "the mark"})
	in.finds(t, other, in.send("much later").query())
}

func markTextLost(t T, in *Instance) {
	in.send("before the mark")
	pass(t, in.span(2*time.Second, 1100*time.Millisecond))
	s := in.connect(t, nil)
	mark := asText(t, s.Mark())
	pass(t, in.span(2*time.Second, 1100*time.Millisecond))
	after := in.send("after the mark")
	in.LoseCursors()
	for _, session := range []*connector.Session{s, in.connect(t, nil)} {
		test := begin(t, session, connector.Scope{Mark: mark})
		same(t, in.finds(t, test, connector.Query{Subject: "the mark"}).MessageID, after.id, "Message-ID")
		in.findsNone(t, test, connector.Query{Subject: "the mark"})
	}
}

// forgottenMark takes a mark after what the session has read already.
func forgottenMark(t T, in *Instance) {
	s := in.connect(t, nil)
	in.finds(t, s, in.send("early by the mark").query())
	pass(t, in.span(2*time.Second, 1100*time.Millisecond))
	mark := asText(t, begin(t, s, connector.Scope{}).Mark())
	pass(t, in.span(2*time.Second, 1100*time.Millisecond))
	after := in.send("late by the mark")
	in.LoseCursors()
	test := begin(t, s, connector.Scope{Mark: mark})
	same(t, in.finds(t, test, connector.Query{Subject: "by the mark"}).MessageID, after.id, "Message-ID")
	in.findsNone(t, test, connector.Query{Subject: "by the mark"})
}

// stranger is a mailbox that no service has, to make marks of.
type stranger struct{}

func (stranger) Mailbox() string { return "somebody.else@law.example.com" }

func (s stranger) Open(context.Context, []connector.Folder) (connector.Backend, error) { return s, nil }

func (stranger) End(context.Context) (connector.Cursor, error) {
	return connector.Cursor{Token: "1", At: time.Now()}, nil
}

func (stranger) Arrivals(_ context.Context, c connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
	return nil, c, nil
}

func (stranger) Search(context.Context, connector.Query) iter.Seq2[connector.Envelope, error] {
	return func(func(connector.Envelope, error) bool) {}
}

func (stranger) Fetch(context.Context, string, connector.Depth) (*connector.Source, error) {
	return nil, &connector.Error{Op: "fetch", Kind: connector.ErrNotFound}
}

func foreignMark(t T, in *Instance) {
	s := in.connect(t, nil)
	foreign, err := connector.Connect(t.Context(), stranger{}, nil)
	must(t, err, "connect to the other mailbox")
	in.sessions = append(in.sessions, foreign)
	for _, mark := range []connector.Mark{foreign.Mark(), asText(t, foreign.Mark())} {
		_, err = s.Begin(t.Context(), connector.Scope{Mark: mark})
		is(t, err, connector.ErrConfig, "beginning at a mark of another mailbox")
	}
	var broken connector.Mark
	is(t, broken.UnmarshalText([]byte("cloudmail-mark:nonsense")), connector.ErrConfig, "reading a mark that is none")
}

func markAgain(t T, in *Instance) {
	s := in.connect(t, nil)
	first := begin(t, s, connector.Scope{})
	l := in.send("seen from there")
	in.finds(t, first, l.query())
	for range 2 {
		again := begin(t, s, connector.Scope{Mark: first.Mark()})
		in.finds(t, again, l.query())
		in.findsNone(t, again, l.query())
	}
}

func since(t T, in *Instance) {
	now := time.Now()
	ages := []time.Duration{3 * time.Hour, 50 * time.Minute, 20 * time.Minute, 5 * time.Minute, time.Minute}
	var letters []letter
	for _, age := range ages {
		l := in.letter("aged")
		letters = append(letters, l)
		in.Place(l.raw, connector.Inbox, now.Add(-age))
	}
	s := in.connect(t, nil)
	test := begin(t, s, connector.Scope{Since: now.Add(-time.Hour)})
	ms, err := test.WaitForN(t.Context(), connector.Query{Subject: "aged"}, 4)
	must(t, err, "wait")
	for i, m := range ms {
		same(t, m.MessageID, letters[i+1].id, "Message-ID")
	}
	in.findsNone(t, test, connector.Query{Subject: "aged"})
	in.finds(t, test, in.send("new besides").query())
	in.findsNone(t, s, connector.Query{Subject: "aged"})
	sinceOfLate(t, in, s, now.Add(-2*time.Minute), letters)
}

// sinceOfLate reaches back to the last of the letters: those before it stay out, be they ever so near to
// the mark, until they are moved; and mail that is shown later is new, whatever its time.
func sinceOfLate(t T, in *Instance, s *connector.Session, from time.Time, letters []letter) {
	test := begin(t, s, connector.Scope{Since: from})
	same(t, in.finds(t, test, connector.Query{Subject: "aged"}).MessageID, letters[4].id, "Message-ID")
	in.findsNone(t, test, connector.Query{Subject: "aged"})
	if canMove(in) {
		in.Move(letters[3].id, connector.Archive)
		in.findsNone(t, test, connector.Query{Subject: "aged"})
		in.Move(letters[3].id, connector.Inbox)
		same(t, in.finds(t, test, connector.Query{Subject: "aged"}).MessageID, letters[3].id, "Message-ID")
	}
	late := in.letter("slow to show")
	in.Place(late.raw, connector.Inbox, from.Add(-time.Minute))
	in.finds(t, test, late.query())
}

func oldMovedIn(t T, in *Instance) {
	old := in.letter("of last week")
	in.Place(old.raw, connector.Archive, time.Now().Add(-7*24*time.Hour))
	s := in.connect(t, nil)
	in.Move(old.id, connector.Inbox)
	in.findsNone(t, s, old.query())
	in.finds(t, s, in.send("of today").query())
}

func freshMovedIn(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.letter("taken for spam")
	in.Place(l.raw, connector.Junk, time.Time{})
	in.findsNone(t, s, l.query())
	in.Move(l.id, connector.Inbox)
	m := in.finds(t, s, l.query())
	if !slices.Contains(m.Folders, connector.Inbox) {
		t.Errorf("the mail is said to lie in %v", m.Folders)
	}
	in.findsNone(t, s, l.query())
}

func stampedEarlier(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.letter("slow to show")
	in.Place(l.raw, connector.Inbox, time.Now().Add(-5*time.Minute))
	in.finds(t, s, l.query())
}

func noArrivals(t T, in *Instance) {
	s := in.connect(t, &connector.Options{Folders: []connector.Folder{connector.Anywhere}})
	in.Place(in.letter("being written").raw, connector.Drafts, time.Time{})
	in.Place(in.letter("sent from here").raw, connector.Sent, time.Time{})
	any := connector.Query{Everything: true, Folder: connector.Anywhere}
	if in.LoseCursors != nil {
		in.LoseCursors()
	}
	in.findsNone(t, s, any)
	in.findsNone(t, begin(t, s, connector.Scope{Since: time.Now().Add(-time.Hour)}), any)
	l := in.send("came here")
	same(t, in.finds(t, s, any).MessageID, l.id, "Message-ID")
}

func junk(t T, in *Instance) {
	s := in.connect(t, nil)
	other := in.send("something else")
	spam := in.letter("Your invoice")
	in.Place(spam.raw, connector.Junk, time.Time{})
	report := in.findsNone(t, s, connector.Query{Subject: "invoice"})
	if len(report.Arrivals) != 2 {
		fatalf(t, "the report must list two arrivals: %v", report)
	}
	first := report.Arrivals[0]
	same(t, first.Subject, spam.subject, "the first arrival of the report")
	if len(first.Reasons) != 1 || first.Reasons[0].Criterion != "Folder" {
		t.Errorf("the reason must be the folder alone: %v", first.Reasons)
	}
	same(t, report.Arrivals[1].Subject, other.subject, "the second arrival of the report")
	in.finds(t, s, connector.Query{Subject: "invoice", Folder: connector.Junk})
}

func folderScope(t T, in *Instance) {
	s := in.connect(t, &connector.Options{Folders: []connector.Folder{connector.Inbox, in.Extra}})
	l := in.letter("filed by a rule")
	in.Place(l.raw, in.Extra, time.Time{})
	in.findsNone(t, s, l.query())
	q := l.query()
	q.Folder = in.Extra
	in.finds(t, s, q)
	spam := in.letter("not watched")
	in.Place(spam.raw, connector.Junk, time.Time{})
	in.send("watched")
	got := in.finds(t, s, connector.Query{Subject: "watched", Folder: connector.Anywhere})
	same(t, got.Subject, "watched", "what is found anywhere")
}
