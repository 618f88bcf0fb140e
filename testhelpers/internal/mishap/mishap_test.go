package mishap_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cloudmail-go/cloudmail/testhelpers/internal/mishap"
)

func TestQueueGivesTheFirstThatFits(t *testing.T) {
	t.Parallel()
	var q mishap.Queue[int]
	q.Push(1, -1)
	q.Push(2, 2)
	q.Push(4, 0)
	even := func(v int) bool { return v%2 == 0 }
	var got []int
	for v, ok := q.Take(even); ok; v, ok = q.Take(even) {
		got = append(got, v)
	}
	assert.Equal(t, []int{2, 2, 4}, got)
	for range 3 {
		v, ok := q.Take(nil)
		assert.True(t, ok)
		assert.Equal(t, 1, v)
	}
	assert.Equal(t, 1, q.Len())
	q.Clear()
	_, ok := q.Take(nil)
	assert.False(t, ok)
}

func TestPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		began := time.Now()
		assert.True(t, mishap.Pause(done, time.Hour))
		assert.Equal(t, time.Hour, time.Since(began))
		close(done)
		assert.False(t, mishap.Pause(done, time.Hour))
		assert.True(t, mishap.Pause(done, 0))
		assert.Equal(t, time.Hour, time.Since(began))
	})
}
