package connector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Move moves a mail that a wait gave to this session, or to one begun from it, to another folder.
// The message's ID and Folders follow. Any other mail is [ErrRefused] unless [Options.Foreign] is
// set, a folder that cannot be moved to ErrConfig, and a service that has no folders
// [errors.ErrUnsupported]. Throttling and outages are waited out for as long as ctx allows,
// Options.Wait where it has no deadline; this holds for all acts.
func (s *Session) Move(ctx context.Context, m *Message, to Folder) error {
	to = to.clean()
	if to == "" || to == Anywhere {
		return configError("move", s.Mailbox(), quote(string(to))+" is no folder to move to", "name it as Session.Folders prints it")
	}
	if s.feed.able.move == nil {
		return s.unsupported("move")
	}
	return s.act(ctx, "move", m, func(ctx context.Context, id string) (string, error) {
		newID, err := s.feed.able.move.Move(ctx, id, to)
		if err == nil {
			m.Folders = []Folder{to}
		}
		return newID, err
	})
}

// Trash puts a mail that a wait gave to this session, or to one begun from it, into the trash. It
// is never deleted for good by this call, though services empty their trash in time. What it
// refuses is what Move refuses.
func (s *Session) Trash(ctx context.Context, m *Message) error {
	if s.feed.able.trash == nil {
		return s.unsupported("trash")
	}
	return s.act(ctx, "trash", m, func(ctx context.Context, id string) (string, error) {
		err := s.feed.able.trash.Trash(ctx, id)
		if err == nil {
			m.Folders = []Folder{Trash}
		}
		return id, err
	})
}

// SetRead sets or clears the read flag of a mail that a wait gave to this session, or to one begun
// from it. Nothing else in this package touches that flag. What it refuses is what Move refuses.
func (s *Session) SetRead(ctx context.Context, m *Message, read bool) error {
	if s.feed.able.setRead == nil {
		return s.unsupported("set read flag")
	}
	return s.act(ctx, "set read flag", m, func(ctx context.Context, id string) (string, error) {
		return id, s.feed.able.setRead.SetRead(ctx, id, read)
	})
}

// act makes one change to one mail, if the session may touch it.
func (s *Session) act(ctx context.Context, op string, m *Message, call func(context.Context, string) (string, error)) error {
	if err := s.usable(op); err != nil {
		return err
	}
	if err := s.mayTouch(op, m); err != nil {
		return err
	}
	if err := s.mayAct(op); err != nil {
		return err
	}
	if s.dry(op, "id", s.feed.idOf(m)) {
		return nil
	}
	ctx, cancel := withLimit(ctx, s.set.Wait)
	defer cancel()
	return s.feed.try(ctx, func(ctx context.Context) error {
		id, err := call(ctx, s.feed.idOf(m))
		if err == nil {
			s.feed.rename(m, id)
		}
		return err
	})
}

// mayTouch is the safety catch: only what a wait gave, unless Options.Foreign.
func (s *Session) mayTouch(op string, m *Message) error {
	if m == nil || (m.ID == "" && m.from == nil) {
		return configError(op, s.Mailbox(), "the message is nil or of no mailbox", "pass a message that a wait returned")
	}
	s.mu.Lock()
	given := m.from != nil && s.reach[m.from]
	s.mu.Unlock()
	if given || s.set.Foreign {
		return nil
	}
	return &Error{Op: op, Mailbox: s.Mailbox(), Kind: ErrRefused, Err: fmt.Errorf("no wait gave %s to this session", quote(m.Subject)),
		Remedy: "wait for the mail, or set Options.Foreign to act on any mail"}
}

// rename makes the new id of a mail known after a move of our own.
func (f *feed) rename(m *Message, id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m.ID = id
	if m.from == nil {
		return
	}
	m.from.trashed = slices.Contains(m.Folders, Trash)
	if m.from.id != id {
		m.from.place(id, m.from.folders)
		f.known.id[id] = m.from
	}
}

// Clean puts what the waits gave to this session, and to those begun from it, into the trash, and
// returns how many. What is in the trash or gone already is not counted. More mails than
// [Options.CleanMax] are [ErrRefused], before the first is touched; a mail that cannot be trashed
// does not keep the others, and its error is joined to the result.
func (s *Session) Clean(ctx context.Context) (int, error) {
	if err := s.usable("clean"); err != nil {
		return 0, err
	}
	if s.feed.able.trash == nil {
		return 0, s.unsupported("clean")
	}
	todo := s.touched()
	if len(todo) > s.set.CleanMax {
		return 0, &Error{Op: "clean", Mailbox: s.Mailbox(), Kind: ErrRefused,
			Err:    fmt.Errorf("%d mails are more than Options.CleanMax, %d", len(todo), s.set.CleanMax),
			Remedy: "raise CleanMax if so many are meant"}
	}
	n := 0
	var failed []error
	for _, a := range todo {
		switch err := s.discard(ctx, a); {
		case err == nil:
			n++
		case !errors.Is(err, ErrNotFound):
			failed = append(failed, err)
		}
	}
	return n, errors.Join(failed...)
}

// touched lists the mails the session may clean.
func (s *Session) touched() []*arrival {
	s.mu.Lock()
	all := slices.Collect(maps.Keys(s.reach))
	s.mu.Unlock()
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	all = slices.DeleteFunc(all, func(a *arrival) bool { return a.trashed })
	slices.SortFunc(all, func(a, b *arrival) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

// discard trashes one mail.
func (s *Session) discard(ctx context.Context, a *arrival) error {
	return s.Trash(ctx, &Message{from: a})
}

// Folders lists the mailbox's folders as paths that [Query.Folder], [Options.Folders] and Move
// take. A service without folders is [errors.ErrUnsupported].
func (s *Session) Folders(ctx context.Context) ([]Folder, error) {
	if err := s.usable("list folders"); err != nil {
		return nil, err
	}
	if s.feed.able.folders == nil {
		return nil, s.unsupported("list folders")
	}
	ctx, cancel := withLimit(ctx, s.set.Wait)
	defer cancel()
	var out []Folder
	err := s.feed.try(ctx, func(ctx context.Context) (err error) {
		out, err = s.feed.able.folders.Folders(ctx)
		return err
	})
	return out, err
}

// unsupported is what a service cannot do.
func (s *Session) unsupported(op string) error {
	return &Error{Op: op, Mailbox: s.Mailbox(), Kind: errors.ErrUnsupported, Remedy: "this mailbox cannot do it: Session.Capabilities lists what it can"}
}
