package fakegraph

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// deltaState is what a $skiptoken or $deltatoken stands for. It never changes, so that a link may
// be followed twice.
type deltaState struct {
	mailbox, folder string
	made            time.Time
	round           []change // all items of the round
	next            int      // the first of them that was not given yet
	since           uint64   // the store's sequence when the round began
	final           bool     // the token is a deltatoken

	query query
	kinds string // changeType
	after time.Time
	size  int
	left  int // how many items the round may still have; -1: any number
}

// change is an item of a delta: a message, or the id of one that left the folder.
type change struct {
	key     uint64
	removed string // id
}

// deltaLimit is how many messages a delta with a filter gives at most.
const deltaLimit = 5000

// delta is GET /mailFolders/{id}/messages/delta.
// https://learn.microsoft.com/graph/delta-query-messages
func (c *call) delta() (*reply, *apiError) {
	folder, err := c.scope()
	if err != nil {
		return nil, err
	}
	if folder == "" {
		return nil, badRequest("Change tracking is not supported against 'microsoft.graph.message' of a whole mailbox.")
	}
	options, err := rawOptions(c.r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"$skiptoken", "$deltatoken"} {
		if token, given := options[name]; given {
			return c.resumeDelta(folder, token, name == "$deltatoken")
		}
	}
	return c.startDelta(folder, options)
}

// startDelta begins with the whole folder.
func (c *call) startDelta(folder string, options map[string]string) (*reply, *apiError) {
	q, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	s := deltaState{mailbox: c.guid, folder: folder, query: q, kinds: strings.ToLower(options["changetype"]), left: -1}
	if s.after, err = c.deltaFilter(&q); err != nil {
		return nil, err
	}
	s.size = pageSize(&q, c.prefer)
	if c.f.o.DeltaTopLimits && q.top > 0 {
		s.left, s.size = q.top, pageSize(&query{top: -1}, c.prefer)
	}
	s.since = c.box.Seq()
	if s.kinds == "" || s.kinds == "created" {
		s.round = c.initial(folder, s.after, q.filter != nil)
	}
	return c.deltaPage(s)
}

// initial lists a folder, the newest first.
func (c *call) initial(folder string, after time.Time, filtered bool) []change {
	list := c.box.Since(folder, after)
	if filtered {
		list = list[:min(len(list), deltaLimit)]
	}
	changes := make([]change, len(list))
	for i, m := range list {
		changes[i] = change{key: m.Key}
	}
	return changes
}

// deltaFilter lets receivedDateTime ge or gt pass, and nothing else.
func (c *call) deltaFilter(q *query) (after time.Time, err *apiError) {
	refused := known("ErrorInvalidUrlQuery")
	switch {
	case q.options["$search"] != "":
		return after, badRequest("The query parameter '$search' is not supported with change tracking.")
	case !newestFirst(q.orderBy):
		return after, fail(http.StatusBadRequest, "ErrorInvalidUrlQuery", "The '$orderby' parameter value is not supported for 'Messages' resource; only a value of 'receivedDateTime desc' is supported.")
	case q.filter == nil:
		return after, nil
	case c.f.o.RefuseFilter:
		return after, refused
	}
	cmp, ok := q.filter.(compare)
	t, isTime := time.Time{}, false
	if ok {
		t, isTime = literalTime(cmp.right)
	}
	if !ok || !isTime || cmp.left != (property{"receivedDateTime"}) || cmp.op != "ge" && cmp.op != "gt" {
		return after, refused
	}
	if cmp.op == "gt" {
		t = t.Add(time.Second)
	}
	return t, nil
}

// resumeDelta goes on within a round, or begins the next one. A token that is dead or unknown
// means that the client must start over.
func (c *call) resumeDelta(folder, token string, final bool) (*reply, *apiError) {
	if token == "" { // as the Location of a 410 has it
		return c.startDelta(folder, map[string]string{})
	}
	c.f.mu.Lock()
	s, ok := c.f.deltas[token]
	dead := ok && (s.mailbox == "" || c.f.o.DeltaLife > 0 && time.Since(s.made) > c.f.o.DeltaLife)
	c.f.mu.Unlock()
	switch {
	case dead:
		return nil, c.deadCursor()
	case !ok || s.final != final || s.mailbox != c.guid || s.folder != folder:
		return nil, known("SyncStateInvalid")
	}
	next := *s
	if final {
		next.since = c.box.Seq()
		next.round, next.next = c.changes(s), 0
	}
	if c.prefer.pageSize > 0 {
		next.size = c.prefer.pageSize
	}
	return c.deltaPage(next)
}

func (c *call) deadCursor() *apiError {
	e := known("SyncStateNotFound")
	if c.f.o.DeltaLocation {
		e.header = http.Header{"Location": {origin(c.r) + c.r.URL.EscapedPath() + "?$deltatoken="}}
	}
	return e
}

// changes gives what happened in the folder since a round began, one item for each message.
func (c *call) changes(s *deltaState) []change {
	var list []change
	if c.f.o.DeltaReplays || c.f.quirk(ReplayDelta) {
		list = append(list, s.round...)
	}
	at := map[uint64]int{} // of a key in list
	for _, e := range c.box.Changes(s.since) {
		item, ok := c.changed(s, e)
		if !ok {
			continue
		}
		if i, twice := at[e.Message.Key]; twice {
			list[i] = item
			continue
		}
		at[e.Message.Key] = len(list)
		list = append(list, item)
	}
	return list
}

// changed says what an entry of the log means for the folder.
func (c *call) changed(s *deltaState, e mailstore.Change) (change, bool) {
	m := e.Message
	left := e.Kind == mailstore.Moved && e.From == s.folder
	gone := e.Kind == mailstore.Removed && m.Folder == s.folder
	switch {
	case (left || gone) && s.wants("deleted"):
		if left {
			m.Folder, m.UID = e.From, e.FromUID
		}
		return change{key: m.Key, removed: messageID(c.guid, m, c.prefer.immutable)}, true
	case left, gone, m.Folder != s.folder, m.Received.Before(s.after):
		return change{}, false
	case e.Kind == mailstore.Flagged:
		return change{key: m.Key}, s.wants("updated")
	}
	return change{key: m.Key}, s.wants("created")
}

func (s *deltaState) wants(kind string) bool { return s.kinds == "" || s.kinds == kind }

// deltaPage answers with one page of a round, and the link to the next page or round.
func (c *call) deltaPage(s deltaState) (*reply, *apiError) {
	limit := s.size
	if s.left >= 0 {
		limit = min(limit, s.left)
	}
	left := s.round[s.next:]
	n := min(limit, len(left))
	if n < len(left) && c.f.quirk(EmptyPage) {
		n = 0
	}
	values := []object{}
	for _, item := range left[:n] {
		if o, ok := c.renderChange(item, &s); ok {
			values = append(values, o)
		}
	}
	s.next += n
	if s.left >= 0 {
		if s.left -= n; s.left == 0 {
			s.next = len(s.round)
		}
	}
	body := object{{"@odata.context", c.context("mailFolders('" + c.route.folder + "')/messages")}, {"value", values}}
	s.final = s.next == len(s.round)
	name := "@odata.nextLink"
	if s.final {
		name = "@odata.deltaLink"
	}
	body.add(name, c.deltaLink(s))
	return &reply{body: body, header: http.Header{"Preference-Applied": {"odata.track-changes"}}}, nil
}

func (c *call) renderChange(item change, s *deltaState) (object, bool) {
	kind := member{"@odata.type", "#microsoft.graph.message"}
	if item.removed != "" {
		return object{kind, {"id", item.removed}, {"@removed", object{{"reason", "deleted"}}}}, true
	}
	m, ok := c.box.Get(item.key)
	if !ok || m.Folder != s.folder {
		return nil, false // it left while the round was read: the next one says so
	}
	o := c.render(c.view(m), &s.query)
	if o[0].name != kind.name {
		o = slices.Insert(o, 0, kind)
	}
	return o, true
}

func (c *call) deltaLink(s deltaState) string {
	token := newSecret()
	s.made = time.Now()
	c.f.mu.Lock()
	c.f.deltas[token] = &s
	c.f.mu.Unlock()
	option := "$skiptoken="
	if s.final {
		option = "$deltatoken="
	}
	return origin(c.r) + c.r.URL.EscapedPath() + "?" + option + token
}
