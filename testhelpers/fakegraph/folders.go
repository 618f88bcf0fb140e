package fakegraph

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// The folders that the service has and the store has not. Recoverable Items is below the root of
// the mailbox, not of the mail: no list shows it.
const (
	recoverable = "Recoverable Items"
	deletions   = recoverable + "/Deletions"
	purges      = recoverable + "/Purges"
)

// wellKnown are the names that a folder may have in a URL in any language, and the folders they
// stand for. "" is the root; a folder that the store does not have is made when it is used.
// https://learn.microsoft.com/graph/api/resources/mailfolder
var wellKnown = map[string]string{
	"inbox":                     mailstore.Inbox,
	"junkemail":                 mailstore.Junk,
	"sentitems":                 mailstore.Sent,
	"drafts":                    mailstore.Drafts,
	"deleteditems":              mailstore.Trash,
	"archive":                   mailstore.Archive,
	"msgfolderroot":             "",
	"outbox":                    "Outbox",
	"clutter":                   "Clutter",
	"conversationhistory":       "Conversation History",
	"scheduled":                 "Scheduled",
	"searchfolders":             "Search Folders",
	"syncissues":                "Sync Issues",
	"conflicts":                 "Sync Issues/Conflicts",
	"localfailures":             "Sync Issues/Local Failures",
	"serverfailures":            "Sync Issues/Server Failures",
	"recoverableitemsdeletions": deletions,
}

// displayNames of folders whose name in the store is another.
var displayNames = map[string]string{
	mailstore.Junk:  "Junk Email",
	mailstore.Sent:  "Sent Items",
	mailstore.Trash: "Deleted Items",
	"":              "Top of Information Store",
}

func isRecoverable(path string) bool {
	return path == recoverable || strings.HasPrefix(path, recoverable+"/")
}

// folder finds the path in the store of a folder id or well-known name.
func (c *call) folder(id string) (string, *apiError) {
	if path, named := wellKnown[strings.ToLower(id)]; named {
		c.ensure(path)
		return path, nil
	}
	mailbox, hash, valid := parseFolderID(id)
	switch {
	case !valid:
		return "", malformedID()
	case mailbox != c.guid:
		return "", notFound()
	case hash == hash64(""):
		return "", nil
	}
	for _, f := range c.box.Folders() {
		if hash64(f.Path) == hash {
			return f.Path, nil
		}
	}
	return "", notFound()
}

// ensure makes a well-known folder that the store does not have from the start.
func (c *call) ensure(path string) {
	if path != "" {
		_ = c.box.CreateFolder(path) // it is there already
	}
}

func parentOf(path string) string {
	at := strings.LastIndexByte(path, '/')
	return path[:max(0, at)]
}

func displayName(path string) string {
	if name, ok := displayNames[path]; ok {
		return name
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}

// children are the folders right below a path, in the store's order.
func (c *call) children(path string) []mailstore.Folder {
	return slices.DeleteFunc(c.box.Folders(), func(f mailstore.Folder) bool {
		return parentOf(f.Path) != path || isRecoverable(f.Path)
	})
}

func (c *call) renderFolder(f mailstore.Folder, selected []string) object {
	size := 0
	if selected == nil || containsFold(selected, "sizeInBytes") {
		for _, m := range c.box.List(f.Path) {
			if f.Path != "" {
				size += len(m.Raw)
			}
		}
	}
	all := object{
		{"displayName", displayName(f.Path)},
		{"parentFolderId", folderID(c.guid, parentOf(f.Path))},
		{"childFolderCount", len(c.children(f.Path))},
		{"unreadItemCount", f.Unread},
		{"totalItemCount", f.Total},
		{"sizeInBytes", size},
		{"isHidden", false},
	}
	o := object{{"id", folderID(c.guid, f.Path)}}
	for _, m := range all {
		if selected == nil || containsFold(selected, m.name) {
			o = append(o, m)
		}
	}
	return o
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, s) })
}

var folderProperties = []string{"id", "displayName", "parentFolderId", "childFolderCount", "unreadItemCount", "totalItemCount", "sizeInBytes", "isHidden"}

// folderQuery reads the options of folder requests.
func (c *call) folderQuery() (q query, selected []string, err *apiError) {
	q = query{top: -1, skip: -1}
	if q.options, err = rawOptions(c.r.URL.RawQuery); err != nil {
		return q, nil, err
	}
	if err := q.readPage(); err != nil {
		return q, nil, err
	}
	selected = selection(q.options["$select"])
	for _, name := range selected {
		if !containsFold(folderProperties, name) {
			return q, nil, fail(http.StatusBadRequest, "RequestBroker--ParseUri",
				"Could not find a property named '%s' on type 'microsoft.graph.mailFolder'.", name)
		}
	}
	return q, selected, nil
}

// listFolders is GET /mailFolders (the children of the root) and GET …/childFolders.
func (c *call) listFolders() (*reply, *apiError) {
	q, selected, err := c.folderQuery()
	if err != nil {
		return nil, err
	}
	parent, err := c.scope()
	if err != nil {
		return nil, err
	}
	all, err := filterFolders(c.children(parent), q.options["$filter"])
	if err != nil {
		return nil, err
	}
	size, skip := pageSize(&q, c.prefer), max(0, q.skip)
	values := []object{}
	for _, f := range all[min(skip, len(all)):min(skip+size, len(all))] {
		values = append(values, c.renderFolder(f, selected))
	}
	body := object{{"@odata.context", c.context("mailFolders")}}
	if q.count {
		body.add("@odata.count", len(all))
	}
	body.add("value", values)
	if next := skip + len(values); next < len(all) {
		body.add("@odata.nextLink", c.link(map[string]string{"$skip": itoa(next)}))
	}
	return success(body), nil
}

// filterFolders knows displayName eq and startswith, which is what folder lists are filtered by.
func filterFolders(list []mailstore.Folder, filter string) ([]mailstore.Folder, *apiError) {
	if filter == "" {
		return list, nil
	}
	tokens, err := lexFilter(filter)
	if err != nil {
		return nil, err
	}
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = strings.ToLower(t.text)
	}
	var want, function string
	switch {
	case len(words) == 4 && words[0] == "displayname" && words[1] == "eq":
		want = words[2]
	case len(words) == 7 && words[2] == "displayname" && (words[0] == "startswith" || words[0] == "contains"):
		function, want = words[0], words[4]
	default:
		return nil, known("ErrorInvalidUrlQueryFilter")
	}
	return slices.DeleteFunc(list, func(f mailstore.Folder) bool {
		name := strings.ToLower(displayName(f.Path))
		return function == "" && name != want || function != "" && !textTest(function, name, want)
	}), nil
}

// getFolder is GET /mailFolders/{id}.
func (c *call) getFolder() (*reply, *apiError) {
	_, selected, err := c.folderQuery()
	if err != nil {
		return nil, err
	}
	path, err := c.scope()
	if err != nil {
		return nil, err
	}
	f, _ := c.box.Folder(path) // the root is none of the store's: all zero
	return success(append(object{{"@odata.context", c.context("mailFolders/$entity")}}, c.renderFolder(f, selected)...)), nil
}

// createFolder is POST /mailFolders and POST …/childFolders.
func (c *call) createFolder() (*reply, *apiError) {
	var in struct{ DisplayName string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	parent, err := c.scope()
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(in.DisplayName)
	if name == "" || strings.ContainsRune(name, '/') {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidArgument", "The folder's display name is empty or not supported.")
	}
	path := strings.TrimPrefix(parent+"/"+name, "/")
	if c.hasChild(parent, name) {
		return nil, known("ErrorFolderExists")
	}
	switch err := c.box.CreateFolder(path); {
	case errors.Is(err, mailstore.ErrFolderExists):
		return nil, known("ErrorFolderExists")
	case err != nil:
		return nil, fail(http.StatusBadRequest, "ErrorInvalidArgument", "The folder's display name is not supported.")
	}
	f, _ := c.box.Folder(path)
	return &reply{status: http.StatusCreated, body: append(object{{"@odata.context", c.context("mailFolders/$entity")}}, c.renderFolder(f, nil)...)}, nil
}

// hasChild compares display names as Exchange does: without regard to case.
func (c *call) hasChild(parent, name string) bool {
	return slices.ContainsFunc(c.children(parent), func(f mailstore.Folder) bool { return strings.EqualFold(displayName(f.Path), name) })
}

// deleteFolder is DELETE /mailFolders/{id}. The service moves it to Deleted Items; here its mails
// go there, and the folder is gone.
func (c *call) deleteFolder() (*reply, *apiError) {
	path, err := c.scope()
	if err != nil {
		return nil, err
	}
	for _, known := range wellKnown {
		if path == known {
			return nil, fail(http.StatusBadRequest, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
		}
	}
	for _, f := range c.box.Folders() {
		if f.Path != path && !strings.HasPrefix(f.Path, path+"/") {
			continue
		}
		for _, m := range c.box.List(f.Path) {
			_, _ = c.box.Move(m.Key, mailstore.Trash) // another request was faster
		}
	}
	_ = c.box.DeleteFolder(path) // likewise
	return noContent(), nil
}

// renameFolder is PATCH /mailFolders/{id}, which the store has no means for.
func (c *call) renameFolder() (*reply, *apiError) { return nil, notImplemented("PATCH mailFolder") }
