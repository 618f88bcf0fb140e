package connector

import (
	"context"
	"iter"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lateShower lists a mail that it does not open yet.
type lateShower struct{}

func (lateShower) End(context.Context) (Cursor, error) { return Cursor{}, nil }
func (lateShower) Arrivals(context.Context, Cursor) ([]Envelope, Cursor, error) {
	return nil, Cursor{}, nil
}
func (lateShower) Search(context.Context, Query) iter.Seq2[Envelope, error] {
	return func(yield func(Envelope, error) bool) { yield(Envelope{ID: "1"}, nil) }
}
func (lateShower) Fetch(context.Context, string, Depth) (*Source, error) {
	return nil, &Error{Kind: ErrNotFound}
}

// TestSurveyLosesNothing sees that a mail which a survey could not open yet is read when it arrives, and
// that one which it knows of is no arrival by that.
func TestSurveyLosesNothing(t *testing.T) {
	t.Parallel()
	f := newFeed("qa@example.com", lateShower{}, &settings{Options: Options{Folders: []Folder{Inbox}, Log: slog.New(slog.DiscardHandler)}})
	envs, err := f.unknown(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Len(t, envs, 1)
	seen, err := f.beyond(t.Context(), envs)
	require.NoError(t, err)
	require.Empty(t, seen, "it is not there")
	require.Empty(t, f.entries, "a survey writes no log")
	lost := Cursor{At: time.Now()}
	require.False(t, f.isNew(Envelope{ID: "1", Received: lost.At.Add(-time.Minute)}, lost, true), "old mail does not become new by a survey")

	f.absorb(envs, time.Now())
	require.Len(t, f.entries, 1)
	require.False(t, f.entries[0].settled(), "it arrived: it is to be read")
}
