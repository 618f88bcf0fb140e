package gmail

import (
	"context"
	"slices"
	"strconv"

	api "google.golang.org/api/gmail/v1"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/retryafter"
)

const (
	// safetyEvery is how many looks there are for one that also lists the newest mails.
	safetyEvery = 30
	// safetySize is how many of each folder are compared.
	safetySize = 25
	// knownMax bounds Cursor.Known: a mailbox takes 60 mails in a minute, 900 in 15.
	knownMax = 1000
)

// historyFields is what is read of a history record.
const historyFields = "history(id,messagesAdded/message(id,labelIds),labelsAdded(labelIds,message(id,labelIds))),nextPageToken,historyId"

// Arrivals reads the history from the cursor on, page by page. Where a page fails, the cursor
// stands after the last record of the page before.
func (b *backend) Arrivals(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
	const op = "look for mail"
	start, err := strconv.ParseUint(after.Token, 10, 64)
	if err != nil {
		return nil, after, b.cursorLost(after, err)
	}
	c := &collector{backend: b, next: after, at: map[string]int{}}
	for page := ""; ; {
		r, err := b.history(ctx, start, page)
		if isGone(err) {
			return c.envs, c.cursor(), b.cursorLost(after, errNoHistory)
		}
		if err == nil {
			err = c.take(ctx, r)
		}
		if err != nil {
			return c.envs, c.cursor(), b.fail(ctx, op, err)
		}
		if page = r.NextPageToken; page == "" {
			break
		}
	}
	if err := c.safety(ctx); err != nil {
		return c.envs, c.cursor(), b.fail(ctx, op, err)
	}
	return c.envs, c.cursor(), nil
}

// history is one page of history.list.
func (b *backend) history(ctx context.Context, start uint64, page string) (*api.ListHistoryResponse, error) {
	call := b.api.History.List(me).StartHistoryId(start).HistoryTypes("messageAdded", "labelAdded").
		MaxResults(500).Fields(historyFields).Context(ctx)
	if page != "" {
		call.PageToken(page)
	}
	return call.Do()
}

// cursorLost remembers the place, for End to find it again.
func (b *backend) cursorLost(after connector.Cursor, cause error) error {
	b.lose(after.At)
	return &connector.Error{Op: "look for mail", Mailbox: b.set.Address, Kind: connector.ErrCursorLost, Err: cause}
}

// collector gathers what a look finds.
type collector struct {
	backend *backend
	envs    []connector.Envelope
	at      map[string]int // id -> its place in envs
	next    connector.Cursor
	seen    uint64 // the history id of the first page: what came later may not be on the pages after
}

// cursor is the place behind what was gathered, which is known from now on.
func (c *collector) cursor() connector.Cursor {
	if len(c.envs) == 0 {
		return c.next
	}
	known := make([]string, 0, len(c.envs)+len(c.next.Known))
	for _, e := range slices.Backward(c.envs) {
		known = append(known, e.ID)
	}
	for _, id := range c.next.Known {
		if _, fresh := c.at[id]; !fresh {
			known = append(known, id)
		}
	}
	out := c.next
	out.Known = known[:min(len(known), knownMax)]
	return out
}

// take reads one page of history.
func (c *collector) take(ctx context.Context, r *api.ListHistoryResponse) error {
	var last uint64
	for _, h := range r.History {
		for _, a := range h.MessagesAdded {
			if err := c.message(ctx, a.Message, nil); err != nil {
				return err
			}
		}
		for _, a := range h.LabelsAdded {
			if err := c.message(ctx, a.Message, a.LabelIds); err != nil {
				return err
			}
		}
		last = h.Id
	}
	if c.seen == 0 {
		c.seen = r.HistoryId
	}
	end := last
	if r.NextPageToken == "" {
		end = max(last, c.seen)
	}
	if end > 0 {
		c.next.Token = formatID(end)
	}
	c.next.At = retryafter.Now(r.Header)
	return nil
}

// message notes a mail that came or, if labels were added, changed folder.
func (c *collector) message(ctx context.Context, m *api.Message, added []string) error {
	if m == nil || ownCopy(m.LabelIds) || added != nil && !slices.ContainsFunc(added, isFolder) {
		return nil
	}
	folders, err := c.backend.folders(ctx, m.LabelIds)
	if err != nil || added != nil && !slices.ContainsFunc(added, c.backend.known.isFolder) {
		return err
	}
	if i, ok := c.at[m.Id]; ok {
		c.envs[i].Folders = folders
		return nil
	}
	if c.backend.watches(m.LabelIds, added) {
		c.add(connector.Envelope{ID: m.Id, Folders: folders})
	}
	return nil
}

func (c *collector) add(e connector.Envelope) {
	c.at[e.ID] = len(c.envs)
	c.envs = append(c.envs, e)
}

// watches reports whether a mail with these labels lies in a watched folder; if labels were added,
// whether it came there by them.
func (b *backend) watches(labels, added []string) bool {
	if b.labels == nil {
		return true
	}
	if added != nil {
		labels = added
	}
	return slices.ContainsFunc(labels, func(l string) bool { return slices.Contains(b.labels, l) })
}

// safety lists the newest mails once in a while, in case the history left one out.
func (c *collector) safety(ctx context.Context) error {
	b := c.backend
	b.mu.Lock()
	b.calls++
	due := b.calls%safetyEvery == 0
	b.mu.Unlock()
	if !due {
		return nil
	}
	known := map[string]bool{}
	for _, id := range c.next.Known {
		known[id] = true
	}
	for _, label := range b.labels {
		l, err := b.list(ctx, label, "", "")
		if err != nil {
			return err
		}
		folders, _ := b.known.folders([]string{label})
		ids := idsOf(l)
		for _, id := range ids[:min(len(ids), safetySize)] {
			if _, fresh := c.at[id]; !fresh && !known[id] {
				c.add(connector.Envelope{ID: id, Folders: folders})
			}
		}
	}
	return nil
}
