package pop3

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
)

// entry is one mail of a maildrop.
type entry struct {
	number int    // valid in one connection
	id     string // the unique id, and which of those that share it
	size   int64
}

// maildrop is what one connection lists.
type maildrop struct {
	since time.Time // before the login: what came later is not listed
	mails []entry
	at    map[string]int // index by id
}

// known is a cursor's content: the mails that were there, and when by the local clock.
type known struct {
	at    time.Time
	mails map[uint64]uint32 // size, by the hash of the id
	order []uint64          // as the server listed them
}

// A cursor's token is "1.", the time in seconds, and for each mail 8 bytes of the hash of its id and
// 4 of its size, in base64: 16 characters a mail. Two of a million ids share a hash in one of 37
// million maildrops.
const (
	tokenPrefix = "1."
	tokenEntry  = 12
)

// hashed is the name of an id in a token.
func hashed(id string) uint64 {
	sum := sha256.Sum256([]byte(id))
	return binary.BigEndian.Uint64(sum[:])
}

// newKnown takes a picture of mails.
func newKnown(mails []entry) *known {
	k := &known{at: time.Now(), mails: make(map[uint64]uint32, len(mails))}
	for _, e := range mails {
		k.add(e)
	}
	return k
}

func (k *known) add(e entry) {
	h := hashed(e.id)
	if _, there := k.mails[h]; !there {
		k.order = append(k.order, h)
	}
	k.mails[h] = uint32(e.size) // of a mail of 4 GB and more the rest
}

func (k *known) has(e entry) bool {
	_, ok := k.mails[hashed(e.id)]
	return ok
}

// token writes the cursor.
func (k *known) token() string {
	b := make([]byte, 0, len(k.order)*tokenEntry)
	for _, h := range k.order {
		b = binary.BigEndian.AppendUint64(b, h)
		b = binary.BigEndian.AppendUint32(b, k.mails[h])
	}
	return tokenPrefix + strconv.FormatInt(k.at.Unix(), 10) + "." + base64.RawURLEncoding.EncodeToString(b)
}

// parseToken reads a cursor; false if it is none of ours.
func parseToken(token string) (*known, bool) {
	rest, ok := strings.CutPrefix(token, tokenPrefix)
	stamp, text, two := strings.Cut(rest, ".")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if !ok || !two || err != nil {
		return nil, false
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b)%tokenEntry != 0 {
		return nil, false
	}
	k := &known{at: time.Unix(seconds, 0), mails: make(map[uint64]uint32, len(b)/tokenEntry)}
	for ; len(b) > 0; b = b[tokenEntry:] {
		h := binary.BigEndian.Uint64(b)
		k.order = append(k.order, h)
		k.mails[h] = binary.BigEndian.Uint32(b[8:])
	}
	return k, true
}

// renamed reports whether the server gave every mail another id: mails were there, mails are there,
// and none of them has an id of before.
func (k *known) renamed(d *maildrop) bool {
	if len(k.mails) == 0 || len(d.mails) == 0 {
		return false
	}
	for _, e := range d.mails {
		if k.has(e) {
			return false
		}
	}
	return true
}

// standing finds the mails that may have been there before they were renamed: those that stand in
// the order of before with the sizes of before.
func (k *known) standing(d *maildrop) map[string]bool {
	out := map[string]bool{}
	next := 0
	for _, e := range d.mails {
		for i := next; i < len(k.order); i++ {
			if k.mails[k.order[i]] == uint32(e.size) {
				out[e.id], next = true, i+1
				break
			}
		}
	}
	return out
}
