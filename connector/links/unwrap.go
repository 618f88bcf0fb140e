package links

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// gateway is a service that rewrites links so that the target can be read from the new one.
type gateway struct {
	name  string
	host  string // the host, or its end where it begins with a dot
	path  string // what the path begins with
	param string // the parameter that is the target
	read  func(u *url.URL) string
}

// gateways are those that are known. Sources: learn.microsoft.com "Safe Links in Microsoft Defender
// for Office 365"; Proofpoint "URL Defense" decoder notes; the others by the form of their links.
var gateways = []gateway{
	{name: "Microsoft Safe Links", host: ".safelinks.protection.outlook.com", param: "url"},
	{name: "Microsoft Safe Links", host: ".safelinks.protection.office365.us", param: "url"},
	{name: "Microsoft Safe Links", host: ".safelinks.protection.partner.outlook.cn", param: "url"},
	{name: "Proofpoint URL Defense", host: "urldefense.com", path: "/v3/", read: proofpoint3},
	{name: "Proofpoint URL Defense", host: "urldefense.us", path: "/v3/", read: proofpoint3},
	{name: "Proofpoint URL Defense", host: "urldefense.proofpoint.com", path: "/v3/", read: proofpoint3},
	{name: "Proofpoint URL Defense", host: "urldefense.proofpoint.com", path: "/v2/", read: proofpoint2},
	{name: "Proofpoint URL Defense", host: "urldefense.com", path: "/v2/", read: proofpoint2},
	{name: "Proofpoint URL Defense", host: "urldefense.proofpoint.com", path: "/v1/", param: "u"},
	{name: "Google", host: "www.google.com", path: "/url", param: "q"},
	{name: "Google", host: "www.google.com", path: "/url", param: "url"},
	{name: "Google", host: "google.com", path: "/url", param: "q"},
	{name: "Barracuda Link Protection", host: "linkprotect.cudasvc.com", path: "/url", param: "a"},
	{name: "Cisco Secure Email", host: "secure-web.cisco.com", read: lastSegment},
	{name: "Trellix URL protection", host: "protect2.fireeye.com", param: "u"},
	{name: "Trend Micro", host: ".trendmicro.com", path: "/wis/clicktime/", param: "url"},
	{name: "Symantec Click-time", host: "clicktime.symantec.com", param: "u"},
	{name: "Sophos", host: ".protection.sophos.com", read: sophos},
}

// sealing are the services whose links tell nothing of their target.
var sealing = []gateway{
	{name: "Mimecast", host: ".mimecastprotect.com"}, {name: "Mimecast", host: ".mimecast.com", path: "/s/"},
}

// maxWraps is how often a link may have been rewritten.
const maxWraps = 5

// Unwrap returns what is behind a link that mail gateways rewrote, one over the other as it may be,
// and the name of the outermost; sealed if that one does not tell. A link that no known gateway
// rewrote is returned as it is, with no name.
func Unwrap(link string) (target, by string, sealed bool) {
	target = link
	for range maxWraps {
		next, name := unwrapOnce(target)
		if name == "" {
			break
		}
		if by == "" {
			by = name
		}
		target = next
	}
	if u, err := url.Parse(target); err == nil {
		for _, g := range sealing {
			if g.is(u) {
				return target, first(by, g.name), true
			}
		}
	}
	return target, by, false
}

// first returns a, or b if that is empty.
func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// unwrapOnce undoes one gateway; no name if there is none.
func unwrapOnce(link string) (target, by string) {
	u, err := url.Parse(link)
	if err != nil {
		u, err = url.Parse(strings.ReplaceAll(link, "%", "%25"))
		if err != nil {
			return link, ""
		}
	}
	for _, g := range gateways {
		if !g.is(u) {
			continue
		}
		if g.read != nil {
			target = g.read(u)
		} else {
			target = param(u.RawQuery, g.param)
		}
		if isTarget(target) {
			return target, g.name
		}
	}
	return link, ""
}

// is reports whether the gateway made a link.
func (g gateway) is(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	if strings.HasPrefix(g.host, ".") {
		if !strings.HasSuffix(host, g.host) {
			return false
		}
	} else if host != g.host {
		return false
	}
	return strings.HasPrefix(u.EscapedPath(), g.path)
}

// isTarget reports whether what was read is an address at all.
func isTarget(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "")
}

// param reads a parameter of a query; a plus sign stays one, for gateways encode blanks as %20.
func param(query, name string) string {
	for pair := range strings.SplitSeq(query, "&") {
		if k, v, _ := strings.Cut(pair, "="); k == name {
			if s, err := url.PathUnescape(v); err == nil {
				return s
			}
			return v
		}
	}
	return ""
}

// proofpoint2 undoes version 2: - for %, _ for /.
func proofpoint2(u *url.URL) string {
	s := strings.NewReplacer("-", "%", "_", "/").Replace(param(u.RawQuery, "u"))
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	return ""
}

var (
	version3  = regexp.MustCompile(`/v3/__(.+?)__;(.*?)!`)
	oneSlash  = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*:/)([^/])`)
	runLetter = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)

// proofpoint3 undoes version 3: each * stands for the next character of a base64 text behind the
// address, ** and a letter for a run of them, 2 at A.
func proofpoint3(u *url.URL) string {
	m := version3.FindStringSubmatch(u.String())
	if m == nil {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(m[2], "="))
	if err != nil {
		return ""
	}
	var out strings.Builder
	for rest := m[1]; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		rest = rest[n:]
		if r != '*' {
			out.WriteRune(r)
			continue
		}
		run := 1
		if len(rest) >= 2 && rest[0] == '*' {
			run = strings.IndexByte(runLetter, rest[1]) + 2
			rest = rest[2:]
		}
		for ; run > 0 && len(raw) > 0; run-- {
			_, n := utf8.DecodeRune(raw)
			out.Write(raw[:n])
			raw = raw[n:]
		}
	}
	return oneSlash.ReplaceAllString(out.String(), "$1/$2")
}

// lastSegment reads a target that is the last element of the path, escaped.
func lastSegment(u *url.URL) string {
	p := u.EscapedPath()
	s, err := url.PathUnescape(p[strings.LastIndexByte(p, '/')+1:])
	if err != nil {
		return ""
	}
	return s
}

// sophos reads a target in base64.
func sophos(u *url.URL) string {
	raw, err := base64.StdEncoding.DecodeString(param(u.RawQuery, "u"))
	if err != nil || !utf8.Valid(raw) {
		return ""
	}
	return string(raw)
}
