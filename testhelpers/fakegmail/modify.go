package fakegmail

import (
	"slices"
)

// labelChange is the body of modify and batchModify.
type labelChange struct {
	AddLabelIDs    []string `json:"addLabelIds"`
	RemoveLabelIDs []string `json:"removeLabelIds"`
}

type batchChange struct {
	labelChange
	IDs []string `json:"ids"`
}

const (
	mostLabels = 100
	mostIDs    = 1000
)

// check holds what may be added and removed.
func (b *box) check(ch labelChange) *apiError {
	if len(ch.AddLabelIDs)+len(ch.RemoveLabelIDs) == 0 {
		return invalid("No label add or removes specified")
	}
	if len(ch.AddLabelIDs) > mostLabels || len(ch.RemoveLabelIDs) > mostLabels {
		return invalid("Too many labels: at most %d are allowed", mostLabels)
	}
	for _, id := range slices.Concat(ch.AddLabelIDs, ch.RemoveLabelIDs) {
		switch {
		case id == labelSent || id == labelDraft || !b.labels.exists(id):
			return invalid("Invalid label: %s", id)
		case contains(ch.AddLabelIDs, id) && contains(ch.RemoveLabelIDs, id):
			return invalid("Cannot both add and remove the same label")
		}
	}
	return nil
}

// places are labels of which a mail has one at most.
var places = []string{labelInbox, labelSpam, labelTrash}

// apply gives a list of labels after a change. Of INBOX, SPAM and TRASH the one that comes drives
// the others away.
func (ch labelChange) apply(labels []string) []string {
	drop := slices.Clone(ch.RemoveLabelIDs)
	for _, id := range ch.AddLabelIDs {
		if contains(places, id) {
			drop = append(drop, without(places, []string{id})...)
		}
	}
	out := without(labels, drop)
	for _, id := range ch.AddLabelIDs {
		if !contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// changeLabels applies a change to a mail and gives it as acts show it.
func (b *box) changeLabels(e *entry, ch labelChange) (message, *apiError) {
	if err := b.relabel(e, ch.apply(e.labels)); err != nil {
		return message{}, notFound()
	}
	return e.labelled(), nil
}

// modifyMessage is users.messages.modify.
func modifyMessage(c *call) (answer, *apiError) {
	var ch labelChange
	if refusal := c.decode(&ch); refusal != nil {
		return answer{}, refusal
	}
	return c.relabel(ch, true)
}

// relabel changes the mail of the path.
func (c *call) relabel(ch labelChange, checked bool) (answer, *apiError) {
	e, _, refusal := c.box.get(c.r.PathValue("id"))
	if refusal != nil {
		return answer{}, refusal
	}
	if checked {
		if refusal := c.box.check(ch); refusal != nil {
			return answer{}, refusal
		}
	}
	out, refusal := c.box.changeLabels(e, ch)
	return answer{value: out}, refusal
}

// batchModify is users.messages.batchModify. Ids that are not there are passed over in silence.
func batchModify(c *call) (answer, *apiError) {
	var in batchChange
	if refusal := c.decode(&in); refusal != nil {
		return answer{}, refusal
	}
	if refusal := checkIDs(in.IDs); refusal != nil {
		return answer{}, refusal
	}
	if refusal := c.box.check(in.labelChange); refusal != nil {
		return answer{}, refusal
	}
	for _, id := range in.IDs {
		if e, _, refusal := c.box.get(id); refusal == nil {
			_, _ = c.box.changeLabels(e, in.labelChange)
		}
	}
	return answer{}, nil
}

func checkIDs(ids []string) *apiError {
	switch {
	case len(ids) == 0:
		return invalid("No message ids specified")
	case len(ids) > mostIDs:
		return invalid("Too many message ids specified. Maximum allowed: %d", mostIDs)
	}
	for _, id := range ids {
		if !idForm.MatchString(id) {
			return invalid("Invalid ids value")
		}
	}
	return nil
}

// trashing is what trash does to the labels, and untrash.
func trashing() labelChange { return labelChange{AddLabelIDs: []string{labelTrash}} }

func (b *box) untrashing() labelChange {
	ch := labelChange{RemoveLabelIDs: []string{labelTrash}}
	if b.opts.UntrashToInbox {
		ch.AddLabelIDs = []string{labelInbox}
	}
	return ch
}

// trashMessage is users.messages.trash; on a mail in the trash it changes nothing.
func trashMessage(c *call) (answer, *apiError) { return c.relabel(trashing(), false) }

// untrashMessage is users.messages.untrash.
func untrashMessage(c *call) (answer, *apiError) { return c.relabel(c.box.untrashing(), false) }

// deleteMessage is users.messages.delete: for good.
func deleteMessage(c *call) (answer, *apiError) {
	e, _, refusal := c.box.get(c.r.PathValue("id"))
	if refusal != nil {
		return answer{}, refusal
	}
	c.box.delete(e)
	return answer{}, nil
}

// batchDelete is users.messages.batchDelete. Ids that are not there are passed over in silence.
func batchDelete(c *call) (answer, *apiError) {
	var in struct {
		IDs []string `json:"ids"`
	}
	if refusal := c.decode(&in); refusal != nil {
		return answer{}, refusal
	}
	if refusal := checkIDs(in.IDs); refusal != nil {
		return answer{}, refusal
	}
	for _, id := range in.IDs {
		if e, _, refusal := c.box.get(id); refusal == nil {
			c.box.delete(e)
		}
	}
	return answer{}, nil
}

// delete removes a mail for good; one that is gone already is as good.
func (b *box) delete(e *entry) {
	_ = b.m.Delete(e.key)
	b.sync()
}
