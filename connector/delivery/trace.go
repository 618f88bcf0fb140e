package delivery

import (
	"regexp"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
)

// Hop is one server that a mail came over, as that server wrote it down (RFC 5321 §4.4).
type Hop struct {
	From string    // the server or program that handed the mail over, as it named itself
	IP   string    // its address, if it was written down
	By   string    // the server that took it
	With string    // the protocol: "ESMTPS", "LMTP"
	ID   string    // that server's own id of the mail
	For  string    // the recipient; "" if not told
	At   time.Time // when, by that server's clock; zero if it cannot be read
	// Delay is how long the mail took from the hop before, of the first from the mail's Date. The
	// clocks are those of different machines: it may be negative. Zero where a time is missing.
	Delay time.Duration
	Raw   string // the line, unfolded
}

// Trace returns the servers that a mail came over, the first one first. A header is written by who
// hands the mail on: only the hops of servers that one trusts, the last ones, are proof.
func Trace(m *connector.Message) []Hop {
	lines := m.Header.Values("Received")
	hops := make([]Hop, 0, len(lines))
	before := m.Date
	for i := len(lines) - 1; i >= 0; i-- {
		h := hopOf(lines[i])
		if !h.At.IsZero() {
			if !before.IsZero() {
				h.Delay = h.At.Sub(before)
			}
			before = h.At
		}
		hops = append(hops, h)
	}
	return hops
}

// ip is an address in brackets, of either family (RFC 5321 §4.1.3).
var ip = regexp.MustCompile(`\[(?i:IPv6:)?([0-9a-fA-F.:]{3,45})\]`)

// hopOf reads one Received line.
func hopOf(line string) Hop {
	h := Hop{Raw: line}
	clauses := line
	if i := strings.LastIndexByte(line, ';'); i >= 0 {
		clauses = line[:i]
		h.At, _ = mailparse.Date(line[i+1:])
	}
	words := strings.Fields(comments(clauses))
	for i := 0; i+1 < len(words); i++ {
		next := strings.Trim(words[i+1], "<>;")
		switch strings.ToLower(words[i]) {
		case "from":
			set(&h.From, next)
		case "by":
			set(&h.By, next)
		case "with":
			set(&h.With, next)
		case "id":
			set(&h.ID, next)
		case "for":
			set(&h.For, next)
		default:
			continue
		}
		i++
	}
	from, _, _ := strings.Cut(clauses, " by ")
	if m := ip.FindStringSubmatch(from); m != nil {
		h.IP = m[1]
	}
	return h
}

// set fills in what is not told yet.
func set(field *string, v string) {
	if *field == "" {
		*field = v
	}
}

// comments takes the comments, which may nest, out of a line; what one of them says about the
// protocol, as some servers write it, "(ESMTPS)" alone, is gone with it.
func comments(s string) string {
	var out strings.Builder
	depth := 0
	for _, r := range s {
		switch {
		case r == '(':
			depth++
		case r == ')' && depth > 0:
			depth--
		case depth == 0:
			out.WriteRune(r)
		}
	}
	return out.String()
}
