package fakegmail

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// System labels that stand for a folder or a flag of the store.
const (
	labelInbox   = "INBOX"
	labelSent    = "SENT"
	labelDraft   = "DRAFT"
	labelSpam    = "SPAM"
	labelTrash   = "TRASH"
	labelUnread  = "UNREAD"
	labelStarred = "STARRED"
)

// systemLabels are the labels of each mailbox. Those without folder or flag are keywords of that
// very name in the store; so is SENT where the mail is not in the Sent folder.
var systemLabels = []string{
	"CHAT", labelSent, labelInbox, "IMPORTANT", labelTrash, labelDraft, labelSpam,
	"CATEGORY_FORUMS", "CATEGORY_UPDATES", "CATEGORY_PERSONAL", "CATEGORY_PROMOTIONS",
	"CATEGORY_SOCIAL", labelStarred, labelUnread, "YELLOW_STAR",
}

var folderLabels = map[string]string{
	mailstore.Inbox:   labelInbox,
	mailstore.Junk:    labelSpam,
	mailstore.Sent:    labelSent,
	mailstore.Drafts:  labelDraft,
	mailstore.Trash:   labelTrash,
	mailstore.Archive: "",
}

// labelTable holds the user's labels of one mailbox. A keyword or a folder of the store is the
// label of that name.
type labelTable struct {
	byID map[string]*label
	ids  map[string]string // by name in lower case
	next int
}

func newLabelTable() *labelTable {
	return &labelTable{byID: map[string]*label{}, ids: map[string]string{}, next: 1}
}

// ensure gives the id of a user label, and makes the label if there is none of that name.
func (t *labelTable) ensure(name string) string {
	if id, ok := t.ids[strings.ToLower(name)]; ok {
		return id
	}
	id := fmt.Sprintf("Label_%d", t.next)
	t.next++
	t.ids[strings.ToLower(name)] = id
	t.byID[id] = &label{ID: id, Name: name, MessageListVisibility: "show",
		LabelListVisibility: "labelShow", Type: "user"}
	return id
}

func (t *labelTable) exists(id string) bool {
	return contains(systemLabels, id) || t.byID[id] != nil
}

// of gives the labels of a mail, INBOX last as the service likes it.
func (t *labelTable) of(m mailstore.Message) []string {
	set := map[string]bool{
		labelUnread:  !m.Seen,
		labelStarred: m.Flagged,
		labelDraft:   m.Draft,
	}
	if id, standard := folderLabels[m.Folder]; standard {
		set[id] = true
	} else {
		set[t.ensure(m.Folder)] = true
	}
	for _, word := range m.Keywords {
		if contains(systemLabels, word) {
			set[word] = true
		} else {
			set[t.ensure(word)] = true
		}
	}
	delete(set, "")
	maps.DeleteFunc(set, func(_ string, on bool) bool { return !on })
	return slices.SortedFunc(maps.Keys(set), byLabelRank)
}

func byLabelRank(a, b string) int {
	rank := func(id string) int {
		if id == labelInbox {
			return 2
		}
		if strings.HasPrefix(id, "Label_") {
			return 1
		}
		return 0
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	return -strings.Compare(a, b)
}

// place is where the store keeps a mail that has these labels.
type place struct {
	folder                 string
	keywords               []string
	seen, flagged, isDraft bool
}

// placeOf turns labels into a folder, flags and keywords. It keeps a user folder as long as the
// mail has its label.
func (t *labelTable) placeOf(labels []string, folder string) place {
	p := place{
		folder:  mailstore.Archive,
		seen:    !contains(labels, labelUnread),
		flagged: contains(labels, labelStarred),
		isDraft: contains(labels, labelDraft),
	}
	if _, standard := folderLabels[folder]; !standard && contains(labels, t.ensure(folder)) {
		p.folder = folder
	}
	for _, f := range []string{mailstore.Sent, mailstore.Drafts, mailstore.Inbox, mailstore.Junk, mailstore.Trash} {
		if contains(labels, folderLabels[f]) {
			p.folder = f
		}
	}
	for _, id := range labels {
		if word := t.keyword(id, p.folder); word != "" {
			p.keywords = append(p.keywords, word)
		}
	}
	return p
}

// keyword is the word in the store for a label, "" if the folder or a flag says it.
func (t *labelTable) keyword(id, folder string) string {
	switch id {
	case folderLabels[folder], labelUnread, labelStarred, labelDraft:
		return ""
	}
	if l := t.byID[id]; l != nil {
		if l.Name == folder {
			return ""
		}
		return l.Name
	}
	return id
}

// relabel gives a mail other labels, in one change of its flags and one of its folder.
func (b *box) relabel(e *entry, labels []string) error {
	m, ok := b.m.Get(e.key)
	if !ok {
		return mailstore.ErrNotFound
	}
	p := b.labels.placeOf(labels, m.Folder)
	_, err := b.m.Update(e.key, func(m *mailstore.Message) {
		m.Seen, m.Flagged, m.Draft, m.Keywords = p.seen, p.flagged, p.isDraft, p.keywords
	})
	if err == nil && p.folder != m.Folder {
		_, err = b.m.Move(e.key, p.folder)
	}
	b.sync()
	return err
}
