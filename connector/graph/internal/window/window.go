// Package window keeps a place in a mailbox that has no log of arrivals. The place is a stretch of
// time that overlaps with the past, and the mails that were seen within it: what a list of the
// stretch shows beyond them is new, or lies in another folder than before.
package window

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Lateness is how long before it shows a mail may have been stamped: the overlap with the past.
const Lateness = 15 * time.Minute

// Max is how many mails are remembered. Beyond it the overlap becomes shorter: what is remembered
// is then the latest Max.
const Max = 5000

// State is a place. The zero State is none; [New] and [Parse] make one.
type State struct {
	// Start is the beginning of the stretch, by the service's clock.
	Start time.Time
	// Floor is the beginning of the first stretch: no mail older than it was ever asked for.
	Floor time.Time
	// Looks counts the looks made from this place on.
	Looks int
	// Links holds the delta link of each folder that has one.
	Links map[string]string
	// Resume is the link at which a list broke off; "" if none did. ResumeAt is when that list was
	// begun: the stretch that overlaps with it must be listed once more from its beginning.
	Resume   string
	ResumeAt time.Time

	seen map[string]entry
}

// entry is a mail that was seen.
type entry struct {
	folder   string // its key
	received int64  // seconds
}

// New starts a stretch.
func New(start time.Time) *State {
	start = start.Truncate(time.Second)
	return &State{Start: start, Floor: start, seen: map[string]entry{}, Links: map[string]string{}}
}

// Key shortens an id for the state.
func Key(id string) string {
	sum := sha256.Sum256([]byte(id))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// Len is how many mails are remembered.
func (s *State) Len() int { return len(s.seen) }

// Seen reports whether the mail was seen, and the key of the folder it lay in.
func (s *State) Seen(id string) (folder string, ok bool) {
	e, ok := s.seen[Key(id)]
	return e.folder, ok
}

// Add remembers a mail and the key of its folder.
func (s *State) Add(id, folder string, received time.Time) {
	s.seen[Key(id)] = entry{folder, received.Unix()}
}

// Broke remembers where a list broke off that was begun at a time; "" begins it anew.
func (s *State) Broke(link string, began time.Time) {
	if s.Resume = link; link == "" {
		s.ResumeAt = time.Time{}
	} else if s.ResumeAt.IsZero() {
		s.ResumeAt = began.Truncate(time.Second)
	}
}

// Ended tells that a list was read to its end by a look at the given time.
func (s *State) Ended(look time.Time) {
	if !s.ResumeAt.IsZero() {
		look = s.ResumeAt
	}
	s.Resume, s.ResumeAt = "", time.Time{}
	s.Advance(look)
}

// Advance moves the beginning to overlap with a look at the given time, and forgets what is before
// it. It never moves back.
func (s *State) Advance(look time.Time) {
	if start := look.Add(-Lateness).Truncate(time.Second); start.After(s.Start) {
		s.Start = start
	}
	if over := len(s.seen) - Max; over > 0 {
		times := make([]int64, 0, len(s.seen))
		for _, e := range s.seen {
			times = append(times, e.received)
		}
		slices.Sort(times)
		if start := time.Unix(times[over], 0).UTC(); start.After(s.Start) {
			s.Start = start
		}
	}
	edge := s.Start.Unix()
	maps.DeleteFunc(s.seen, func(_ string, e entry) bool { return e.received < edge })
}

// text is how a state is written: the mails by folder, each as its key and its age in the stretch.
type text struct {
	Version int                 `json:"v"`
	Start   int64               `json:"w"`
	Floor   int64               `json:"b"`
	Looks   int                 `json:"n,omitempty"`
	Links   map[string]string   `json:"d,omitempty"`
	Resume  string              `json:"l,omitempty"`
	Began   int64               `json:"a,omitempty"`
	Seen    map[string][]string `json:"s,omitempty"`
}

// version of the text.
const version = 1

// String writes the state for a cursor.
func (s *State) String() string {
	t := text{Version: version, Start: s.Start.Unix(), Floor: s.Floor.Unix(), Looks: s.Looks, Links: s.Links, Resume: s.Resume, Seen: map[string][]string{}}
	if !s.ResumeAt.IsZero() {
		t.Began = s.ResumeAt.Unix()
	}
	for _, k := range slices.SortedFunc(maps.Keys(s.seen), cmp.Compare[string]) {
		e := s.seen[k]
		t.Seen[e.folder] = append(t.Seen[e.folder], k+strconv.FormatInt(e.received-t.Start, 36))
	}
	js, err := json.Marshal(t)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return string(js)
}

// keyLen is the length of a Key.
const keyLen = 12

var errText = errors.New("the text is no place that this package wrote")

// Parse reads what String wrote.
func Parse(in string) (*State, error) {
	var t text
	d := json.NewDecoder(strings.NewReader(in))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil || t.Version != version || t.Start <= 0 || t.Floor <= 0 || t.Floor > t.Start || d.More() {
		return nil, errText
	}
	s := New(time.Unix(t.Start, 0).UTC())
	s.Floor, s.Looks = time.Unix(t.Floor, 0).UTC(), t.Looks
	maps.Copy(s.Links, t.Links)
	if s.Resume = t.Resume; t.Began > 0 {
		s.ResumeAt = time.Unix(t.Began, 0).UTC()
	}
	for folder, list := range t.Seen {
		for _, e := range list {
			age, err := strconv.ParseInt(e[min(keyLen, len(e)):], 36, 64)
			if err != nil {
				return nil, errText
			}
			s.seen[e[:keyLen]] = entry{folder, t.Start + age}
		}
	}
	return s, nil
}
