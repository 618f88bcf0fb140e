package connectortest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// foreigners is how many mails of others lie in the mailbox.
const foreigners = 10_000

// crowd is a mailbox of other people's mail, in all states and folders.
type crowd struct {
	box *mailstore.Mailbox
	was map[uint64]mailstore.Message
}

func newCrowd(box *mailstore.Mailbox) *crowd {
	c := &crowd{box: box, was: map[uint64]mailstore.Message{}}
	folders := []string{"Inbox", "Inbox", "Inbox", "Junk", "Archive", "Sent", "Trash"}
	for i := range foreigners {
		raw := fmt.Appendf(nil, "From: other%d@example.com\r\nTo: qa@example.com\r\nSubject: foreign %d\r\nMessage-ID: <foreign.%d@example.com>\r\n\r\nx\r\n", i%50, i%100, i)
		m := box.Deliver(raw, mailstore.Delivery{Folder: folders[i%len(folders)]})
		m, err := box.Update(m.Key, func(m *mailstore.Message) { m.Seen, m.Flagged = i%3 == 0, i%7 == 0 })
		if err != nil {
			panic(err)
		}
		c.was[m.Key] = m
	}
	return c
}

// touched counts the mails that any act has changed: every change of a mail gives it a new sequence.
func (c *crowd) touched() int {
	n := 0
	for key, was := range c.was {
		if is, ok := c.box.Get(key); !ok || is.Seq != was.Seq || is.Folder != was.Folder || is.Seen != was.Seen {
			n++
		}
	}
	return n
}

// program is a test that does things in random order, with the mails that it was given and with those it was not.
type program struct {
	*rand.Rand
	t       *testing.T
	name    string
	session *connector.Session
	box     *mailstore.Mailbox
	mine    []*connector.Message
	others  []*connector.Message
	acts    int
}

// folder picks where to move to.
func (p *program) folder() connector.Folder {
	return []connector.Folder{connector.Inbox, connector.Junk, connector.Archive, connector.Trash}[p.IntN(4)]
}

// pick chooses a mail, one in three foreign; nil if there is none.
func (p *program) pick() (m *connector.Message, foreign bool) {
	from := p.mine
	if foreign = p.IntN(3) == 0; foreign {
		from = p.others
	}
	if len(from) == 0 {
		return nil, foreign
	}
	return from[p.IntN(len(from))], foreign
}

// step does one thing. What is done to a foreign mail must be refused.
func (p *program) step(ctx context.Context) error {
	switch p.IntN(8) {
	case 0:
		p.box.Deliver(fmt.Appendf(nil, "From: shop@example.com\r\nTo: qa@example.com\r\nSubject: %s\r\n\r\nx\r\n", p.name), mailstore.Delivery{})
		m, err := p.session.WaitFor(ctx, connector.Query{Subject: p.name, Claim: p.IntN(2) == 0})
		if err == nil {
			p.mine = append(p.mine, m)
		}
		return err
	case 1:
		if p.IntN(20) > 0 { // it goes through the whole mailbox
			return nil
		}
		ms, err := p.session.Find(ctx, connector.Query{From: fmt.Sprintf("other%d@example.com", p.IntN(50)), Folder: connector.Anywhere, HeadOnly: true}, 3)
		p.others = append(p.others, ms...)
		return err
	case 2:
		_, err := p.session.Send(ctx, connector.Draft{To: []string{"qa@example.com"}, Subject: "sent by " + p.name})
		return err
	case 3:
		_, err := p.session.Clean(ctx)
		return err
	}
	m, foreign := p.pick()
	if m == nil {
		return nil
	}
	p.acts++
	err := p.act(ctx, m)
	if foreign {
		assert.ErrorIs(p.t, err, connector.ErrRefused, "%s acts on %q", p.name, m.Subject)
		return nil
	}
	return err
}

func (p *program) act(ctx context.Context, m *connector.Message) error {
	switch p.IntN(5) {
	case 0:
		return p.session.Move(ctx, m, p.folder())
	case 1:
		return p.session.Trash(ctx, m)
	case 2:
		return p.session.SetRead(ctx, m, p.IntN(2) == 0)
	}
	return p.session.SetRead(ctx, m, true)
}

// TestProgramsTouchNothingForeign lets random programs act beside one another in a full mailbox. All ten thousand:
//
//	CLOUDMAIL_SOAK=1 go test -timeout 1h -run TestProgramsTouchNothingForeign -v ./connector/connectortest
func TestProgramsTouchNothingForeign(t *testing.T) {
	t.Parallel()
	programs, beside := 200, 20
	if os.Getenv("CLOUDMAIL_SOAK") != "" {
		programs = 10_000
	}
	synctest.Test(t, func(t *testing.T) {
		store := mailstore.New()
		box := store.Add("qa@example.com")
		others := newCrowd(box)
		inbox, err := connector.Connect(t.Context(), memory.Server{Store: store, Address: "qa@example.com"}, &connector.Options{SendMax: 1 << 30, ActMax: 1 << 30})
		require.NoError(t, err)
		defer func() { require.NoError(t, inbox.Close()) }()
		acts := 0
		for batch := range programs / beside {
			found, err := inbox.Find(t.Context(), connector.Query{From: fmt.Sprintf("other%d@example.com", batch%50), Folder: connector.Anywhere, HeadOnly: true}, 10)
			require.NoError(t, err)
			require.Len(t, found, 10)
			done := make(chan *program)
			for i := range beside {
				seed := uint64(batch*beside + i)
				go func() { done <- run(t, inbox, box, seed, found) }()
			}
			for range beside {
				acts += (<-done).acts
			}
			require.Zero(t, others.touched(), "foreign mails touched in programs %d to %d", batch*beside, batch*beside+beside-1)
		}
		require.Greater(t, acts, programs*2, "acts")
		t.Logf("%d programs, %d acts on single mails, %d foreign mails, none touched", programs, acts, foreigners)
	})
}

// run runs one program.
func run(t *testing.T, inbox *connector.Session, box *mailstore.Mailbox, seed uint64, others []*connector.Message) *program {
	p := &program{Rand: rand.New(rand.NewPCG(seed, 3)), t: t, name: fmt.Sprintf("program %d.", seed), box: box, others: slices.Clone(others)}
	var err error
	if p.session, err = inbox.Begin(t.Context(), connector.Scope{Name: p.name}); err != nil {
		t.Error(err)
		return p
	}
	for range 5 + p.IntN(15) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := p.step(ctx); err != nil && !errors.Is(err, connector.ErrNotFound) {
			t.Errorf("%s: %v", p.name, err)
		}
		cancel()
	}
	return p
}
