package fakegmail

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Message ids are 16 lower-case hex digits that rise with the key of the mail in the store.
const (
	idBase = 0x19a0000000000000
	idStep = 0x1000003
)

func messageID(key uint64) string { return fmt.Sprintf("%016x", idBase+key*idStep) }

var idForm = regexp.MustCompile(`^[0-9a-f]{1,16}$`)

// keyOf reads a message id. What has not the form of one is an invalid argument, what has it and
// belongs to no mail is not found.
func keyOf(id string) (uint64, *apiError) {
	if !idForm.MatchString(id) {
		return 0, invalid("Invalid id value")
	}
	v, err := strconv.ParseUint(id, 16, 64)
	if err != nil || v < idBase || (v-idBase)%idStep != 0 {
		return 0, notFound()
	}
	return (v - idBase) / idStep, nil
}

// historyID turns a sequence number of the store into a history id. The ids rise, with gaps of
// five at least: the records that the fake adds by itself use the two ids after it.
func historyID(seq uint64) uint64 { return 37000 + seq*11 + seq*seq%7 }

const historySlack = 2 // how far the mailbox's own history id is ahead of the last change's

// An attachment id names a mail and a part, and is another at each look.
const attachmentPrefix = "ANGjdJ"

func attachmentID(key uint64, partID string) string {
	b := binary.BigEndian.AppendUint64(nil, key)
	b = append(b, partID...)
	nonce := make([]byte, 24)
	_, _ = rand.Read(nonce)
	return attachmentPrefix + base64.RawURLEncoding.EncodeToString(append(nonce, mix(nonce, b)...))
}

func parseAttachmentID(id string) (key uint64, partID string, ok bool) {
	text, found := strings.CutPrefix(id, attachmentPrefix)
	b, err := base64.RawURLEncoding.DecodeString(text)
	if !found || err != nil || len(b) < 32 {
		return 0, "", false
	}
	b = mix(b[:24], b[24:])
	return binary.BigEndian.Uint64(b), string(b[8:]), true
}

// mix hides the inside of an id from curious eyes; it is its own reverse.
func mix(nonce, b []byte) []byte {
	out := slices.Clone(b)
	for i := range out {
		out[i] ^= nonce[i%len(nonce)]
	}
	return out
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// oneLine keeps foreign text from breaking a message into lines.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
