package wire

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
)

const challengeHeader = "Www-Authenticate"

// claims finds the claims of a challenge (Continuous Access Evaluation), quoted or not.
var claims = regexp.MustCompile(`(?i)\bclaims\s*=\s*("([^"]*)"|[^",\s]+)`)

// Claims returns the claims that an answer asks the next token to satisfy, decoded; "" if none.
// https://learn.microsoft.com/entra/identity-platform/claims-challenge
func (f *StatusError) Claims() string {
	for _, line := range f.Header.Values(challengeHeader) {
		if raw, ok := decodeClaims(line); ok {
			return raw
		}
	}
	return ""
}

func decodeClaims(line string) (string, bool) {
	m := claims.FindStringSubmatch(line)
	if m == nil || !strings.HasPrefix(strings.ToLower(line), "bearer") {
		return "", false
	}
	text := strings.TrimRight(strings.Trim(m[1], `"`), "=")
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	raw, err := base64.RawStdEncoding.DecodeString(text)
	return string(raw), err == nil && len(raw) > 0
}

// tidyChallenge leaves one challenge, in the form that the SDK reads: it takes the first field
// only, and does not survive claims that are not quoted or not plain base64.
func tidyChallenge(h http.Header) {
	lines := h.Values(challengeHeader)
	if len(lines) == 0 {
		return
	}
	h.Del(challengeHeader)
	for _, line := range lines {
		if raw, ok := decodeClaims(line); ok {
			h.Set(challengeHeader, `Bearer error="insufficient_claims", claims="`+base64.StdEncoding.EncodeToString([]byte(raw))+`"`)
			return
		}
	}
	h.Set(challengeHeader, "Bearer")
}
