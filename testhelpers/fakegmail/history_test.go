package fakegmail_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func (w *world) mark() string { return w.get("/profile")["historyId"].(string) }

func TestHistoryTellsChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &fakegmail.Options{TidyHistory: true})
	start := w.mark()
	assert.Equal(t, map[string]any{"historyId": start}, w.get("/history?startHistoryId="+start), "nothing, and no key for it")

	w.deliver([]byte(mail))
	id := ids(w.get("/messages"), "messages")[0]
	w.ok("/messages/"+id+"/modify", map[string]any{"removeLabelIds": []string{"UNREAD"}})
	w.ok("/messages/"+id+"/trash", nil)
	require.Equal(t, http.StatusNoContent, w.do("DELETE", me+"/messages/"+id, "", nil).status)

	h := w.get("/history?startHistoryId=" + start)
	ref := map[string]any{"id": id, "threadId": id}
	with := func(labels ...any) map[string]any {
		return map[string]any{"id": id, "threadId": id, "labelIds": labels}
	}
	want := []map[string]any{
		{"messages": []any{ref}, "messagesAdded": []any{map[string]any{"message": with("UNREAD", "INBOX")}}},
		{"messages": []any{ref}, "labelsRemoved": []any{map[string]any{"message": with("INBOX"), "labelIds": []any{"UNREAD"}}}},
		{"messages": []any{ref}, "labelsAdded": []any{map[string]any{"message": with("TRASH"), "labelIds": []any{"TRASH"}}},
			"labelsRemoved": []any{map[string]any{"message": with("TRASH"), "labelIds": []any{"INBOX"}}}},
		{"messages": []any{ref}, "messagesDeleted": []any{map[string]any{"message": with("TRASH")}}},
	}
	list := h["history"].([]any)
	require.Len(t, list, len(want))
	last := start
	for i, record := range list {
		r := record.(map[string]any)
		assert.Greater(t, r["id"].(string), last, "ids rise, and are strings")
		last = r["id"].(string)
		delete(r, "id")
		assert.Equal(t, want[i], r)
	}
	assert.GreaterOrEqual(t, h["historyId"].(string), last)

	added := w.get("/history?historyTypes=messageAdded&startHistoryId=" + start)
	assert.Len(t, added["history"], 1)
	assert.Len(t, w.get("/history?labelId=TRASH&startHistoryId=" + start)["history"], 2)
	for _, bad := range []string{"", "?startHistoryId=x", "?startHistoryId=" + start + "&historyTypes=nix"} {
		assert.Equal(t, http.StatusBadRequest, w.do("GET", me+"/history"+bad, "", nil).status, bad)
	}
}

func TestHistoryRepeatsItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	start := w.mark()
	for range 6 {
		w.deliver([]byte(mail))
	}
	bare, added := 0, map[any]int{}
	for _, r := range w.get("/history?startHistoryId=" + start)["history"].([]any) {
		list, ok := r.(map[string]any)["messagesAdded"].([]any)
		if !ok {
			bare++
			continue
		}
		added[dig(t, list, 0, "message", "id")]++
	}
	assert.Len(t, added, 6)
	assert.Equal(t, 3, bare, "records without a change")
	twice := 0
	for _, n := range added {
		if n == 2 {
			twice++
		}
	}
	assert.Equal(t, 2, twice, "mails that are told twice")
	assert.Empty(t, w.get("/history?startHistoryId=" + w.mark())["history"], "the profile's id is after all of them")
}

func TestHistoryPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &fakegmail.Options{TidyHistory: true})
	start := w.mark()
	for range 5 {
		w.deliver([]byte(mail))
	}
	path, token := "/history?maxResults=2&startHistoryId="+start, ""
	var sizes []int
	for {
		h := w.get(path + token)
		sizes = append(sizes, len(h["history"].([]any)))
		if h["nextPageToken"] == nil {
			break
		}
		token = "&pageToken=" + h["nextPageToken"].(string)
	}
	assert.Equal(t, []int{2, 2, 1}, sizes)
	assert.Equal(t, http.StatusBadRequest, w.do("GET", me+path+"&labelId=INBOX"+token, "", nil).status,
		"a page token belongs to its question")
}

func TestHistoryExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.deliver([]byte(mail))
	start := w.mark()
	future := w.do("GET", me+"/history?startHistoryId=9"+start, "", nil)
	assert.Equal(t, http.StatusNotFound, future.status)

	w.deliver([]byte(mail))
	w.fake.ExpireHistory()
	r := w.do("GET", me+"/history?startHistoryId="+start, "", nil)
	assert.Equal(t, http.StatusNotFound, r.status)
	assert.Equal(t, "notFound", dig(t, r.tree(t), "error", "errors", 0, "reason"))
	start = w.mark()
	w.deliver([]byte(mail))
	assert.NotEmpty(t, w.get("/history?startHistoryId=" + start)["history"])
}

func TestHistoryIsKeptForAWeek(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.deliver([]byte(mail))
		start := w.mark()
		w.deliver([]byte(mail))
		w.mark() // the fake reads the store's log when it is asked
		time.Sleep(6 * 24 * time.Hour)
		w.token = w.fake.Token(qa, fakegmail.ScopeFull)
		assert.NotEmpty(t, w.get("/history?startHistoryId=" + start)["history"])
		time.Sleep(2 * 24 * time.Hour)
		w.token = w.fake.Token(qa, fakegmail.ScopeFull)
		assert.Equal(t, http.StatusNotFound, w.do("GET", me+"/history?startHistoryId="+start, "", nil).status)
		assert.Empty(t, w.get("/history?startHistoryId=" + w.mark())["history"])
	})
}

func TestDuplicatesAreDroppedOnDeliveryOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.store.Send("shop@contoso.example", []string{qa}, []byte(mail))
	start := w.mark()
	w.store.Send("shop@contoso.example", []string{qa}, []byte(mail))
	assert.Len(t, w.get("/messages")["messages"], 1)
	assert.Empty(t, w.get("/history?startHistoryId=" + start)["history"])
	w.box.Deliver([]byte(mail), mailstore.Delivery{NoTrace: true})
	assert.Len(t, w.get("/messages")["messages"], 2, "what is put there is kept")

	both := newWorld(t, &fakegmail.Options{KeepDuplicates: true})
	both.store.Send("shop@contoso.example", []string{qa}, []byte(mail))
	both.store.Send("shop@contoso.example", []string{qa}, []byte(mail))
	assert.Len(t, both.get("/messages")["messages"], 2)
}
