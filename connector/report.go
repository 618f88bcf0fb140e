package connector

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/width"
)

// maxShown is how many arrivals the text of a report shows; the struct has all.
const maxShown = 12

// reportWidth is how many columns a report takes.
const reportWidth = 80

// Error returns the report, in lines of at most 80 columns.
func (e *WaitError) Error() string {
	var b report
	e.head(&b)
	for i, m := range e.Arrivals {
		if i == maxShown {
			b.line(2, fmt.Sprintf("… and %d more", len(e.Arrivals)-i))
			break
		}
		m.write(&b, e.Mark)
	}
	for i, m := range e.Beside {
		if i == 0 {
			b.line(2, fmt.Sprintf("mails that match and do not count: %d", len(e.Beside)))
		}
		if i < maxShown {
			m.write(&b, e.Mark)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// head adds what failed, the likeliest cause, and what the looks met.
func (e *WaitError) head(b *report) {
	what := "no mail matched"
	if e.Want > 1 {
		what = fmt.Sprintf("%d of %d mails matched", len(e.Found), e.Want)
	}
	what += " within " + span(e.Waited)
	if e.Class != "" {
		what += ": " + string(e.Class)
	}
	b.line(0, fmt.Sprintf("wait (%s): %s", e.Mailbox, what))
	b.line(2, "likeliest cause: "+e.Cause)
	b.line(2, "wanted: "+e.Query.String())
	if e.Scope != "" {
		b.line(2, "scope: "+e.Scope)
	}
	if !e.Mark.IsZero() {
		b.line(2, "mark: "+stamp(e.Mark)+" by the service's clock")
	}
	if e.End != nil && !errors.Is(e.End, context.DeadlineExceeded) && e.End.Error() != e.Cause {
		b.line(2, "ended by: "+e.End.Error())
	}
	if e.Obstacle != nil && !strings.Contains(e.Cause, e.Obstacle.Error()) {
		b.line(2, "last obstacle: "+e.Obstacle.Error())
	}
	b.line(2, fmt.Sprintf("looks: %d, throttled: %d, failed: %d", e.Looks, e.Throttle, e.Failures))
	b.line(2, fmt.Sprintf("new mails that did not match: %d", len(e.Arrivals)))
}

// write adds a mail, the criteria that fail, and those that hold.
func (m Miss) write(b *report, mark time.Time) {
	about := ""
	if after := m.Received.Sub(mark); !mark.IsZero() && after >= second {
		about += ", " + span(after) + " after the mark"
	}
	if m.Taken {
		about += "; another test was given it"
	}
	b.line(2, fmt.Sprintf("- %s from %s, in %s%s", quote(shorten(m.Subject, 40)), shorten(m.From, 40), folderNames(m.Folders), about))
	for _, r := range m.Reasons {
		b.line(6, "fails: "+shorten(r.String(), 320))
	}
	for _, c := range []struct {
		what  string
		names []string
	}{{"holds", m.Passed}, {"not read", m.Unread}} {
		if len(c.names) > 0 {
			b.line(6, c.what+": "+strings.Join(c.names, ", "))
		}
	}
}

// report is a text that is broken into lines.
type report struct{ strings.Builder }

// line writes a text, broken at blanks where it is too long; what has none is broken anywhere.
func (b *report) line(indent int, text string) {
	head, rest := breakAt(oneLine(text), reportWidth-indent)
	b.WriteString(strings.Repeat(" ", indent) + head + "\n")
	for indent += 2; rest != ""; {
		head, rest = breakAt(strings.TrimLeft(rest, " "), reportWidth-indent)
		b.WriteString(strings.Repeat(" ", indent) + head + "\n")
	}
}

// breakAt cuts a text so that its first part has room in so many columns.
func breakAt(s string, room int) (head, rest string) {
	columns, blank := 0, -1
	for i, r := range s {
		if columns += columnsOf(r); columns > room {
			if blank > 0 {
				return s[:blank], s[blank:]
			}
			return s[:i], s[i:]
		}
		if r == ' ' && strings.TrimSpace(s[:i]) != "" {
			blank = i
		}
	}
	return s, ""
}

// columnsOf is how wide a terminal shows a character.
func columnsOf(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
