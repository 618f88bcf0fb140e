package delivery

import (
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Verdict is what a server on the way found when it checked who sent the mail (RFC 8601).
type Verdict struct {
	Server     string            // who judged: its authserv-id; "" where it does not name itself, as Exchange Online
	Method     string            // "spf", "dkim", "dmarc", "arc", "compauth", …, in lower case
	Result     string            // "pass", "fail", "softfail", "none", "temperror", …, in lower case
	Reason     string            // why, in the server's words; may be empty
	Properties map[string]string // what was judged, such as "header.d" or "smtp.mailfrom", with names in lower case
	Field      string            // where it stands: Authentication-Results, ARC-Authentication-Results or Received-SPF
	// Trusted says that the server is one of those asked for, or without such, the one that judged last.
	// Everybody can write such a field, and the sender of a forged mail will.
	Trusted bool
}

// The limits of what is read of one mail.
const maxVerdicts, maxVerdictField = 200, 64 << 10

// Verdicts returns what the servers on the way found, the last of them first. Trusted are those of the
// servers named, by their authserv-id ("mx.google.com"); where none is named those of the server of
// the topmost Authentication-Results, which is right where one's own server writes that field and
// removes foreign ones of its name (RFC 8601 §5), as Gmail and Exchange Online do.
func Verdicts(m *connector.Message, servers ...string) []Verdict {
	var all []Verdict
	last, judged := "", false
	for _, f := range m.Header {
		var found []Verdict
		switch strings.ToLower(f.Name) {
		case "authentication-results", "arc-authentication-results":
			found = readVerdicts(f.Value)
			if len(found) > 0 && !judged && strings.EqualFold(f.Name, "Authentication-Results") {
				last, judged = found[0].Server, true
			}
		case "received-spf":
			found = readReceivedSPF(f.Value)
		default:
			continue
		}
		for _, v := range found {
			v.Field = f.Name
			all = append(all, v)
		}
	}
	for i := range all {
		v := &all[i]
		v.Trusted = judged && strings.EqualFold(v.Server, last)
		if len(servers) > 0 {
			v.Trusted = slices.ContainsFunc(servers, func(s string) bool { return strings.EqualFold(s, v.Server) })
		}
	}
	return all[:min(len(all), maxVerdicts)]
}

// Passed reports whether a trusted verdict of the method is "pass".
func Passed(all []Verdict, method string) bool {
	return slices.ContainsFunc(all, func(v Verdict) bool { return v.Trusted && v.Result == "pass" && strings.EqualFold(v.Method, method) })
}

// readVerdicts reads one field. Exchange Online leaves the authserv-id out, ARC puts "i=1" in front.
func readVerdicts(value string) []Verdict {
	parts := split(value[:min(len(value), maxVerdictField)], ';')
	if len(parts) > 1 && strings.HasPrefix(strings.TrimSpace(parts[0]), "i=") {
		parts = parts[1:]
	}
	server := ""
	if first := words(parts[0]); len(first) > 0 && !strings.Contains(first[0], "=") {
		server, parts = first[0], parts[1:]
	}
	var out []Verdict
	for _, part := range parts {
		if v, ok := readVerdict(words(part)); ok && len(out) < maxVerdicts {
			v.Server = server
			out = append(out, v)
		}
	}
	return out
}

// readVerdict reads "dkim=pass reason="…" header.d=example.com".
func readVerdict(words []string) (v Verdict, ok bool) {
	if len(words) == 0 {
		return v, false
	}
	method, result, ok := strings.Cut(words[0], "=")
	method, _, _ = strings.Cut(strings.ToLower(method), "/") // its version
	if !ok || method == "" || result == "" {
		return v, false
	}
	v = Verdict{Method: method, Result: strings.ToLower(result), Properties: map[string]string{}}
	for _, w := range words[1:] {
		name, value, ok := strings.Cut(w, "=")
		switch name = strings.ToLower(name); {
		case !ok:
		case name == "reason":
			v.Reason = value
		default:
			v.Properties[name] = value
		}
	}
	return v, true
}

// readReceivedSPF reads the older field (RFC 7208 §9.1): "pass (mx.example.com: …) client-ip=…; …".
func readReceivedSPF(value string) []Verdict {
	value = value[:min(len(value), maxVerdictField)]
	all := words(strings.ReplaceAll(value, ";", " "))
	if len(all) == 0 {
		return nil
	}
	v := Verdict{Method: "spf", Result: strings.ToLower(all[0]), Properties: map[string]string{}}
	if _, comment, ok := strings.Cut(value, "("); ok {
		comment, _, _ = strings.Cut(comment, ")")
		v.Reason = strings.Join(strings.Fields(comment), " ")
		if server, _, named := strings.Cut(v.Reason, ": "); named && !strings.Contains(server, " ") {
			v.Server = server
		}
	}
	for _, w := range all[1:] {
		if name, text, ok := strings.Cut(w, "="); ok {
			v.Properties[strings.ToLower(name)] = text
		}
	}
	if r, ok := v.Properties["receiver"]; ok {
		v.Server = r
	}
	return []Verdict{v}
}

// blank parts words, but around joints.
const blank, joints = " \t\r\n", "=/."

// words are the words of a text, without its comments, and with quoted texts unquoted and whole.
// Blanks around the "=", the "/" before a version and the "." in a property do not part words (RFC 8601
// §2.2).
func words(s string) []string {
	var out []string
	var word strings.Builder
	s = uncommented(s)
	quoted, glue, apart := false, false, true
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s):
			i++
			word.WriteByte(s[i])
		case c == '"':
			quoted = !quoted
		case quoted || strings.IndexByte(blank, c) < 0:
			word.WriteByte(c)
		default:
			next := len(s) - len(strings.TrimLeft(s[i:], blank))
			apart = next == len(s) || strings.IndexByte(joints, s[next]) < 0
			if !glue && apart && word.Len() > 0 {
				out = append(out, word.String())
				word.Reset()
			}
			i = next - 1
			continue
		}
		glue = !quoted && (c == '=' || c == '/' || c == '.' && !apart)
		apart = true
	}
	if word.Len() > 0 {
		out = append(out, word.String())
	}
	return out
}

// uncommented puts a blank in the place of each comment.
func uncommented(s string) string {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s):
			if i++; depth == 0 {
				b.WriteString(s[i-1 : i+1])
			}
			continue
		case depth == 0 && c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			if depth++; depth == 1 {
				b.WriteByte(' ')
			}
		case c == ')' && depth > 0:
			depth--
			continue
		}
		if depth == 0 {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// split cuts at a character outside of comments and quotes.
func split(s string, at byte) []string {
	var out []string
	depth, quoted, start := 0, false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == at && depth == 0:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}
