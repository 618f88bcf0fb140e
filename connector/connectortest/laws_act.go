package connectortest

import (
	"errors"
	"io"
	"slices"

	"github.com/cloudmail-go/cloudmail/connector"
)

// actLaws are about changing mails, and about not changing them.
func actLaws() []Law {
	return []Law{
		{Name: "an-id-follows-own-moves", Needs: canSee, Run: ownMoves,
			Why: "a mail that a test moved is still the mail that the test holds, also where ids change with the folder"},
		{Name: "an-id-survives-foreign-moves", Needs: func(in *Instance) bool { return in.StableIDs && canMove(in) }, Run: foreignMoves,
			Why: "somebody else files a mail while a test reads it"},
		{Name: "moved-mail-is-not-new-again", Needs: canSee, Run: movedBack,
			Why: "what a test moves away and back was given once and is not given twice"},
		{Name: "only-given-mail-may-be-changed", Needs: canTrash, Run: onlyGiven,
			Why: "a test must not be able to touch mail that is not its own; who wants that says Options.Foreign"},
		{Name: "the-parent-may-change-what-its-tests-were-given", Needs: canTrash, Run: parentReach,
			Why: "a suite cleans up after its tests, a test not after its neighbours"},
		{Name: "clean-trashes-what-waits-gave", Needs: canTrash, Run: clean,
			Why: "cleaning up takes the tests' own mail and nothing else, and a person can take it back"},
		{Name: "clean-has-a-cap", Needs: canTrash, Run: cleanCap,
			Why: "a mistake must not empty a mailbox"},
		{Name: "set-read-sets-the-flag-alone", Needs: canSee, Run: setRead,
			Why: "the one call that changes the read flag does it, both ways"},
		{Name: "folders-lists-what-may-be-watched", Run: folders,
			Why: "the names that a test may write in Options.Folders are those that Folders prints"},
		{Name: "moving-nowhere-is-refused", Run: moveNowhere,
			Why: "a folder that is none, or all of them, is no place to move a mail to"},
	}
}

// cannot ends a law about an act that the service does not know, if the session says so honestly.
func cannot(err error) bool { return errors.Is(err, errors.ErrUnsupported) }

func ownMoves(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.send("on its way")
	m := in.finds(t, s, l.query())
	err := s.Move(t.Context(), m, connector.Archive)
	if cannot(err) {
		return
	}
	must(t, err, "move")
	in.inFolder(t, l, connector.Archive)
	same(t, m.Folders[0], connector.Archive, "the message's folder")
	r, err := m.Raw(t.Context())
	must(t, err, "open the mail after the move")
	_, err = io.Copy(io.Discard, r)
	must(t, err, "read the mail after the move")
	must(t, r.Close(), "close")
	if err := s.SetRead(t.Context(), m, true); !cannot(err) {
		must(t, err, "mark the mail after the move")
	}
	must(t, s.Move(t.Context(), m, connector.Inbox), "move back")
	must(t, s.Move(t.Context(), m, connector.Archive), "move again")
	must(t, s.Trash(t.Context(), m), "trash")
	in.inFolder(t, l, connector.Trash)
}

func foreignMoves(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.withFile("filed by somebody", "data.bin", noise(2<<20))
	in.Deliver(l.raw)
	m := in.finds(t, s, l.query())
	in.Move(l.id, connector.Archive)
	if !slices.Equal(open(t, m, "*"), noise(2<<20)) {
		t.Errorf("the attachment has other bytes than were sent")
	}
	if err := s.Move(t.Context(), m, connector.Junk); !cannot(err) {
		must(t, err, "move")
		in.inFolder(t, l, connector.Junk)
	}
}

func movedBack(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.send("there and back")
	m := in.finds(t, s, l.query())
	err := s.Move(t.Context(), m, connector.Archive)
	if cannot(err) {
		return
	}
	must(t, err, "move")
	in.findsNone(t, s, l.query())
	must(t, s.Move(t.Context(), m, connector.Inbox), "move back")
	in.findsNone(t, s, l.query())
	in.finds(t, s, in.send("another").query())
}

func onlyGiven(t T, in *Instance) {
	s := in.connect(t, nil)
	a, b := begin(t, s, connector.Scope{}), begin(t, s, connector.Scope{})
	l := in.send("given to a")
	m := in.finds(t, a, l.query())
	before := in.Snapshot()
	is(t, b.Trash(t.Context(), m), connector.ErrRefused, "trashing the mail of another test")
	is(t, b.SetRead(t.Context(), m, true), connector.ErrRefused, "marking the mail of another test")
	is(t, b.Move(t.Context(), m, connector.Archive), connector.ErrRefused, "moving the mail of another test")
	is(t, b.Trash(t.Context(), nil), connector.ErrConfig, "trashing nothing")
	if !slices.Equal(before, in.Snapshot()) {
		t.Errorf("what was refused was done all the same")
	}
	wide := in.connect(t, &connector.Options{Foreign: true})
	ms, err := wide.Find(t.Context(), l.query(), 1)
	must(t, err, "find")
	must(t, wide.Trash(t.Context(), ms[0]), "trash with Options.Foreign")
	in.inFolder(t, l, connector.Trash)
}

func parentReach(t T, in *Instance) {
	s := in.connect(t, nil)
	test := begin(t, begin(t, s, connector.Scope{}), connector.Scope{})
	one, two := in.send("of a grandchild"), in.send("of nobody")
	m := in.finds(t, test, one.query())
	must(t, s.Trash(t.Context(), m), "trash by the parent")
	in.inFolder(t, one, connector.Trash)
	in.inFolder(t, two, connector.Inbox)
}

func clean(t T, in *Instance) {
	old := in.send("there before")
	s := in.connect(t, nil)
	test, other := begin(t, s, connector.Scope{}), begin(t, s, connector.Scope{})
	mine, notMine, nobodys := in.send("mine"), in.send("not mine"), in.send("nobody's")
	in.finds(t, test, mine.query())
	in.finds(t, other, notMine.query())
	n, err := test.Clean(t.Context())
	must(t, err, "clean")
	same(t, n, 1, "the number of mails cleaned")
	in.inFolder(t, mine, connector.Trash)
	for _, l := range []letter{old, notMine, nobodys} {
		in.inFolder(t, l, connector.Inbox)
	}
	n, err = test.Clean(t.Context())
	must(t, err, "clean again")
	same(t, n, 0, "the number of mails cleaned again")
	n, err = s.Clean(t.Context())
	must(t, err, "clean the parent")
	same(t, n, 1, "the number of mails that the parent cleaned")
	in.inFolder(t, notMine, connector.Trash)
	in.inFolder(t, nobodys, connector.Inbox)
	same(t, len(in.Snapshot()), 4, "the number of mails in the mailbox: none is deleted for good")
}

func cleanCap(t T, in *Instance) {
	s := in.connect(t, &connector.Options{CleanMax: 2})
	in.deliver("too many", "too many", "too many")
	_, err := s.WaitForN(t.Context(), connector.Query{Subject: "too many"}, 3)
	must(t, err, "wait")
	before := in.Snapshot()
	n, err := s.Clean(t.Context())
	is(t, err, connector.ErrRefused, "cleaning more than the cap")
	same(t, n, 0, "the number of mails cleaned")
	if !slices.Equal(before, in.Snapshot()) {
		t.Errorf("what was refused was begun all the same")
	}
}

func setRead(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.send("to be read")
	m := in.finds(t, s, l.query())
	for _, read := range []bool{true, true, false} {
		err := s.SetRead(t.Context(), m, read)
		if cannot(err) {
			return
		}
		must(t, err, "set the read flag")
		state, _ := in.state(l.id)
		same(t, state.Read, read, "the read flag")
		same(t, state.Folder, connector.Inbox, "the folder")
	}
	in.findsNone(t, s, l.query())
}

func folders(t T, in *Instance) {
	s := in.connect(t, nil)
	got, err := s.Folders(t.Context())
	if cannot(err) {
		return
	}
	must(t, err, "list the folders")
	want := []connector.Folder{connector.Inbox, connector.Junk, connector.Sent, connector.Drafts, connector.Trash}
	if in.InboxOnly {
		want = []connector.Folder{connector.Inbox}
	} else if in.Extra != "" {
		want = append(want, in.Extra)
	}
	for _, f := range want {
		if !slices.Contains(got, f) {
			t.Errorf("%q is not listed: %v", f, got)
		}
	}
}

func moveNowhere(t T, in *Instance) {
	s := in.connect(t, nil)
	m := in.finds(t, s, in.send("stays").query())
	for _, f := range []connector.Folder{"", connector.Anywhere, "No/Such/Folder"} {
		err := s.Move(t.Context(), m, f)
		if cannot(err) {
			return
		}
		is(t, err, connector.ErrConfig, "moving to "+string(f))
	}
}
