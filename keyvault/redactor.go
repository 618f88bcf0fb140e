package keyvault

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"sync"
)

// Redactor removes values from texts: as they are, and base64-, base64url-, URL-,
// percent-, hex-, JSON-, Go- and HTML-encoded, so also in the Basic and XOAUTH2 forms.
// Values under 8 bytes are removed whole and in base64 only, those under 4 bytes only
// where no letter or digit stands beside them. Of a JSON document the fields named like
// a secret are removed too, of a value in several lines each longer line.
//
// It is the second net: what cannot print needs no redaction. The zero Redactor knows
// no values. It is safe for concurrent use.
type Redactor struct {
	mu   sync.RWMutex
	open func() *forms // nil = no values; a closure, so that a Redactor prints none
}

// forms are the values that a Redactor knows.
type forms struct {
	known   map[string]bool
	byFirst [256][]string // by first byte, longest first
}

// NewRedactor knows these values.
func NewRedactor(secrets ...Secret) *Redactor {
	r := &Redactor{}
	r.Add(secrets...)
	return r
}

// Add adds values. Empty ones are left out.
func (r *Redactor) Add(secrets ...Secret) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		f := &forms{known: map[string]bool{}}
		r.open = func() *forms { return f }
	}
	for _, s := range secrets {
		for _, value := range append([]string{s.Reveal()}, inner(s.Reveal())...) {
			r.open().add(value)
		}
	}
}

func (f *forms) add(value string) {
	if value == "" || f.known[value] {
		return
	}
	f.known[value] = true
	for _, form := range encodings(value) {
		list := &f.byFirst[form[0]]
		*list = append(*list, form)
		slices.SortFunc(*list, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
		*list = slices.Compact(*list)
	}
}

// Provider gives p with every value that it reads added to the Redactor before anybody sees it.
func (r *Redactor) Provider(p Provider) Provider {
	return Func(func(ctx context.Context, name string) (Secret, error) {
		s, err := p.Secret(ctx, name)
		r.Add(s)
		return s, err
	})
}

// Text gives the text without the values.
func (r *Redactor) Text(text string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	clean, _ := r.scan(text, 0, true)
	return clean
}

// scan cleans a text up to the place from which more text could complete a value; whole
// says that no more comes. Before is the byte before the text, 0 if none.
func (r *Redactor) scan(text string, before byte, whole bool) (clean, rest string) {
	var b strings.Builder
	start := 0
	for i := 0; i < len(text); {
		n, open := r.match(text, i, before, whole)
		if open {
			b.WriteString(text[start:i])
			return b.String(), text[i:]
		}
		if n > 0 {
			b.WriteString(text[start:i] + Placeholder)
			start = i + n
		}
		before = text[i+max(n, 1)-1]
		i += max(n, 1)
	}
	b.WriteString(text[start:])
	return b.String(), ""
}

// match gives the length of the longest value at a place, 0 if none; open: the text
// ends where a longer one could go on.
func (r *Redactor) match(text string, i int, before byte, whole bool) (n int, open bool) {
	if r.open == nil {
		return 0, false
	}
	at := text[i:]
	for _, form := range r.open().byFirst[at[0]] {
		undecided := len(at) < len(form) || len(at) == len(form) && tiny(form)
		if !whole && undecided && strings.HasPrefix(form, at) {
			return 0, true
		}
		if strings.HasPrefix(at, form) && (!tiny(form) || !wordByte(before) && !wordAt(at, len(form))) {
			return len(form), false
		}
	}
	return 0, false
}

// tiny values count only as whole words: else a secret "a" would leave no text.
func tiny(form string) bool { return len(form) < 4 }

func wordAt(s string, i int) bool { return i < len(s) && wordByte(s[i]) }

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// Writer gives a writer that cleans what goes through it to w, also where a value is cut
// into several writes: an end that could become a value waits for the next write. Close
// writes that end; it does not close w.
func (r *Redactor) Writer(w io.Writer) io.WriteCloser { return &redacted{r: r, w: w} }

type redacted struct {
	mu     sync.Mutex
	r      *Redactor
	w      io.Writer
	rest   func() string // an end that may become a value: a closure, so that it does not print; nil: none
	before byte
}

func (d *redacted) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.flush(string(p), false); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (d *redacted) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.flush("", true)
}

func (d *redacted) flush(more string, whole bool) error {
	text := more
	if d.rest != nil {
		text = d.rest() + more
	}
	d.r.mu.RLock()
	clean, rest := d.r.scan(text, d.before, whole)
	d.r.mu.RUnlock()
	if done := len(text) - len(rest); done > 0 {
		d.before = text[done-1]
	}
	d.rest = func() string { return rest }
	if clean == "" {
		return nil
	}
	_, err := io.WriteString(d.w, clean)
	return err
}
