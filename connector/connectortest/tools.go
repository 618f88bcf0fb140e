package connectortest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// letter is a mail that a law delivers.
type letter struct {
	id      string // Message-ID without brackets
	subject string
	raw     []byte
}

// query finds the letter and no other.
func (l letter) query() connector.Query { return connector.Query{MessageID: l.id} }

// sender is who the letters are from.
const sender = "shop@example.com"

// letter makes a mail with a text of its own.
func (in *Instance) letter(subject string) letter {
	return in.letterWith(subject, "Content-Type: text/plain; charset=utf-8\r\n", "This is "+subject+".\r\n")
}

// letterWith makes a mail with more header fields and a body.
func (in *Instance) letterWith(subject, header, body string) letter {
	in.letters++
	id := fmt.Sprintf("letter-%d@law.example.com", in.letters)
	raw := fmt.Sprintf("From: Shop <%s>\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s>\r\nMIME-Version: 1.0\r\n%s\r\n%s",
		sender, in.Server.Mailbox(), subject, time.Now().UTC().Format(time.RFC1123Z), id, header, body)
	return letter{id: id, subject: subject, raw: []byte(raw)}
}

// deliver delivers letters of these subjects and returns them.
func (in *Instance) deliver(subjects ...string) []letter {
	out := make([]letter, len(subjects))
	for i, s := range subjects {
		out[i] = in.letter(s)
		in.Deliver(out[i].raw)
	}
	return out
}

// send delivers one letter.
func (in *Instance) send(subject string) letter { return in.deliver(subject)[0] }

// span is a time as long as virtual time can afford, and a shorter one for real time.
func (in *Instance) span(virtual, real time.Duration) time.Duration {
	if in.virtual {
		return virtual
	}
	return real
}

// hang is what no operation takes in real time, however busy the machine is.
const hang = 5 * time.Minute

// patience is how long a wait that must succeed may take.
func (in *Instance) patience() time.Duration { return in.span(5*time.Minute, 4*hang) }

// slack is how much longer than it should something may take: as exact as asked in virtual time.
// In real time, where a machine may be busy, it tells only what hangs.
func (in *Instance) slack(virtual time.Duration) time.Duration { return in.span(virtual, hang) }

// moment is how long a wait lasts that must fail. In real time it is long enough for several
// looks, however slow the machine proved to be when it connected.
func (in *Instance) moment() time.Duration {
	return in.span(20*time.Second, max(1500*time.Millisecond, 10*in.trip))
}

// connect connects; the session is closed when the law ends.
func (in *Instance) connect(t T, o *connector.Options) *connector.Session {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), in.patience())
	defer cancel()
	start := time.Now()
	s, err := connector.Connect(ctx, in.Server, o)
	must(t, err, "connect")
	in.trip = max(in.trip, time.Since(start))
	in.sessions = append(in.sessions, s)
	return s
}

// closeAll ends the sessions that the law left open.
func (in *Instance) closeAll(t T) {
	for _, s := range in.sessions {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

// begin begins a session.
func begin(t T, s *connector.Session, sc connector.Scope) *connector.Session {
	t.Helper()
	b, err := s.Begin(t.Context(), sc)
	must(t, err, "begin")
	return b
}

// finds waits for a mail that must come.
func (in *Instance) finds(t T, s *connector.Session, q connector.Query) *connector.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), in.patience())
	defer cancel()
	m, err := s.WaitFor(ctx, q)
	must(t, err, "wait for "+q.String())
	return m
}

// findsNone waits in vain, and returns the report.
func (in *Instance) findsNone(t T, s *connector.Session, q connector.Query) *connector.WaitError {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), in.moment())
	defer cancel()
	m, err := s.WaitFor(ctx, q)
	if err == nil {
		fatalf(t, "the wait for %s was given %q (%s), and must not be", q, m.Subject, m.MessageID)
	}
	report, ok := errors.AsType[*connector.WaitError](err)
	if !ok || !errors.Is(err, context.DeadlineExceeded) {
		fatalf(t, "the wait for %s must end by its deadline, with a report; it ended with: %v", q, err)
	}
	return report
}

// later runs f after a time, on a goroutine of its own.
func later(d time.Duration, f func()) { time.AfterFunc(d, f) }

// pass lets time pass.
func pass(t T, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}

// state finds a mail in a snapshot.
func (in *Instance) state(messageID string) (State, bool) {
	for _, s := range in.Snapshot() {
		if s.MessageID == messageID {
			return s, true
		}
	}
	return State{}, false
}

// inFolder asserts where a mail lies.
func (in *Instance) inFolder(t T, l letter, want connector.Folder) {
	t.Helper()
	if s, ok := in.state(l.id); !ok || s.Folder != want {
		t.Errorf("%q must lie in %s; it lies in %q (there at all: %v)", l.subject, want, s.Folder, ok)
	}
}

// fatalf reports and ends the law.
func fatalf(t T, format string, args ...any) {
	t.Helper()
	t.Errorf(format, args...)
	t.FailNow()
}

// must ends the law on an error.
func must(t T, err error, what string) {
	t.Helper()
	if err != nil {
		fatalf(t, "%s: %v", what, err)
	}
}

// is asserts the kind of an error.
func is(t T, err, kind error, what string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s must be %q; it is: %v", what, kind, err)
	}
}

// same asserts that two values are equal.
func same[V comparable](t T, got, want V, what string) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, and must be %v", what, got, want)
	}
}

// subjects lists those of messages.
func subjects(ms []*connector.Message) string {
	out := make([]string, len(ms))
	for i, m := range ms {
		out[i] = m.Subject
	}
	return strings.Join(out, ", ")
}
