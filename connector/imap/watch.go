package imap

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	imap "github.com/emersion/go-imap/v2"

	"github.com/cloudmail-go/cloudmail/connector"
)

const (
	// idleFor is how long one IDLE lasts while somebody listens: the end of each shows that the connection
	// lives. RFC 2177 wants less than 29 minutes; routers forget a silent connection much earlier.
	idleFor = 7 * time.Second
	// silenceIdle is how long the server may take to end one.
	silenceIdle = 5 * time.Second
	// idleUnused is how long after the last wait the connection is kept.
	idleUnused = time.Minute
	// idleAgain is how long after a failure no connection for IDLE is tried.
	idleAgain = 30 * time.Second
	// idleNone is how long a server that has no IDLE is not asked again.
	idleNone = time.Hour
	// idleDeaf is how long looks may see mail that IDLE does not tell of before it is begun anew.
	idleDeaf = 10 * time.Second
)

// watcher keeps a connection in IDLE on the first watched folder while somebody listens. It counts the
// mails there, as IDLE tells them, and compares with what the looks saw.
type watcher struct {
	backend *backend

	mu      sync.Mutex
	told    uint32 // mails in the folder, as IDLE told last
	seen    uint32 // as the latest look found
	before  uint32 // as IDLE had told when that look began
	trouble bool   // the latest look has not succeeded (yet): nothing is begun beside it
	token   string // of the cursor behind that look
	deaf    time.Time
	changed chan struct{} // closed when told changes or the connection breaks; nil if nobody listens
	conn    *conn
	running bool
	last    time.Time // when somebody began to listen, or ended
	ears    int       // who listens now
	since   time.Time // when the connection began to work; zero if none did
	died    bool      // a connection that worked broke: a look is due
	retry   time.Time // no connection before
	closed  bool
	stop    context.CancelFunc // ends the run
	done    sync.WaitGroup
}

// begin notes that a look begins, and reports whether IDLE told of mail that no look saw.
func (w *watcher) begin() (news bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	news = w.told > w.seen && w.told > w.before
	w.before, w.trouble = w.told, true
	return news
}

// count notes how many mails a look found in the folder. Where IDLE does not tell of them, it is
// begun anew: the connection may be half open.
func (w *watcher) count(n uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = n
	switch {
	case w.conn == nil || n <= w.told:
		w.deaf = time.Time{}
	case w.deaf.IsZero():
		w.deaf = time.Now()
	case time.Since(w.deaf) > idleDeaf:
		w.conn.kill()
	}
}

// looked notes the cursor behind a look.
func (w *watcher) looked(token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.token, w.trouble = token, false
}

// errNoIdle is a server that cannot tell by itself, or did not lately.
var errNoIdle = errors.New("the server tells nothing by itself at the moment")

// Notify returns when IDLE tells of more mails than the look behind the cursor saw.
func (b *backend) Notify(ctx context.Context, after connector.Cursor) error {
	w := b.idle
	w.touch(1)
	defer w.touch(-1)
	for {
		ready, changed, err := w.listen(after.Token)
		if err != nil {
			return b.fail("listen", err)
		}
		if ready {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return b.fail("listen", ctx.Err())
		}
	}
}

// listen says whether there is news, else when to ask again; it starts the connection if there is none.
func (w *watcher) listen(token string) (ready bool, changed <-chan struct{}, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if token != w.token || w.running && w.told > w.seen && w.told > w.before || w.died {
		w.died = false
		return true, nil, nil
	}
	if w.closed {
		return false, nil, net.ErrClosed
	}
	if !w.running {
		if w.trouble || time.Now().Before(w.retry) {
			return false, nil, errNoIdle
		}
		var ctx context.Context
		ctx, w.stop = context.WithCancel(context.Background())
		w.running, w.told, w.before, w.since = true, 0, 0, time.Now()
		w.done.Go(func() { w.run(ctx) })
	}
	w.last = time.Now()
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	return false, w.changed, nil
}

// touch notes that somebody begins to listen, or ends.
func (w *watcher) touch(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last, w.ears = time.Now(), w.ears+n
}

// wake tells who listens that something changed; the lock is held.
func (w *watcher) wake() {
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// exists is told by IDLE. Where mails went, those that a look saw are fewer as well: the next that comes is news.
func (w *watcher) exists(n uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told, w.seen, w.before = n, min(w.seen, n), min(w.before, n)
	w.wake()
}

// run is the life of one connection.
func (w *watcher) run(ctx context.Context) {
	err := w.idle(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop()
	w.died = err != nil && w.conn != nil && !w.closed
	w.running, w.conn, w.deaf = false, nil, time.Time{}
	if w.died {
		w.backend.pool.purge() // they may be half open as well
	}
	if err != nil && time.Since(w.since) < idleFor { // it cannot be kept: not again at once
		if again := time.Now().Add(idleAgain); again.After(w.retry) {
			w.retry = again
		}
	}
	w.wake()
}

// idle connects and lies in IDLE until nobody listens any more, or the connection breaks.
func (w *watcher) idle(ctx context.Context) error {
	c, err := w.backend.keeper.signedIn(ctx)
	if err != nil {
		return err
	}
	defer c.shut()
	defer context.AfterFunc(ctx, c.kill)()
	places := w.backend.watched()
	if len(places) == 0 || !c.has(imap.CapIdle) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.retry = time.Now().Add(idleNone)
		return errNoIdle
	}
	c.guard.begin(silenceLook, budgetLook)
	if err := c.open(places[0].name, false); err != nil {
		return err
	}
	c.guard.end()
	w.mu.Lock()
	w.conn, w.since = c, time.Now()
	w.mu.Unlock()
	c.news.Store(&news{w.exists})
	w.exists(c.exists())
	for !w.unused() {
		if err := w.once(c); err != nil {
			return err
		}
	}
	return nil
}

// once is one IDLE. What the server tells between two comes with the answer to the next command.
func (w *watcher) once(c *conn) error {
	c.guard.begin(silenceLook, budgetLook)
	defer c.guard.end()
	cmd, err := c.imap.Idle()
	if err != nil {
		return err
	}
	c.guard.end()
	end := time.Now().Add(idleFor)
	for (time.Now().Before(end) || w.deserted()) && !w.unused() && !c.broken() {
		w.rest(c, idleFor)
	}
	c.guard.begin(silenceIdle, budgetLook)
	if err := cmd.Close(); err != nil {
		return err
	}
	return cmd.Wait()
}

// rest waits, until the connection breaks at most.
func (w *watcher) rest(c *conn, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-c.imap.Closed():
	}
}

// deserted reports whether nobody listens right now: then nothing is sent.
func (w *watcher) deserted() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ears == 0
}

// unused reports whether nobody has listened for a while.
func (w *watcher) unused() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed || w.ears == 0 && time.Since(w.last) > idleUnused
}

// close ends the connection.
func (w *watcher) close() {
	w.mu.Lock()
	w.closed = true
	if w.stop != nil {
		w.stop()
	}
	w.mu.Unlock()
	w.done.Wait()
}
