package fakesmtp

// Stage is the point of a mail transaction at which a [Fault] happens.
type Stage int

// The stages.
const (
	AtMail    Stage = iota // the sender is named
	AtRcpt                 // a recipient is named
	AtData                 // the content comes; it is dropped
	AfterData              // the mail was taken and is delivered: a client that is told otherwise sends it twice
)

// Fault is a failure that a test wants.
type Fault struct {
	Stage    Stage
	Times    int    // how often; 0 is once, -1 is until Clear
	Code     int    // the reply, such as 421 or 554; default 451
	Enhanced string // its enhanced code (RFC 3463), such as "4.3.2"; default x.0.0
	Text     string // its text
	Drop     bool   // break the connection instead of a reply
}

// Push adds faults at the end of the queue: each stage of a transaction takes the first that is for it.
func (s *Server) Push(fs ...Fault) {
	for _, f := range fs {
		s.faults.Push(f, f.Times)
	}
}

// Clear drops all faults.
func (s *Server) Clear() { s.faults.Clear() }

// fail is what a test wants to happen at a stage.
func (x *session) fail(stage Stage) error {
	f, ok := x.server.faults.Take(func(f Fault) bool { return f.Stage == stage })
	if !ok {
		return nil
	}
	if f.Code == 0 {
		f.Code = 451
	}
	if f.Text == "" {
		f.Text = "failed as the test wants it"
	}
	if f.Drop {
		_ = x.conn.Conn().Close()
	}
	return reply(f.Code, f.Enhanced, f.Text)
}
