package fakegraph_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func TestMoveErrors(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(1)
	id := r.only("Mail 0")
	for destination, want := range map[string]struct {
		status int
		code   string
	}{
		"":              {400, "ErrorInvalidRequest"},
		"nonsense":      {400, "ErrorInvalidIdMalformed"},
		"msgfolderroot": {400, "ErrorMoveCopyFailed"},
	} {
		a := r.post(messages+id+"/move", map[string]any{"destinationId": destination})
		assert.Equal(t, want.status, a.Status, destination)
		assert.Equal(t, want.code, a.code(), destination)
	}
	foreign := r.get("/users/" + bob + "/mailFolders/inbox").str("id")
	assert.Equal(t, 404, r.post(messages+id+"/move", map[string]any{"destinationId": foreign}).Status)
	own := r.get("/users/" + ada + "/mailFolders/junkemail").str("id")
	a := r.post(messages+id+"/move", map[string]any{"destinationId": own})
	assert.Equal(t, own, a.str("parentFolderId"))
	assert.Equal(t, 3, r.fake.Counter.Count("move")-2)
}

// Deleted mail goes to Deleted Items, from there to the recoverable items, and is purged at last.
func TestDelete(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(2)
	id := r.only("Mail 0", "Prefer", immutableID)
	folder := func() string { return r.box().List("")[1].Folder }
	require.Equal(t, 204, r.call("DELETE", messages+id, nil).Status)
	assert.Equal(t, mailstore.Trash, folder())
	require.Equal(t, 204, r.call("DELETE", messages+id, nil).Status)
	assert.Equal(t, "Recoverable Items/Deletions", folder())
	a := r.get("/users/" + ada + "/mailFolders/recoverableitemsdeletions/messages")
	assert.Equal(t, []string{"Mail 0"}, a.values("subject"))
	require.Equal(t, 200, r.get(messages+id).Status)
	require.Equal(t, 204, r.call("DELETE", messages+id, nil).Status)
	assert.Equal(t, 404, r.get(messages+id).Status)
	other := r.only("Mail 1")
	require.Equal(t, 204, r.post(messages+other+"/permanentDelete", nil).Status)
	assert.Empty(t, r.list().values("id"))
	assert.Equal(t, 404, r.call("DELETE", messages+other, nil).Status)
}

func TestPatch(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(1)
	item := messages + r.only("Mail 0")
	patch := func(body map[string]any) answer { return r.call("PATCH", item, body) }
	before := r.get(item)
	a := patch(map[string]any{"isRead": true, "categories": []string{"Red", "Blue"}, "flag": map[string]any{"flagStatus": "complete"},
		"importance": "high", "inferenceClassification": "other"})
	require.Equal(t, 200, a.Status, a.Text)
	want := map[string]any{"isRead": true, "categories": []any{"Blue", "Red"}, "flag": map[string]any{"flagStatus": "complete"},
		"importance": "high", "inferenceClassification": "other"}
	for name, value := range want {
		assert.Equal(t, value, a.JSON[name], name)
	}
	assert.NotEqual(t, before.str("changeKey"), a.str("changeKey"))
	assert.NotEqual(t, before.str("lastModifiedDateTime"), a.str("lastModifiedDateTime"))
	assert.Equal(t, before.str("id"), a.str("id"))
	a = patch(map[string]any{"IsRead": false})
	assert.Equal(t, []any{"Blue", "Red"}, a.JSON["categories"])
	a = patch(map[string]any{"categories": []string{}, "flag": map[string]any{"flagStatus": "flagged"}, "inferenceClassification": "focused", "importance": "normal"})
	assert.Equal(t, []any{}, a.JSON["categories"])
	assert.Equal(t, map[string]any{"flagStatus": "flagged"}, a.JSON["flag"])
	assert.Equal(t, "focused", a.JSON["inferenceClassification"])
	assert.Equal(t, "normal", a.JSON["importance"])
	assert.True(t, r.box().List(mailstore.Inbox)[0].Flagged)
	for _, name := range []string{"subject", "internetMessageId"} {
		a = patch(map[string]any{name: "x"})
		assert.Equal(t, 400, a.Status)
		assert.Equal(t, "ErrorInvalidPropertySet", a.code())
	}
}

func TestPatchConflict(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(1)
	item := messages + r.only("Mail 0")
	tag := r.get(item).str("@odata.etag")
	read := map[string]any{"isRead": true}
	require.Equal(t, 200, r.call("PATCH", item, read, "If-Match", tag).Status)
	a := r.call("PATCH", item, map[string]any{"isRead": false}, "If-Match", tag)
	assert.Equal(t, 412, a.Status)
	assert.Equal(t, "ErrorIrresolvableConflict", a.code())
	assert.Equal(t, 200, r.call("PATCH", item, read, "If-Match", "*").Status)
}

func TestFolders(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(2)
	root := "/users/" + ada + "/mailFolders"
	a := r.get(root + "?$top=100")
	assert.Equal(t, []string{"Inbox", "Junk Email", "Sent Items", "Drafts", "Deleted Items", "Archive"}, a.values("displayName"))
	inbox := r.get(root + "/inbox").JSON
	assert.EqualValues(t, 2, inbox["totalItemCount"])
	assert.EqualValues(t, 2, inbox["unreadItemCount"])
	assert.EqualValues(t, 0, inbox["childFolderCount"])
	assert.Equal(t, r.get(root+"/msgfolderroot").str("id"), inbox["parentFolderId"])
	assert.Equal(t, a.values("id")[0], inbox["id"])
	assert.Len(t, r.get(root+"/Inbox?$select=displayName").JSON, 3)

	a = r.post(root, map[string]any{"displayName": "Projects"})
	require.Equal(t, 201, a.Status, a.Text)
	projects := root + "/" + a.str("id")
	a = r.post(projects+"/childFolders", map[string]any{"DisplayName": "2026"})
	require.Equal(t, 201, a.Status, a.Text)
	assert.EqualValues(t, 1, r.get(projects).JSON["childFolderCount"])
	assert.Equal(t, []string{"2026"}, r.get(projects+"/childFolders").values("displayName"))
	_, found := r.box().Folder("Projects/2026")
	assert.True(t, found)
	assert.Equal(t, 409, r.post(root, map[string]any{"displayName": "projects"}).Status)
	assert.Equal(t, "ErrorFolderExists", r.post(root, map[string]any{"displayName": "inbox"}).code())
	assert.Equal(t, 400, r.post(root, map[string]any{"displayName": " "}).Status)

	nested := projects + "/childFolders/" + a.str("id")
	moved := r.post(messages+r.only("Mail 0")+"/move", map[string]any{"destinationId": a.str("id")})
	require.Equal(t, 201, moved.Status)
	assert.Equal(t, []string{"Mail 0"}, r.get(nested+"/messages").values("subject"))
	require.Equal(t, 204, r.call("DELETE", projects, nil).Status)
	assert.Equal(t, 404, r.get(projects).Status)
	assert.Equal(t, []string{"Mail 0"}, r.get(root+"/deleteditems/messages").values("subject"))
	assert.Equal(t, 400, r.call("DELETE", root+"/inbox", nil).Status)
	assert.Equal(t, 400, r.get(root+"/nonsense").Status)
	assert.Equal(t, 200, r.get(root+"/clutter").Status, "made when it is asked for")
}

func TestFolderLists(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	for _, name := range []string{"A", "B", "C", "D", "E", "F"} {
		require.NoError(t, r.box().CreateFolder(name))
	}
	root := "/users/" + ada + "/mailFolders"
	a := r.get(root + "?$count=true&includeHiddenFolders=true")
	assert.Len(t, a.values("id"), 10)
	assert.EqualValues(t, 12, a.JSON["@odata.count"])
	assert.Equal(t, []string{"E", "F"}, r.get(a.str("@odata.nextLink")).values("displayName"))
	assert.Equal(t, []string{"C"}, r.get(root+"?"+query("$filter", "displayName eq 'c'")).values("displayName"))
	assert.Equal(t, []string{"Junk Email"}, r.get(root+"?"+query("$filter", "startswith(displayName,'Junk')")).values("displayName"))
	assert.Equal(t, 400, r.get(root+"?"+query("$filter", "totalItemCount gt 5")).Status)
	assert.Equal(t, 400, r.get(root+"?$select=nonsense").Status)
}
