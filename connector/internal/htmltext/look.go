package htmltext

import (
	"strings"

	"github.com/cloudmail-go/cloudmail/connector/internal/css"
)

// look is what of the style of an element decides whether its text is seen.
type look struct {
	gone      bool // for good: no inner style brings it back
	invisible bool // visibility:hidden
	tiny      bool // font-size:0
	pre       bool // blanks and line ends count
}

func (l look) unseen() bool { return l.gone || l.invisible || l.tiny }

// apply takes what is said about an element, the weightiest last. The hidden attribute is less than
// any style (HTML standard, section 15.3.1).
func (l *look) apply(style []css.Declaration, hidden bool) {
	none, outlook, clear, clipped := hidden, false, false, false
	zero := map[string]bool{} // the sizes that are
	for _, d := range style {
		switch d.Property {
		case "display":
			none = d.Value == "none"
		case "mso-hide":
			outlook = d.Value == "all"
		case "opacity":
			clear = isZero(d.Value)
		case "visibility":
			l.invisible = d.Value == "hidden" || d.Value == "collapse"
		case "font-size":
			l.tiny = isZero(d.Value)
		case "font":
			l.tiny = isZero(fontSize(d.Value))
		case "max-height", "height", "max-width", "width":
			zero[d.Property] = isZero(d.Value)
		case "overflow", "overflow-x", "overflow-y":
			clipped = strings.HasPrefix(d.Value, "hidden") || strings.HasPrefix(d.Value, "clip")
		case "white-space":
			l.pre = strings.HasPrefix(d.Value, "pre") || d.Value == "break-spaces"
		}
	}
	small := zero["max-height"] || zero["height"] || zero["max-width"] || zero["width"]
	l.gone = l.gone || none || outlook || clear || small && clipped
}

// fontSize cuts the size out of the shorthand of a font: it stands before a slash, or is the first
// that has a unit.
func fontSize(font string) string {
	for word := range strings.FieldsSeq(font) {
		size, _, slash := strings.Cut(word, "/")
		if slash || size != "" && size[0] <= '9' && strings.TrimLeft(size, "0123456789.") != "" {
			return size
		}
	}
	return ""
}

// isZero tells whether a length or number is nothing.
func isZero(value string) bool {
	number := strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyz%")
	return number != "" && strings.Trim(number, "0.") == ""
}
