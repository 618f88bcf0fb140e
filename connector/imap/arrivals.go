package imap

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"time"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/cloudmail-go/cloudmail/connector"
)

// errValidity is a folder whose UIDs begin anew (RFC 9051 §2.3.1.1).
var errValidity = errors.New("UIDVALIDITY changed")

// errToken is a cursor that is none of ours.
var errToken = errors.New("the cursor is of another kind of mailbox, or of an older version")

// Arrivals reads what came into the watched folders, in one flight of commands: the first folder is
// listed, the others tell their next UID and are listed only if there is more.
func (b *backend) Arrivals(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
	const op = "look for mail"
	spots, ok := spotsOf(after.Token)
	if !ok {
		return nil, after, b.cursorLost(after, errToken)
	}
	if err := b.refresh(ctx); err != nil {
		return nil, after, b.fail(op, err)
	}
	l := newLook(b, spots, after.Known)
	if len(l.visits) == 0 {
		return nil, after, nil
	}
	got, err := use(ctx, b.pool, l.visits[0].place.name, silenceLook, l.run)
	if err == nil && got.lost {
		return nil, after, b.cursorLost(after, errValidity)
	}
	if err != nil && len(got.envs) == 0 {
		return nil, after, b.fail(op, err)
	}
	next := cursor(got.spots, got.known)
	if err != nil {
		next.At = after.At // not all of what came until now was seen
		return got.envs, next, b.fail(op, err)
	}
	b.idle.looked(next.Token)
	return got.envs, next, nil
}

// refresh reads the list of folders before a look at every folder, so that new ones are seen.
func (b *backend) refresh(ctx context.Context) error {
	if !b.any {
		return nil
	}
	return b.readFolders(ctx)
}

// lostMax is how many lost places are remembered. Each is searched from right after it was lost.
const lostMax = 16

// cursorLost remembers what lay at the place, for the search that finds it again.
func (b *backend) cursorLost(after connector.Cursor, cause error) error {
	there := map[string]int{}
	for _, p := range after.Known {
		there[p]++
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lost[after.At.Add(-lateness).UnixNano()] = there
	if len(b.lost) > lostMax {
		delete(b.lost, slices.Min(slices.Collect(maps.Keys(b.lost))))
	}
	return &connector.Error{Op: "look for mail", Mailbox: b.server.Address, Kind: connector.ErrCursorLost, Err: cause}
}

// found takes what lay at a lost place; nil if none is searched from this time.
func (b *backend) found(since time.Time) map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	there := map[string]int{}
	for p, n := range b.lost[since.UnixNano()] {
		there[p] = n
	}
	return there
}

// visit is a folder within a look.
type visit struct {
	place place
	at    spot     // how far it was read
	told  imap.UID // its next UID, as STATUS told; 0 is not told
	gone  bool
}

// look is one look at the watched folders. It is used once.
type look struct {
	backend *backend
	visits  []*visit
	envs    []connector.Envelope
	known   []string
	lost    bool // a folder's UIDs began anew
}

// looked is what a look saw.
type looked struct {
	envs  []connector.Envelope
	spots []spot
	known []string
	lost  bool
}

// newLook begins at a cursor. A folder that the cursor does not name was made later, and is read from
// its start.
func newLook(b *backend, spots []spot, known []string) *look {
	l := &look{backend: b, known: slices.Clone(known)}
	for _, p := range b.watched() {
		v := &visit{place: p, at: spot{name: p.name, next: 1}}
		if at := slices.IndexFunc(spots, func(s spot) bool { return s.name == p.name }); at >= 0 {
			v.at = spots[at]
		}
		l.visits = append(l.visits, v)
	}
	return l
}

// run makes the look on one connection.
func (l *look) run(c *conn) (looked, error) {
	err := l.flight(c)
	for _, v := range l.visits[1:] {
		if err != nil || l.lost || v.gone {
			break
		}
		if v.told != 0 && v.told <= v.at.next {
			continue
		}
		if err = c.open(v.place.name, false); err == nil {
			err = l.take(c, v, c.imap.Fetch(newer(v.at.next), listing(header)))
		}
	}
	got := looked{envs: l.envs, known: l.known, lost: l.lost}
	for _, v := range l.visits {
		if v.at.validity != 0 && !v.gone {
			got.spots = append(got.spots, v.at)
		}
	}
	return got, err
}

// flight lists the first folder and asks the others for their next UIDs, all in one round trip. NOOP
// makes the server look: some show new mail in no other way (Gmail). Where IDLE told of news the folder
// is opened anew instead: Dovecot lists what NOOP finds only for commands that come later.
func (l *look) flight(c *conn) error {
	v, idle := l.visits[0], l.backend.idle
	var opening *imapclient.SelectCommand
	if idle.begin() || c.folder != v.place.name {
		opening = c.begin(v.place.name, false)
	}
	before := c.exists()
	noop := c.imap.Noop()
	asked := l.ask(c)
	fetch := c.imap.Fetch(newer(v.at.next), listing(header))
	var err error
	if opening != nil {
		err = c.opened(v.place.name, opening)
	}
	err = cmp.Or(err, l.take(c, v, fetch)) // before the others: their answers may stand behind its own
	err = cmp.Or(err, noop.Wait())
	err = cmp.Or(err, l.hear(asked))
	if err == nil && !l.lost && opening == nil && len(l.envs) == 0 && c.exists() > before {
		err = l.take(c, v, c.imap.Fetch(newer(v.at.next), listing(header)))
	}
	if err == nil {
		idle.count(c.exists())
	}
	return err
}

// ask sends STATUS for all folders but the first.
func (l *look) ask(c *conn) []*imapclient.StatusCommand {
	var out []*imapclient.StatusCommand
	for _, v := range l.visits[1:] {
		out = append(out, c.imap.Status(v.place.name, &imap.StatusOptions{UIDNext: true, UIDValidity: true}))
	}
	return out
}

// hear waits for what ask asked for.
func (l *look) hear(asked []*imapclient.StatusCommand) (err error) {
	for i, cmd := range asked {
		v := l.visits[1+i]
		data, e := cmd.Wait()
		switch {
		case e != nil && l.backend.any && isRefusal(e): // deleted since it was listed
			v.gone = true
		case e != nil:
			err = cmp.Or(err, e)
		default:
			l.lost = l.lost || v.at.validity != 0 && v.at.validity != data.UIDValidity
			v.told = data.UIDNext
		}
	}
	return err
}

// isRefusal reports whether the server answered NO or BAD.
func isRefusal(err error) bool {
	_, ok := errors.AsType[*imap.Error](err)
	return ok
}

// newer are the UIDs from one on. "n:*" would name the last mail, even if it is older.
func newer(next imap.UID) imap.UIDSet {
	return imap.UIDSet{imap.UIDRange{Start: max(next, 1), Stop: math.MaxUint32}}
}

// take reads the listing of a folder. The place moves on behind each mail, as long as they come in
// the order of the folder without a gap: then nothing before it can be missing where the listing
// breaks off.
func (l *look) take(c *conn, v *visit, cmd *imapclient.FetchCommand) error {
	var got []item
	progress, orderly, end := v.at.next, true, v.at.next
	err := c.listed(cmd, header, func(it item) {
		if it.uid < v.at.next {
			return
		}
		orderly = orderly && it.uid >= progress && (len(got) == 0 || it.seq == got[len(got)-1].seq+1)
		if orderly {
			progress = it.uid + 1
		}
		end = max(end, it.uid+1)
		got = append(got, it)
	})
	if c.folder != v.place.name {
		return err // it could not be opened
	}
	if v.at.validity != 0 && v.at.validity != c.validity {
		l.lost = true
		return nil
	}
	v.at.validity, v.at.next = c.validity, progress
	if err == nil {
		v.at.next = end
	}
	for _, it := range got {
		l.known = append(l.known, it.print())
		if it.came() {
			l.envs = append(l.envs, it.envelope(v.place, c.validity))
		}
	}
	return err
}
