package memory_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// world is a mailbox in memory, opened without a session.
func world(t *testing.T, change func(*memory.Server)) (*mailstore.Mailbox, *memory.Faults, connector.Backend) {
	t.Helper()
	store, faults := mailstore.New(), &memory.Faults{}
	box := store.Add("qa@example.com")
	server := memory.Server{Store: store, Address: "qa@example.com", Faults: faults}
	if change != nil {
		change(&server)
	}
	b, err := server.Open(t.Context(), []connector.Folder{connector.Inbox})
	require.NoError(t, err)
	return box, faults, b
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	store := mailstore.New()
	store.Add("qa@example.com")
	for name, c := range map[string]struct {
		server memory.Server
		watch  []connector.Folder
		kind   error
		says   string
	}{
		"no store":       {memory.Server{Address: "qa@example.com"}, nil, connector.ErrConfig, "Server.Store"},
		"no address":     {memory.Server{Store: store, Address: " "}, nil, connector.ErrConfig, "Server.Address"},
		"no mailbox":     {memory.Server{Store: store, Address: "x@example.com"}, nil, connector.ErrNoMailbox, "Store.Add"},
		"no folder":      {memory.Server{Store: store, Address: "qa@example.com"}, []connector.Folder{"Lost"}, connector.ErrConfig, `"Lost"`},
		"no secret":      {memory.Server{Store: store, Address: "qa@example.com", Credential: connector.Literal("")}, nil, connector.ErrConfig, "empty"},
		"refused secret": {memory.Server{Store: store, Address: "qa@example.com", Faults: accepting("a"), Credential: connector.Literal("b")}, nil, connector.ErrAuth, "refused"},
		"no credential":  {memory.Server{Store: store, Address: "qa@example.com", Faults: accepting("a")}, nil, connector.ErrAuth, "Faults.Accept"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := c.server.Open(t.Context(), c.watch)
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func accepting(secret string) *memory.Faults {
	f := &memory.Faults{}
	f.Accept(secret)
	return f
}

func TestDelayAndSlowBodies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box, faults, b := world(t, nil)
		m := box.Deliver([]byte("Subject: slow\r\n\r\n"+strings.Repeat("x", 200<<10)), mailstore.Delivery{NoTrace: true})
		faults.Delay(3 * time.Second)
		start := time.Now()
		_, err := b.End(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3*time.Second, time.Since(start))

		faults.Delay(0)
		faults.SlowBodies(time.Second)
		src, err := b.Fetch(t.Context(), "1", connector.DepthWhole)
		require.NoError(t, err)
		start = time.Now()
		got, err := io.ReadAll(src)
		require.NoError(t, err)
		require.Equal(t, m.Raw, got)
		require.GreaterOrEqual(t, time.Since(start), 4*time.Second)
	})
}

func TestCallsAreCounted(t *testing.T) {
	t.Parallel()
	_, faults, b := world(t, nil)
	_, err := b.End(t.Context())
	require.NoError(t, err)
	faults.Fail(1, connector.ErrUnexpected)
	_, err = b.End(t.Context())
	require.ErrorIs(t, err, connector.ErrUnexpected)
	require.Equal(t, 3, faults.Calls())
	require.Equal(t, 2, faults.Calls("end"))
	require.Equal(t, 3, faults.Calls("end", "open"))
}

func TestUnstableIDsDieWithAMove(t *testing.T) {
	t.Parallel()
	box, _, b := world(t, func(s *memory.Server) { s.UnstableIDs = true })
	start, err := b.End(t.Context())
	require.NoError(t, err)
	box.Deliver([]byte("Subject: x\r\n\r\n"), mailstore.Delivery{})
	envs, _, err := b.Arrivals(t.Context(), start)
	require.NoError(t, err)
	require.Len(t, envs, 1)
	id, err := b.(connector.Mover).Move(t.Context(), envs[0].ID, connector.Archive)
	require.NoError(t, err)
	require.NotEqual(t, envs[0].ID, id)
	_, err = b.Fetch(t.Context(), envs[0].ID, connector.DepthHead)
	require.ErrorIs(t, err, connector.ErrNotFound)
	_, err = b.Fetch(t.Context(), id, connector.DepthHead)
	require.NoError(t, err)
}

func TestClaimIsOfTheFirst(t *testing.T) {
	t.Parallel()
	box, _, b := world(t, nil)
	box.Deliver([]byte("Subject: x\r\n\r\n"), mailstore.Delivery{Keywords: []string{"kept"}})
	for _, c := range []struct {
		by  string
		won bool
	}{{"a", true}, {"b", false}, {"a", true}} {
		won, err := b.(connector.Claimer).Claim(t.Context(), "1", c.by)
		require.NoError(t, err)
		require.Equal(t, c.won, won, c.by)
	}
	m, _ := box.Get(1)
	require.Equal(t, []string{"cloudmail-claimed:a", "kept"}, m.Keywords)
}

func TestIdentityOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	_, _, b := world(t, nil)
	require.Empty(t, b.(connector.Identifier).Identity())
	_, _, b = world(t, func(s *memory.Server) { s.Account = "app" })
	require.Equal(t, "memory app qa@example.com", b.(connector.Identifier).Identity())
}

func TestKnownSurvivesAnEmptyMailbox(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, faults := mailstore.New(), &memory.Faults{}
		box := store.Add("qa@example.com")
		server := memory.Server{Store: store, Address: "qa@example.com", Faults: faults}
		s, err := connector.Connect(t.Context(), server, nil)
		require.NoError(t, err)
		defer s.Close()
		text, err := s.Mark().MarshalText()
		require.NoError(t, err)
		var mark connector.Mark
		require.NoError(t, mark.UnmarshalText(text))
		box.Deliver([]byte("Subject: stamped early\r\n\r\n"), mailstore.Delivery{Received: time.Now().Add(-time.Minute)})
		faults.LoseCursors()
		test, err := s.Begin(t.Context(), connector.Scope{Mark: mark})
		require.NoError(t, err)
		_, err = test.WaitFor(t.Context(), connector.Query{Subject: "stamped early"})
		require.NoError(t, err)
	})
}
