package fakegmail

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const mostUserLabels = 10000

// listLabels is users.labels.list: without counts.
func listLabels(c *call) (answer, *apiError) {
	c.box.adoptFolders()
	var out labelList
	for _, id := range systemLabels {
		out.Labels = append(out.Labels, systemLabel(id))
	}
	for _, id := range c.box.labels.sorted() {
		out.Labels = append(out.Labels, *c.box.labels.byID[id])
	}
	return answer{value: out}, nil
}

// adoptFolders makes labels of the folders that the store got by another door.
func (b *box) adoptFolders() {
	for _, f := range b.m.Folders() {
		if _, standard := folderLabels[f.Path]; !standard {
			b.labels.ensure(f.Path)
		}
	}
}

// sorted are the ids of the user labels, in the order they were made.
func (t *labelTable) sorted() []string {
	ids := make([]string, 0, len(t.byID))
	for id := range t.byID {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	return ids
}

func systemLabel(id string) label {
	l := label{ID: id, Name: id, Type: "system"}
	if strings.HasPrefix(id, "CATEGORY_") || id == "CHAT" {
		l.MessageListVisibility, l.LabelListVisibility = "hide", "labelHide"
	}
	return l
}

// label finds the label of the path.
func (c *call) label() (label, *apiError) {
	id := c.r.PathValue("id")
	if contains(systemLabels, id) {
		return systemLabel(id), nil
	}
	if l := c.box.labels.byID[id]; l != nil {
		return *l, nil
	}
	return label{}, notFound()
}

// getLabel is users.labels.get: with counts.
func getLabel(c *call) (answer, *apiError) {
	c.box.adoptFolders()
	l, refusal := c.label()
	if refusal != nil {
		return answer{}, refusal
	}
	c.box.count(&l)
	return answer{value: l}, nil
}

func (b *box) count(l *label) {
	var messages, unread int
	threads, fresh := map[string]bool{}, map[string]bool{}
	for _, e := range b.order {
		if !contains(e.labels, l.ID) {
			continue
		}
		messages++
		threads[e.thread] = true
		if contains(e.labels, labelUnread) {
			unread++
			fresh[e.thread] = true
		}
	}
	allThreads, freshThreads := len(threads), len(fresh)
	l.MessagesTotal, l.MessagesUnread = &messages, &unread
	l.ThreadsTotal, l.ThreadsUnread = &allThreads, &freshThreads
}

// createLabel is users.labels.create.
func createLabel(c *call) (answer, *apiError) {
	var in label
	if refusal := c.decode(&in); refusal != nil {
		return answer{}, refusal
	}
	c.box.adoptFolders()
	if refusal := c.box.labels.checkName(in.Name, ""); refusal != nil {
		return answer{}, refusal
	}
	if len(c.box.labels.byID) >= mostUserLabels {
		return answer{}, invalid("The label limit has been exceeded")
	}
	l := c.box.labels.byID[c.box.labels.ensure(in.Name)]
	l.take(in)
	return answer{value: *l}, nil
}

// checkName refuses what is no name, or the name of another label.
func (t *labelTable) checkName(name, own string) *apiError {
	if strings.TrimSpace(name) == "" || strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") {
		return invalid("Invalid label name")
	}
	if contains(systemLabels, strings.ToUpper(name)) {
		return invalid("Invalid label name")
	}
	if id, there := t.ids[strings.ToLower(name)]; there && id != own {
		return fail(http.StatusConflict, "ABORTED", "aborted", "Label name exists or conflicts")
	}
	return nil
}

// take overwrites what the other label sets, its name excepted.
func (l *label) take(in label) {
	l.MessageListVisibility = cmp.Or(in.MessageListVisibility, l.MessageListVisibility)
	l.LabelListVisibility = cmp.Or(in.LabelListVisibility, l.LabelListVisibility)
	if in.Color != nil {
		l.Color = in.Color
	}
}

// userLabel finds the label of the path for a change.
func (c *call) userLabel() (*label, *apiError) {
	l, refusal := c.label()
	if refusal != nil {
		return nil, refusal
	}
	if l.Type == "system" {
		return nil, invalid("Cannot delete or update a system label")
	}
	return c.box.labels.byID[l.ID], nil
}

// updateLabel is users.labels.update and patch, which differ for the client only.
func updateLabel(c *call) (answer, *apiError) {
	l, refusal := c.userLabel()
	if refusal != nil {
		return answer{}, refusal
	}
	var in label
	if refusal := c.decode(&in); refusal != nil {
		return answer{}, refusal
	}
	if in.Name != "" && in.Name != l.Name {
		if refusal := c.box.labels.checkName(in.Name, l.ID); refusal != nil {
			return answer{}, refusal
		}
		c.box.rename(l, in.Name)
	}
	l.take(in)
	return answer{value: *l}, nil
}

// rename moves the mails of the label to the keyword or the folder of the new name. Both names mean
// the label meanwhile, so that no mail is seen to lose it.
func (b *box) rename(l *label, name string) {
	old := l.Name
	l.Name = name
	b.labels.ids[strings.ToLower(name)] = l.ID
	_, hasFolder := b.m.Folder(old)
	if hasFolder {
		_ = b.m.CreateFolder(name) // it may be there already
	}
	for _, e := range b.labelled(l.ID) {
		m, _ := b.m.Get(e.key)
		_, _ = b.m.Update(e.key, func(m *mailstore.Message) {
			if i := slices.Index(m.Keywords, old); i >= 0 {
				m.Keywords[i] = name
			}
		})
		if m.Folder == old {
			_, _ = b.m.Move(e.key, name)
		}
	}
	b.sync()
	b.dropFolder(old)
	if !strings.EqualFold(old, name) {
		delete(b.labels.ids, strings.ToLower(old))
	}
}

// dropFolder removes an empty folder that has none below it.
func (b *box) dropFolder(path string) {
	f, ok := b.m.Folder(path)
	below := slices.ContainsFunc(b.m.Folders(), func(f mailstore.Folder) bool {
		return strings.HasPrefix(f.Path, path+"/")
	})
	if ok && f.Total == 0 && !below {
		_ = b.m.DeleteFolder(path)
	}
}

func (b *box) labelled(id string) (list []*entry) {
	for _, e := range b.order {
		if contains(e.labels, id) {
			list = append(list, e)
		}
	}
	return list
}

// deleteLabel is users.labels.delete: the mails stay.
func deleteLabel(c *call) (answer, *apiError) {
	l, refusal := c.userLabel()
	if refusal != nil {
		return answer{}, refusal
	}
	b := c.box
	for _, e := range b.labelled(l.ID) {
		_ = b.relabel(e, without(e.labels, []string{l.ID}))
	}
	b.dropFolder(l.Name)
	delete(b.labels.byID, l.ID)
	delete(b.labels.ids, strings.ToLower(l.Name))
	return answer{}, nil
}
