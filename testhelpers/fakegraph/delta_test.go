package fakegraph_test

import (
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const inboxDelta = "/users/" + ada + "/mailFolders/inbox/messages/delta"

// round follows nextLink to the deltaLink: the items, and the link.
func (r *rig) round(a answer) (items []map[string]any, link string) {
	r.t.Helper()
	for {
		require.Equal(r.t, 200, a.Status, a.Text)
		assert.Contains(r.t, a.Header.Values("Preference-Applied"), "odata.track-changes")
		for _, item := range a.JSON["value"].([]any) {
			items = append(items, item.(map[string]any))
		}
		if link = a.str("@odata.deltaLink"); link != "" {
			assert.Empty(r.t, a.str("@odata.nextLink"))
			assert.Contains(r.t, link, "$deltatoken=")
			return items, link
		}
		assert.Contains(r.t, a.str("@odata.nextLink"), "$skiptoken=")
		a = r.get(a.str("@odata.nextLink"))
	}
}

// subjects gives the subjects of delta items, "-" for a removed one.
func subjects(items []map[string]any) string {
	var list []string
	for _, item := range items {
		s, _ := item["subject"].(string)
		if _, removed := item["@removed"]; removed {
			s = "-"
		}
		list = append(list, s)
	}
	return strings.Join(list, ",")
}

func (r *rig) box() *mailstore.Mailbox { m, _ := r.store.Mailbox(ada); return m }

func TestDeltaRounds(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(3)
	items, link := r.round(r.get(inboxDelta + "?$select=subject,isRead"))
	assert.Equal(t, "Mail 2,Mail 1,Mail 0", subjects(items))
	assert.Equal(t, "#microsoft.graph.message", items[0]["@odata.type"])
	assert.Len(t, items[0], 5, "type, etag, id and what was selected")
	oldest := items[2]["id"]

	items, link = r.round(r.get(link))
	assert.Empty(t, items)

	r.fill(1)
	first := r.box().List(mailstore.Inbox)[3]
	require.Equal(t, "Mail 0", string(first.Raw[strings.Index(string(first.Raw), "Mail 0"):][:6]))
	items, link = r.round(r.get(link))
	assert.Equal(t, "Mail 0", subjects(items))

	key := r.box().Since(mailstore.Inbox, day.Add(2*time.Minute))[0].Key
	_, err := r.box().Update(key, func(m *mailstore.Message) { m.Seen = true })
	require.NoError(t, err)
	require.Equal(t, 204, r.call("DELETE", "/users/"+ada+"/messages/"+oldest.(string), nil).Status)
	again := link
	items, link = r.round(r.get(link))
	assert.Equal(t, "Mail 2,-", subjects(items))
	assert.Equal(t, true, items[0]["isRead"])
	assert.Equal(t, oldest, items[1]["id"])
	assert.Equal(t, map[string]any{"reason": "deleted"}, items[1]["@removed"])

	repeated, _ := r.round(r.get(again))
	assert.Equal(t, items, repeated, "a link may be followed twice")
	items, _ = r.round(r.get(link))
	assert.Empty(t, items)
}

func TestDeltaSeesMoves(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	d := at(0)
	d.Folder = mailstore.Junk
	m := r.deliver(mail("Junk", "a@app.example.com", ""), d)
	_, link := r.round(r.get(inboxDelta))
	_, err := r.box().Move(m.Key, mailstore.Inbox)
	require.NoError(t, err)
	items, link := r.round(r.get(link))
	assert.Equal(t, "Junk", subjects(items))
	_, err = r.box().Move(m.Key, mailstore.Trash)
	require.NoError(t, err)
	items, link = r.round(r.get(link))
	assert.Equal(t, "-", subjects(items))
	require.NoError(t, r.box().Delete(m.Key))
	items, _ = r.round(r.get(link))
	assert.Empty(t, items, "it was not in this folder any more")
}

func TestDeltaPages(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(25)
	for name, tc := range map[string]struct {
		path, prefer string
		first        int
	}{
		"default":  {inboxDelta, "", 10},
		"brackets": {inboxDelta + "()", "", 10},
		"bound":    {"/users/" + ada + "/mailFolders/inbox/messages/microsoft.graph.delta()", "", 10},
		"prefer":   {inboxDelta, "odata.maxpagesize=7", 7},
		"top":      {inboxDelta + "?$top=9", "", 9},
	} {
		a := r.get(tc.path, "Prefer", tc.prefer)
		assert.Len(t, a.values("id"), tc.first, name)
		items, _ := r.round(a)
		assert.Len(t, items, 25, name)
	}
	r.fake.Quirk(fakegraph.EmptyPage, 1)
	a := r.get(inboxDelta)
	assert.Empty(t, a.values("id"))
	items, _ := r.round(a)
	assert.Len(t, items, 25)
}

func TestDeltaTopLimits(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakegraph.Options{DeltaTopLimits: true}, fakegraph.App{})
	r.fill(25)
	items, _ := r.round(r.get(inboxDelta + "?$top=12"))
	assert.Len(t, items, 12)
}

func TestDeltaFilter(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(5)
	for filter, want := range map[string]string{
		"receivedDateTime ge 2026-11-02T09:03:00Z": "Mail 4,Mail 3",
		"receivedDateTime gt 2026-11-02T09:03:00Z": "Mail 4",
		"receivedDateTime ge 2027-01-01T00:00:00Z": "",
	} {
		items, link := r.round(r.get(inboxDelta + "?$select=subject&$filter=" + url.PathEscape(filter)))
		assert.Equal(t, want, subjects(items), filter)
		assert.NotContains(t, link, "filter", "it is in the token")
	}
	_, link := r.round(r.get(inboxDelta + "?$filter=" + url.PathEscape("receivedDateTime ge 2026-11-02T10:00:00Z")))
	r.deliver(mail("Old", "a@app.example.com", ""), at(1))
	r.deliver(mail("New", "a@app.example.com", ""), at(90))
	items, _ := r.round(r.get(link))
	assert.Equal(t, "New", subjects(items))

	for _, bad := range []string{"receivedDateTime lt 2026-11-02T09:03:00Z", "isRead eq true", "receivedDateTime ge 2026-11-02T09:03:00Z and isRead eq true", "subject eq 'x'"} {
		a := r.get(inboxDelta + "?$filter=" + url.PathEscape(bad))
		assert.Equal(t, 400, a.Status, bad)
		assert.Equal(t, "ErrorInvalidUrlQuery", a.code())
		assert.Equal(t, "The '$filter' parameter value is not supported for 'Messages' resource; only a value of 'receivedDateTime ge value' is supported.", a.message())
	}
	assert.Equal(t, 400, r.get(inboxDelta+"?$orderby=subject").Status)
	assert.Equal(t, 200, r.get(inboxDelta+"?$orderby=receivedDateTime%20desc").Status)
	assert.Equal(t, 400, r.get(inboxDelta+"?"+query("$search", `"x"`)).Status)
	assert.Equal(t, 400, r.get("/users/"+ada+"/messages/delta").Status, "only for a folder")
}

func TestDeltaFilterCaps(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	for range 5003 {
		r.box().Deliver([]byte("Subject: x\r\n\r\n"), at(1))
	}
	filter := "$filter=" + url.PathEscape("receivedDateTime ge 2026-11-02T00:00:00Z")
	items, _ := r.round(r.get(inboxDelta+"?$select=id&"+filter, "Prefer", "odata.maxpagesize=1000"))
	assert.Len(t, items, 5000)
	items, _ = r.round(r.get(inboxDelta+"?$select=id", "Prefer", "odata.maxpagesize=1000"))
	assert.Len(t, items, 5003)
}

func TestDeltaRefuseFilter(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakegraph.Options{RefuseFilter: true}, fakegraph.App{})
	assert.Equal(t, "ErrorInvalidUrlQuery", r.get(inboxDelta+"?$filter="+url.PathEscape("receivedDateTime ge 2026-11-02T09:03:00Z")).code())
}

func TestDeltaChangeType(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(3)
	links := map[string]string{}
	for _, kind := range []string{"created", "updated", "deleted"} {
		items, link := r.round(r.get(inboxDelta + "?changeType=" + kind))
		links[kind] = link
		if kind == "created" {
			assert.Len(t, items, 3)
		} else {
			assert.Empty(t, items)
		}
	}
	all := r.box().List(mailstore.Inbox)
	_, err := r.box().Update(all[0].Key, func(m *mailstore.Message) { m.Seen = true })
	require.NoError(t, err)
	_, err = r.box().Move(all[1].Key, mailstore.Trash)
	require.NoError(t, err)
	r.deliver(mail("New", "a@app.example.com", ""), at(9))
	for kind, want := range map[string]string{"created": "New", "updated": "Mail 2", "deleted": "-"} {
		items, _ := r.round(r.get(links[kind]))
		assert.Equal(t, want, subjects(items), kind)
	}
}

func TestDeltaReplays(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakegraph.Options{DeltaReplays: true}, fakegraph.App{})
	_, link := r.round(r.get(inboxDelta))
	r.fill(1)
	items, link := r.round(r.get(link))
	assert.Equal(t, "Mail 0", subjects(items))
	items, _ = r.round(r.get(link))
	assert.Equal(t, "Mail 0", subjects(items), "once more")
	quirky := simpleRig(t)
	_, link = quirky.round(quirky.get(inboxDelta))
	quirky.fill(1)
	_, link = quirky.round(quirky.get(link))
	quirky.fake.Quirk(fakegraph.ReplayDelta, 1)
	items, link = quirky.round(quirky.get(link))
	assert.Len(t, items, 1)
	items, _ = quirky.round(quirky.get(link))
	assert.Empty(t, items)
}

func TestDeadDeltas(t *testing.T) {
	t.Parallel()
	for _, location := range []bool{false, true} {
		r := newRig(t, &fakegraph.Options{DeltaLocation: location}, fakegraph.App{})
		r.fill(15)
		next := r.get(inboxDelta).str("@odata.nextLink")
		_, link := r.round(r.get(inboxDelta))
		r.fake.ExpireDeltas()
		for _, dead := range []string{next, link} {
			a := r.get(dead)
			assert.Equal(t, 410, a.Status)
			assert.Equal(t, "SyncStateNotFound", a.code())
			assert.Contains(t, a.message(), "generation")
			if location {
				items, _ := r.round(r.get(a.Header.Get("Location")))
				assert.Len(t, items, 15)
			} else {
				assert.Empty(t, a.Header.Get("Location"))
			}
		}
		items, _ := r.round(r.get(inboxDelta))
		assert.Len(t, items, 15)
	}
}

func TestDeltaLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &fakegraph.Options{DeltaLife: time.Hour, TokenLife: 24 * time.Hour}, fakegraph.App{})
		_, link := r.round(r.get(inboxDelta))
		time.Sleep(time.Hour)
		assert.Equal(t, 200, r.get(link).Status)
		time.Sleep(time.Second)
		assert.Equal(t, 410, r.get(link).Status)
	})
}

func TestForeignDeltaTokens(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	_, link := r.round(r.get(inboxDelta))
	for _, bad := range []string{
		inboxDelta + "?$deltatoken=latest",
		inboxDelta + "?$deltatoken=abc",
		inboxDelta + "?$skiptoken=abc",
		strings.Replace(link, "$deltatoken", "$skiptoken", 1),
		strings.Replace(link, "inbox", "junkemail", 1),
		strings.Replace(link, ada, bob, 1),
	} {
		a := r.get(bad)
		assert.Equal(t, 400, a.Status, bad)
		assert.Equal(t, "SyncStateInvalid", a.code())
	}
}

func TestDeltaWithImmutableIDs(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(1)
	immutable := []string{"Prefer", `IdType="ImmutableId"`}
	items, link := r.round(r.get(inboxDelta, immutable...))
	id := items[0]["id"].(string)
	require.Equal(t, 201, r.post("/users/"+ada+"/messages/"+id+"/move", map[string]any{"destinationId": "archive"}).Status)
	items, _ = r.round(r.get(link, immutable...))
	assert.Equal(t, id, items[0]["id"])
	items, _ = r.round(r.get("/users/"+ada+"/mailFolders/archive/messages/delta", immutable...))
	assert.Equal(t, id, items[0]["id"])
}
