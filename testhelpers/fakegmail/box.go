package fakegmail

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// box is what Gmail adds to a mailbox of the store: threads, labels, the history. It follows the
// store's log.
type box struct {
	opts *Options
	m    *mailstore.Mailbox

	mu      sync.Mutex // held while a request looks or acts
	seq     uint64     // how far the log is read
	entries map[uint64]*entry
	order   []*entry // by arrival
	threads map[string][]*entry
	known   map[string]*entry // by Message-ID
	log     []record
	offset  uint64            // of history ids; each loss of the history adds to it
	floor   uint64            // history ids below it are too old
	wish    map[uint64]string // the thread that a call asked for, by key
	labels  *labelTable
	drafts  *draftTable
}

// entry is one mail.
type entry struct {
	key       uint64
	id        string
	thread    string
	received  time.Time
	labels    []string
	history   uint64 // of its latest change
	messageID string
	subject   string // without reply prefixes, folded
	hidden    bool   // a duplicate that the service dropped

	doc     *document // made by the first search
	arrived time.Time
	since   time.Time // when the labels became what they are; zero: at arrival
	earlier []string  // what they were before; what a lagging search sees
}

func newBox(m *mailstore.Mailbox, opts *Options) *box {
	return &box{
		opts:    opts,
		m:       m,
		entries: map[uint64]*entry{},
		threads: map[string][]*entry{},
		known:   map[string]*entry{},
		wish:    map[uint64]string{},
		labels:  newLabelTable(),
		drafts:  newDraftTable(),
	}
}

// sync reads the store's log up to now. The caller holds b.mu.
func (b *box) sync() {
	for _, c := range b.m.Changes(b.seq) {
		b.seq = c.Seq
		switch c.Kind {
		case mailstore.Added:
			b.added(c.Message)
		case mailstore.Removed:
			b.removed(c.Message.Key, c.Seq)
		default:
			b.changed(c.Message)
		}
	}
}

func (b *box) added(m mailstore.Message) {
	head, _ := splitHead(m.Raw)
	fields := parseFields(head)
	e := &entry{
		key:       m.Key,
		id:        messageID(m.Key),
		received:  m.Received,
		labels:    b.labels.of(m),
		history:   b.offset + historyID(m.Seq),
		messageID: strings.TrimSpace(fieldOf(fields, "Message-ID")),
		subject:   threadSubject(decodeWords(fieldOf(fields, "Subject"))),
		arrived:   earliest(m.Received, time.Now()),
	}
	b.entries[m.Key] = e
	if b.duplicate(e, m) {
		e.hidden = true
		return
	}
	e.thread = b.threadFor(e, fields)
	b.threads[e.thread] = append(b.threads[e.thread], e)
	if e.messageID != "" {
		b.known[e.messageID] = e
	}
	at, _ := slices.BinarySearchFunc(b.order, e, byArrival)
	b.order = slices.Insert(b.order, at, e)
	if contains(e.labels, labelDraft) {
		b.drafts.add(m.Key)
	}
	b.record(record{kind: recordAdded, entry: e, labels: e.labels, seq: m.Seq})
}

// duplicate reports whether a mail came by delivery that is there already: the service drops it.
func (b *box) duplicate(e *entry, m mailstore.Message) bool {
	if b.opts.KeepDuplicates || m.Rcpt == "" || e.messageID == "" || contains(e.labels, labelSent) {
		return false
	}
	_, there := b.known[e.messageID]
	return there
}

func (b *box) changed(m mailstore.Message) {
	e := b.entries[m.Key]
	if e == nil || e.hidden {
		return
	}
	before := e.labels
	e.labels, e.history = b.labels.of(m), b.offset+historyID(m.Seq)
	if m.Draft {
		e.doc = nil
	}
	r := record{kind: recordLabels, entry: e, labels: e.labels, seq: m.Seq}
	r.gained, r.lost = without(e.labels, before), without(before, e.labels)
	if len(r.gained)+len(r.lost) > 0 {
		e.earlier, e.since = before, time.Now()
	}
	b.record(r)
}

func (b *box) removed(key, seq uint64) {
	e := b.entries[key]
	if e == nil {
		return
	}
	delete(b.entries, key)
	if e.hidden {
		return
	}
	if b.known[e.messageID] == e {
		delete(b.known, e.messageID)
	}
	if at, ok := slices.BinarySearchFunc(b.order, e, byArrival); ok {
		b.order = slices.Delete(b.order, at, at+1)
	}
	is := func(x *entry) bool { return x == e }
	if b.threads[e.thread] = slices.DeleteFunc(b.threads[e.thread], is); len(b.threads[e.thread]) == 0 {
		delete(b.threads, e.thread)
	}
	b.drafts.drop(key)
	b.record(record{kind: recordDeleted, entry: e, labels: e.labels, seq: seq})
}

// get finds a mail by its id. The caller holds b.mu and has synced.
func (b *box) get(id string) (*entry, mailstore.Message, *apiError) {
	key, refusal := keyOf(id)
	if refusal != nil {
		return nil, mailstore.Message{}, refusal
	}
	e := b.entries[key]
	m, ok := b.m.Get(key)
	if e == nil || e.hidden || !ok {
		return nil, mailstore.Message{}, notFound()
	}
	return e, m, nil
}

// historyID is the mailbox's own.
func (b *box) historyID() uint64 { return b.offset + historyID(b.seq) + historySlack }

func (b *box) profile() profile {
	return profile{
		EmailAddress:  b.m.Address(),
		MessagesTotal: len(b.order),
		ThreadsTotal:  len(b.threads),
		HistoryID:     b.historyID(),
	}
}

func byArrival(a, b *entry) int {
	return cmp.Or(a.received.Compare(b.received), cmp.Compare(a.key, b.key))
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// without gives what a has and b has not.
func without(a, b []string) (rest []string) {
	for _, s := range a {
		if !contains(b, s) {
			rest = append(rest, s)
		}
	}
	return rest
}
