package codes

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/folding"
	"github.com/cloudmail-go/cloudmail/connector/internal/htmltext"
)

// The reasons for which Find gives no code.
var (
	ErrNone  = errors.New("no code found")
	ErrClose = errors.New("several codes are as likely")
)

// Code is what may be the one-time code of a mail.
type Code struct {
	Value    string   // as it is to be typed: groups of digits joined, digits in ASCII
	Shown    string   // as the mail shows it, digits in ASCII
	Score    int      // how likely it is; 4 and more counts as a code
	Evidence []string // what speaks for and against it
	Line     string   // the line it stands in
}

// String shows a code with its evidence in one line.
func (c Code) String() string {
	return fmt.Sprintf("%s (score %d: %s) in %s", c.Value, c.Score, strings.Join(c.Evidence, ", "), folding.Quote(c.Line))
}

// Options narrow what counts as a code. Nil, and each zero field, is no restriction.
type Options struct {
	Length int  // characters of the value
	Digits bool // digits alone
}

// String says what is asked for.
func (o *Options) String() string {
	switch {
	case o == nil || *o == Options{}:
		return "a one-time code"
	case o.Length == 0:
		return "a one-time code of digits"
	case o.Digits:
		return fmt.Sprintf("a one-time code of %d digits", o.Length)
	}
	return fmt.Sprintf("a one-time code of %d characters", o.Length)
}

// Error lists the candidates where Find gives no code.
type Error struct {
	Kind       error  // ErrNone or ErrClose
	Candidates []Code // the likeliest first; of ErrNone those that were not likely enough, or were not asked for
}

// Error lists the candidates in one line each.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("find code: " + e.Kind.Error())
	if len(e.Candidates) == 0 {
		b.WriteString("; nothing in the mail looks like one")
	}
	for _, c := range e.Candidates[:min(len(e.Candidates), 10)] {
		b.WriteString("\n  " + c.String())
	}
	return b.String()
}

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Kind }

// What decides.
const (
	enough = 4 // the score of a code
	margin = 2 // by how much it must lead
)

// Find returns the one-time code of a mail. Its error is an [*Error]: [ErrNone] where nothing is
// likely enough, [ErrClose] where another candidate is nearly as likely.
func Find(m *connector.Message, o *Options) (Code, error) {
	all := All(m, o)
	likely := 0
	for likely < len(all) && all[likely].Score >= enough {
		likely++
	}
	if likely == 0 {
		if len(all) == 0 && o != nil {
			all = All(m, nil)
		}
		return Code{}, &Error{Kind: ErrNone, Candidates: all}
	}
	near := 1
	for near < len(all) && all[near].Score > all[0].Score-margin {
		near++
	}
	if near > 1 {
		return Code{}, &Error{Kind: ErrClose, Candidates: all[:near]}
	}
	return all[0], nil
}

// All returns everything in the mail that may be a code, the likeliest first, each value once.
func All(m *connector.Message, o *Options) []Code {
	var found []Code
	for _, source := range []string{m.Subject, m.Text, htmltext.Text(m.HTML)} {
		mine := read(source)
		for _, c := range mine {
			if o.allows(c) {
				found = merge(found, c)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Code) int { return cmp.Compare(b.Score, a.Score) })
	return found
}

// allows reports whether a code is one that is asked for.
func (o *Options) allows(c Code) bool {
	return o == nil || (o.Length == 0 || len(c.Value) == o.Length) && (!o.Digits || strings.Trim(c.Value, "0123456789") == "")
}

// merge adds a candidate; what is there already becomes likelier.
func merge(found []Code, c Code) []Code {
	i := slices.IndexFunc(found, func(f Code) bool { return f.Value == c.Value })
	if i < 0 {
		return append(found, c)
	}
	if c.Score > found[i].Score {
		found[i] = c
	}
	if found[i].Score >= enough && !slices.Contains(found[i].Evidence, "repeated") {
		found[i].Score++
		found[i].Evidence = append(found[i].Evidence, "repeated")
	}
	return found
}
