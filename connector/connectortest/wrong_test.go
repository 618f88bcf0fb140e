package connectortest_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// wrong is a backend with one fault, around one without.
type wrong struct {
	connector.Server
	spoil func(*broken)
}

func (w wrong) Open(ctx context.Context, watch []connector.Folder) (connector.Backend, error) {
	b, err := w.Server.Open(ctx, watch)
	if err != nil {
		return nil, err
	}
	x := &broken{Backend: b}
	w.spoil(x)
	return x, nil
}

// broken passes each call to its hook, nil to the backend itself. Of the abilities it has those
// that the laws of the test need.
type broken struct {
	connector.Backend
	arrivals func(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error)
	search   func(ctx context.Context, q connector.Query) iter.Seq2[connector.Envelope, error]
	fetch    func(ctx context.Context, id string, want connector.Depth) (*connector.Source, error)
	end      func(ctx context.Context) (connector.Cursor, error)
}

func (b *broken) End(ctx context.Context) (connector.Cursor, error) {
	if b.end != nil {
		return b.end(ctx)
	}
	return b.Backend.End(ctx)
}

func (b *broken) Arrivals(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
	if b.arrivals != nil {
		return b.arrivals(ctx, after)
	}
	return b.Backend.Arrivals(ctx, after)
}

func (b *broken) Search(ctx context.Context, q connector.Query) iter.Seq2[connector.Envelope, error] {
	if b.search != nil {
		return b.search(ctx, q)
	}
	return b.Backend.Search(ctx, q)
}

func (b *broken) Fetch(ctx context.Context, id string, want connector.Depth) (*connector.Source, error) {
	if b.fetch != nil {
		return b.fetch(ctx, id, want)
	}
	return b.Backend.Fetch(ctx, id, want)
}

// Trash and the other acts make mails cleanable; ids last in memory.
func (b *broken) Trash(ctx context.Context, id string) error {
	return b.Backend.(connector.Trasher).Trash(ctx, id)
}

// Send is memory's.
func (b *broken) Send(ctx context.Context, to []string, mail io.Reader) error {
	return b.Backend.(connector.Sender).Send(ctx, to, mail)
}

func (b *broken) Limits() connector.Limits { return b.Backend.(connector.Limiter).Limits() }

// faults are backends that are wrong in one way each, and the law that must catch it.
func faults() map[string]func(*broken) {
	return map[string]func(*broken){
		"a-lost-cursor-loses-nothing":                     losesOnCursorDeath,
		"a-lost-cursor-repeats-nothing":                   repeatsOnCursorDeath,
		"reading-changes-nothing":                         marksRead,
		"wait-for-n-is-in-order-of-receipt":               reorders,
		"progress-before-an-error-is-kept":                forgetsProgress,
		"mail-before-the-mark-is-not-new":                 reportsOldMail,
		"a-mail-gone-before-fetch-is-no-error":            stumbles,
		"attachment-bytes-are-kept":                       trimsBytes,
		"refused-credentials-end-the-wait":                hidesRefusals,
		"a-throttled-call-is-retried-not-before-its-time": hidesRetryAfter,
		"search-misses-nothing":                           searchesByWords,
		"drafts-and-sent-copies-are-no-arrivals":          reportsOwnMail,
		"a-sent-mail-is-kept-once":                        keepsNoCopy,
		"every-error-is-typed":                            untypedErrors,
		"a-cursor-can-be-used-again":                      usesCursorsUp,
		"many-mails-in-one-look":                          readsOnePage,
	}
}

// keepsNoCopy shows nothing in Sent.
func keepsNoCopy(b *broken) {
	b.search = func(ctx context.Context, q connector.Query) iter.Seq2[connector.Envelope, error] {
		if q.Folder == connector.Sent {
			return func(func(connector.Envelope, error) bool) {}
		}
		return b.Backend.Search(ctx, q)
	}
}

// losesOnCursorDeath starts anew at the end when its place is forgotten, and says nothing.
func losesOnCursorDeath(b *broken) {
	b.arrivals = func(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
		envs, next, err := b.Backend.Arrivals(ctx, after)
		if errors.Is(err, connector.ErrCursorLost) {
			next, err = b.Backend.End(ctx)
		}
		return envs, next, err
	}
}

// gather adds what a search yields, until it fails.
func gather(envs []connector.Envelope, found iter.Seq2[connector.Envelope, error]) ([]connector.Envelope, error) {
	for e, err := range found {
		if err != nil {
			return envs, err
		}
		envs = append(envs, e)
	}
	return envs, nil
}

// repeatsOnCursorDeath lists everything again when its place is forgotten.
func repeatsOnCursorDeath(b *broken) {
	b.arrivals = func(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
		envs, next, err := b.Backend.Arrivals(ctx, after)
		if !errors.Is(err, connector.ErrCursorLost) {
			return envs, next, err
		}
		if next, err = b.Backend.End(ctx); err != nil {
			return envs, next, err
		}
		envs, err = gather(envs, b.Backend.Search(ctx, connector.Query{Everything: true}))
		return envs, next, err
	}
}

// marksRead sets the read flag of what it fetches, as POP3-minded servers and IMAP's BODY[] do.
func marksRead(b *broken) {
	b.fetch = func(ctx context.Context, id string, want connector.Depth) (*connector.Source, error) {
		_ = b.Backend.(connector.ReadSetter).SetRead(ctx, id, true)
		return b.Backend.Fetch(ctx, id, want)
	}
}

// reorders stamps mails with the time at which it saw them, the latest first.
func reorders(b *broken) {
	b.arrivals = func(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
		envs, next, err := b.Backend.Arrivals(ctx, after)
		slices.SortFunc(envs, func(x, y connector.Envelope) int { return y.Received.Compare(x.Received) })
		for i := range envs {
			envs[i].Received = time.Now().Add(time.Duration(i) * time.Millisecond)
		}
		return envs, next, err
	}
	b.fetch = func(ctx context.Context, id string, want connector.Depth) (*connector.Source, error) {
		src, err := b.Backend.Fetch(ctx, id, want)
		if err == nil {
			src.Received = time.Time{}
		}
		return src, err
	}
}

// forgetsProgress starts a listing over when it breaks off.
func forgetsProgress(b *broken) {
	b.arrivals = func(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
		envs, next, err := b.Backend.Arrivals(ctx, after)
		if err != nil {
			return nil, connector.Cursor{}, err
		}
		return envs, next, nil
	}
}

// reportsOldMail begins at the beginning.
func reportsOldMail(b *broken) {
	b.end = func(ctx context.Context) (connector.Cursor, error) {
		c, err := b.Backend.End(ctx)
		c.Token = "0.0"
		return c, err
	}
}

// stumbles reads each mail that it lists, and fails altogether when one of them is gone.
func stumbles(b *broken) {
	b.arrivals = func(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
		envs, next, err := b.Backend.Arrivals(ctx, after)
		for _, e := range envs {
			src, err := b.Backend.Fetch(ctx, e.ID, connector.DepthHead)
			if err != nil {
				return nil, after, err
			}
			_ = src.Close()
		}
		return envs, next, err
	}
}

// trimsBytes loses the end of big mails.
func trimsBytes(b *broken) {
	b.fetch = func(ctx context.Context, id string, want connector.Depth) (*connector.Source, error) {
		src, err := b.Backend.Fetch(ctx, id, want)
		if err == nil {
			src.ReadCloser = &limited{src.ReadCloser, 100_000}
		}
		return src, err
	}
}

// hidesRefusals takes refused credentials for an outage.
func hidesRefusals(b *broken) {
	b.arrivals = func(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
		envs, next, err := b.Backend.Arrivals(ctx, after)
		if errors.Is(err, connector.ErrAuth) {
			err = &connector.Error{Op: "arrivals", Kind: connector.ErrUnavailable}
		}
		return envs, next, err
	}
}

// hidesRetryAfter does not hand on how long the service asks to wait.
func hidesRetryAfter(b *broken) {
	b.arrivals = func(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
		envs, next, err := b.Backend.Arrivals(ctx, after)
		if e, ok := errors.AsType[*connector.Error](err); ok {
			e.RetryAfter = 0
		}
		return envs, next, err
	}
}

// searchesByWords lets the service narrow, which knows whole words only.
func searchesByWords(b *broken) {
	b.search = func(ctx context.Context, q connector.Query) iter.Seq2[connector.Envelope, error] {
		if q.Subject != "" && q.Subject != "sought" {
			return func(func(connector.Envelope, error) bool) {}
		}
		return b.Backend.Search(ctx, q)
	}
}

// reportsOwnMail takes a copy in Sent for mail that came.
func reportsOwnMail(b *broken) {
	b.arrivals = func(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
		envs, next, err := b.Backend.Arrivals(ctx, after)
		if err != nil {
			return envs, next, err
		}
		own, err := gather(nil, b.Backend.Search(ctx, connector.Query{Everything: true, Folder: connector.Sent}))
		for i := range own {
			own[i].Folders = []connector.Folder{connector.Inbox}
		}
		return append(envs, own...), next, err
	}
}

// untypedErrors returns what it got.
func untypedErrors(b *broken) {
	b.end = func(ctx context.Context) (connector.Cursor, error) {
		c, err := b.Backend.End(ctx)
		if err != nil {
			err = errors.New("status 503")
		}
		return c, err
	}
}

// usesCursorsUp keeps its place to itself, as if there were one reader only.
func usesCursorsUp(b *broken) {
	var mu sync.Mutex
	var place connector.Cursor
	b.arrivals = func(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
		mu.Lock()
		defer mu.Unlock()
		if place.Token == "" {
			place = after
		}
		envs, next, err := b.Backend.Arrivals(ctx, place)
		place = next
		return envs, next, err
	}
}

// readsOnePage lists the first hundred mails and takes them for all.
func readsOnePage(b *broken) {
	b.arrivals = func(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
		envs, next, err := b.Backend.Arrivals(ctx, after)
		return envs[:min(len(envs), 100)], next, err
	}
}

// limited ends early.
type limited struct {
	r    io.ReadCloser
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p[:min(len(p), max(l.left, 0))])
	if l.left -= n; l.left <= 0 {
		return n, io.EOF
	}
	return n, err
}

func (l *limited) Close() error { return l.r.Close() }

// around makes instances of a mailbox in memory with a fault.
func around(spoil func(*broken)) func(*testing.T) *connectortest.Instance {
	return func(*testing.T) *connectortest.Instance {
		store, f := mailstore.New(), &memory.Faults{}
		in := connectortest.FromStore(store)
		server := memory.Server{Store: store, Address: connectortest.Address, Faults: f, BareEnvelopes: true}
		in.Server = wrong{Server: server, spoil: spoil}
		in.StableIDs = true
		in.Throttle, in.LoseCursors, in.Vanish = f.Throttle, f.LoseCursors, f.Vanish
		in.Outage = func(n int) { f.Fail(n, connector.ErrUnavailable) }
		in.Revoke = func(bool) { f.Accept("another") }
		in.CutArrivals = func() int { f.CutArrivals(true); return 1 }
		in.Requests = func() int { return f.Calls() }
		return in
	}
}

// TestWrongBackends sees that each fault is caught by its law, and that the law holds without it.
func TestWrongBackends(t *testing.T) {
	t.Parallel()
	laws := map[string]connectortest.Law{}
	for _, law := range connectortest.Laws() {
		laws[law.Name] = law
	}
	for name, spoil := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, laws, name)
			sound := connectortest.Try(t, connectortest.Harness{New: around(func(*broken) {}), Virtual: true}, laws[name])
			require.Empty(t, sound.Errors, "the law must hold for a backend without the fault")
			require.False(t, sound.Skipped)
			caught := connectortest.Try(t, connectortest.Harness{New: around(spoil), Virtual: true}, laws[name])
			require.NotEmpty(t, caught.Errors, "the law must catch the fault")
		})
	}
}

// TestLawsAreNamed sees that the table can be read: names are unique and every law says who suffers.
func TestLawsAreNamed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, law := range connectortest.Laws() {
		require.Regexp(t, `^[a-z0-9]+(-[a-z0-9]+)+$`, law.Name)
		require.False(t, seen[law.Name], "%s is there twice", law.Name)
		require.NotEmpty(t, law.Why, law.Name)
		require.NotNil(t, law.Run, law.Name)
		seen[law.Name] = true
	}
	require.GreaterOrEqual(t, len(seen), 40)
}

// TestCannot sees that a harness that can do nothing but deliver skips laws and breaks none of them.
func TestCannot(t *testing.T) {
	t.Parallel()
	skipped := 0
	for _, law := range connectortest.Laws() {
		if law.Needs == nil {
			continue
		}
		v := connectortest.Try(t, connectortest.Harness{Virtual: true, New: func(*testing.T) *connectortest.Instance {
			store := mailstore.New()
			return &connectortest.Instance{Deliver: connectortest.FromStore(store).Deliver,
				Server: memory.Server{Store: store, Address: connectortest.Address}}
		}}, law)
		require.Empty(t, v.Errors, law.Name)
		if v.Skipped {
			skipped++
		}
	}
	require.Greater(t, skipped, 20)
}

// TestHarnessOfTheExample holds that a harness which can do little passes too.
func TestHarnessOfTheExample(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, connectortest.Harness{Virtual: true, New: fresh})
}
