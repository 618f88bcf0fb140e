package graph_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/fixtures"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Why a mail that was made of the service's fields says something else than its bytes.
const (
	oneBody  = "the service gives one body: the HTML where there is one"
	oneText  = "the service gives the first text; what stands between files is a file"
	named    = "the service names what has no name, and a mail by its subject"
	cutName  = "the service gives the last element of a path"
	oneFile  = "the service gives one rendering of an invitation"
	amp      = "to the service it is a file"
	ownDate  = "the service gives a mail without a date that of its receipt"
	ownID    = "the service gives a mail without a Message-ID one"
	flowed   = "the service does not tell that the text is format=flowed"
	charset  = "the embedded service knows fewer charsets, and no guesses"
	tolerant = "the embedded service reads broken mail as the standard library does"
)

// rebuiltDiffers are the sample mails that are read in another way, field by field.
var rebuiltDiffers = map[string]map[string]string{
	"abuse-report":              {"files": named},
	"base64-untidy":             {"text": tolerant},
	"bounce":                    {"files": named},
	"bounce-delayed":            {"files": named},
	"calendar-cancel":           {"files": named},
	"calendar-invitation":       {"text": oneBody, "files": oneFile, "contents": oneFile},
	"charset-in-meta":           {"html": charset},
	"cp949":                     {"text": charset},
	"digest":                    {"files": named},
	"filename-8bit":             {"files": charset},
	"filename-hostile":          {"files": cutName},
	"filename-unquoted":         {"files": tolerant},
	"format-flowed":             {"text": flowed},
	"forwarded-message":         {"files": named},
	"header-8bit":               {"from": charset},
	"header-only":               {"ids": ownID},
	"hz-gb-2312":                {"text": charset},
	"invoice-pdf":               {"text": oneBody},
	"iso-2022-jp-ms":            {"text": charset},
	"iso-2022-kr":               {"text": charset},
	"japanese-without-charset":  {"text": charset},
	"line-ends-cr":              {"from": tolerant, "text": tolerant, "date": tolerant, "to": tolerant, "html": tolerant, "subject": tolerant, "ids": tolerant},
	"line-ends-cr-cr-lf":        {"text": oneBody},
	"line-ends-lf":              {"text": oneBody},
	"mixed-related-alternative": {"text": oneBody},
	"newsletter-one-click":      {"files": amp, "text": oneBody},
	"no-boundary":               {"text": tolerant, "html": tolerant},
	"no-header":                 {"text": tolerant, "ids": ownID, "date": ownDate},
	"part-header-broken":        {"html": tolerant, "text": tolerant},
	"password-reset":            {"text": oneBody},
	"read-receipt":              {"files": named},
	"text-between-files":        {"text": oneText, "files": oneText, "contents": oneText},
	"utf-7":                     {"text": charset},
	"wrong-boundary":            {"text": tolerant},
}

// TestRebuiltFixtures reads every sample mail from the service's fields alone, as is done with large
// ones and those that it cannot write: what the mail says is the same, but for what the table names.
func TestRebuiltFixtures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.connect(t, nil)
		f := fakegraph.GraphError("value", "ErrorMimeContentConversionFailed")
		f.Times = -1
		f.Match = func(r *http.Request) bool { return !strings.Contains(r.URL.Path, "/attachments/") }
		w.fake.Faults.Push(f)
		for _, name := range fixtures.Names() {
			want, err := connector.ReadMessage(bytes.NewReader(fixtures.Raw(name)))
			require.NoError(t, err)
			w.box.Deliver(fixtures.Raw(name), mailstore.Delivery{})
			got, err := s.WaitFor(t.Context(), connector.Query{Everything: true})
			require.NoError(t, err, name)
			assert.True(t, got.Rebuilt, name)
			were, are := told(t, want), told(t, got)
			for field := range were {
				if rebuiltDiffers[name][field] == "" {
					assert.Equal(t, were[field], are[field], "%s: %s", name, field)
				} else {
					assert.NotEqual(t, were[field], are[field], "%s: the %s is the same now: take it from the table", name, field)
				}
			}
		}
	})
}

// told is what a mail tells its reader. Exchange puts a head into HTML, which shows nothing.
func told(t *testing.T, m *connector.Message) map[string]string {
	t.Helper()
	var files, contents strings.Builder
	for _, a := range m.Attachments {
		fmt.Fprintf(&files, "%s %s %q %q %v\n", a.Kind, a.Type, a.Name, a.ContentID, a.Inline)
		r, err := a.Open(t.Context())
		require.NoError(t, err)
		sum := sha256.New()
		_, err = io.Copy(sum, r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		fmt.Fprintf(&contents, "%s %x\n", a.Type, sum.Sum(nil))
	}
	return map[string]string{
		"subject": m.Subject, "ids": fmt.Sprint(m.MessageID, m.InReplyTo, m.References), "date": m.Date.UTC().String(),
		"from": fmt.Sprint(m.From, m.Sender, m.ReplyTo), "to": fmt.Sprint(m.To, m.Cc, m.Bcc),
		"text": strings.TrimSpace(m.Text), "html": (&connector.Message{HTML: m.HTML}).Body(),
		"files": files.String(), "contents": contents.String(),
	}
}
