package codes_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/codes"
)

// row is a mail of a table, with the code that it has.
type row struct{ name, subject, kind, want, body string }

// table reads a file of mails; its first lines say how.
func table(t testing.TB, file string) []row {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	var out []row
	for i, part := range strings.Split(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n### ") {
		if i == 0 {
			continue
		}
		head, body, ok := strings.Cut(part, "\n---\n")
		require.True(t, ok, part)
		lines := strings.Split(head, "\n")
		r := row{name: lines[0], kind: "text", body: body}
		for _, l := range lines[1:] {
			k, v, _ := strings.Cut(l, ": ")
			switch k {
			case "Subject":
				r.subject = v
			case "Type":
				r.kind = v
			case "Want":
				r.want = v
			}
		}
		out = append(out, r)
	}
	return out
}

// message is the mail of a row.
func (r row) message() *connector.Message {
	m := &connector.Message{Subject: r.subject}
	if r.kind == "html" {
		m.HTML = r.body
	} else {
		m.Text = r.body
	}
	return m
}

// answer is what Find says, in the words of a row.
func answer(c codes.Code, err error) string {
	if e, ok := errors.AsType[*codes.Error](err); ok && errors.Is(err, codes.ErrClose) {
		out := []string{"close"}
		for _, c := range e.Candidates {
			out = append(out, c.Value)
		}
		return strings.Join(out, " ")
	}
	if err != nil {
		return "none"
	}
	return c.Value
}

// TestTable reads the codes of all mails: at least 118 of 120 right, and no wrong one without an error.
func TestTable(t *testing.T) {
	t.Parallel()
	rows, right := 0, 0
	for _, file := range []string{"testdata/frozen.txt", "testdata/later.txt"} {
		for _, r := range table(t, file) {
			rows++
			c, err := codes.Find(r.message(), nil)
			got := answer(c, err)
			switch {
			case got == r.want:
				right++
			case err == nil:
				t.Errorf("%s %s: the wrong code %s, want %s: %v", file, r.name, got, r.want, c)
			default:
				t.Logf("%s %s: got %s, want %s: %v", file, r.name, got, r.want, err)
			}
		}
	}
	t.Logf("%d of %d right", right, rows)
	assert.GreaterOrEqual(t, right, rows-rows/60)
}
