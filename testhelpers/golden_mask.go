package testhelpers

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Mask replaces in a golden mail what differs each time: [Name] stands for each match, or for its
// first group if the pattern has one.
type Mask struct {
	Name string
	RE   *regexp.Regexp
	part func(match string) string // replaces the match in another way
}

// DefaultMasks are those that every golden mail has unless it is Exact, in the order in which they
// are applied: the tags of addresses, tokens in links, Message-IDs, dates, times, UUIDs, other long
// ids, the year of a copyright. One-time codes (package codes) are masked last.
func DefaultMasks() []Mask {
	return []Mask{
		{Name: "tag", RE: plusTag},
		{Name: "token", RE: webLink, part: maskLink},
		{Name: "id", RE: messageID},
		{Name: "date", RE: dates},
		{Name: "time", RE: times},
		{Name: "uuid", RE: uuids},
		{Name: "id", RE: hexIDs},
		{Name: "year", RE: copyright},
	}
}

// The forms of what differs each time.
var (
	plusTag   = regexp.MustCompile(`[\w.%-]\+([\w.=-]+)@`)
	webLink   = regexp.MustCompile(`https?://[^\s<>"']+`)
	messageID = regexp.MustCompile(`(?im)^(?:Message-ID|In-Reply-To|References): (.*)$`)
	dates     = regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?(?:Z\b|UTC|GMT|[+-]\d{2}:?\d{2}))?)?` +
		`|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}(?::\d{2})?(?: [+-]\d{4})?(?: \([A-Z]+\))?` +
		`|\b\d{1,2}(?:st|nd|rd|th|\.|º|er)? (?:de |of )?` + month + ` (?:de )?\d{4}\b|\b` + month + ` \d{1,2}(?:st|nd|rd|th)?,? \d{4}\b` +
		`|\b\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})\b|\b\d{4}[./]\d{1,2}[./]\d{1,2}\b|\d{4}\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일]`)
	times     = regexp.MustCompile(`\b\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp]\.?[Mm]\b\.?)?(?: (?:UTC|GMT|[A-Z]{1,3}S?T)\b)?`)
	uuids     = regexp.MustCompile(`(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)
	hexIDs    = regexp.MustCompile(`(?i)\b[0-9a-f]{20,}\b`)
	copyright = regexp.MustCompile(`(?:©|\(c\)|&copy;) ?(\d{4})\b`)
	secret    = regexp.MustCompile(`(?i)^(?:.*[_-])?(?:token|code|otp|sig|signature|hash|nonce|state|ticket|secret|session|auth|key|expires|exp|ts|timestamp)$`)
)

// month is the beginning of a month's name in English, German, French, Spanish, Italian, Portuguese
// and Dutch.
const month = `(?i:jan|feb|fév|fev|mar|mär|maa|apr|avr|abr|may|mai|mag|mei|jun|juin|giu|jul|juil|lug|aug|ago|août|sep|set|oct|okt|ott|out|nov|dec|dez|déc|dic|ene|gen)\p{L}{0,8}\.?`

// masked replaces what the masks match.
func masked(s string, masks []Mask) string {
	for _, m := range masks {
		if m.RE != nil {
			s = m.apply(s)
		}
	}
	return s
}

// apply replaces what one mask matches.
func (m Mask) apply(s string) string {
	if m.part != nil {
		return m.RE.ReplaceAllStringFunc(s, m.part)
	}
	var b strings.Builder
	done := 0
	for _, at := range m.RE.FindAllStringSubmatchIndex(s, -1) {
		from, to := at[0], at[1]
		if len(at) > 2 && at[2] >= 0 {
			from, to = at[2], at[3]
		}
		if from == to {
			continue
		}
		b.WriteString(s[done:from] + "[" + m.Name + "]")
		done = to
	}
	return b.String() + s[done:]
}

// word masks a text of letters and digits where it stands by itself, and the same in full width.
func word(name, text string) Mask {
	wide := strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' {
			return r + 0xFEE0
		}
		return r
	}, text)
	return Mask{Name: name, RE: regexp.MustCompile(`\b` + regexp.QuoteMeta(text) + `\b|` + regexp.QuoteMeta(wide))}
}

// maskLink replaces what looks random in the path and query of a link, and what its name says is.
func maskLink(link string) string {
	scheme, rest, _ := strings.Cut(link, "://")
	head, query, has := strings.Cut(rest, "?")
	segments := strings.Split(head, "/")
	for i, s := range segments[1:] {
		segments[i+1] = maskRandom(s)
	}
	out := scheme + "://" + strings.Join(segments, "/")
	if !has {
		return out
	}
	sep := "&"
	if strings.Contains(query, "&amp;") {
		sep = "&amp;"
	}
	params := strings.Split(query, sep)
	for i, p := range params {
		if name, value, is := strings.Cut(p, "="); is && value != "" {
			if value = maskRandom(value); secret.MatchString(name) {
				value = "[token]"
			}
			params[i] = name + "=" + value
		}
	}
	return out + "?" + strings.Join(params, sep)
}

// maskRandom replaces a text that looks random: one of its words has 12 characters or more, letters
// and digits, or 24 letters.
func maskRandom(s string) string {
	random := func(word string) bool {
		return strings.ContainsFunc(word, unicode.IsLetter) && (len(word) >= 24 || len(word) >= 12 && strings.ContainsAny(word, "0123456789"))
	}
	if uuids.MatchString(s) || slices.ContainsFunc(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("-_.~", r) }), random) {
		return "[token]"
	}
	return s
}
