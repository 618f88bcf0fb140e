package rebuild

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Head writes the header, the empty line included. What was received stands as it is; the fields
// that a reader relies on are added where they are missing.
func (m *Mail) Head() []byte {
	var b strings.Builder
	m.writeFields(&b, nil)
	b.WriteString("\r\n")
	return []byte(b.String())
}

// writeFields writes the header's fields but those to be left out.
func (m *Mail) writeFields(b *strings.Builder, leave []string) {
	has := map[string]bool{}
	for _, f := range m.Header {
		name := strings.ToLower(f.Name)
		if !isName(f.Name) || slices.Contains(leave, name) {
			continue
		}
		has[name] = true
		writeField(b, f.Name, oneLine(f.Value))
	}
	for _, f := range m.own() {
		if f.Value != "" && !has[strings.ToLower(f.Name)] {
			writeField(b, f.Name, f.Value)
		}
	}
}

// own are the fields made of what the service tells.
func (m *Mail) own() []Field {
	fields := []Field{{"From", list([]Address{m.From})}}
	if m.Sender != m.From {
		fields = append(fields, Field{"Sender", list([]Address{m.Sender})})
	}
	fields = append(fields,
		Field{"To", list(m.To)}, Field{"Cc", list(m.Cc)}, Field{"Bcc", list(m.Bcc)}, Field{"Reply-To", list(m.ReplyTo)},
		Field{"Subject", word(m.Subject)}, Field{"Message-ID", messageID(m.MessageID)})
	if !m.Date.IsZero() {
		fields = append(fields, Field{"Date", m.Date.UTC().Format(time.RFC1123Z)})
	}
	return fields
}

// writeField writes a line, folded between words where it is long (RFC 5322 §2.2.3).
func writeField(b *strings.Builder, name, value string) {
	const width = 900 // of at most 998
	b.WriteString(name + ":")
	line := len(name) + 1
	for w := range strings.SplitSeq(value, " ") {
		if line+1+len(w) > width && w != "" {
			b.WriteString("\r\n")
			line = 0
		}
		b.WriteString(" " + w)
		line += 1 + len(w)
	}
	b.WriteString("\r\n")
}

// list writes addresses. One that is no address, such as Exchange's own for people of the house,
// leaves the name.
func list(as []Address) string {
	var out []string
	for _, a := range as {
		name := phrase(a.Name)
		switch {
		case isAddr(a.Addr) && (name == "" || a.Name == a.Addr):
			out = append(out, a.Addr)
		case isAddr(a.Addr):
			out = append(out, name+" <"+a.Addr+">")
		case name != "":
			out = append(out, name+" <>")
		}
	}
	return strings.Join(out, ", ")
}

// isAddr reports whether an address can stand between angle brackets.
func isAddr(s string) bool {
	return strings.Contains(s, "@") && !strings.ContainsAny(s, "<>,;:\"() \t") && !strings.ContainsFunc(s, isControl)
}

// phrase writes a name: quoted, or encoded where it is not plain.
func phrase(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return ""
	}
	if w := word(s); w != s {
		return w
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// word returns a text as it is, or in encoded words (RFC 2047) where it has to be.
func word(s string) string {
	plain := !strings.Contains(s, "=?") && strings.TrimSpace(s) == s
	for _, r := range s {
		plain = plain && r >= ' ' && r < 0x7f
	}
	if plain {
		return s
	}
	var out []string
	for s != "" {
		n := min(len(s), 42) // 56 characters of base64, 68 in all
		for n > 0 && n < len(s) && !utf8.RuneStart(s[n]) {
			n--
		}
		if n == 0 {
			n = min(len(s), 42)
		}
		out = append(out, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(strings.ToValidUTF8(s[:n], "\uFFFD")))+"?=")
		s = s[n:]
	}
	return strings.Join(out, " ")
}

// messageID writes an id as the service has it, which is how it was received.
func messageID(s string) string {
	s = oneLine(s)
	if s == "" || strings.Contains(s, "<") {
		return s
	}
	return "<" + s + ">"
}

// isName reports whether a field may be called so (RFC 5322 §2.2).
func isName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' })
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// oneLine takes line breaks and control characters out of a value.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return -1
		case isControl(r):
			return ' '
		}
		return r
	}, s))
}
