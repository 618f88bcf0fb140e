package gmail

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	api "google.golang.org/api/gmail/v1"
	"google.golang.org/api/option"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/retryafter"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
)

// me is the mailbox that the token is for.
const me = "me"

// inFlight is how many requests of one mailbox run at a time; Gmail refuses from about 10 on.
const inFlight = 8

// backend is one open mailbox.
type backend struct {
	set    Workspace
	watch  []connector.Folder
	labels []string // of watch; nil if Anywhere is watched
	tokens *oauth.Google
	http   *http.Client
	api    *api.UsersService
	known  labelTable
	dates  dates
	claims claims
	done   func()

	mu    sync.Mutex
	calls int       // of Arrivals
	lost  time.Time // from where on a lost place is looked for; zero: none is lost
	again *survey   // what End listed to find it again
}

// private hides the ability Identifier: a mailbox whose feed nobody may share.
type private struct{ *backend }

// Identity is empty.
func (private) Identity() string { return "" }

var _ interface {
	connector.Backend
	connector.Identifier
	connector.Limiter
	connector.Sender
	connector.Replier
	connector.Mover
	connector.Trasher
	connector.ReadSetter
	connector.Claimer
	connector.Folderer
	io.Closer
} = (*backend)(nil)

// newBackend puts the parts together. The API client gets its endpoint and transport from us and
// nothing from the environment.
func newBackend(ctx context.Context, w Workspace, watch []connector.Folder, tokens *oauth.Google, base http.RoundTripper, done func()) (*backend, error) {
	b := &backend{set: w, watch: watch, tokens: tokens, done: done,
		http: client(authorized{base, tokens})}
	svc, err := api.NewService(ctx, option.WithHTTPClient(b.http), option.WithEndpoint(w.Endpoint),
		option.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, w.about("connect", err)
	}
	svc.UserAgent = "cloudmail"
	b.api = svc.Users
	return b, nil
}

// look reads the profile and finds the labels to watch.
func (b *backend) look(ctx context.Context) error {
	p, err := b.api.GetProfile(me).Fields("emailAddress").Context(ctx).Do()
	if err != nil {
		return b.fail(ctx, "connect", err)
	}
	if b.set.sourced() && !strings.EqualFold(p.EmailAddress, b.set.Subject) {
		return b.set.config("Token or TokenSource gives tokens for another mailbox than Address", "if Address is an alias, set Subject to the user's primary address")
	}
	if slices.Contains(b.watch, connector.Anywhere) {
		return nil
	}
	for _, f := range b.watch {
		id, err := b.labelOf(ctx, f)
		if err != nil {
			return err
		}
		if id == "" {
			return b.noFolder("connect", f)
		}
		b.labels = append(b.labels, id)
	}
	return nil
}

// Identity names the mailbox and whose rights it is seen with.
func (b *backend) Identity() string { return b.identity() }

func (b *backend) identity() string {
	print := b.tokens.Fingerprint()
	if print == "" || b.set.Transport != nil {
		return ""
	}
	return strings.Join([]string{"gmail", b.set.Endpoint, strings.ToLower(b.set.Address), strings.ToLower(b.set.Subject),
		strings.Join(b.set.Scopes, ","), print}, " ")
}

// Limits are those of projects made since May 2026
// (https://developers.google.com/workspace/gmail/api/reference/quota).
func (b *backend) Limits() connector.Limits {
	return connector.Limits{Budget: cmp.Or(b.set.UserUnits, 6000), Window: time.Minute, Look: 2, Fetch: 20, InFlight: inFlight, StableIDs: true}
}

// Close releases the connections.
func (b *backend) Close() error {
	b.done()
	return nil
}

// End returns the history id of now. What the watched folders hold is listed beside it, after it:
// what comes between is both listed and in the history.
func (b *backend) End(ctx context.Context) (connector.Cursor, error) {
	const op = "find the end of the mailbox"
	p, err := b.api.GetProfile(me).Fields("historyId").Context(ctx).Do()
	if err != nil {
		return connector.Cursor{}, b.fail(ctx, op, err)
	}
	at := retryafter.Now(p.Header)
	since, lost := at.Add(-lateness), b.lostPlace()
	if !lost.IsZero() && lost.Before(since) {
		since = lost
	}
	s, err := b.survey(ctx, b.watchLabels(), since)
	if err != nil {
		return connector.Cursor{}, b.fail(ctx, op, err)
	}
	if !lost.IsZero() {
		b.found(s, lost)
	}
	return connector.Cursor{Token: formatID(p.HistoryId), At: at, Known: s.ids}, nil
}
