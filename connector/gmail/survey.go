package gmail

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	api "google.golang.org/api/gmail/v1"

	"github.com/cloudmail-go/cloudmail/connector"
)

// lateness is how long before a cursor a mail may have been received and still be new.
const lateness = 15 * time.Minute

// pageSize is how many mails a list names at a time; a page costs the same, however long it is.
const pageSize = 500

// probes are the places in a page that are looked at, to see how far back it reaches.
var probes = []int{24, 124, pageSize - 1}

// list is one page of messages.list: newest first, ids only. An empty label is every mail, Junk and
// Trash included.
func (b *backend) list(ctx context.Context, label, q, page string) (*api.ListMessagesResponse, error) {
	call := b.api.Messages.List(me).MaxResults(pageSize).Fields("messages/id", "nextPageToken").Context(ctx)
	if label != "" {
		call.LabelIds(label)
	}
	if label == "" || label == labelSpam || label == labelTrash {
		call.IncludeSpamTrash(true)
	}
	if q != "" {
		call.Q(q)
	}
	if page != "" {
		call.PageToken(page)
	}
	return call.Do()
}

// idsOf lists the ids of a page.
func idsOf(l *api.ListMessagesResponse) []string {
	out := make([]string, len(l.Messages))
	for i, m := range l.Messages {
		out[i] = m.Id
	}
	return out
}

// pages yields the newest mails of a label, page by page, down to those received before since; all
// of them if since is zero.
func (b *backend) pages(ctx context.Context, label string, since time.Time, yield func([]string) bool) error {
	for page := ""; ; {
		l, err := b.list(ctx, label, "", page)
		if err != nil {
			return err
		}
		ids := idsOf(l)
		last := l.NextPageToken == ""
		if !last && !since.IsZero() {
			n, err := b.reach(ctx, ids, since)
			if err != nil {
				return err
			}
			last = n < len(ids)
			ids = ids[:min(n, len(ids))]
		}
		if !yield(ids) || last {
			return nil
		}
		page = l.NextPageToken
	}
}

// reach returns how many ids of a page may be newer than since; more than the page has if all of
// them may be, and what follows. Where no mail of the page was read before, some are looked at.
func (b *backend) reach(ctx context.Context, ids []string, since time.Time) (int, error) {
	if i := b.dates.firstBefore(ids, since); i >= 0 {
		return i, nil
	}
	last := -1
	for _, i := range probes {
		if i = min(i, len(ids)-1); i == last {
			break
		}
		last = i
		m, err := b.api.Messages.Get(me, ids[i]).Format("minimal").Fields("internalDate").Context(ctx).Do()
		if isGone(err) {
			continue
		}
		if err != nil {
			return 0, err
		}
		received := time.UnixMilli(m.InternalDate)
		b.dates.add(ids[i], received)
		if received.Before(since) {
			return i, nil
		}
	}
	return len(ids) + 1, nil
}

// dates remembers when mails were received that were read or looked at.
type dates struct {
	mu   sync.Mutex
	byID map[string]time.Time
}

// datesMax bounds them; to forget costs a look.
const datesMax = 8192

func (d *dates) add(id string, received time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byID == nil || len(d.byID) >= datesMax {
		d.byID = map[string]time.Time{}
	}
	d.byID[id] = received
}

// firstBefore finds the first mail that is known to be older; -1 if there is none.
func (d *dates) firstBefore(ids []string, t time.Time) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.IndexFunc(ids, func(id string) bool {
		received, ok := d.byID[id]
		return ok && received.Before(t)
	})
}

// survey is what several labels hold: each mail once, with the labels it was listed under.
type survey struct {
	ids    []string
	labels map[string][]string
	since  time.Time
	taken  time.Time
}

// survey lists the newest mails of labels down to those received before since.
func (b *backend) survey(ctx context.Context, labels []string, since time.Time) (*survey, error) {
	s := &survey{ids: []string{}, labels: map[string][]string{}, since: since, taken: time.Now()}
	for _, label := range labels {
		err := b.pages(ctx, label, since, func(ids []string) bool {
			for _, id := range ids {
				s.add(id, label)
			}
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *survey) add(id, label string) {
	known, ok := s.labels[id]
	if !ok {
		s.ids = append(s.ids, id)
	}
	if label != "" {
		known = append(known, label)
	}
	s.labels[id] = known
}

// watchLabels are the labels that arrivals are looked for under. Where every folder is watched,
// Sent and Drafts are listed too, as what is only there did not arrive.
func (b *backend) watchLabels() []string {
	if b.labels == nil {
		return []string{"", labelInbox, labelSpam, labelSent, labelDraft, labelTrash}
	}
	return b.labels
}

// arrived yields the mails of a survey of watchLabels that may have arrived.
func (b *backend) arrived(s *survey) []connector.Envelope {
	var out []connector.Envelope
	for _, id := range s.ids {
		labels := s.labels[id]
		if ownCopy(labels) {
			continue
		}
		folders, _ := b.known.folders(labels)
		if len(labels) == 0 {
			folders = nil // in a folder of the user's: not told here
		}
		out = append(out, connector.Envelope{ID: id, Folders: folders})
	}
	return out
}

// ownCopy reports whether a mail with these labels was written here and did not arrive.
func ownCopy(labels []string) bool {
	return slices.Contains(labels, labelDraft) || slices.Contains(labels, labelChat) ||
		slices.Contains(labels, labelSent) && !slices.Contains(labels, labelInbox) && !slices.Contains(labels, labelSpam)
}

// lose remembers that a place was lost, so that End lists what it takes to find it again.
func (b *backend) lose(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lost = at.Add(-lateness)
}

// lostPlace returns from where on a lost place is looked for; zero if none is lost.
func (b *backend) lostPlace() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lost
}

// found keeps what End listed for the Search that follows a lost place: both want the same list.
func (b *backend) found(s *survey, since time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.since = since
	b.again, b.lost = s, time.Time{}
}

// stale is how long such a list serves: for the search at once, and no other.
const stale = time.Second

// takeFound hands the list over, once.
func (b *backend) takeFound(since time.Time) *survey {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.again
	if s == nil || !s.since.Equal(since) {
		return nil
	}
	b.again = nil
	if time.Since(s.taken) > stale {
		return nil
	}
	return s
}

func formatID(id uint64) string { return strconv.FormatUint(id, 10) }

// isGone reports whether an answer says that a mail is not there.
func isGone(err error) bool {
	code, _ := status(err)
	return code == http.StatusNotFound
}

var errNoHistory = errors.New("history is kept for about a week, sometimes for hours")
