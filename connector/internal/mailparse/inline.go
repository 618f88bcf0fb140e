package mailparse

import (
	"bytes"
	"strings"
)

// markInline finds the parts that the HTML shows: those that it names by cid
// (RFC 2392), with or without a disposition, and those that have a
// Content-ID and say so themselves.
func markInline(m *Mail) {
	names := cidNames(m.HTML)
	for i := range m.Parts {
		p := &m.Parts[i]
		p.Inline = p.ContentID != "" && (names[p.ContentID] || p.Disposition == "inline" && m.HTML != "")
		if p.Inline && p.Kind == KindAttachment {
			p.Kind = KindInline
		}
	}
}

const maxCIDs = 10_000

// cidNames returns the Content-IDs that an HTML names.
func cidNames(html string) map[string]bool {
	names := make(map[string]bool)
	for rest, ok := afterCID(html); ok && len(names) < maxCIDs; rest, ok = afterCID(rest) {
		n := strings.IndexAny(rest[:min(len(rest), 1000)], "\"' >)\n")
		if n <= 0 {
			continue
		}
		name := strings.ReplaceAll(rest[:n], "&amp;", "&")
		names[string(appendPercent(nil, name))] = true
	}
	return names
}

// afterCID returns what follows the first "cid:" in s.
func afterCID(s string) (string, bool) {
	for from := len("cid"); from < len(s); {
		i := strings.IndexByte(s[from:], ':')
		if i < 0 {
			break
		}
		i += from
		if strings.EqualFold(s[i-len("cid"):i], "cid") {
			return s[i+1:], true
		}
		from = i + 1
	}
	return "", false
}

// metaCharset is the charset that an HTML names itself, for want of a
// better one.
func metaCharset(html []byte) string {
	const look, key = 1024, "charset="
	head := bytes.ToLower(html[:min(len(html), look)])
	meta := bytes.Index(head, []byte("<meta"))
	if meta < 0 {
		return ""
	}
	i := bytes.Index(head[meta:], []byte(key))
	if i < 0 {
		return ""
	}
	label := bytes.TrimLeft(head[meta+i+len(key):], `"'`)
	if n := bytes.IndexAny(label, "\"'>;/ "); n >= 0 {
		return string(label[:n])
	}
	return ""
}
