package delivery

import (
	"regexp"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

var (
	angled = regexp.MustCompile(`<?([^\s<>@"',;:()]{1,64}@[^\s<>@"',;:()]{1,255}[^\s<>@"',;:().])>?`)
	reply  = regexp.MustCompile(`\b[45]\d\d[ -][^\r\n]{1,400}`)
)

// maxFree bounds how many recipients are read out of a text.
const maxFree = 50

// readFreeBounce reads a bounce that has no machine part, as qmail and old systems write it.
func readFreeBounce(m *connector.Message) (*Report, error) {
	if KindOf(m) != Bounce {
		return nil, ErrNoReport
	}
	text := m.Body()
	r := &Report{Kind: Bounce, MessageID: m.InReplyTo}
	if r.MessageID == "" && len(m.References) > 0 {
		r.MessageID = m.References[len(m.References)-1]
	}
	told := Recipient{Action: "failed", Status: code.FindString(text), Diagnostic: strings.TrimSpace(reply.FindString(text))}
	for _, a := range failed(m, text) {
		told.Address = a
		r.Recipients = append(r.Recipients, told)
	}
	return r, nil
}

// failed lists the addresses that a bounce without a machine part is about: those of the header,
// else those of the text that are neither sender nor recipient of the bounce itself.
func failed(m *connector.Message, text string) []string {
	var out []string
	for _, v := range m.Header.Values("X-Failed-Recipients") {
		for a := range strings.SplitSeq(v, ",") {
			out = append(out, strings.Trim(a, "<> "))
		}
	}
	if len(out) > 0 {
		return out
	}
	own := slices.Concat(m.Recipients(), m.From)
	for _, hit := range angled.FindAllStringSubmatch(text, maxFree) {
		isOwn := slices.ContainsFunc(own, func(a connector.Address) bool { return strings.EqualFold(a.Addr, hit[1]) })
		if !isOwn && !slices.Contains(out, hit[1]) {
			out = append(out, hit[1])
		}
	}
	return out
}
