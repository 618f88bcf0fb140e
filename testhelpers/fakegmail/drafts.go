package fakegmail

import (
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// draftTable gives drafts an id that stays, while the id of the mail inside changes with every
// update.
type draftTable struct {
	keys map[string]uint64
	ids  map[uint64]string
}

func newDraftTable() *draftTable {
	return &draftTable{keys: map[string]uint64{}, ids: map[uint64]string{}}
}

// add gives a mail a draft id, if it has none.
func (t *draftTable) add(key uint64) {
	if t.ids[key] == "" {
		t.set("r"+randomDigits(18), key)
	}
}

func (t *draftTable) set(id string, key uint64) {
	t.keys[id], t.ids[key] = key, id
}

func (t *draftTable) drop(key uint64) {
	if id, ok := t.ids[key]; ok && t.keys[id] == key {
		delete(t.keys, id)
	}
	delete(t.ids, key)
}

// draft finds a draft by its id.
func (b *box) draft(id string) (*entry, mailstore.Message, *apiError) {
	key, ok := b.drafts.keys[id]
	if !ok {
		return nil, mailstore.Message{}, notFound()
	}
	return b.get(messageID(key))
}

// draftIn reads a draft that a call brings.
func (c *call) draftIn() (id string, in incoming, refusal *apiError) {
	var d struct {
		ID      string  `json:"id"`
		Message message `json:"message"`
	}
	if refusal := c.decode(&d); refusal != nil {
		return "", in, refusal
	}
	if d.Message.Raw == "" && c.media == nil {
		return d.ID, in, nil
	}
	in, refusal = c.incoming(d.Message)
	return d.ID, in, refusal
}

// createDraft is users.drafts.create.
func createDraft(c *call) (answer, *apiError) {
	_, in, refusal := c.draftIn()
	if refusal != nil {
		return answer{}, refusal
	}
	if in.raw == nil {
		return answer{}, invalid("Missing draft message")
	}
	e := c.box.saveDraft(in)
	return answer{value: draft{c.box.drafts.ids[e.key], e.labelled()}}, nil
}

func (b *box) saveDraft(in incoming) *entry {
	m := b.m.Deliver(in.raw, mailstore.Delivery{Folder: mailstore.Drafts, Draft: true, Seen: true, NoTrace: true})
	b.join(m.Key, in)
	b.sync()
	return b.entries[m.Key]
}

// updateDraft is users.drafts.update: a new mail in place of the old one.
func updateDraft(c *call) (answer, *apiError) {
	id := c.r.PathValue("id")
	old, _, refusal := c.box.draft(id)
	if refusal != nil {
		return answer{}, refusal
	}
	_, in, refusal := c.draftIn()
	if refusal != nil {
		return answer{}, refusal
	}
	if in.raw == nil {
		return answer{}, invalid("Missing draft message")
	}
	e := c.box.saveDraft(in)
	c.box.drafts.drop(e.key)
	c.box.drafts.set(id, e.key)
	c.box.delete(old)
	return answer{value: draft{id, e.labelled()}}, nil
}

// sendDraft is users.drafts.send: the draft goes, and a mail with another id is there.
func sendDraft(c *call) (answer, *apiError) {
	id, in, refusal := c.draftIn()
	if refusal != nil {
		return answer{}, refusal
	}
	var old *entry
	if id != "" {
		var m mailstore.Message
		if old, m, refusal = c.box.draft(id); refusal != nil {
			return answer{}, refusal
		}
		if in.raw == nil {
			in = readRaw(m.Raw)
		}
	}
	if in.raw == nil {
		return answer{}, invalid("Missing draft message")
	}
	e, refusal := c.send(in)
	if refusal != nil {
		return answer{}, refusal
	}
	if old != nil {
		c.box.delete(old)
	}
	return answer{value: e.labelled()}, nil
}

func readRaw(raw []byte) incoming {
	head, _ := splitHead(raw)
	return incoming{raw: raw, fields: parseFields(head)}
}

// getDraft is users.drafts.get.
func getDraft(c *call) (answer, *apiError) {
	id := c.r.PathValue("id")
	e, m, refusal := c.box.draft(id)
	if refusal != nil {
		return answer{}, refusal
	}
	shown, raw, refusal := c.box.render(e, m, c.query.Get("format"), nil)
	if refusal != nil {
		return answer{}, refusal
	}
	return answer{value: draft{id, shown}, blob: raw}, nil
}

// listDrafts is users.drafts.list.
func listDrafts(c *call) (answer, *apiError) {
	c.query["labelIds"] = []string{labelDraft}
	page, next, refusal := c.listPage()
	if refusal != nil {
		return answer{}, refusal
	}
	out := draftList{NextPageToken: next, ResultSizeEstimate: estimate(len(page))}
	for _, e := range page {
		out.Drafts = append(out.Drafts, draft{c.box.drafts.ids[e.key], e.reference()})
	}
	return answer{value: out}, nil
}

// deleteDraft is users.drafts.delete: for good, and not into the trash.
func deleteDraft(c *call) (answer, *apiError) {
	e, _, refusal := c.box.draft(c.r.PathValue("id"))
	if refusal != nil {
		return answer{}, refusal
	}
	c.box.delete(e)
	return answer{}, nil
}
