package gmail_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"golang.org/x/oauth2"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// fault is one thing that goes wrong, and what a user is told of it.
type fault struct {
	name   string
	change func(w *world, s *gmail.Workspace) // before connecting
	break_ func(w *world)                     // after it
	act    func(ctx context.Context, b connector.Backend) error
	scopes []string
	kind   error         // nil: it works all the same
	says   string        // in the error's text
	asks   int           // requests of the act, or of connecting where there is no act
	after  time.Duration // RetryAfter
}

const letter = "From: a@example.com\r\nTo: qa@example.com\r\nSubject: hello\r\nMessage-ID: <1@example.com>\r\n\r\nhello\r\n"

// The acts.
var (
	look = func(ctx context.Context, b connector.Backend) error {
		c := connector.Cursor{Token: "1"} // older than anything
		_, _, err := b.Arrivals(ctx, c)
		return err
	}
	end    = func(ctx context.Context, b connector.Backend) error { _, err := b.End(ctx); return err }
	search = func(ctx context.Context, b connector.Backend) error {
		for _, err := range b.Search(ctx, connector.Query{Everything: true}) {
			return err
		}
		return nil
	}
	read = func(ctx context.Context, b connector.Backend) error {
		for e, err := range b.Search(ctx, connector.Query{Everything: true}) {
			if err != nil {
				return err
			}
			return readID(ctx, b, e.ID)
		}
		return errors.New("no mail to read")
	}
	send = func(ctx context.Context, b connector.Backend) error {
		return b.(connector.Sender).Send(ctx, []string{connectortest.Address}, strings.NewReader(letter))
	}
	folders = func(ctx context.Context, b connector.Backend) error {
		_, err := b.(connector.Folderer).Folders(ctx)
		return err
	}
	trash = func(ctx context.Context, b connector.Backend) error {
		return b.(connector.Trasher).Trash(ctx, "19a0000000000abc")
	}
)

func readID(ctx context.Context, b connector.Backend, id string) error {
	src, err := b.Fetch(ctx, id, connector.DepthWhole)
	if err != nil {
		return err
	}
	defer src.Close()
	_, err = io.Copy(io.Discard, src)
	return err
}

// fails is a fault of the next requests of a kind.
func fails(kind string, n int, what fakegmail.Failure) func(*world) {
	return func(w *world) { w.fake.FailNext(kind, n, what) }
}

func pushes(f fakehttp.Fault) func(*world) { return func(w *world) { w.fake.Faults.Push(f) } }

// answers is a refusal of the API in its own form, by a reason.
func answers(kind string, status int, reason, text string) func(*world) {
	return refuses(kind, status, text, fmt.Sprintf(`"errors":[{"message":%q,"domain":"global","reason":%q}]`, text, reason))
}

// details is a refusal that tells its reason in ErrorInfo alone.
func details(kind string, status int, reason string) func(*world) {
	return refuses(kind, status, "refused", fmt.Sprintf(`"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":%q}]`, reason))
}

func refuses(kind string, status int, text, why string) func(*world) {
	return func(w *world) {
		w.fake.Faults.Push(fakehttp.Fault{Kind: kind, Status: status, Times: 2, Header: http.Header{"Content-Type": {"application/json; charset=UTF-8"}},
			Body: fmt.Sprintf(`{"error":{"code":%d,"message":%q,%s}}`, status, text, why)})
	}
}

// tokenFails is a refusal of the token endpoint.
func tokenFails(status int, code, text string) func(*world, *gmail.Workspace) {
	return func(w *world, _ *gmail.Workspace) {
		w.fake.FailNext("token", 1, fakegmail.TokenFailure(status, code, text))
	}
}

func tokenAnswers(status int, body string, header http.Header) func(*world, *gmail.Workspace) {
	return func(w *world, _ *gmail.Workspace) {
		w.fake.Faults.Push(fakehttp.Fault{Kind: "token", Status: status, Body: body, Header: header})
	}
}

func state(s fakegmail.UserState) func(*world, *gmail.Workspace) {
	return func(w *world, _ *gmail.Workspace) { w.fake.SetUser(connectortest.Address, s) }
}

func sourced(subject string, scopes ...string) func(*world, *gmail.Workspace) {
	return func(w *world, s *gmail.Workspace) {
		s.ServiceAccount = nil
		s.TokenSource = oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.fake.Token(subject, scopes...)})
	}
}

func keyless(allowed bool) func(*world, *gmail.Workspace) {
	return func(w *world, s *gmail.Workspace) {
		const caller = "ci@acme-mail-test.iam.gserviceaccount.com"
		if allowed {
			w.fake.AllowSigning(caller, w.robot.Email)
		}
		s.ServiceAccount = nil
		s.Keyless = &oauth.GoogleKeyless{Account: w.robot.Email, ClientID: w.robot.ClientID,
			Caller: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.fake.CallerToken(caller)})}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestFaults injects each fault and compares kind, text and requests; its log is the table.
func TestFaults(t *testing.T) {
	var mu sync.Mutex
	var rows []string
	t.Run("fault", func(t *testing.T) {
		for _, f := range slices.Concat(connectFaults, callFaults) {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					row := f.try(t)
					mu.Lock()
					defer mu.Unlock()
					rows = append(rows, row)
				})
			})
		}
	})
	slices.Sort(rows)
	t.Logf("%d faults: name | kind | requests | error\n%s", len(rows), strings.Join(rows, "\n"))
}

// try tries one fault and returns its row of the table.
func (f fault) try(t *testing.T) string {
	w := newWorld(t, nil, f.scopes...)
	w.box.Deliver([]byte(letter), mailstore.Delivery{})
	server := w.server()
	if f.change != nil {
		f.change(w, &server)
	}
	watch := []connector.Folder{connector.Inbox, connector.Junk}
	before := w.fake.Counter.Total().Requests
	b, err := server.Open(t.Context(), watch)
	if f.act != nil {
		if !assert.NoError(t, err, "connecting") {
			return ""
		}
		if f.break_ != nil {
			f.break_(w)
		}
		before = w.fake.Counter.Total().Requests
		err = f.act(t.Context(), b)
	}
	asked := w.fake.Counter.Total().Requests - before
	assert.Equal(t, f.asks, asked, "requests")
	if f.kind == nil {
		assert.NoError(t, err)
		return fmt.Sprintf("%s | – | %d | works", f.name, asked)
	}
	assert.ErrorIs(t, err, f.kind)
	assert.ErrorContains(t, err, f.says)
	e, ok := errors.AsType[*connector.Error](err)
	if !assert.True(t, ok, "%T is no *connector.Error", err) {
		return ""
	}
	assert.Equal(t, f.after, e.RetryAfter.Round(time.Second), "RetryAfter")
	if !errors.Is(err, connector.ErrCursorLost) && !errors.Is(err, context.DeadlineExceeded) {
		assert.NotEmpty(t, e.Remedy, "what to do about: %v", err)
	}
	assert.NotContains(t, err.Error(), "ya29", "a token")
	assert.NotContains(t, err.Error(), "PRIVATE KEY")
	assert.NotContains(t, err.Error(), "this version does not know", "a generic line")
	return fmt.Sprintf("%s | %s | %d | %v", f.name, e.Kind, asked, err)
}
