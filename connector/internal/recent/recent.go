// Package recent keeps a bounded number of values: those that were put last.
package recent

import "sync"

// Most is how many values a [Map] keeps.
const Most = 1000

// Map keeps the values of the [Most] keys that were put last. The zero value is empty. It is safe for concurrent use.
type Map[V any] struct {
	mu    sync.Mutex
	kept  map[string]V
	order []string // of the keys, a ring once it is full
	next  int      // in the ring: the oldest
}

// Put keeps a value, in the place of the key's former one.
func (m *Map[V]) Put(key string, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]V{}
	}
	_, there := m.kept[key]
	m.kept[key] = v
	switch {
	case there:
	case len(m.order) < Most:
		m.order = append(m.order, key)
	default:
		delete(m.kept, m.order[m.next])
		m.order[m.next] = key
		m.next = (m.next + 1) % Most
	}
}

// Get returns a key's value, false if it is not kept.
func (m *Map[V]) Get(key string) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.kept[key]
	return v, ok
}
