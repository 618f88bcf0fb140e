package graph

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/faults"
)

// outbox is where mail waits to be sent; hidden is where a mail lies whose folder cannot be seen.
const (
	outbox connector.Folder = "Outbox"
	hidden connector.Folder = "(hidden folder)"
)

// wellKnown are the folders with a name of their own, in the service's words, whatever the
// mailbox's language calls them. https://learn.microsoft.com/graph/api/resources/mailfolder
var wellKnown = []struct {
	folder connector.Folder
	name   string
}{
	{connector.Inbox, "inbox"}, {connector.Junk, "junkemail"}, {connector.Sent, "sentitems"},
	{connector.Drafts, "drafts"}, {connector.Trash, "deleteditems"}, {outbox, "outbox"}, {connector.Archive, "archive"},
}

// rankOf is the place of a well-known folder among them; behind them for any other.
func rankOf(f connector.Folder) int {
	for i, w := range wellKnown {
		if w.folder == f {
			return i
		}
	}
	return len(wellKnown)
}

// folders knows the folders of the mailbox by id and by path. What it does not know it asks for
// once.
type folders struct {
	*client

	mu   sync.Mutex
	root string // id of the folder that holds all others; "" until needed
	path map[string]connector.Folder
	ids  map[connector.Folder]string
}

func newFolders(c *client) *folders {
	return &folders{client: c, path: map[string]connector.Folder{}, ids: map[connector.Folder]string{}}
}

func (f *folders) put(id string, path connector.Folder) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.path[id], f.ids[path] = path, id
}

func (f *folders) known(id string) (connector.Folder, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path, ok := f.path[id]
	return path, ok
}

// learnWellKnown asks for the ids. Any but the Inbox may be missing.
func (f *folders) learnWellKnown(ctx context.Context) error {
	for _, w := range wellKnown {
		folder, err := f.get(ctx, "open mailbox", w.name)
		missing := faults.Status(err) == http.StatusNotFound || faults.Status(err) == http.StatusBadRequest
		if err != nil && (w.folder == connector.Inbox || !missing) {
			return asMailbox(err)
		}
		if err == nil {
			f.put(text(folder.GetId()), w.folder)
		}
	}
	return nil
}

// asMailbox makes "no such folder" of the Inbox what it is: no mailbox.
func asMailbox(err error) error {
	if e := asError(err); e != nil && errors.Is(err, connector.ErrNotFound) {
		e.Kind, e.Remedy = connector.ErrNoMailbox, "the mailbox has no Inbox: was it just created?"
	}
	return err
}

// get asks for one folder by id or well-known name.
func (f *folders) get(ctx context.Context, op, id string) (out models.MailFolderable, err error) {
	_, err = f.call(ctx, op, faults.Mailbox, func(ctx context.Context) (err error) {
		out, err = f.user.MailFolders().ByMailFolderId(id).Get(ctx, &users.ItemMailFoldersMailFolderItemRequestBuilderGetRequestConfiguration{
			Headers:         prefer(),
			QueryParameters: &users.ItemMailFoldersMailFolderItemRequestBuilderGetQueryParameters{Select: folderFields},
		})
		if err == nil && (out == nil || text(out.GetId()) == "") {
			err = errNothing
		}
		return err
	})
	return out, err
}

const findFolder = "find folder" // an operation

var folderFields = []string{"id", "displayName", "parentFolderId", "childFolderCount"}

// errNothing is a success without what was asked for.
var errNothing = errors.New("the answer is empty")

// name returns the path of a folder id, which is asked for if it is new here: one request for each
// unknown step of the path.
func (f *folders) name(ctx context.Context, id string) (connector.Folder, error) {
	if path, ok := f.known(id); ok {
		return path, nil
	}
	if err := f.learnRoot(ctx); err != nil {
		return "", err
	}
	return f.walk(ctx, id, 0)
}

// learnRoot asks for the id of the folder above all others.
func (f *folders) learnRoot(ctx context.Context) error {
	if f.rootID() != "" {
		return nil
	}
	root, err := f.get(ctx, findFolder, "msgfolderroot")
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.root = text(root.GetId())
	return nil
}

func (f *folders) rootID() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.root
}

// walk finds a path from its end. A folder that is gone, or lies outside of what Outlook shows, is
// hidden.
func (f *folders) walk(ctx context.Context, id string, depth int) (connector.Folder, error) {
	if path, ok := f.known(id); ok {
		return path, nil
	}
	const deepest = 300 // Exchange's own limit
	folder, err := f.get(ctx, findFolder, id)
	if depth > deepest || faults.Status(err) == http.StatusNotFound || faults.Status(err) == http.StatusBadRequest {
		f.put(id, hidden)
		return hidden, nil
	}
	if err != nil {
		return "", err
	}
	parent := text(folder.GetParentFolderId())
	path := connector.Folder(text(folder.GetDisplayName()))
	if parent != f.rootID() && parent != "" && parent != id {
		above, err := f.walk(ctx, parent, depth+1)
		if err != nil {
			return "", err
		}
		path = above + "/" + path
	}
	f.put(id, path)
	return path, nil
}

// id returns the id of a path. One that is not known may be new: the list is read then.
func (f *folders) id(ctx context.Context, path connector.Folder) (string, error) {
	for _, read := range []bool{false, true} {
		if read {
			if _, err := f.list(ctx); err != nil {
				return "", err
			}
		}
		f.mu.Lock()
		id, ok := f.ids[path]
		f.mu.Unlock()
		if ok {
			return id, nil
		}
	}
	return "", f.server.typed(findFolder, &connector.Error{Kind: connector.ErrConfig,
		Err: fmt.Errorf("the mailbox has no folder %q", string(path)), Remedy: "Session.Folders lists those it has"})
}

// list reads all folders, level by level.
func (f *folders) list(ctx context.Context) ([]connector.Folder, error) {
	type level struct {
		id   string // "" is the top
		path connector.Folder
	}
	fresh := map[connector.Folder]string{}
	for todo := []level{{}}; len(todo) > 0; todo = todo[1:] {
		children, err := f.children(ctx, todo[0].id)
		if err != nil {
			return nil, err
		}
		for _, c := range children {
			id, path := text(c.GetId()), f.pathOf(c, todo[0].path)
			fresh[path] = id
			if n := c.GetChildFolderCount(); n != nil && *n > 0 {
				todo = append(todo, level{id, path})
			}
		}
	}
	f.replace(fresh)
	return slices.SortedFunc(maps.Keys(fresh), func(a, b connector.Folder) int {
		return cmp.Or(cmp.Compare(rankOf(a), rankOf(b)), cmp.Compare(a, b))
	}), nil
}

// replace takes over what a list showed.
func (f *folders) replace(fresh map[connector.Folder]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ids = fresh
	f.path = map[string]connector.Folder{}
	for path, id := range fresh {
		f.path[id] = path
	}
}

// pathOf is a folder's path; a well-known one keeps its name wherever it is.
func (f *folders) pathOf(m models.MailFolderable, above connector.Folder) connector.Folder {
	if path, ok := f.known(text(m.GetId())); ok && rankOf(path) < len(wellKnown) {
		return path
	}
	path := connector.Folder(text(m.GetDisplayName()))
	if above != "" {
		path = above + "/" + path
	}
	return path
}

// children reads the folders within a folder, page by page.
func (f *folders) children(ctx context.Context, id string) (out []models.MailFolderable, err error) {
	next := ""
	for {
		var page models.MailFolderCollectionResponseable
		_, err := f.call(ctx, "list folders", faults.Mailbox, func(ctx context.Context) (err error) {
			page, err = f.childPage(ctx, id, next)
			if err == nil && page == nil {
				err = errNothing
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, page.GetValue()...)
		if next = text(page.GetOdataNextLink()); next == "" {
			return out, nil
		}
	}
}

func (f *folders) childPage(ctx context.Context, id, next string) (models.MailFolderCollectionResponseable, error) {
	top := int32(250)
	if id == "" {
		conf := &users.ItemMailFoldersRequestBuilderGetRequestConfiguration{Headers: prefer()}
		if next != "" {
			return users.NewItemMailFoldersRequestBuilder(next, f.adapter).Get(ctx, conf)
		}
		conf.QueryParameters = &users.ItemMailFoldersRequestBuilderGetQueryParameters{Select: folderFields, Top: &top}
		return f.user.MailFolders().Get(ctx, conf)
	}
	conf := &users.ItemMailFoldersItemChildFoldersRequestBuilderGetRequestConfiguration{Headers: prefer()}
	if next != "" {
		return users.NewItemMailFoldersItemChildFoldersRequestBuilder(next, f.adapter).Get(ctx, conf)
	}
	conf.QueryParameters = &users.ItemMailFoldersItemChildFoldersRequestBuilderGetQueryParameters{Select: folderFields, Top: &top}
	return f.user.MailFolders().ByMailFolderId(id).ChildFolders().Get(ctx, conf)
}

// Folders lists the folders. Outbox is not among them, since no mail arrives there.
func (b *backend) Folders(ctx context.Context) ([]connector.Folder, error) {
	all, err := b.folders.list(b.begin(ctx))
	return slices.DeleteFunc(all, func(f connector.Folder) bool { return f == outbox }), err
}

// text reads a string of the SDK's, which may be nil.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
