package fakepop3

import "time"

// faults are the disturbances that a test wants; Server.mu guards them.
type faults struct {
	throttles int
	pause     time.Duration
	outages   int // negative: all
	delay     time.Duration
	cutTops   bool
	cutNow    bool // the next listing is broken
	vanish    int
	epoch     uint32
}

// Throttle makes the next n logins be refused as too early. What the server announces as
// LOGIN-DELAY until then is the time to wait, which is whole seconds.
func (s *Server) Throttle(n int, retryAfter time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttles, s.pause = n, retryAfter
}

// Outage makes the next n connections break before the greeting; a negative n is all of them, 0
// ends it.
func (s *Server) Outage(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outages = n
}

// Delay is how long the server waits with each greeting from now on.
func (s *Server) Delay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// CutAfter breaks the next connections, one for each number, after so many bytes of what the server
// says; inside TLS the bytes of the protocol count.
func (s *Server) CutAfter(bytes ...int) {
	for _, n := range bytes {
		s.cuts.Push(n, 1)
	}
}

// CutTops breaks every other connection that reads headers after the first of them.
func (s *Server) CutTops() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cutTops = true
}

// Vanish deletes the next n mails that a client learns of by UIDL for the first time, right after
// it was told.
func (s *Server) Vanish(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vanish = n
}

// ChangeUIDs gives every mail another unique id from the next login on.
func (s *Server) ChangeUIDs() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
}

// SetPassword changes the password of a user; "" takes the user away.
func (s *Server) SetPassword(user, password string) { s.users.Set(user, password) }

// SetToken changes the access token of a user; "" takes it away.
func (s *Server) SetToken(user, token string) { s.tokens.Set(user, token) }

// Connections counts the connections so far.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Commands are the commands of all clients in order, with "***" in the place of secrets.
func (s *Server) Commands() []string { return s.log.Lines() }

// arrive takes what waits for a new connection: whether it breaks at once, when its greeting comes,
// and after how many bytes it breaks, negative for never.
func (s *Server) arrive() (broken bool, delay time.Duration, cut int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if s.outages != 0 {
		s.outages--
		return true, 0, -1
	}
	cut, ok := s.cuts.Take(nil)
	if !ok {
		cut = -1
	}
	return false, s.delay, cut
}

// breaksTops reports whether this listing of headers is one to break.
func (s *Server) breaksTops() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cutNow = s.cutTops && !s.cutNow
	return s.cutNow
}

// vanishes reports whether one more mail is to go.
func (s *Server) vanishes() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.vanish == 0 {
		return false
	}
	s.vanish--
	return true
}
