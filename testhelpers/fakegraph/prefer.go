package fakegraph

import (
	"net/http"
	"strconv"
	"strings"
)

// preferences are what the Prefer headers of a request ask for (RFC 7240).
type preferences struct {
	immutable bool   // IdType="ImmutableId"
	bodyType  string // "text", "html" or ""
	unsafe    bool   // outlook.allow-unsafe-html
	pageSize  int    // odata.maxpagesize, 0 if none
	applied   []string
}

// parsePrefer reads several headers and comma-separated lists alike.
func parsePrefer(h http.Header) preferences {
	var p preferences
	for _, line := range h.Values("Prefer") {
		for item := range strings.SplitSeq(line, ",") {
			p.take(strings.TrimSpace(item))
		}
	}
	return p
}

func (p *preferences) take(item string) {
	name, value, _ := strings.Cut(item, "=")
	value = strings.Trim(strings.TrimSpace(value), `"`)
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "idtype":
		p.immutable = strings.EqualFold(value, "ImmutableId")
		if !p.immutable {
			return
		}
	case "outlook.body-content-type":
		p.bodyType = strings.ToLower(value)
		if p.bodyType != "text" && p.bodyType != "html" {
			p.bodyType = ""
			return
		}
	case "outlook.allow-unsafe-html":
		p.unsafe = true
	case "odata.maxpagesize":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return
		}
		p.pageSize = min(n, 1000)
	case "outlook.timezone":
	default:
		return
	}
	p.applied = append(p.applied, item)
}
