package links

import (
	"net/url"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Place says where a link stands.
type Place string

// The places of a link.
const (
	InText   Place = "text"      // written out in the text part
	InShown  Place = "html text" // written out in what the HTML shows, not as a link
	InHTML   Place = "html"      // a link of the HTML
	InButton Place = "button"    // a link that looks like a button, or a form
	InImage  Place = "image"     // an image, or an area of one, that is a link
)

// Link is one link of a mail.
type Link struct {
	Raw    string // as it stands in the mail
	URL    string // what a mail program opens
	Target string // what is behind it, see Unwrap; URL where it was not rewritten
	Text   string // what is shown: the text of the link or the alt text of its image; of a link of a text, what stands before it
	Place  Place
	Hidden bool // the reader does not see it

	Gateway string // what rewrote it, "Microsoft Safe Links"; "" if nothing did
	Sealed  bool   // rewritten so that only the gateway knows the target: Target is URL
	Problem string // what is wrong with it, one sentence; "" if nothing is
}

// Host returns the host of the target in lower case, without port; "" if it has none.
func (l Link) Host() string {
	u, err := url.Parse(l.Target)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// Param returns the first value of a parameter of the target's query; "" if it has none.
func (l Link) Param(name string) string {
	u, err := url.Parse(l.Target)
	if err != nil {
		return ""
	}
	return u.Query().Get(name)
}

// Warning says that a gateway may have opened the link before the test does; "" if there is no sign
// of one. A link that works only once may then be used up.
func (l Link) Warning() string {
	if l.Gateway == "" {
		return ""
	}
	return "rewritten by " + l.Gateway + ", which may have opened it already: a link that works once may be used up"
}

// String shows a link in one line.
func (l Link) String() string {
	s := l.Target
	if l.Text != "" && l.Text != l.URL {
		s = quote(l.Text) + " → " + s
	}
	s += " (" + string(l.Place)
	if l.Hidden {
		s += ", hidden"
	}
	if l.Gateway != "" {
		s += ", by " + l.Gateway
	}
	return s + ")"
}

// All returns every link of a mail: those of the HTML in its order, then those of the text part.
// A link that stands in both is there twice. References within the mail (cid:, #…) are no links.
func All(m *connector.Message) []Link {
	return append(OfHTML(m.HTML), OfText(m.Text)...)
}

// maxLinks bounds how many links of a part are listed.
const maxLinks = 10_000
