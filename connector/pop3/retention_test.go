package pop3_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakepop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const day = 24 * time.Hour

// keeping is a mailbox with a ledger.
type keeping struct {
	t      *testing.T
	fake   *fakepop3.Server
	inbox  *mailstore.Mailbox
	server pop3.Server
}

func newKeeping(t *testing.T, o fakepop3.Options) *keeping {
	store := mailstore.New()
	k := &keeping{t: t, inbox: store.Add("qa@example.com")}
	o.TLS, o.Users, o.Tokens = fakepop3.Plain, map[string]string{"qa@example.com": "secret"}, map[string]string{"qa@example.com": "token"}
	fake, err := fakepop3.New(store, &o)
	require.NoError(t, err)
	root, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, fake.Close()); require.NoError(t, root.Close()) })
	k.fake, k.server = fake, pop3.Server{Host: "localhost", Security: pop3.Plain, Address: "qa@example.com",
		Password: connector.Literal("secret"), Ledger: pop3.LedgerFile{Folder: root}}
	k.server.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		return k.fake.DialContext(ctx, network, address)
	}
	return k
}

// deliver brings a mail of a subject.
func (k *keeping) deliver(subject string) {
	k.inbox.Deliver([]byte("Subject: "+subject+"\r\n\r\nText of "+subject+".\r\n"), mailstore.Delivery{})
}

// fetch lets a session see all mails and read those of the subjects.
func (k *keeping) fetch(subjects ...string) {
	k.t.Helper()
	s, err := connector.Connect(k.t.Context(), k.server, nil)
	require.NoError(k.t, err)
	for _, subject := range subjects {
		found, err := s.Find(k.t.Context(), connector.Query{Subject: subject}, 1)
		require.NoError(k.t, err)
		require.Len(k.t, found, 1)
	}
	require.NoError(k.t, s.Close())
}

// plan is a dry run.
func (k *keeping) plan(r pop3.Retention) *pop3.Plan {
	k.t.Helper()
	synctest.Wait() // a connection that broke is gone for the server too
	p, err := k.server.Plan(k.t.Context(), r)
	require.NoError(k.t, err)
	return p
}

// left are the subjects that the server has.
func (k *keeping) left() (out []string) {
	for _, m := range k.inbox.List(mailstore.Inbox) {
		_, rest, _ := strings.Cut(string(m.Raw), "Subject: ")
		subject, _, _ := strings.Cut(rest, "\r\n")
		out = append(out, subject)
	}
	return out
}

// TestRetentionCountsDays lets days pass: a dry run changes nothing, what was not downloaded stays, and
// the number of days may change at any time.
func TestRetentionCountsDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping(t, fakepop3.Options{MarksRead: true})
		k.deliver("one")
		k.deliver("unread")
		k.fetch("one")
		time.Sleep(3 * day)
		k.deliver("two")
		k.fetch("two")
		require.Empty(t, k.plan(pop3.Retention{}).Due, "the default leaves all mail")
		require.Empty(t, k.plan(pop3.Retention{Days: 4}).Due)
		time.Sleep(day)
		p := k.plan(pop3.Retention{Days: 4})
		require.Len(t, p.Due, 1)
		require.Len(t, p.Unfetched, 1)
		for _, m := range k.inbox.List(mailstore.Inbox) {
			if strings.Contains(string(m.Raw), "Subject: one") {
				require.Len(t, m.Raw, int(p.Due[0].Size))
				require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(m.Raw)), p.Due[0].SHA256)
			}
		}
		require.Empty(t, k.plan(pop3.Retention{Days: 5}).Due, "edited")
		require.Len(t, k.left(), 3, "a dry run changes nothing")
		gone, err := p.Delete(t.Context())
		require.NoError(t, err)
		require.Equal(t, p.Due, gone)
		require.Equal(t, []string{"two", "unread"}, k.left())
		gone, err = p.Delete(t.Context())
		require.NoError(t, err)
		require.Empty(t, gone, "once")
		for _, m := range k.inbox.List(mailstore.Inbox) {
			require.False(t, m.Seen, "what stays is not marked as read")
		}
	})
}

// TestRetentionByReceived counts from what the header says.
func TestRetentionByReceived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping(t, fakepop3.Options{})
		old := time.Now().Add(-10 * day)
		k.inbox.Deliver([]byte("Received: by mx.example.com; "+old.Format(time.RFC1123Z)+"\r\nSubject: old\r\n\r\nx\r\n"), mailstore.Delivery{NoTrace: true})
		k.fetch("old")
		require.Empty(t, k.plan(pop3.Retention{Days: 9}).Due)
		require.Empty(t, k.plan(pop3.Retention{Days: 11, ByReceived: true}).Due)
		p := k.plan(pop3.Retention{Days: 9, ByReceived: true})
		require.Len(t, p.Due, 1)
		require.Equal(t, old.Unix(), p.Due[0].Received.Unix())
	})
}

// TestRetentionLosesNothing breaks the connection at every byte that the server says while it
// deletes: each mail is either reported as gone and gone, or still there, and the next run ends it.
func TestRetentionLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finished, broken := 0, 0
		for cut := 1; finished < 3; cut += 3 {
			k := newKeeping(t, fakepop3.Options{LockWait: 10 * time.Second})
			k.deliver("one")
			k.deliver("two")
			k.fetch("one", "two")
			k.deliver("unread")
			time.Sleep(day)
			p := k.plan(pop3.Retention{Days: 1})
			require.Len(t, p.Due, 2)
			k.fake.CutAfter(cut)
			synctest.Wait()
			gone, err := p.Delete(t.Context())
			require.Equal(t, 3-len(gone), len(k.left()), "cut at %d: %v", cut, err)
			require.Contains(t, k.left(), "unread")
			if err != nil {
				broken++
				require.ErrorIs(t, err, connector.ErrUnavailable)
			}
			again, err := k.plan(pop3.Retention{Days: 1}).Delete(t.Context())
			require.NoError(t, err)
			require.Equal(t, 2, len(gone)+len(again))
			require.Equal(t, []string{"unread"}, k.left())
			if broken > 0 && len(gone) == 2 {
				finished++
			}
		}
		require.Greater(t, broken, 50)
	})
}

// TestReusedID keeps a mail that was given the id of another that was downloaded.
func TestReusedID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping(t, fakepop3.Options{})
		k.deliver("one")
		k.fetch("one")
		time.Sleep(2 * day)
		p := k.plan(pop3.Retention{Days: 2})
		require.Len(t, p.Due, 1)
		other := newKeeping(t, fakepop3.Options{}) // counts its ids from the beginning
		other.deliver("other")
		k.fake, k.inbox = other.fake, other.inbox
		gone, err := p.Delete(t.Context())
		require.NoError(t, err)
		require.Empty(t, gone)
		require.Equal(t, []string{"other"}, k.left())
		require.Empty(t, k.plan(pop3.Retention{Days: 2}).Due, "its days begin anew")
		time.Sleep(2 * day)
		require.Len(t, k.plan(pop3.Retention{Days: 2}).Due, 1)
	})
}

// TestRestoredServer keeps mails whose ids all changed until they are downloaded and old again.
func TestRestoredServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping(t, fakepop3.Options{})
		k.deliver("one")
		k.fetch("one")
		time.Sleep(9 * day)
		p := k.plan(pop3.Retention{Days: 9})
		require.Len(t, p.Due, 1)
		k.fake.ChangeUIDs()
		gone, err := p.Delete(t.Context())
		require.NoError(t, err)
		require.Empty(t, gone)
		p = k.plan(pop3.Retention{Days: 9})
		require.Empty(t, p.Due)
		require.Empty(t, p.Unfetched)
		require.Equal(t, []string{"one"}, k.left())
	})
}

// TestLedgerOutlivesThePassword moves an account from a password to OAuth: what was downloaded stays
// so, and what is due stays due.
func TestLedgerOutlivesThePassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping(t, fakepop3.Options{TwoLines: true})
		k.deliver("one")
		k.fetch("one")
		time.Sleep(5 * day)
		k.fake.SetPassword("qa@example.com", "")
		k.server.Password, k.server.Token = nil, connector.Literal("token")
		p := k.plan(pop3.Retention{Days: 5})
		require.Len(t, p.Due, 1)
		gone, err := p.Delete(t.Context())
		require.NoError(t, err)
		require.Len(t, gone, 1)
	})
}

// ledgerFolder tells a process that a test starts where to write.
const ledgerFolder = "CLOUDMAIL_TEST_LEDGER_FOLDER"

// TestLedgerIsLocked lets four processes change one ledger, each by four goroutines: no change is lost.
func TestLedgerIsLocked(t *testing.T) {
	if dir := os.Getenv(ledgerFolder); dir != "" {
		write(t, dir)
		return
	}
	dir := t.TempDir()
	var processes sync.WaitGroup
	for range 3 {
		processes.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestLedgerIsLocked$")
			cmd.Env = append(os.Environ(), ledgerFolder+"="+dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	write(t, dir)
	processes.Wait()
	text, err := os.ReadFile(filepath.Join(dir, "pop3.ledger"))
	require.NoError(t, err)
	require.Len(t, text, 4*4*10)
}

// write changes a ledger by four goroutines, ten times each.
func write(t *testing.T, dir string) {
	t.Helper()
	var wg sync.WaitGroup
	for range 4 {
		root, err := os.OpenRoot(dir)
		require.NoError(t, err)
		defer root.Close()
		wg.Go(func() {
			for range 10 {
				if err := (pop3.LedgerFile{Folder: root}).Update(t.Context(), func(old []byte) ([]byte, error) { return append(old, 'x'), nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestLedgerErrors names what is wrong with a ledger before any mail is touched.
func TestLedgerErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping(t, fakepop3.Options{})
		k.deliver("one")
		k.fetch("one")
		good := k.server
		k.server.Address, k.server.User = "other@example.com", "qa@example.com"
		_, err := k.server.Plan(t.Context(), pop3.Retention{Days: 1})
		require.ErrorIs(t, err, connector.ErrConfig)
		require.ErrorContains(t, err, "Ledger is that of localhost qa@example.com")
		k.server = good
		require.NoError(t, good.Ledger.Update(t.Context(), func([]byte) ([]byte, error) { return []byte("{}"), nil }))
		_, err = k.server.Plan(t.Context(), pop3.Retention{Days: 1})
		require.ErrorIs(t, err, connector.ErrConfig)
		_, err = connector.Connect(t.Context(), k.server, nil)
		require.ErrorIs(t, err, connector.ErrConfig)
		for _, r := range []pop3.Retention{{Days: -1}, {Days: 1 << 30}} {
			_, err = k.server.Plan(t.Context(), r)
			require.ErrorIs(t, err, connector.ErrConfig)
		}
		k.server.Ledger = nil
		_, err = k.server.Plan(t.Context(), pop3.Retention{})
		require.ErrorContains(t, err, "Ledger is nil")
		k.server.Ledger = pop3.LedgerFile{}
		_, err = k.server.Plan(t.Context(), pop3.Retention{})
		require.ErrorContains(t, err, "Folder is nil")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.Error(t, good.Ledger.Update(ctx, func([]byte) ([]byte, error) { t.Error("asked"); return nil, nil }))
	})
}
