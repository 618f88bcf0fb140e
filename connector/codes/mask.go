package codes

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cloudmail-go/cloudmail/connector/internal/folding"
)

// never are the forms that hold digits and are no code.
var never = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.)[^\s<>"]+`),                             // addresses of the web
	regexp.MustCompile(`[^\s<>()]+@[^\s<>()]+`),                                                     // addresses of mail
	regexp.MustCompile(`(?i)\b(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[^\s]*)?`),                              // hosts
	regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`),                                               // IP addresses
	regexp.MustCompile(`\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\b\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?\d{2,4}\b`), // dates
	regexp.MustCompile(`\d{1,4}\s?(?:年|년|月|월|日|일|時|时|시|点|分|분|秒|초)`),
	regexp.MustCompile(`\b\d{1,2}(?::\d{2}){1,2}\b|\b\d{1,2}h\d{2}\b`),                              // times
	regexp.MustCompile(`(?:[$€£¥₽₹₩₪₺฿]|\bR\$|\b(?:USD|EUR|GBP|CHF|PLN|BRL|JPY))\s?\d[\d.,' ]*\d?`), // prices
	regexp.MustCompile(`(?i)\d[\d.,' ]*\s?(?:[$€£¥₽₹₩₪₺฿円원元]|(?:usd|eur|euros?|gbp|chf|pln|zł|brl|jpy|rub|руб|kr|sek|tl)\b)`),
	regexp.MustCompile(`(?i)\d[\d., ]*\s?(?:zł|руб|%)`),
	regexp.MustCompile(`\b\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?\b|\b\d+[.,]\d+\b`), // numbers with separators
	regexp.MustCompile(`\+\d[\d ()./-]{6,}\d|\(\d{2,5}\)\s?\d[\d -]{4,}\d`),        // phone numbers
	regexp.MustCompile(`\b\d{2,4}-\d{2,4}-\d{4,5}\b|\b0\d{1,4}[ /]\d[\d -]{4,}\d|\b\d \d{3} \d{3}-\d\d-\d\d`),
	regexp.MustCompile(`\b\d{2,4}(?: \d{2,4}){3,}\b`),
	regexp.MustCompile(`[*•]+\s?\d{2,6}\b|(?i)\bx{2,}-?\d{4}\b`), // masked card numbers
	regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b`),                    // colours, numbers of a house or ticket
	regexp.MustCompile(`©[^\n]{0,6}\d{4}`),
	regexp.MustCompile(`\b[A-Z]{2}\d{2}(?: ?\d{4}){3,}(?: ?\d{1,4})?\b|\b[A-Z]{2}\d{8,}\b`), // accounts, VAT ids
}

// masked replaces what is never a code, byte for byte, by a mark that joins nothing.
func masked(line string) string {
	for _, re := range never {
		line = re.ReplaceAllStringFunc(line, func(s string) string { return strings.Repeat("\x00", len(s)) })
	}
	return line
}

// plain gives a source the form in which it is read: narrow, ASCII digits, without invisible marks.
func plain(source string) string {
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf && unicode.Is(unicode.Nd, r) {
			return '0' + digit(r)
		}
		if r == 0 {
			return -1
		}
		return r
	}, folding.Plain(source))
}

// digit is the value of a decimal digit: Unicode lists them in rows of ten that begin with zero.
func digit(r rune) rune {
	n := rune(0)
	for n < 9 && unicode.Is(unicode.Nd, r-n-1) {
		n++
	}
	return n
}

// lower is the lower case of a text in which every character keeps its place.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if l := unicode.ToLower(r); utf8.RuneLen(l) == utf8.RuneLen(r) {
			return l
		}
		return r
	}, s)
}
