package fakegraph_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// filterRig has four mails, told apart by their subjects.
func filterRig(t *testing.T, o *fakegraph.Options) *rig {
	r := newRig(t, o, fakegraph.App{})
	r.deliver(mail("Alpha", "Example App <noreply@app.example.com>", "first body"), at(0))
	d := at(1)
	d.Seen, d.Flagged, d.Keywords = true, true, []string{"Red", "Urgent"}
	r.deliver("X-Ticket: T-7\nImportance: high\n"+mail("Beta", "no_reply@shop.example.com", "second"), d)
	r.deliver("Content-Type: multipart/mixed; boundary=b\nX-Priority: 5\n"+
		"From: ann@app.example.com\nTo: "+ada+"\nSubject: It's gamma\nMessage-ID: <c+1=x@app.example.com>\n\n--b\n\ntext\n--b\n"+
		"Content-Disposition: attachment; filename=a.txt\n\nfile\n--b--\n", at(2))
	d = at(3)
	d.Folder, d.Draft = mailstore.Drafts, true
	r.deliver("From: Ada <"+ada+">\nSubject: Delta\n\ntext\n", d)
	return r
}

func TestFilters(t *testing.T) {
	t.Parallel()
	r := filterRig(t, nil)
	for filter, want := range map[string]string{
		"receivedDateTime ge 2026-11-02T09:02:00Z":                                              "Delta,It's gamma",
		"receivedDateTime gt 2026-11-02T09:02:00Z":                                              "Delta",
		"receivedDateTime le 2026-11-02T09:00:00Z":                                              "Alpha",
		"receivedDateTime lt 2026-11-02T09:00:00Z":                                              "",
		"receivedDateTime eq 2026-11-02T09:00:00Z":                                              "Alpha",
		"receivedDateTime ge 2026-11-02T10:02:00+01:00":                                         "Delta,It's gamma",
		"receivedDateTime ge 2026-11-02":                                                        "Delta,It's gamma,Beta,Alpha",
		"ReceivedDateTime ge 2026-11-03":                                                        "",
		"receivedDateTime ge 2026-11-02T09:01:00Z and receivedDateTime lt 2026-11-02T09:03:00Z": "It's gamma,Beta",
		"receivedDateTime le 2026-11-02T09:00:00Z or receivedDateTime ge 2026-11-02T09:03:00Z":  "Delta,Alpha",
		"sentDateTime ge 2026-11-02T09:15:29Z":                                                  "Beta,Alpha",
		"lastModifiedDateTime ge 2026-11-02T09:03:00Z":                                          "Delta",
		"isRead eq true": "Beta",
		"isRead ne true": "Delta,It's gamma,Alpha",
		"isRead":         "Beta",
		"not isRead":     "Delta,It's gamma,Alpha",
		"not (isRead eq true or isDraft eq true)":                  "It's gamma,Alpha",
		"isDraft eq true":                                          "Delta",
		"hasAttachments eq true":                                   "It's gamma",
		"importance eq 'high'":                                     "Beta",
		"importance eq 'low'":                                      "It's gamma",
		"inferenceClassification eq 'focused' and isRead eq true":  "Beta",
		"flag/flagStatus eq 'flagged'":                             "Beta",
		"subject eq 'alpha'":                                       "Alpha",
		"subject eq 'It''s gamma'":                                 "It's gamma",
		"startswith(subject,'It''s')":                              "It's gamma",
		"contains(subject, 'ET')":                                  "Beta",
		"contains(subject,'a') eq true and isRead eq true":         "Beta",
		"from/emailAddress/address eq 'NOREPLY@app.example.com'":   "Alpha",
		"(from/emailAddress/address) eq 'noreply@app.example.com'": "Alpha",
		"startswith(from/emailAddress/address,'ann')":              "It's gamma",
		"contains(from/emailAddress/address,'app.example')":        "It's gamma,Alpha",
		"from/emailAddress/name eq 'Example App'":                  "Alpha",
		"sender/emailAddress/address eq 'ann@app.example.com'":     "It's gamma",
		"from/emailAddress/address eq 'no_reply@shop.example.com'": "Beta",
		"internetMessageId eq '<c+1=x@app.example.com>'":           "It's gamma",
		"categories/any(c:c eq 'red')":                             "Beta",
		"categories/any(x: x eq 'Blue')":                           "",
		"contains(body/content,'second')":                          "Beta",
		"singleValueExtendedProperties/Any(ep: ep/id eq 'String 0x0037' and ep/value eq 'beta')":                                                     "Beta",
		"singleValueExtendedProperties/any(ep: ep/id eq 'String {00020386-0000-0000-C000-000000000046} Name X-Ticket' and contains(ep/value, 't-'))": "Beta",
		"subject ne null and isDraft eq true": "Delta",
		"receivedDateTime ge 1900-01-01T00:00:00Z and from/emailAddress/address eq 'ann@app.example.com'": "It's gamma",
	} {
		a := r.list("$filter", filter)
		require.Equal(t, 200, a.Status, filter+": "+a.Text)
		assert.Equal(t, want, strings.Join(a.values("subject"), ","), filter)
	}
}

func TestFiltersByIDs(t *testing.T) {
	t.Parallel()
	r := filterRig(t, nil)
	a := r.list("$filter", "subject eq 'Beta'", "$select", "conversationId,parentFolderId")
	for _, name := range []string{"conversationId", "parentFolderId"} {
		b := r.list("$filter", name+" eq '"+a.values(name)[0]+"'")
		require.Equal(t, 200, b.Status, b.Text)
		assert.Contains(t, b.values("subject"), "Beta", name)
	}
}

func TestFiltersThatAreRefused(t *testing.T) {
	t.Parallel()
	r := filterRig(t, nil)
	const nodes = "The query filter contains one or more invalid nodes."
	for filter, want := range map[string][2]string{
		"receivedDateTime ge '2026-11-02T09:00:00Z'":                    {"BadRequest", "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types 'Edm.DateTimeOffset' and 'Edm.String' for operator kind 'GreaterThanOrEqual'."},
		"receivedDateTime ge 2026-11-02T09:00:00":                       {"BadRequest", "Invalid filter clause: The DateTimeOffset text '2026-11-02T09:00:00' should be in format 'yyyy-mm-ddThh:mm:ss('.'s+)?(zzzzzz)?' and each field value is within valid range."},
		"isRead eq 'true'":                                              {"BadRequest", ""},
		"subject eq 5":                                                  {"BadRequest", ""},
		"endswith(from/emailAddress/address,'example.com')":             {"ErrorInvalidUrlQueryFilter", nodes},
		"toRecipients/any(r:r/emailAddress/address eq 'x@y.example')":   {"ErrorInvalidUrlQueryFilter", nodes},
		"ccRecipients/any(r: r/emailAddress/address eq 'x@y.example')":  {"ErrorInvalidUrlQueryFilter", nodes},
		"bccRecipients/any(r: r/emailAddress/address eq 'x@y.example')": {"ErrorInvalidUrlQueryFilter", nodes},
		"toRecipients/emailAddress/address eq 'x@y.example'":            {"BadRequest", ""},
		"id eq 'AAMk'":                                {"ErrorInvalidProperty", "The property 'Id' does not support filtering."},
		"bodyPreview eq 'x'":                          {"ErrorInvalidUrlQueryFilter", nodes},
		"startswith(body/content,'x')":                {"ErrorInvalidUrlQueryFilter", nodes},
		"body/content eq 'x'":                         {"ErrorInvalidUrlQueryFilter", nodes},
		"tolower(subject) eq 'x'":                     {"ErrorInvalidUrlQueryFilter", nodes},
		"subject in ('a','b')":                        {"ErrorInvalidUrlQueryFilter", nodes},
		"categories/all(c:c eq 'Red')":                {"ErrorInvalidUrlQueryFilter", nodes},
		"importance gt 'high'":                        {"ErrorInvalidUrlQueryFilter", nodes},
		"internetMessageHeaders/any(h:h/name eq 'x')": {"ErrorInvalidUrlQueryFilter", nodes},
		"nonsense eq 'x'":                             {"RequestBroker--ParseUri", "Could not find a property named 'nonsense' on type 'microsoft.graph.message'."},
		"nonsense(subject,'x')":                       {"BadRequest", ""},
		"subject eq 'open":                            {"BadRequest", ""},
		"subject eq":                                  {"BadRequest", ""},
		"subject":                                     {"BadRequest", ""},
		"(isRead eq true":                             {"BadRequest", ""},
		"isRead eq true isDraft eq true":              {"BadRequest", ""},
		"isRead eq true and":                          {"BadRequest", ""},
		"":                                            {"BadRequest", ""},
		"%":                                           {"BadRequest", ""},
		strings.Repeat("(", 200) + "isRead":           {"BadRequest", ""},
	} {
		a := r.list("$filter", filter)
		assert.Equal(t, 400, a.Status, filter)
		assert.Equal(t, want[0], a.code(), filter+": "+a.message())
		if want[1] != "" {
			assert.Equal(t, want[1], a.message(), filter)
		}
	}
}

func TestFilterAndOrder(t *testing.T) {
	t.Parallel()
	r := filterRig(t, nil)
	const since = "receivedDateTime ge 1900-01-01T00:00:00Z"
	for _, tc := range []struct {
		filter, order string
		ok            bool
	}{
		{since, "receivedDateTime desc", true},
		{since + " and isRead eq false", "receivedDateTime desc", true},
		{since + " and subject ne 'x'", "receivedDateTime,subject", true},
		{"isRead eq false and " + since, "receivedDateTime desc", false},
		{"isRead eq false", "receivedDateTime desc", false},
		{since, "receivedDateTime,subject", false},
		{"subject ne 'x' and " + since, "receivedDateTime,subject", false},
	} {
		a := r.list("$filter", tc.filter, "$orderby", tc.order)
		if tc.ok {
			assert.Equal(t, 200, a.Status, a.Text)
			continue
		}
		assert.Equal(t, 400, a.Status, tc.filter)
		assert.Equal(t, "InefficientFilter", a.code())
		assert.Equal(t, "The restriction or sort order is too complex for this operation.", a.message())
	}
}

func TestFilterSwitches(t *testing.T) {
	t.Parallel()
	r := filterRig(t, &fakegraph.Options{UnderscoreBug: true, RefuseBodyFilter: true})
	assert.Empty(t, r.list("$filter", "from/emailAddress/address eq 'no_reply@shop.example.com'").values("id"))
	assert.Empty(t, r.list("$filter", "startswith(from/emailAddress/address,'no_reply')").values("id"))
	assert.Len(t, r.list("$filter", "contains(from/emailAddress/address,'shop')").values("id"), 1)
	assert.Equal(t, "ErrorInvalidUrlQueryFilter", r.list("$filter", "contains(body/content,'x')").code())
}

func TestFiltersThatReadBasicMayNot(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil, fakegraph.App{Roles: []string{"Mail.ReadBasic"}})
	for _, options := range [][]string{
		{"$filter", "contains(body/content,'x')"},
		{"$filter", "singleValueExtendedProperties/any(ep: ep/id eq 'String 0x0037' and ep/value eq 'x')"},
		{"$search", `"x"`},
	} {
		assert.Equal(t, 403, r.list(options...).Status, options)
	}
	assert.Equal(t, 200, r.list("$filter", "subject eq 'x'").Status)
}
