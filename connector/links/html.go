package links

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector/internal/htmltext"
)

// OfHTML returns the links of an HTML, those that it only shows as text included.
func OfHTML(source string) []Link {
	if source == "" {
		return nil
	}
	var r reader
	text := htmltext.Walk(source, &r)
	r.closeAnchor(len(text))
	out := make([]Link, 0, len(r.found))
	for _, f := range r.found {
		out = append(out, f.link(text, r.base))
	}
	return append(out, shownOnly(text, out)...)
}

// shownOnly returns the links that the HTML shows as text, but for those that are what a link shows.
func shownOnly(text string, have []Link) []Link {
	known := map[string]bool{}
	for _, l := range have {
		known[l.URL] = true
		for _, w := range strings.Fields(l.Text) {
			known[w] = true
		}
	}
	out := OfText(text)
	for i := range out {
		out[i].Place = InShown
	}
	return slices.DeleteFunc(out, func(l Link) bool { return known[l.URL] || known[l.Raw] })
}

// reader gathers links while the HTML is read.
type reader struct {
	base   *url.URL
	found  []*found
	anchor *found   // that is open
	form   *found   // that is open
	around []string // class, style and bgcolor of the cells and blocks that are open
}

// found is a link as its elements tell.
type found struct {
	raw, url string
	place    Place
	shown    bool
	alt      []string // of the images in it
	images   bool
	from, to int // its text
}

// Start implements htmltext.Visitor.
func (r *reader) Start(t htmltext.Tag) {
	switch t.Name {
	case "base":
		if u, err := url.Parse(strings.TrimSpace(t.Attr["href"])); err == nil && r.base == nil && u.IsAbs() {
			r.base = u
		}
	case "td", "th", "div", "table":
		r.around = append(r.around, t.Attr["class"]+" "+look(t))
	case "a":
		r.closeAnchor(t.At)
		r.anchor = r.begin(t, "href", InHTML)
		if r.anchor != nil && (t.Attr["role"] == "button" || looksLikeButton(t.Attr["class"], look(t)) || r.inButton()) {
			r.anchor.place = InButton
		}
	case "area":
		if f := r.begin(t, "href", InImage); f != nil {
			f.alt, f.shown = append(f.alt, t.Attr["alt"]), true
		}
	case "form":
		r.form = r.begin(t, "action", InButton)
	case "img":
		if r.anchor != nil {
			r.anchor.images, r.anchor.shown = true, r.anchor.shown || t.Shown
			r.anchor.alt = append(r.anchor.alt, t.Attr["alt"])
		}
	case "input":
		if r.form != nil && strings.EqualFold(t.Attr["type"], "submit") {
			r.form.alt = append(r.form.alt, t.Attr["value"])
		}
	}
}

// End implements htmltext.Visitor.
func (r *reader) End(name string, at int) {
	switch name {
	case "a":
		r.closeAnchor(at)
	case "form":
		if r.form != nil {
			r.form.to, r.form = at, nil
		}
	case "td", "th", "div", "table":
		if len(r.around) > 0 {
			r.around = r.around[:len(r.around)-1]
		}
	}
}

// begin takes a link that a tag names; nil if it names none.
func (r *reader) begin(t htmltext.Tag, attr string, place Place) *found {
	value, ok := t.Attr[attr]
	u := cleanURL(value)
	if !ok || u == "" || strings.HasPrefix(u, "#") || strings.HasPrefix(strings.ToLower(u), "cid:") || len(r.found) >= maxLinks {
		return nil
	}
	f := &found{raw: rawAttr(t.Raw, attr, value), url: u, place: place, shown: t.Shown, from: t.At, to: t.At}
	r.found = append(r.found, f)
	return f
}

// closeAnchor ends the link that is open.
func (r *reader) closeAnchor(at int) {
	if r.anchor != nil {
		r.anchor.to, r.anchor = at, nil
	}
}

// inButton reports whether the innermost block looks like a button.
func (r *reader) inButton() bool {
	return len(r.around) > 0 && looksLikeButton(r.around[len(r.around)-1], "")
}

// look is what of a tag's attributes says how it looks.
func look(t htmltext.Tag) string {
	s := strings.ToLower(t.Attr["style"])
	if t.Attr["bgcolor"] != "" {
		s += ";background:" + t.Attr["bgcolor"]
	}
	return s
}

// button are the names that are given to buttons.
var button = regexp.MustCompile(`(?i)(?:^|[\s_-])(?:btn|button|cta)(?:$|[\s_-]|\d)`)

// looksLikeButton judges a link by its class and style: a button is named one, or has a colour and
// room around its text.
func looksLikeButton(class, style string) bool {
	filled := strings.Contains(style, "background") && !strings.Contains(style, "background:none") && !strings.Contains(style, "transparent")
	return button.MatchString(class) || filled && (strings.Contains(style, "padding") || strings.Contains(style, "inline-block"))
}

// link describes what was found.
func (f *found) link(text string, base *url.URL) Link {
	shown := strings.TrimSpace(text[min(f.from, len(text)):max(min(f.from, len(text)), min(f.to, len(text)))])
	l := Link{Raw: f.raw, URL: f.url, Text: strings.Join(strings.Fields(shown), " "), Place: f.place, Hidden: !f.shown}
	if l.Text == "" {
		l.Text = strings.TrimSpace(strings.Join(f.alt, " "))
		if f.images {
			l.Place = InImage
		}
	}
	if base != nil {
		if u, err := base.Parse(l.URL); err == nil {
			l.URL = u.String()
		}
	}
	return finish(l)
}

// cleanURL does what a browser does before it reads an address: blanks around it and line ends and
// tabs within are not there (WHATWG URL §4.4).
func cleanURL(v string) string {
	v = strings.TrimFunc(v, func(r rune) bool { return r <= ' ' })
	return strings.NewReplacer("\n", "", "\r", "", "\t", "").Replace(v)
}

// rawAttr returns an attribute as it is written in a tag; decoded if it cannot be found.
func rawAttr(tag, name, decoded string) string {
	lower := strings.ToLower(tag)
	for at := 0; ; {
		i := strings.Index(lower[at:], name)
		if i < 0 || len(lower) != len(tag) {
			return decoded
		}
		at += i + len(name)
		rest := strings.TrimLeft(tag[at:], " \t\r\n\f")
		if before := at - len(name) - 1; before < 0 || !strings.ContainsRune(" \t\r\n\f/\"'", rune(tag[before])) || !strings.HasPrefix(rest, "=") {
			continue
		}
		return attrValue(strings.TrimLeft(rest[1:], " \t\r\n\f"))
	}
}

// attrValue cuts an attribute's value at its end.
func attrValue(s string) string {
	end := " \t\r\n\f>"
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		end, s = s[:1], s[1:]
	}
	if i := strings.IndexAny(s, end); i >= 0 {
		s = s[:i]
	}
	return s
}
