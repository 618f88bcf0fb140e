package pop3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Ledger keeps what is known of the mails of a maildrop from one run to the next. It belongs to the
// mailbox, whatever the credential: an account that moves from a password to OAuth goes on with it.
// [LedgerFile] is one in a file; a database can be another.
type Ledger interface {
	// Update replaces the text by what change makes of it, or leaves it where that is nil. The text
	// is empty at first. Nobody else changes it meanwhile, in this process or another, and after a
	// crash it is either the old or the new one.
	Update(ctx context.Context, change func(old []byte) ([]byte, error)) error
}

// Record is what a ledger knows of one mail.
type Record struct {
	ID       string    `json:"id"`                // the unique id (UIDL)
	Seen     time.Time `json:"seen"`              // when it was first listed, by this machine's clock
	Received time.Time `json:"received,omitzero"` // when the server received it; zero: not known
	Fetched  time.Time `json:"fetched,omitzero"`  // when it was downloaded whole; zero: never
	Size     int64     `json:"size,omitzero"`     // bytes as downloaded
	SHA256   string    `json:"sha256,omitempty"`  // of these bytes, in hex
}

// ledgerHead is the first line of a ledger; a line for each mail follows.
type ledgerHead struct {
	Version int    `json:"v"`
	Mailbox string `json:"mailbox"`
}

// book is a ledger that is open.
type book map[string]Record

// update changes the ledger's records. Those of mails that the maildrop does not list go, but for
// what another process noted after this connection began, which does not show it.
func (b *backend) update(ctx context.Context, d *maildrop, change func(book)) error {
	if b.server.Ledger == nil {
		return nil
	}
	head := ledgerHead{1, b.server.Host + " " + b.server.Address}
	err := b.server.Ledger.Update(ctx, func(old []byte) ([]byte, error) {
		k, err := parseBook(old, head)
		if err != nil {
			return nil, b.server.config(err.Error(), "name the ledger of this mailbox, or a new one")
		}
		for id, r := range k {
			if _, listed := d.find(id); !listed && r.Seen.Before(d.since) {
				delete(k, id)
			}
		}
		change(k)
		text := k.text(head, d)
		if bytes.Equal(text, old) {
			return nil, nil
		}
		return text, nil
	})
	if err == nil {
		return nil
	}
	if _, typed := errors.AsType[*connector.Error](err); typed {
		return err
	}
	return &connector.Error{Op: "write the ledger", Mailbox: b.server.Address, Kind: connector.ErrUnavailable, Err: err, Remedy: "can Ledger be written to?"}
}

// find looks a mail up.
func (d *maildrop) find(id string) (entry, bool) {
	at, ok := d.at[id]
	if !ok {
		return entry{}, false
	}
	return d.mails[at], true
}

// list lists the maildrop once a connection, and notes what is new in it.
func (b *backend) list(ctx context.Context, c *conn) error {
	if c.drop != nil {
		return nil
	}
	if err := c.load(); err != nil {
		return err
	}
	return b.note(ctx, c.drop)
}

// note writes down the mails that were not seen before.
func (b *backend) note(ctx context.Context, d *maildrop) error {
	if b.server.Ledger == nil {
		return nil
	}
	b.mu.Lock()
	news := b.noted == nil
	for _, e := range d.mails {
		news = news || !b.noted[e.id]
	}
	b.mu.Unlock()
	if !news {
		return nil
	}
	now := time.Now().UTC()
	err := b.update(ctx, d, func(k book) {
		for _, e := range d.mails {
			if _, there := k[e.id]; !there {
				k[e.id] = Record{ID: e.id, Seen: now}
			}
		}
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.noted = make(map[string]bool, len(d.mails))
	for _, e := range d.mails {
		b.noted[e.id] = true
	}
	return nil
}

// noteWhole writes down that a mail was downloaded. One whose bytes are not those of before is another
// mail that was given the same id.
func (b *backend) noteWhole(ctx context.Context, d *maildrop, id string, raw []byte) error {
	now := time.Now().UTC()
	sum := hashOf(raw)
	return b.update(ctx, d, func(k book) {
		r, there := k[id]
		if !there || r.SHA256 != "" && r.SHA256 != sum {
			r = Record{ID: id, Seen: now}
		}
		if r.SHA256 == "" {
			r.Fetched, r.Received, r.Size, r.SHA256 = now, received(head(raw)), int64(len(raw)), sum
		}
		k[id] = r
	})
}

// hashOf names the bytes of a mail.
func hashOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// errLedger is a text that cannot be read.
var errLedger = errors.New("Ledger is none of this version, or damaged")

// parseBook reads a ledger; an empty text is a new one.
func parseBook(text []byte, want ledgerHead) (book, error) {
	k := book{}
	if len(text) == 0 {
		return k, nil
	}
	lines := json.NewDecoder(bytes.NewReader(text))
	var head ledgerHead
	if lines.Decode(&head) != nil || head.Version != want.Version {
		return nil, errLedger
	}
	if head != want {
		return nil, errors.New("Ledger is that of " + head.Mailbox)
	}
	for lines.More() {
		var r Record
		if lines.Decode(&r) != nil || r.ID == "" || r.Seen.IsZero() {
			return nil, errLedger
		}
		k[r.ID] = r
	}
	return k, nil
}

// text writes a ledger, its mails as the maildrop lists them, and then those that it does not show.
func (k book) text(head ledgerHead, d *maildrop) []byte {
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	_ = lines.Encode(head) // into memory, of strings, numbers and times
	for _, e := range d.mails {
		if r, ok := k[e.id]; ok {
			_ = lines.Encode(r)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(k)) {
		if _, listed := d.find(id); !listed {
			_ = lines.Encode(k[id])
		}
	}
	return b.Bytes()
}
