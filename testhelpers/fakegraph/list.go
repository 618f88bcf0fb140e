package fakegraph

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// defaultPage is how many items a list has where nothing is said.
const defaultPage = 10

// listMessages is GET /messages of a mailbox or a folder.
// https://learn.microsoft.com/graph/api/user-list-messages
func (c *call) listMessages() (*reply, *apiError) {
	folder, err := c.scope()
	if err != nil {
		return nil, err
	}
	q, err := c.messageQuery()
	if err != nil {
		return nil, err
	}
	if _, searching := q.options["$search"]; searching {
		return c.searchMessages(folder, &q)
	}
	if token, given := q.options["$skiptoken"]; given {
		return nil, badRequest("The skip token '%s' is not valid.", token)
	}
	size, skip := pageSize(&q, c.prefer), max(0, q.skip)
	page, total := c.find(folder, &q, skip, size)
	return c.page(page, total, skip, size, &q), nil
}

// messageQuery reads the query options and what the rights forbid of them.
func (c *call) messageQuery() (query, *apiError) {
	q, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return q, err
	}
	named := []string{}
	if q.filter != nil {
		named = filterNames(q.filter)
	}
	switch body := slices.Contains(named, "body/content"); {
	case body && c.f.o.RefuseBodyFilter:
		return q, known("ErrorInvalidUrlQueryFilter")
	case c.rights.read == readBasic && (body || slices.Contains(named, "singleValueExtendedProperties")):
		return q, accessDenied()
	}
	return q, nil
}

func pageSize(q *query, p preferences) int {
	switch {
	case q.top > 0:
		return q.top
	case p.pageSize > 0:
		return p.pageSize
	}
	return defaultPage
}

// scope is the store's path of the folder in the request, "" for the whole mailbox.
func (c *call) scope() (string, *apiError) {
	if c.route.folder == "" {
		return "", nil
	}
	return c.folder(c.route.folder)
}

// find gives one page of what a query finds, and how much there is in all.
func (c *call) find(folder string, q *query, skip, size int) (page []*view, total int) {
	if total, plain := c.plainTotal(folder, q); plain {
		return c.views(c.box.Page(folder, skip, size)), total
	}
	var all []mailstore.Message
	if since, bounded := lowerBound(q.filter); bounded {
		all = c.box.Since(folder, since)
	} else {
		all = c.box.List(folder)
	}
	var hits []*view
	for _, m := range all {
		if folder == "" && isRecoverable(m.Folder) {
			continue
		}
		if v := c.view(m); v.matches(q.filter) {
			hits = append(hits, v)
		}
	}
	if !newestFirst(q.orderBy) {
		sortBy(hits, q.orderBy)
	}
	return hits[min(skip, len(hits)):min(skip+size, len(hits))], len(hits)
}

// newestFirst reports whether an order is the store's own.
func newestFirst(orders []order) bool {
	return len(orders) == 0 || len(orders) == 1 && orders[0] == order{"receivedDateTime", true}
}

func (c *call) views(list []mailstore.Message) []*view {
	views := make([]*view, len(list))
	for i, m := range list {
		views[i] = c.view(m)
	}
	return views
}

// plainTotal is how many mails there are, for a query that the store's own order answers.
func (c *call) plainTotal(folder string, q *query) (total int, plain bool) {
	if q.filter != nil || !newestFirst(q.orderBy) {
		return 0, false
	}
	for _, f := range c.box.Folders() {
		switch {
		case folder == "" && isRecoverable(f.Path) && f.Total > 0:
			return 0, false
		case folder == "" || folder == f.Path:
			total += f.Total
		}
	}
	return total, true
}

// page writes a list answer with the link to what follows.
func (c *call) page(page []*view, total, skip, size int, q *query) *reply {
	more := skip+len(page) < total
	if more && c.f.quirk(EmptyPage) {
		page = nil
	}
	body := object{{"@odata.context", c.context(c.listContext(q))}}
	if q.count {
		body.add("@odata.count", total)
	}
	values := make([]object, len(page))
	for i, v := range page {
		values[i] = c.render(v, q)
	}
	body.add("value", values)
	if more && !c.f.quirk(LostNextLink) {
		body.add("@odata.nextLink", c.link(map[string]string{"$skip": strconv.Itoa(skip + len(page))}))
	}
	return success(body)
}

// listContext is the context path of a list: "messages(subject,from)".
func (c *call) listContext(q *query) string {
	path := "messages"
	if c.route.folder != "" {
		path = "mailFolders('" + url.PathEscape(c.route.folder) + "')/messages"
	}
	if q.selected != nil {
		path += "(" + strings.Join(q.selected, ",") + ")"
	}
	return path
}

// link is the address of the request with some options changed; "" drops one. The rest of the
// query is repeated as it came.
func (c *call) link(change map[string]string) string {
	var kept []string
	for pair := range strings.SplitSeq(c.r.URL.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name) // it was read before
		if _, changed := change[strings.ToLower(name)]; !changed && pair != "" {
			kept = append(kept, pair)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(change)) {
		if change[name] != "" {
			kept = append(kept, name+"="+url.QueryEscape(change[name]))
		}
	}
	return origin(c.r) + c.r.URL.EscapedPath() + "?" + strings.Join(kept, "&")
}

// countMessages is GET /messages/$count: a number as text.
func (c *call) countMessages() (*reply, *apiError) {
	folder, err := c.scope()
	if err != nil {
		return nil, err
	}
	q, err := c.messageQuery()
	if err != nil {
		return nil, err
	}
	_, total := c.find(folder, &q, 0, 0)
	return &reply{raw: strings.NewReader(strconv.Itoa(total)), rawType: "text/plain"}, nil
}
