package testhelpers_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/links"
	"github.com/cloudmail-go/cloudmail/testhelpers"
)

// liner is a T that finds out which function a failure is laid to, as *testing.T does: the first
// that did not call Helper.
type liner struct {
	helpers map[string]bool
	blamed  []string
}

// callers lists the functions above the caller of the method that asks.
func callers() []string {
	pc := make([]uintptr, 50)
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)])
	var out []string
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		out = append(out, f.Function)
	}
	return out
}

func (l *liner) Helper()  { l.helpers[callers()[0]] = true }
func (l *liner) FailNow() {}
func (l *liner) Errorf(string, ...any) {
	for _, f := range callers() {
		if !l.helpers[f] {
			l.blamed = append(l.blamed, f[strings.LastIndexByte(f, '.')+1:])
			return
		}
	}
}

// TestFailuresNameTheTest holds that each failure is laid to the line of the test, not to a line of
// this package.
func TestFailuresNameTheTest(t *testing.T) {
	t.Parallel()
	l := &liner{helpers: map[string]bool{}}
	blameThis(l)
	assert.Len(t, l.blamed, 31)
	for i, f := range l.blamed {
		assert.Equal(t, "blameThis", f, i)
	}
}

// blameThis is a test in which everything fails.
func blameThis(t testhelpers.T) {
	m, ms := welcome(), letters()
	q := connector.Query{Subject: "x"}
	testhelpers.AssertMail(t, m, q)
	testhelpers.RequireMail(t, nil, q)
	testhelpers.AssertSubject(t, m, "x")
	testhelpers.RequireSubject(t, m, "x")
	testhelpers.RequireFrom(t, m, "x@example.com")
	testhelpers.RequireTo(t, m, "x")
	testhelpers.RequireCc(t, m, "x@example.com")
	testhelpers.RequireRecipient(t, nil, "x@example.com")
	testhelpers.RequireBody(t, m, "x y z")
	testhelpers.RequireHeader(t, m, "X-Y", "")
	testhelpers.RequireLink(t, m, links.Query{Text: "x y z"})
	testhelpers.RequireLink(t, m, links.Query{Text: "profile"})
	testhelpers.RequireCode(t, &connector.Message{}, nil)
	testhelpers.RequireAttachment(t, m, testhelpers.File{Name: "x"})
	testhelpers.RequireAttachment(t, m, testhelpers.File{Name: "["})
	testhelpers.RequireElement(t, m, "td.sum", "")
	testhelpers.RequireElement(t, m, "td.price", "x")
	testhelpers.RequireElement(t, &connector.Message{}, "td", "")
	testhelpers.RequireTableRow(t, m, "x")
	testhelpers.RequireImages(t, m)
	testhelpers.RequireNoTemplateMarks(t, m)
	testhelpers.RequireAll(t, ms, q)
	testhelpers.RequireAll(t, nil, q)
	testhelpers.RequireCount(t, ms, q, 1)
	testhelpers.RequireOne(t, ms, connector.Query{})
	testhelpers.RequireOrder(t, ms, q)
	testhelpers.RequireGolden(t, m, "../x", nil)
	testhelpers.RequireGolden(t, m, "nope", nil)
	testhelpers.RequireGolden(t, m, "code", nil)
	testhelpers.Address(t, "qa")
	testhelpers.RequireBodyRE(t, nil, nil)
}
