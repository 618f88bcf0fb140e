package imap

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	imap "github.com/emersion/go-imap/v2"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/recent"
)

// backend is one open mailbox.
type backend struct {
	server Server
	keeper *keeper
	pool   *pool
	table  table
	watch  []connector.Folder // as asked for
	any    bool               // every folder is watched
	idle   *watcher

	parts recent.Map[[]leftOut] // of mails that were read by their parts, by id

	mu   sync.Mutex
	lost map[int64]map[string]int // prints of what was there at a lost place, by the time it is searched from
}

var _ interface {
	connector.Backend
	connector.Identifier
	connector.Limiter
	connector.Notifier
	connector.Mover
	connector.Trasher
	connector.ReadSetter
	connector.Folderer
	connector.Parter
	io.Closer
} = (*backend)(nil)

func newBackend(s Server) *backend {
	b := &backend{server: s, keeper: &keeper{server: s}, lost: map[int64]map[string]int{}}
	b.pool = newPool(b.keeper.signedIn)
	b.idle = &watcher{backend: b}
	return b
}

// start makes the first connection and finds the folders to watch. Junk may be missing.
func (b *backend) start(ctx context.Context, watch []connector.Folder) error {
	if err := b.readFolders(ctx); err != nil {
		return b.fail("connect", err)
	}
	b.any = slices.Contains(watch, connector.Anywhere)
	for _, f := range watch {
		_, ok := b.table.find(f)
		switch {
		case ok:
			b.watch = append(b.watch, f)
		case f != connector.Anywhere && f != connector.Junk:
			return b.server.noFolder("connect", f)
		}
	}
	watched := b.watched()
	if in, ok := b.table.find(connector.Inbox); ok && len(watched) == 0 {
		watched = append(watched, in)
	}
	if len(watched) == 0 {
		return nil
	}
	// One shows whether the mailbox may be read, and how.
	_, err := use(ctx, b.pool, "", silenceLook, func(c *conn) (struct{}, error) { return struct{}{}, c.probe(watched[0].name) })
	if err != nil {
		return b.fail("connect", err)
	}
	return nil
}

// watched are the places to look at, the inbox first.
func (b *backend) watched() []place {
	var out []place
	for _, p := range b.table.list() {
		if b.any && !ownCopy(p.folder) && !p.all || slices.Contains(b.watch, p.folder) {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(x, y place) int {
		return strings.Compare(strconv.FormatBool(y.folder == connector.Inbox), strconv.FormatBool(x.folder == connector.Inbox))
	})
	return out
}

// Identity names the mailbox and whose rights it is seen with.
func (b *backend) Identity() string {
	if b.server.Dial != nil {
		return ""
	}
	return strings.Join([]string{"imap", strings.ToLower(b.server.addr()), string(b.server.Security), strings.ToLower(b.server.Address),
		b.server.User, b.keeper.fingerprint()}, " ")
}

// Limits says how many connections the gate lets work; one more lies in IDLE.
func (b *backend) Limits() connector.Limits { return connector.Limits{InFlight: connMax - 2} }

// Close breaks the connections.
func (b *backend) Close() error {
	b.idle.close()
	b.pool.close()
	return nil
}

// End returns the place behind the last mail of each watched folder, and what lay there.
func (b *backend) End(ctx context.Context) (connector.Cursor, error) {
	const op = "find the end of the mailbox"
	if b.any {
		if err := b.readFolders(ctx); err != nil {
			return connector.Cursor{}, b.fail(op, err)
		}
	}
	var spots []spot
	var prints []string
	for i, p := range b.watched() {
		e, err := use(ctx, b.pool, p.name, silenceLook, func(c *conn) (folderEnd, error) { return c.end(p.name, i == 0, b.idle) })
		if err != nil {
			return connector.Cursor{}, b.fail(op, err)
		}
		spots = append(spots, e.spot)
		prints = append(prints, e.prints...)
	}
	c := cursor(spots, prints)
	b.idle.looked(c.Token)
	return c, nil
}

// folderEnd is the end of one folder.
type folderEnd struct {
	spot   spot
	prints []string
}

// chunk is how many mails are listed at a time to find those of the last minutes.
const chunk = 100

// end finds the end of a folder. Servers need not tell UIDNEXT when they open a folder, so the last
// mail's UID tells as well.
func (c *conn) end(name string, first bool, w *watcher) (folderEnd, error) {
	if first {
		w.begin()
	}
	c.folder = "" // opened anew: so that UIDVALIDITY and the count are of now
	if err := c.open(name, false); err != nil {
		return folderEnd{}, err
	}
	e := folderEnd{spot: spot{name, c.validity, max(c.next, 1)}}
	limit := time.Now().Add(-keep)
	for last := c.exists(); last > 0; {
		from := uint32(1)
		if last > chunk {
			from = last - chunk + 1
		}
		recent := 0
		err := c.listed(c.imap.Fetch(imap.SeqSet{imap.SeqRange{Start: from, Stop: last}}, listing(messageID)), messageID, func(it item) {
			e.spot.next = max(e.spot.next, it.uid+1)
			if it.received.After(limit) {
				recent++
				e.prints = append(e.prints, it.print())
			}
		})
		if err != nil || recent == 0 || len(e.prints) >= knownMax {
			if first && err == nil {
				w.count(c.exists())
			}
			return e, err
		}
		last = from - 1
	}
	if first {
		w.count(c.exists())
	}
	return e, nil
}
