package links

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/folding"
)

// The reasons for which Find gives no link.
var (
	ErrNone    = errors.New("no link matches")
	ErrSeveral = errors.New("several links match")
)

// Query says which link is meant. What is set must hold, all of it; the zero Query means the only
// link of the mail.
type Query struct {
	Text   string // a part of what is shown, in any case and with any blanks
	Host   string // the target's host; "*.example.com" any below it
	Path   string // the target's path, whole, by path.Match with * for any characters but /; "/reset/**" anything below
	Place  Place
	Scheme string // "https", "mailto"; "" for http and https
	Hidden bool   // links that the reader does not see count too
}

// Error says which links there are where Find gives none.
type Error struct {
	Kind  error // ErrNone or ErrSeveral
	Query Query
	Links []Link // the mail's; those that match where they are several
}

// Error lists the links in one line each.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "find link %s: %v", e.Query, e.Kind)
	if len(e.Links) == 0 {
		b.WriteString("; the mail has no link")
	}
	for i, l := range e.Links {
		if i == listed {
			fmt.Fprintf(&b, "\n  and %d more", len(e.Links)-i)
			break
		}
		b.WriteString("\n  " + folding.OneLine(l.String()))
	}
	return b.String()
}

// listed is how many links an error lists.
const listed = 20

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Kind }

// Find returns the one link that is meant. Links with the same target are one: of an image, a button
// and its address written out, the first. None is an [ErrNone], several are an [ErrSeveral]; both
// come as [*Error] and list what there is.
// A Path that is no pattern is a [connector.ErrConfig].
func Find(m *connector.Message, q Query) (Link, error) {
	if _, err := path.Match(q.Path, ""); err != nil {
		return Link{}, &connector.Error{Op: "find link", Kind: connector.ErrConfig, Err: fmt.Errorf("links.Query.Path %s is no pattern", quote(q.Path)), Remedy: "path.Match says which are"}
	}
	all := All(m)
	var hits []Link
	for _, l := range all {
		if q.matches(l) && !slices.ContainsFunc(hits, func(h Link) bool { return h.Target == l.Target }) {
			hits = append(hits, l)
		}
	}
	switch len(hits) {
	case 0:
		return Link{}, &Error{Kind: ErrNone, Query: q, Links: all}
	case 1:
		return hits[0], nil
	}
	return Link{}, &Error{Kind: ErrSeveral, Query: q, Links: hits}
}

// matches reports whether a link is meant.
func (q Query) matches(l Link) bool {
	scheme, rest, _ := strings.Cut(l.Target, ":")
	scheme = strings.ToLower(scheme)
	if q.Scheme == "" && scheme != "http" && scheme != "https" || q.Scheme != "" && !strings.EqualFold(q.Scheme, scheme) {
		return false
	}
	return (q.Hidden || !l.Hidden) && (q.Place == "" || q.Place == l.Place) &&
		(q.Text == "" || strings.Contains(folding.Fold(l.Text), folding.Fold(q.Text))) &&
		(q.Host == "" || hostMatches(q.Host, l.Host())) && (q.Path == "" || pathMatches(q.Path, pathOf(rest)))
}

// pathOf cuts the path out of what follows the scheme.
func pathOf(rest string) string {
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i]
	}
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		if i := strings.IndexByte(after, '/'); i >= 0 {
			return after[i:]
		}
		return "/"
	}
	return rest
}

// hostMatches compares a host with a pattern.
func hostMatches(pattern, host string) bool {
	pattern = strings.ToLower(pattern)
	if below, ok := strings.CutPrefix(pattern, "*."); ok {
		return strings.HasSuffix(host, "."+below)
	}
	return pattern == host
}

// pathMatches compares a path with a pattern.
func pathMatches(pattern, p string) bool {
	if above, ok := strings.CutSuffix(pattern, "/**"); ok {
		return p == above || strings.HasPrefix(p, above+"/")
	}
	ok, err := path.Match(pattern, p)
	return ok && err == nil
}

// String shows what is set.
func (q Query) String() string {
	var parts []string
	for _, f := range []struct{ name, value string }{
		{"Text", q.Text}, {"Host", q.Host}, {"Path", q.Path}, {"Place", string(q.Place)}, {"Scheme", q.Scheme},
	} {
		if f.value != "" {
			parts = append(parts, f.name+": "+quote(f.value))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
