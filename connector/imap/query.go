package imap

import (
	"cmp"
	"context"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"

	imap "github.com/emersion/go-imap/v2"

	"github.com/cloudmail-go/cloudmail/connector"
)

const (
	searchChunk = 50  // headers that a search reads at first, twice as many each time after
	searchMost  = 400 // at a time
	rangesMax   = 300 // of UIDs in a command: servers take lines of 8 kB at least (RFC 7162 §4)
)

// hit is a mail that may match.
type hit struct {
	place place
	item  item
	at    spot
}

// Search yields the mails of the query's folder and time, newest first. The server is asked by day and
// Message-ID alone: SEARCH compares words and parts of words in its own way.
func (b *backend) Search(ctx context.Context, q connector.Query) iter.Seq2[connector.Envelope, error] {
	return func(yield func(connector.Envelope, error) bool) {
		hits, err := b.hits(ctx, q)
		there := map[string]int{}
		if q.Everything && q.Folder == connector.Anywhere && q.Before.IsZero() {
			there = b.found(q.Since)
		}
		seen := map[string]bool{}
		for n := searchChunk; len(hits) > 0 && err == nil; n = min(2*n, searchMost) {
			var envs []hit
			envs, hits, err = b.heads(ctx, hits, n)
			for _, h := range envs {
				p := h.item.print()
				if there[p] > 0 { // it lay there before the place was lost
					there[p]--
					continue
				}
				if h.place.all && seen[p] { // told already, from the folder it lies in
					continue
				}
				seen[p] = true
				if !yield(h.item.envelope(h.place, h.at.validity), nil) {
					return
				}
			}
		}
		if err != nil {
			yield(connector.Envelope{}, b.fail("search", err))
		}
	}
}

// hits finds the mails that may match, newest first, without their headers.
func (b *backend) hits(ctx context.Context, q connector.Query) ([]hit, error) {
	if err := b.checkQuery(q); err != nil {
		return nil, err
	}
	places, err := b.searched(ctx, q.Folder)
	if err != nil {
		return nil, err
	}
	var out []hit
	for _, p := range places {
		found, err := use(ctx, b.pool, p.name, silenceSearch, func(c *conn) ([]hit, error) { return c.search(p, q) })
		if err != nil && !(q.Folder == connector.Anywhere && isRefusal(err) && kindOf(err) == nil) {
			return nil, err
		}
		out = append(out, found...)
	}
	slices.SortStableFunc(out, func(x, y hit) int {
		if x.place.all != y.place.all { // behind the folders that it is a view of
			return cmp.Compare(btoi(x.place.all), btoi(y.place.all))
		}
		return cmp.Or(y.item.received.Compare(x.item.received), cmp.Compare(y.item.uid, x.item.uid))
	})
	return out, nil
}

// checkQuery finds what no server can be asked for.
func (b *backend) checkQuery(q connector.Query) error {
	if strings.ContainsAny(q.MessageID, lineEnds) {
		return &connector.Error{Kind: connector.ErrConfig, Err: errMessageID, Remedy: "was it read from a file with its line end?"}
	}
	return b.server.checkFolder("search", q.Folder)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// searched are the places of a query's folder; none if there is no such folder.
func (b *backend) searched(ctx context.Context, f connector.Folder) ([]place, error) {
	if err := b.readFolders(ctx); err != nil {
		return nil, err
	}
	if f == connector.Anywhere {
		return b.table.list(), nil
	}
	if f == "" {
		f = connector.Inbox
	}
	if p, ok := b.table.find(f); ok {
		return []place{p}, nil
	}
	return nil, nil
}

// search finds the mails of one folder.
func (c *conn) search(p place, q connector.Query) ([]hit, error) {
	c.folder = "" // opened anew: so that the server shows what came meanwhile
	if err := c.open(p.name, false); err != nil {
		return nil, err
	}
	at := spot{p.name, c.validity, c.next}
	var uids imap.UIDSet
	if criteria, narrow := c.criteria(q); narrow {
		data, err := c.imap.UIDSearch(criteria, nil).Wait()
		if err != nil {
			return nil, err
		}
		uids, _ = data.All.(imap.UIDSet)
	} else if c.exists() > 0 {
		uids = newer(1)
	}
	if len(uids) == 0 {
		return nil, nil
	}
	var out []hit
	for some := range slices.Chunk(uids, rangesMax) {
		err := c.listed(c.imap.Fetch(some, listing(nil)), nil, func(it item) {
			if inTime(it.received, q) && !slices.Contains(it.flags, imap.FlagDeleted) {
				out = append(out, hit{p, it, at})
			}
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// inTime compares to the second, as the session does.
func inTime(t time.Time, q connector.Query) bool {
	return (q.Since.IsZero() || !t.Before(q.Since.Truncate(time.Second))) && (q.Before.IsZero() || t.Before(q.Before))
}

// plainID are the Message-IDs that every server compares as we do.
var plainID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.!#$&+/=?^_~@-]*$`)

// criteria is what the server is asked for; false is everything. Its days are in a time zone of its
// own, so one more is asked for on both sides (RFC 9051 §6.4.4).
func (c *conn) criteria(q connector.Query) (*imap.SearchCriteria, bool) {
	out, narrow := &imap.SearchCriteria{}, false
	if !q.Since.IsZero() {
		out.Since, narrow = q.Since.UTC().AddDate(0, 0, -1), true
	}
	if !q.Before.IsZero() {
		out.Before, narrow = q.Before.UTC().AddDate(0, 0, 2), true
	}
	if id := strings.Trim(q.MessageID, " <>"); plainID.MatchString(id) && !c.wordSearch() {
		out.Header, narrow = []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: id}}, true
	}
	return out, narrow
}

// wordSearch reports whether the server compares words from an index: Gmail, and Exchange Online, which
// is known by what it lacks.
func (c *conn) wordSearch() bool {
	return c.has(gmail) || c.has(imap.AuthCap(string(AuthXOAUTH2))) && !c.has(imap.CapESearch) && !c.has(imap.CapSort)
}

// heads reads the headers of the first hits: as many as lie in one folder, most at most. Mails that
// went away meanwhile are not among them.
func (b *backend) heads(ctx context.Context, hits []hit, most int) (read, rest []hit, err error) {
	first := hits[0]
	n := 1
	for n < len(hits) && n < most && hits[n].place == first.place {
		n++
	}
	uids := imap.UIDSet{}
	for _, h := range hits[:n] {
		uids.AddNum(h.item.uid)
	}
	heads, err := use(ctx, b.pool, first.place.name, silenceSearch, func(c *conn) (map[imap.UID][]byte, error) {
		return c.heads(first, uids)
	})
	for _, h := range hits[:n] {
		if head, ok := heads[h.item.uid]; ok {
			h.item.head = head
			read = append(read, h)
		}
	}
	return read, hits[n:], err
}

// heads reads headers of one folder. It is opened anew, in the same flight: of what is gone a server may still show
// something, as Dovecot an empty header, and Courier a mail of its own.
func (c *conn) heads(first hit, uids imap.UIDSet) (map[imap.UID][]byte, error) {
	out := map[imap.UID][]byte{}
	opening := c.begin(first.place.name, false)
	fetch := c.imap.Fetch(uids, listing(header))
	defer fetch.Close() // again: does nothing
	if err := c.opened(first.place.name, opening); err != nil {
		return out, err
	}
	if c.validity != first.at.validity {
		return out, &connector.Error{Kind: connector.ErrUnavailable, Err: errValidity, Remedy: "search again"}
	}
	return out, c.listed(fetch, header, func(it item) { out[it.uid] = it.head })
}
