package css

import (
	"regexp"
	"strconv"
	"strings"
)

// The screen that a mail is read on, in CSS pixels.
const (
	screenWidth  = 1280
	screenHeight = 800
	em           = 16
)

// maxQuery bounds the media queries that are read; a longer one does not apply.
const maxQuery = 2000

// applies reports whether a list of media queries holds for the screen (Media Queries 4).
func applies(list string) bool {
	list = strings.ToLower(strings.TrimSpace(list))
	if list == "" {
		return true
	}
	if len(list) > maxQuery {
		return false
	}
	for query := range strings.SplitSeq(list, ",") {
		if queryHolds(strings.TrimSpace(query)) {
			return true
		}
	}
	return false
}

// queryHolds reports whether one query does: an optional type and conditions joined by and.
func queryHolds(query string) bool {
	query = strings.TrimPrefix(query, "only ")
	query, negated := strings.CutPrefix(query, "not ")
	holds := query != ""
	for _, condition := range and.Split(query, -1) {
		holds = holds && conditionHolds(strings.TrimSpace(condition))
	}
	return holds != negated
}

// The forms of a media query.
var (
	and      = regexp.MustCompile(`\s+and\s*\(?|\)\s*and\s+`)
	compared = regexp.MustCompile(`^(?:([\d.]+[a-z]*)\s*([<>]=?)\s*)?(width|height)(?:\s*([<>]=?|=)\s*([\d.]+[a-z]*))?$`)
	length   = regexp.MustCompile(`^([\d.]+)([a-z]*)$`)
)

// conditionHolds reports whether a type or a feature is that of the screen. An unknown one is not.
func conditionHolds(condition string) bool {
	condition = strings.Trim(condition, "() ")
	feature, value, has := strings.Cut(condition, ":")
	feature, value = strings.TrimSpace(feature), strings.TrimSpace(value)
	if !has {
		return feature == "all" || feature == "screen" || feature == "color" || rangeHolds(feature)
	}
	switch strings.Replace(feature, "device-", "", 1) {
	case "min-width":
		return pixels(value) <= screenWidth
	case "max-width":
		return pixels(value) >= screenWidth
	case "min-height":
		return pixels(value) <= screenHeight
	case "max-height":
		return pixels(value) >= screenHeight
	case "orientation":
		return value == "landscape"
	case "prefers-color-scheme":
		return value == "light"
	case "hover", "any-hover":
		return value == "hover"
	case "pointer", "any-pointer":
		return value == "fine"
	case "-webkit-min-pixel-ratio", "min-resolution":
		return pixels(strings.TrimSuffix(value, "dppx")) <= 1
	}
	return false
}

// rangeHolds reports whether a comparison of width or height holds, such as 400px <= width < 700px.
func rangeHolds(condition string) bool {
	m := compared.FindStringSubmatch(condition)
	if m == nil {
		return false
	}
	is := map[string]float64{"width": screenWidth, "height": screenHeight}[m[3]]
	return (m[1] == "" || compare(pixels(m[1]), m[2], is)) && (m[4] == "" || compare(is, m[4], pixels(m[5])))
}

// compare holds two lengths against each other.
func compare(a float64, op string, b float64) bool {
	switch op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	}
	return a == b
}

// pixels is a length in CSS pixels; one that is not known is none.
func pixels(s string) float64 {
	m := length.FindStringSubmatch(s)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseFloat(m[1], 64)
	unit := map[string]float64{"": 1, "px": 1, "em": em, "rem": em, "pt": 4.0 / 3, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4}[m[2]]
	return n * unit
}
