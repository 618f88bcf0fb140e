package fakegraph_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	r := filterRig(t, nil)
	for search, want := range map[string]string{
		`"alpha"`:                         "Alpha",
		`"ALPH"`:                          "Alpha",
		`"lpha"`:                          "",
		`"first body"`:                    "Alpha",
		`"body first"`:                    "Alpha",
		`"\"body first\""`:                "",
		`"subject:beta"`:                  "Beta",
		`"subject:second"`:                "",
		`"body:second"`:                   "Beta",
		`"from:ann"`:                      "It's gamma",
		`"from:app.example.com"`:          "It's gamma,Alpha",
		`"to:ada@contoso.example"`:        "Beta,Alpha,It's gamma",
		`"recipients:ada"`:                "Beta,Alpha,It's gamma",
		`"participants:ada"`:              "Delta,Beta,Alpha,It's gamma",
		`"attachment:a.txt"`:              "It's gamma",
		`"hasAttachments:true"`:           "It's gamma",
		`"importance:high"`:               "Beta",
		`"subject:alpha OR subject:beta"`: "Beta,Alpha",
		`"to:ada NOT subject:beta"`:       "Alpha,It's gamma",
		`"to:ada AND subject:beta"`:       "Beta",
		`"received:2026-11-02 subject:a"`: "Alpha",
		`"kind:email subject:delta"`:      "Delta",
		`"nothing"`:                       "",
	} {
		a := r.list("$search", search)
		require.Equal(t, 200, a.Status, search+": "+a.Text)
		assert.ElementsMatch(t, strings.FieldsFunc(want, func(c rune) bool { return c == ',' }), a.values("subject"), search)
	}
	assert.Positive(t, r.fake.Counter.Count("search"))
	assert.Zero(t, r.fake.Counter.Count("list"))
}

func TestSearchRules(t *testing.T) {
	t.Parallel()
	r := filterRig(t, nil)
	for _, tc := range []struct {
		options []string
		code    string
	}{
		{[]string{"$search", `"a"`, "$filter", "isRead eq true"}, "SearchWithFilter"},
		{[]string{"$search", `"a"`, "$orderby", "receivedDateTime desc"}, "SearchWithOrderBy"},
		{[]string{"$search", `"a"`, "$skip", "5"}, "SearchWithSkip"},
		{[]string{"$search", `"a"`, "$count", "true"}, "SearchWithCount"},
		{[]string{"$search", `from:ann`}, "BadRequest"},
		{[]string{"$search", `plain`}, "BadRequest"},
		{[]string{"$search", ``}, "BadRequest"},
	} {
		a := r.list(tc.options...)
		assert.Equal(t, 400, a.Status, tc.options)
		assert.Equal(t, tc.code, a.code())
	}
	assert.Equal(t, "Syntax error: character ':' is not valid at position 4 in 'from:ann'.", r.list("$search", "from:ann").message())
}

func TestSearchPages(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(7)
	a := r.list("$search", `"mail"`, "$top", "3")
	assert.Contains(t, a.str("@odata.nextLink"), "$skiptoken=")
	subjects, pages := r.walk(a)
	assert.Len(t, subjects, 7)
	assert.Equal(t, 3, pages)
}

// The index lags: a list shows the mail before a search does.
func TestSearchLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &fakegraph.Options{SearchLag: time.Minute}, fakegraph.App{})
		r.deliver(mail("Alpha", "a@app.example.com", ""), mailstore.Delivery{})
		assert.Len(t, r.list().values("id"), 1)
		assert.Empty(t, r.list("$search", `"alpha"`).values("id"))
		time.Sleep(time.Minute)
		assert.Len(t, r.list("$search", `"alpha"`).values("id"), 1)
	})
}

func TestTruncatedSearch(t *testing.T) {
	t.Parallel()
	r := filterRig(t, nil)
	r.fake.Quirk(fakegraph.TruncatedSearch, 1)
	require.True(t, json.Valid([]byte(r.list("$search", `"alpha"`).Text)), "only with immutable ids")
	options := query("$search", `"alpha"`)
	a := r.get("/users/"+ada+"/messages?"+options, "Prefer", `IdType="ImmutableId"`)
	assert.Equal(t, 200, a.Status)
	assert.False(t, json.Valid([]byte(a.Text)))
	assert.True(t, strings.HasSuffix(a.Text, `"value":[{"error":{"code":"ErrorInvalidIdMalformed","message":"Id is malformed."}}`), a.Text)
	assert.Equal(t, []string{"Alpha"}, r.get("/users/"+ada+"/messages?"+options, "Prefer", `IdType="ImmutableId"`).values("subject"))
}
