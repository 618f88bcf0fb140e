package connector

import (
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"
)

// shared is the feeds of this process that several sessions may share: those whose backend says whose
// mailbox it is. It is empty when no session is open.
var shared registry

// registry finds feeds by identity, and the requests under way by app.
type registry struct {
	mu    sync.Mutex
	feeds map[string]*feed
	apps  map[string]*app
}

// app counts the requests of one app, over all its mailboxes.
type app struct {
	slots *semaphore.Weighted
	feeds int
}

// keyOf is what sessions must have in common to share a feed; "" is never shared.
func keyOf(a ability, watch []Folder) string {
	if a.identity == "" {
		return ""
	}
	return fmt.Sprintf("%q %q", a.identity, slices.Sorted(slices.Values(watch)))
}

// join finds a feed and admits the session to it; nil if there is none.
func (r *registry) join(key string, s *Session) *feed {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.feeds[key]
	if f == nil || !f.admit(s) {
		return nil
	}
	return f
}

// publish makes a feed known and admits the session to it, or to the one that is known by now.
func (r *registry) publish(f *feed, s *Session) *feed {
	r.mu.Lock()
	defer r.mu.Unlock()
	if other := r.feeds[f.key]; other != nil && other.admit(s) {
		return other
	}
	f.admit(s)
	if f.key == "" {
		return f
	}
	if r.feeds == nil {
		r.feeds = map[string]*feed{}
	}
	r.feeds[f.key] = f
	return f
}

// remove forgets a feed.
func (r *registry) remove(f *feed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.feeds[f.key] == f {
		delete(r.feeds, f.key)
	}
	if a := r.apps[f.app]; a != nil {
		if a.feeds--; a.feeds == 0 {
			delete(r.apps, f.app)
		}
	}
}

// slots is the room for requests of an app; each call is one feed's.
func (r *registry) slots(name string, l Limits) *semaphore.Weighted {
	if name == "" {
		return newSlots(l)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.apps[name]
	if a == nil {
		if r.apps == nil {
			r.apps = map[string]*app{}
		}
		a = &app{slots: newSlots(l)}
		r.apps[name] = a
	}
	a.feeds++
	return a.slots
}
