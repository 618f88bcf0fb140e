package gmail

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

const (
	// indexLag is how far Gmail's search index may be behind the mailbox: what is younger is listed
	// without it.
	indexLag = time.Hour
	// edgeSlack widens after: and before:, whose edges are documented nowhere.
	edgeSlack = 2 * time.Minute
)

// Search yields the mails of the query's folder and time. Gmail's own search is asked by
// Message-ID and time alone, all else it compares in another way; what it may not have indexed yet
// is listed beside it.
func (b *backend) Search(ctx context.Context, q connector.Query) iter.Seq2[connector.Envelope, error] {
	return func(yield func(connector.Envelope, error) bool) {
		s := &search{backend: b, query: q, yield: yield, seen: map[string]bool{}}
		if err := s.run(ctx); err != nil && !s.stopped {
			yield(connector.Envelope{}, b.fail(ctx, "search", err))
		}
	}
}

// search is one running search.
type search struct {
	backend *backend
	query   connector.Query
	yield   func(connector.Envelope, error) bool
	seen    map[string]bool
	stopped bool
}

// run chooses the way.
func (s *search) run(ctx context.Context) error {
	if s.wholeStream() {
		return s.stream(ctx)
	}
	label, ok, err := s.label(ctx)
	if err != nil || !ok {
		return err
	}
	since := s.query.Since
	if narrow := s.narrow(); narrow != "" {
		if err := s.indexed(ctx, label, narrow); err != nil || s.stopped {
			return err
		}
		young := time.Now().Add(-indexLag)
		if before := s.query.Before; !before.IsZero() && before.Before(young) {
			return nil
		}
		if since.Before(young) {
			since = young
		}
	}
	return s.backend.pages(ctx, label, since, s.give)
}

// wholeStream reports whether the session asks for all that came since a time: to find a lost place
// again, or for a scope that reaches back.
func (s *search) wholeStream() bool {
	q := s.query
	return q.Everything && q.Folder == connector.Anywhere && !q.Since.IsZero() && q.Before.IsZero() && q.MessageID == ""
}

// stream yields what came since a time. What lies in no watched folder, or was sent from here, is
// told as lying where it does, so that it does not count as arrived.
func (s *search) stream(ctx context.Context) error {
	b := s.backend
	if f := b.takeFound(s.query.Since); f != nil {
		s.envelopes(b.arrived(f))
		return nil
	}
	all, err := b.survey(ctx, []string{"", labelInbox, labelSpam, labelSent, labelDraft, labelTrash}, s.query.Since)
	if err != nil {
		return err
	}
	var envs []connector.Envelope
	for _, id := range all.ids {
		e := connector.Envelope{ID: id}
		if labels := all.labels[id]; len(labels) > 0 && (ownCopy(labels) || !b.watches(labels, nil)) {
			e.Folders, _ = b.known.folders(labels)
		}
		envs = append(envs, e)
	}
	s.envelopes(envs)
	return nil
}

// label is what the query's folder is listed by; false if there is no such folder.
func (s *search) label(ctx context.Context) (string, bool, error) {
	switch f := s.query.Folder; f {
	case "":
		return labelInbox, true, nil
	case connector.Anywhere, connector.Archive:
		return "", true, nil
	default:
		id, err := s.backend.labelOf(ctx, f)
		return id, id != "", err
	}
}

// plainID are the Message-IDs that the search box takes as they are.
var plainID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.!#$%&*+/=?^_~@-]*$`)

// narrow is the part of the query that Gmail's search decides as we do.
func (s *search) narrow() string {
	var parts []string
	if id := strings.Trim(s.query.MessageID, " <>"); plainID.MatchString(id) {
		parts = append(parts, "rfc822msgid:"+id)
	}
	if t := s.query.Before; !t.IsZero() {
		parts = append(parts, fmt.Sprint("before:", t.Add(edgeSlack).Unix()))
	}
	if t := s.query.Since; !t.IsZero() && len(parts) > 0 {
		parts = append(parts, fmt.Sprint("after:", t.Add(-edgeSlack).Unix()))
	}
	return strings.Join(parts, " ")
}

// indexed yields what Gmail's search finds.
func (s *search) indexed(ctx context.Context, label, q string) error {
	for page := ""; ; {
		l, err := s.backend.list(ctx, label, q, page)
		if err != nil {
			return err
		}
		if !s.give(idsOf(l)) || l.NextPageToken == "" {
			return nil
		}
		page = l.NextPageToken
	}
}

// give yields ids.
func (s *search) give(ids []string) bool {
	envs := make([]connector.Envelope, len(ids))
	for i, id := range ids {
		envs[i].ID = id
	}
	return s.envelopes(envs)
}

// envelopes yields each mail once; false if no more are wanted.
func (s *search) envelopes(envs []connector.Envelope) bool {
	for _, e := range envs {
		if s.seen[e.ID] {
			continue
		}
		s.seen[e.ID] = true
		if !s.yield(e, nil) {
			s.stopped = true
			return false
		}
	}
	return true
}
