package fakesmtp

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseXOAUTH2(t *testing.T) {
	t.Parallel()
	user, token, err := parseXOAUTH2([]byte("user=a@example.com\x01auth=Bearer tok en\x01\x01"))
	assert.Equal(t, []any{"a@example.com", "tok en", nil}, []any{user, token, err})
	for _, bad := range []string{
		"", "\x01\x01", "user=a\x01\x01", "user=a\x01auth=Bearer t", "user=a\x01auth=Bearer t\x01",
		"user=a\x01auth=Basic t\x01\x01", "auth=Bearer t\x01user=a\x01\x01", "user=a\x01auth=Bearer t\x01x=y\x01\x01",
	} {
		_, _, err := parseXOAUTH2([]byte(bad))
		assert.ErrorIs(t, err, errSASL, "%q", bad)
	}
}

func FuzzParseXOAUTH2(f *testing.F) {
	f.Add([]byte("user=a@example.com\x01auth=Bearer t\x01\x01"))
	f.Fuzz(func(t *testing.T, response []byte) {
		user, token, err := parseXOAUTH2(response)
		if err == nil {
			assert.Equal(t, string(response), "user="+user+"\x01auth=Bearer "+token+"\x01\x01")
		}
	})
}
