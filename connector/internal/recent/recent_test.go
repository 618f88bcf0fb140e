package recent_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cloudmail-go/cloudmail/connector/internal/recent"
)

func TestMapKeepsTheLatest(t *testing.T) {
	t.Parallel()
	var m recent.Map[int]
	_, ok := m.Get("0")
	assert.False(t, ok)
	for i := range 3*recent.Most + 7 {
		m.Put(strconv.Itoa(i), i)
		m.Put(strconv.Itoa(i), -i)
	}
	for i := range 3*recent.Most + 7 {
		v, ok := m.Get(strconv.Itoa(i))
		assert.Equal(t, i >= 2*recent.Most+7, ok, i)
		if ok {
			assert.Equal(t, -i, v)
		}
	}
}
