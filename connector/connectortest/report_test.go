package connectortest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// crowdedReport is of a wait among many mails of other tests, whose own mail came last and fails by a word of its text.
func crowdedReport(t *testing.T) *connector.WaitError {
	store := mailstore.New()
	box := store.Add(connectortest.Address)
	s, err := connector.Connect(t.Context(), memory.Server{Store: store, Address: connectortest.Address}, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	test, err := s.Begin(t.Context(), connector.Scope{Name: "TestCode"})
	require.NoError(t, err)
	for n := range 40 {
		box.Deliver(fmt.Appendf(nil, "From: news@example.org\r\nTo: %s\r\nSubject: News %d\r\n\r\nRead all.\r\n", connectortest.Address, n), mailstore.Delivery{})
	}
	box.Deliver([]byte("From: news@example.org\r\nSubject: Cheap\r\n\r\nBuy.\r\n"), mailstore.Delivery{Folder: mailstore.Junk})
	time.Sleep(3 * time.Second)
	box.Deliver(fmt.Appendf(nil, "From: shop@example.com\r\nTo: %s\r\nSubject: Your code\r\n\r\nDear Ann,\r\n%s\r\nYour code has expired.\r\n",
		connectortest.Address, strings.Repeat("Thank you for your trust.\r\n", 200)), mailstore.Delivery{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err = test.WaitFor(ctx, connector.Query{Subject: "your code", Body: "your code has 6 digits"})
	report, ok := errors.AsType[*connector.WaitError](err)
	require.True(t, ok, "the wait must fail: %v", err)
	return report
}

// The nearest mail is shown first, however many came before it, with the place of its text that comes nearest.
func TestTheReportShowsTheNearestFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		report := crowdedReport(t)
		require.Len(t, report.Arrivals, 42)
		first := report.Arrivals[0]
		require.Equal(t, "Your code", first.Subject)
		require.Len(t, first.Reasons, 1)
		assert.Equal(t, "…you for your trust. Your code has expired.", first.Reasons[0].Got)
		assert.Equal(t, "differs at character 15", first.Reasons[0].Near)
		assert.Empty(t, first.Unread)
		text := strings.Join(strings.Fields(report.Error()), " ")
		assert.Contains(t, text, "scope: TestCode mark: 2000-01-01 00:00:00 UTC by the service's clock looks: ")
		assert.Contains(t, text, `did not match: 42 - "Your code" from shop@example.com, in Inbox, 3s after the mark fails: Body wants "your code has 6 digits", has "…you for your trust. Your code has expired." (differs at character 15) holds: Subject, Folder - `)
		assert.Contains(t, text, `fails: Subject wants "your code", has "News 0" (nothing like it) holds: Folder not read: Body - `)
		assert.Contains(t, text, "… and 30 more")
	})
}

// A mail comes from anybody: what stands in it reaches no terminal as a command, and breaks no line.
func TestAReportSteersNoTerminal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const evil = "a\x1b[31m \u009b2J \u202e \u2066 \u2028 \u0085 \a 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字 👨‍👩‍👧‍👦"
		store := mailstore.New()
		box := store.Add(connectortest.Address)
		s, err := connector.Connect(t.Context(), memory.Server{Store: store, Address: connectortest.Address}, nil)
		require.NoError(t, err)
		box.Deliver([]byte("From: <"+evil+"@example.com>\r\nX-Run: "+evil+"\r\nSubject: "+evil+"\r\n\r\n"+evil+"\r\n"), mailstore.Delivery{})
		for _, q := range []connector.Query{
			{Subject: "漢字", Where: func(m *connector.Message) error { return errors.New(m.Subject) }},
			{Header: map[string]string{"X-Run": "x"}, From: "shop@example.com"},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			_, err = s.WaitFor(ctx, q)
			cancel()
			require.Error(t, err)
			shown(t, err.Error())
		}
		err = s.ExpectNone(t.Context(), connector.Query{Everything: true}, time.Second)
		require.Error(t, err)
		harmless(t, err.Error())
		require.NoError(t, s.Close())
	})
}

// shown requires lines of 80 columns that a terminal shows as they are.
func shown(t *testing.T, text string) {
	t.Helper()
	for line := range strings.SplitSeq(text, "\n") {
		harmless(t, line)
		columns := 0
		for _, r := range line {
			if columns++; r >= 0x1100 {
				columns++
			}
		}
		require.LessOrEqual(t, columns, 80, "%q", line)
	}
}

// harmless requires one line that a terminal shows as it is.
func harmless(t *testing.T, line string) {
	t.Helper()
	for _, r := range line {
		require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028', "%q in %q", r, line)
	}
}

// What a report says in lines stands in its JSON, the errors too.
func TestAReportIsJSON(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		report := crowdedReport(t)
		report.Obstacle = &connector.Error{Op: "look for mail", Kind: connector.ErrUnavailable}
		js, err := json.Marshal(report)
		require.NoError(t, err)
		var read struct {
			connector.WaitError
			Obstacle, End string
		}
		require.NoError(t, json.Unmarshal(js, &read))
		assert.Equal(t, report.Obstacle.Error(), read.Obstacle)
		assert.Equal(t, context.DeadlineExceeded.Error(), read.End)
		assert.Equal(t, report.Arrivals, read.Arrivals)
		assert.Equal(t, []string{"Body"}, read.Arrivals[1].Unread)
		empty, err := json.Marshal(&connector.WaitError{Arrivals: []connector.Miss{}})
		require.NoError(t, err)
		assert.NotContains(t, string(empty), `"end"`)
		assert.NotContains(t, string(empty), "null")
	})
}
