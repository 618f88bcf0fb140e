package htmltext

import (
	"strings"

	"golang.org/x/net/html"

	"github.com/cloudmail-go/cloudmail/connector/internal/css"
)

// sheetOf reads the style sheets of a source, wherever they stand in it: all of them count for all
// of it.
func sheetOf(source string) (sheet css.Sheet) {
	if !hasStyle(source) {
		return sheet
	}
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return sheet
		case html.StartTagToken:
			if t := z.Token(); t.Data == "style" && z.Next() == html.TextToken {
				sheet.Add(string(z.Raw()), attr(t, "media"))
			}
		}
	}
}

// hasStyle reports whether there may be a style element.
func hasStyle(source string) bool {
	for {
		i := strings.IndexByte(source, '<')
		if i < 0 {
			return false
		}
		source = source[i+1:]
		if len(source) >= 5 && strings.EqualFold(source[:5], "style") {
			return true
		}
	}
}

// attr returns an attribute of a tag.
func attr(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
