package mailparse

import "bytes"

// The fields that tell a mail header from text that has colons in it.
var knownFields = map[string]bool{
	"from": true, "to": true, "cc": true, "bcc": true, "sender": true, "reply-to": true,
	"subject": true, "date": true, "message-id": true, "in-reply-to": true, "references": true,
	"received": true, "return-path": true, "delivered-to": true, "envelope-to": true,
	"mime-version": true, "auto-submitted": true, "dkim-signature": true, "user-agent": true,
	"authentication-results": true, "importance": true, "precedence": true, "thread-topic": true,
}

var knownPrefixes = [...]string{"x-", "content-", "list-", "resent-", "arc-", "received-"}

func isKnown(name []byte) bool {
	if len(name) > 64 {
		return false
	}
	var b [64]byte
	lower := lowerInto(b[:0], name)
	for _, prefix := range knownPrefixes {
		if bytes.HasPrefix(lower, []byte(prefix)) {
			return true
		}
	}
	return knownFields[string(lower)]
}

func lowerInto(dst, name []byte) []byte {
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// canonical writes a field name with capitals at the beginning and after
// each dash, as Go's net/textproto does.
func canonical(name []byte) string {
	out := make([]byte, len(name))
	upper := true
	for i, c := range name {
		if upper && 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		} else if !upper && 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out[i] = c
		upper = c == '-'
	}
	return string(out)
}
