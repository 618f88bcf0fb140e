package mailstore

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
)

func FuzzWithoutBcc(f *testing.F) {
	for _, seed := range []string{
		"To: a\r\nBcc: b,\r\n c\r\nSubject: s\r\n\r\nBcc: body\r\n", "bcc:x\n\n", "Bcc", "\n", " Bcc: x", "Bcc: x\rBcc: y\n\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		got := withoutBcc(raw)
		assert.Equal(t, before, raw, "the input is the caller's")
		assert.Equal(t, got, withoutBcc(got), "nothing is left to drop")
		head, body := headOf(raw)
		left, rest := headOf(got)
		assert.Equal(t, body, rest, "the body is kept")
		assert.Equal(t, len(head)-len(left), dropped(head))
	})
}

// headOf cuts a mail at its first empty line.
func headOf(raw []byte) (head, body []byte) {
	at := 0
	for line := range bytes.Lines(raw) {
		if len(bytes.Trim(line, "\r\n")) == 0 {
			break
		}
		at += len(line)
	}
	return raw[:at:at], raw[at:]
}

// dropped counts the bytes of Bcc fields, the other way round: from the last line to the first.
func dropped(head []byte) (n int) {
	var lines [][]byte
	for line := range bytes.Lines(head) {
		lines = append(lines, line)
	}
	folded := 0
	for i := len(lines) - 1; i >= 0; i-- {
		folded += len(lines[i])
		if c := lines[i][0]; c == ' ' || c == '\t' {
			continue
		}
		if isField(lines[i], "bcc") {
			n += folded
		}
		folded = 0
	}
	return n
}
