package htmltext

import "strings"

// look is what of the style of an element decides whether its text is seen.
type look struct {
	gone      bool // for good: no inner style brings it back
	invisible bool // visibility:hidden
	tiny      bool // font-size:0
	pre       bool // blanks and line ends count
}

func (l look) unseen() bool { return l.gone || l.invisible || l.tiny }

// apply reads a style attribute.
func (l *look) apply(style string) {
	var low, clipped bool
	for declaration := range strings.SplitSeq(strings.ToLower(style), ";") {
		property, value, _ := strings.Cut(declaration, ":")
		value = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
		switch strings.TrimSpace(property) {
		case "display":
			l.gone = l.gone || value == "none"
		case "mso-hide":
			l.gone = l.gone || value == "all"
		case "opacity":
			l.gone = l.gone || isZero(value)
		case "visibility":
			l.invisible = value == "hidden" || value == "collapse"
		case "font-size":
			l.tiny = isZero(value)
		case "max-height", "height":
			low = low || isZero(value)
		case "overflow":
			clipped = value == "hidden"
		case "white-space":
			l.pre = strings.HasPrefix(value, "pre") || value == "break-spaces"
		}
	}
	l.gone = l.gone || low && clipped
}

// isZero tells whether a length or number is nothing.
func isZero(value string) bool {
	number := strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyz%")
	return number != "" && strings.Trim(number, "0.") == ""
}
