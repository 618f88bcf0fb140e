package fakegraph

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Ids look like Exchange's: URL-safe base64 with padding, case-sensitive, of a length that does
// not fit a database column of 100. A normal id names the folder and the place in it, so that it
// dies when the mail moves; an immutable one names the mail alone.
//
// https://learn.microsoft.com/graph/outlook-immutable-id
const (
	normalHead    = "\x00\x03\x24\x00"
	immutableHead = "\x00\x09\x00\x2e\x00\x00\x00\x00\x00"
	itemMark      = "\x00\x46\x00\x00\x00\x00\x00"
	folderMark    = "\x00\x2e\x00\x00\x00\x00\x00"
)

// itemID is what a message id says.
type itemID struct {
	mailbox   string // the mailbox's GUID
	key       uint64
	folder    uint64 // hash of the folder's path; 0 in an immutable id
	uid       uint32
	immutable bool
}

// guid makes a stable GUID of a name.
func guid(name string) string {
	sum := sha256.Sum256([]byte(name))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}

// mailboxGUID is the directory object id of the user that owns an address.
func mailboxGUID(address string) string { return guid("user:" + strings.ToLower(address)) }

func hash64(s string) uint64 {
	sum := sha256.Sum256([]byte(s))
	return binary.BigEndian.Uint64(sum[:])
}

// messageID writes the id of a message in the wanted form.
func messageID(mailbox string, m mailstore.Message, immutable bool) string {
	return itemID{mailbox, m.Key, hash64(m.Folder), m.UID, immutable}.String()
}

func (id itemID) String() string {
	var b []byte
	if id.immutable {
		b = append(b, immutableHead...)
		raw, _ := hex.DecodeString(strings.ReplaceAll(id.mailbox, "-", ""))
		b = append(b, raw...)
	} else {
		b = append(b, normalHead+id.mailbox+itemMark...)
		b = binary.BigEndian.AppendUint64(b, id.folder)
		b = binary.BigEndian.AppendUint32(b, id.uid)
	}
	b = binary.BigEndian.AppendUint64(b, id.key)
	return seal(b)
}

// seal adds a check sum, so that a mangled id is known as such, and the padding.
func seal(b []byte) string {
	b = binary.BigEndian.AppendUint64(b, hash64(string(b)))
	for len(b)%3 != 2 {
		b = append(b, 0)
	}
	return base64.URLEncoding.EncodeToString(b)
}

// unseal gives the body of an id that seal wrote.
func unseal(s string, size int) ([]byte, bool) {
	b, err := base64.URLEncoding.DecodeString(s)
	if err != nil || len(b) < size+8 || seal(b[:size:size]) != s {
		return nil, false
	}
	return b[:size], true
}

// parseMessageID reads both forms.
func parseMessageID(s string) (itemID, bool) {
	if b, ok := unseal(s, len(immutableHead)+16+8); ok && strings.HasPrefix(string(b), immutableHead) {
		h := hex.EncodeToString(b[len(immutableHead) : len(immutableHead)+16])
		box := fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
		return itemID{mailbox: box, key: binary.BigEndian.Uint64(b[len(b)-8:]), immutable: true}, true
	}
	head := len(normalHead) + 36 + len(itemMark)
	b, ok := unseal(s, head+8+4+8)
	if !ok || !strings.HasPrefix(string(b), normalHead) || !strings.HasSuffix(string(b[:head]), itemMark) {
		return itemID{}, false
	}
	return itemID{
		mailbox: string(b[len(normalHead) : len(normalHead)+36]),
		folder:  binary.BigEndian.Uint64(b[head:]),
		uid:     binary.BigEndian.Uint32(b[head+8:]),
		key:     binary.BigEndian.Uint64(b[head+12:]),
	}, true
}

// folderID writes the id of a folder; it is the same with and without ImmutableId.
func folderID(mailbox, path string) string {
	b := []byte(normalHead + mailbox + folderMark)
	return seal(binary.BigEndian.AppendUint64(b, hash64(path)))
}

// parseFolderID gives the mailbox and the hash of the path.
func parseFolderID(s string) (mailbox string, path uint64, ok bool) {
	head := len(normalHead) + 36 + len(folderMark)
	b, ok := unseal(s, head+8)
	if !ok || !strings.HasPrefix(string(b), normalHead) || !strings.HasSuffix(string(b[:head]), folderMark) {
		return "", 0, false
	}
	return string(b[len(normalHead) : len(normalHead)+36]), binary.BigEndian.Uint64(b[head:]), true
}

// changeKey is the version of a message: it changes with every change of the mail.
func changeKey(m mailstore.Message) string {
	b := []byte("\x09\x00\x00\x00\x16\x00\x00\x00")
	b = binary.BigEndian.AppendUint64(b, m.Key)
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(b, m.Seq))
}

func etag(m mailstore.Message) string { return `W/"` + changeKey(m) + `"` }

// conversationID names a thread within a mailbox.
func conversationID(mailbox, root string) string {
	b := []byte("\x00\x04\x24\x00" + mailbox + "\x00\x10\x00")
	sum := sha256.Sum256([]byte(root))
	return base64.URLEncoding.EncodeToString(append(b, sum[:16]...))
}
