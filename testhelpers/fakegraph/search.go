package fakegraph

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// term is one word or "field:value" of a $search, which is KQL.
// https://learn.microsoft.com/graph/search-query-parameter#using-search-on-message-collections
type term struct {
	field  string // "" for the default fields: from, subject, body
	words  []string
	negate bool
	or     bool // joined to the one before by OR
}

// searchLimit is how many messages a search finds at most.
const searchLimit = 1000

// searchMessages is a list with $search. It goes over an index that lags behind the store.
func (c *call) searchMessages(folder string, q *query) (*reply, *apiError) {
	switch {
	case c.rights.read == readBasic:
		return nil, accessDenied()
	case q.filter != nil:
		return nil, known("SearchWithFilter")
	case len(q.orderBy) > 0:
		return nil, known("SearchWithOrderBy")
	case q.skip >= 0:
		return nil, fail(400, "SearchWithSkip", "The query parameter '$skip' is not supported with '$search'.")
	case q.count:
		return nil, fail(400, "SearchWithCount", "The query parameter '$count' is not supported with '$search'.")
	}
	terms, err := parseSearch(q.options["$search"])
	if err != nil {
		return nil, err
	}
	if c.prefer.immutable && c.f.quirk(TruncatedSearch) {
		return c.truncated(), nil
	}
	hits := c.search(folder, terms)
	skip, size := skipToken(q.options["$skiptoken"]), pageSize(q, c.prefer)
	page := hits[min(skip, len(hits)):min(skip+size, len(hits))]
	body := object{{"@odata.context", c.context(c.listContext(q))}}
	values := make([]object, len(page))
	for i, v := range page {
		values[i] = c.render(v, q)
	}
	body.add("value", values)
	if next := skip + len(page); next < len(hits) {
		token := base64.RawURLEncoding.EncodeToString([]byte("s" + strconv.Itoa(next)))
		body.add("@odata.nextLink", c.link(map[string]string{"$skiptoken": token}))
	}
	return success(body), nil
}

// truncated is what the service answered for months in 2023: 200, an error in the place of a
// message, and the end of the JSON missing. github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/1274
func (c *call) truncated() *reply {
	bad := object{{"error", object{{"code", "ErrorInvalidIdMalformed"}, {"message", "Id is malformed."}}}}
	body := object{{"@odata.context", c.context("messages")}, {"value", []object{bad}}}
	return &reply{body: body, cut: len(encode(body)) - 2}
}

func skipToken(s string) int {
	b, _ := base64.RawURLEncoding.DecodeString(s)
	n, _ := strconv.Atoi(strings.TrimPrefix(string(b), "s"))
	return max(0, n)
}

func (c *call) search(folder string, terms []term) []*view {
	var hits []*view
	edge := time.Now().Add(-c.f.o.SearchLag)
	for _, m := range c.box.List(folder) {
		if m.Received.After(edge) && c.f.o.SearchLag > 0 || folder == "" && isRecoverable(m.Folder) {
			continue
		}
		if v := c.view(m); v.found(terms) {
			hits = append(hits, v)
		}
	}
	slices.SortStableFunc(hits, func(a, b *view) int { return b.sent().Compare(a.sent()) })
	return hits[:min(len(hits), searchLimit)]
}

// parseSearch reads the quoted KQL expression.
func parseSearch(s string) ([]term, *apiError) {
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		at := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != ' ' })
		if at < 0 {
			at = 0
		}
		char := "'"
		if at < len(s) {
			char = s[at : at+1]
		}
		return nil, badRequest("Syntax error: character '%s' is not valid at position %d in '%s'.", char, at, s)
	}
	var terms []term
	var or, negate bool
	for _, item := range kqlItems(strings.ReplaceAll(s[1:len(s)-1], `\"`, `"`)) {
		switch item {
		case "OR":
			or = true
			continue
		case "NOT":
			negate = true
			continue
		case "AND":
			continue
		}
		terms = append(terms, newTerm(item, or, negate))
		or, negate = false, false
	}
	return terms, nil
}

func newTerm(item string, or, negate bool) term {
	t := term{or: or, negate: negate}
	if field, value, ok := strings.Cut(item, ":"); ok && slices.Contains(searchFields, strings.ToLower(field)) {
		t.field, item = strings.ToLower(field), value
	}
	t.words = tokens(strings.Trim(item, `"*`))
	return t
}

var searchFields = []string{"attachment", "bcc", "body", "cc", "from", "hasattachments", "importance", "kind",
	"participants", "received", "recipients", "sent", "size", "subject", "to"}

// kqlItems splits at blanks outside quotes.
func kqlItems(s string) (items []string) {
	var b strings.Builder
	quoted := false
	for _, r := range s {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ' ' && !quoted:
			items = append(items, b.String())
			b.Reset()
			continue
		}
		b.WriteRune(r)
	}
	items = append(items, b.String())
	return slices.DeleteFunc(items, func(s string) bool { return s == "" })
}

// tokens splits text as a search index does: at everything that is no letter or digit.
func tokens(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// found evaluates the terms: all must hold, OR joins neighbours.
func (v *view) found(terms []term) bool {
	result := true
	for i := 0; i < len(terms); {
		group := v.holdsTerm(terms[i])
		for i++; i < len(terms) && terms[i].or; i++ {
			group = v.holdsTerm(terms[i]) || group
		}
		result = result && group
	}
	return result
}

func (v *view) holdsTerm(t term) bool {
	return slices.ContainsFunc(v.searchTexts(t.field), func(text string) bool { return hasPhrase(tokens(text), t.words) }) != t.negate
}

// hasPhrase looks for words in a row, the last one as a prefix.
func hasPhrase(have, want []string) bool {
	for i := range have {
		if len(have)-i < len(want) {
			return false
		}
		for j, w := range want {
			last := j == len(want)-1
			if have[i+j] != w && (!last || !strings.HasPrefix(have[i+j], w)) {
				break
			}
			if last {
				return true
			}
		}
	}
	return len(want) == 0
}

// searchTexts gives the texts that a field of KQL stands for.
func (v *view) searchTexts(field string) []string {
	header := func(names ...string) (list []string) {
		for _, n := range names {
			list = append(list, decodeWords(v.d.get(n)))
		}
		return list
	}
	switch field {
	case "from":
		return header("From")
	case "to", "cc", "bcc", "subject":
		return header(strings.ToUpper(field[:1]) + field[1:])
	case "recipients":
		return header("To", "Cc", "Bcc")
	case "participants":
		return header("From", "To", "Cc", "Bcc")
	case "body":
		return []string{v.d.textBody()}
	case "attachment":
		return v.fileNames()
	case "hasattachments":
		return []string{strconv.FormatBool(v.hasAttachments())}
	case "importance":
		return []string{cmp.Or(v.importance(), "normal")}
	case "kind":
		return []string{"email"}
	case "received":
		return []string{v.m.Received.Format(time.DateOnly), v.m.Received.Format("01/02/2006")}
	case "sent":
		return []string{v.sent().UTC().Format(time.DateOnly), v.sent().UTC().Format("01/02/2006")}
	case "size":
		return []string{strconv.Itoa(len(v.m.Raw))}
	}
	return append(header("From", "Subject"), v.d.textBody())
}

func (v *view) fileNames() (names []string) {
	for i, p := range v.d.attachments() {
		names = append(names, p.fileName(i+1))
	}
	return names
}
