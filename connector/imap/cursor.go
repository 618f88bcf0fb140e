package imap

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	imap "github.com/emersion/go-imap/v2"

	"github.com/cloudmail-go/cloudmail/connector"
)

// spot is how far one folder was read.
type spot struct {
	name     string
	validity uint32
	next     imap.UID // the least UID that was not seen
}

// token writes spots as a cursor's token: "name validity.next" for each, by name.
func token(spots []spot) string {
	slices.SortFunc(spots, func(a, b spot) int { return cmp.Compare(a.name, b.name) })
	var b strings.Builder
	b.WriteString("1")
	for _, s := range spots {
		fmt.Fprintf(&b, " %s:%d.%d", url.QueryEscape(s.name), s.validity, s.next)
	}
	return b.String()
}

// spotsOf reads what token wrote.
func spotsOf(token string) ([]spot, bool) {
	words := strings.Fields(token)
	if len(words) == 0 || words[0] != "1" {
		return nil, false
	}
	var out []spot
	for _, w := range words[1:] {
		escaped, place, _ := strings.Cut(w, ":")
		name, err := url.QueryUnescape(escaped)
		validity, next, ok := numbers(place, ".")
		if err != nil || !ok {
			return nil, false
		}
		out = append(out, spot{name, validity, imap.UID(next)})
	}
	return out, true
}

func numbers(s, between string) (a, b uint32, ok bool) {
	x, y, _ := strings.Cut(s, between)
	m, err1 := strconv.ParseUint(x, 10, 32)
	n, err2 := strconv.ParseUint(y, 10, 32)
	return uint32(m), uint32(n), err1 == nil && err2 == nil
}

// id names a mail: its folder, the folder's UIDVALIDITY, and its UID.
func id(folder string, validity uint32, uid imap.UID) string {
	return fmt.Sprintf("%s:%d.%d", url.QueryEscape(folder), validity, uid)
}

// mailID is an id taken apart.
type mailID struct {
	folder   string
	validity uint32
	uid      imap.UID
}

// parseID reads what id wrote.
func parseID(s string) (mailID, bool) {
	spots, ok := spotsOf("1 " + s)
	if !ok || len(spots) != 1 || spots[0].next == 0 {
		return mailID{}, false
	}
	return mailID{spots[0].name, spots[0].validity, spots[0].next}, true
}

// print recognises a mail where its UID changed: "time.hash" of Message-ID, time and size.
func print(messageID string, received time.Time, size int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%d", messageID, received.Unix(), size))
	return strconv.FormatInt(received.Unix(), 36) + "." + base64.RawURLEncoding.EncodeToString(sum[:9])
}

const (
	// lateness is how long before a cursor mails may be received and still be asked for, as the
	// contract says; with some minutes more for the clocks.
	lateness = 15 * time.Minute
	keep     = lateness + 5*time.Minute
	// knownMax bounds Cursor.Known.
	knownMax = 2000
)

// fresh drops the prints of mails that are too old to be asked for again, and doubles.
func fresh(prints []string, now time.Time) []string {
	limit := now.Add(-keep).Unix()
	out := make([]string, 0, len(prints))
	for _, p := range prints {
		when, _, _ := strings.Cut(p, ".")
		if t, err := strconv.ParseInt(when, 36, 64); err == nil && t >= limit {
			out = append(out, p)
		}
	}
	return out[max(0, len(out)-knownMax):]
}

// cursor makes a cursor of now.
func cursor(spots []spot, prints []string) connector.Cursor {
	now := time.Now()
	return connector.Cursor{Token: token(spots), At: now, Known: fresh(prints, now)}
}
