package gmail

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	api "google.golang.org/api/gmail/v1"

	"github.com/cloudmail-go/cloudmail/connector"
)

// The labels that mean a folder or a state here.
const (
	labelInbox  = "INBOX"
	labelSpam   = "SPAM"
	labelSent   = "SENT"
	labelDraft  = "DRAFT"
	labelTrash  = "TRASH"
	labelChat   = "CHAT"
	labelUnread = "UNREAD"
)

// userLabel starts the id of each label that is not Google's own.
const userLabel = "Label_"

// systemFolders are the folders that are a label, in the order they are told.
var systemFolders = []struct {
	label  string
	folder connector.Folder
}{
	{labelInbox, connector.Inbox},
	{labelSpam, connector.Junk},
	{labelSent, connector.Sent},
	{labelDraft, connector.Drafts},
	{labelTrash, connector.Trash},
}

// isFolder reports whether a label may be a folder.
func isFolder(label string) bool {
	for _, s := range systemFolders {
		if s.label == label {
			return true
		}
	}
	return strings.HasPrefix(label, userLabel)
}

// labelTable knows the user's labels.
type labelTable struct {
	mu    sync.Mutex
	names map[string]string // by id
}

// set takes over a fresh list.
func (t *labelTable) set(labels []*api.Label) {
	names := map[string]string{}
	for _, l := range labels {
		names[l.Id] = l.Name
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.names = names
}

// add takes over one label.
func (t *labelTable) add(l *api.Label) {
	t.mu.Lock()
	defer t.mu.Unlock()
	names := maps.Clone(t.names)
	if names == nil {
		names = map[string]string{}
	}
	names[l.Id] = l.Name
	t.names = names
}

// all returns the names by id; not to be changed.
func (t *labelTable) all() map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.names
}

// folders turns labels into folders. What is in the trash or in Junk is nowhere else. It reports
// false if a label of the user's is not known.
func (t *labelTable) folders(labels []string) (out []connector.Folder, complete bool) {
	for _, only := range []string{labelTrash, labelSpam} {
		if slices.Contains(labels, only) {
			labels = []string{only}
		}
	}
	for _, s := range systemFolders {
		if slices.Contains(labels, s.label) {
			out = append(out, s.folder)
		}
	}
	names, complete := t.all(), true
	var own []connector.Folder
	for _, l := range labels {
		name, ok := names[l]
		switch {
		case !strings.HasPrefix(l, userLabel) || strings.HasPrefix(name, claimPrefix):
		case ok:
			own = append(own, connector.Folder(name))
		default:
			complete = false
		}
	}
	slices.Sort(own)
	if out = append(out, own...); len(out) == 0 {
		out = []connector.Folder{connector.Archive}
	}
	return out, complete
}

// isFolder reports whether a label is a folder, and no claim.
func (t *labelTable) isFolder(label string) bool {
	return isFolder(label) && !isClaim(t.all()[label])
}

// id finds a user's label by name; "" if there is none.
func (t *labelTable) id(name string) string {
	for id, n := range t.all() {
		if strings.EqualFold(n, name) && strings.HasPrefix(id, userLabel) {
			return id
		}
	}
	return ""
}

// readLabels reads all labels.
func (b *backend) readLabels(ctx context.Context) error {
	r, err := b.api.Labels.List(me).Fields("labels(id,name)").Context(ctx).Do()
	if err != nil {
		return err
	}
	b.known.set(r.Labels)
	return nil
}

// folders turns labels into folders, and reads the labels once if one is not known.
func (b *backend) folders(ctx context.Context, labels []string) ([]connector.Folder, error) {
	out, complete := b.known.folders(labels)
	if complete {
		return out, nil
	}
	if err := b.readLabels(ctx); err != nil {
		return nil, err
	}
	out, _ = b.known.folders(labels) // what is still unknown was deleted meanwhile
	return out, nil
}

// labelOf finds the label of a folder; "" if there is no such folder, or it has none.
func (b *backend) labelOf(ctx context.Context, f connector.Folder) (string, error) {
	for _, s := range systemFolders {
		if strings.EqualFold(string(s.folder), string(f)) {
			return s.label, nil
		}
	}
	if id := b.known.id(string(f)); id != "" {
		return id, nil
	}
	if err := b.readLabels(ctx); err != nil {
		return "", b.fail(ctx, "list folders", err)
	}
	return b.known.id(string(f)), nil
}

// Folders lists the system's folders and the user's labels.
func (b *backend) Folders(ctx context.Context) ([]connector.Folder, error) {
	if err := b.readLabels(ctx); err != nil {
		return nil, b.fail(ctx, "list folders", err)
	}
	var out, own []connector.Folder
	for _, s := range systemFolders {
		out = append(out, s.folder)
	}
	for id, name := range b.known.all() {
		if strings.HasPrefix(id, userLabel) && !strings.HasPrefix(name, claimPrefix) {
			own = append(own, connector.Folder(name))
		}
	}
	slices.Sort(own)
	return append(append(out, connector.Archive), own...), nil
}
