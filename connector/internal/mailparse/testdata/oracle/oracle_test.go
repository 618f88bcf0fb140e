package oracle

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/fixtures"
)

// others are the parsers to compare with.
var others = []string{"enmime", "go-message", "stdlib"}

// reasons of differences. In each of them the sample's own expectation, written by hand, says what mailparse reads.
const (
	strict     = "gives up at the first broken line"
	noCharset  = "does not know the charset"
	noGuess    = "takes the bytes for UTF-8 or Latin-1 where no charset is named"
	latin1     = "takes Latin-1 for what browsers and mail clients read as windows-1252"
	htmlAsText = "makes a text of the HTML, which is htmltext's work here"
	noFlow     = "keeps the line breaks of format=flowed"
	noBase64   = "mixes the strange bytes in"
	noName     = "finds no file name in Content-Type or in a broken field"
	noDigest   = "takes the mails of a digest for text"
	fileAsText = "takes a text file that is an attachment for text"
	joined     = "puts a line of its own between parts"
	noType     = "takes Content-Type: text for a file"
	keepsNUL   = "keeps NUL bytes"
	keepsBOM   = "keeps the byte order mark"
	noBoundary = "finds no parts under another boundary than the announced one"
	crOnly     = "knows no line ends of CR"
)

// differences are the samples that another parser reads in another way, and why.
var differences = map[string]map[string]string{
	"base64-untidy":             {"enmime": noBase64, "go-message": strict, "stdlib": strict},
	"broken-boundary":           {"go-message": strict, "stdlib": strict},
	"charset-in-meta":           {"enmime": htmlAsText, "go-message": noGuess, "stdlib": noGuess},
	"content-id-not-shown":      {"enmime": htmlAsText},
	"content-type-text":         {"enmime": noType, "go-message": noType, "stdlib": noType},
	"cp437":                     {"enmime": noCharset, "stdlib": noCharset},
	"cp949":                     {"enmime": noCharset, "go-message": noCharset, "stdlib": noCharset},
	"digest":                    {"go-message": noDigest, "stdlib": noDigest},
	"filename-8bit":             {"enmime": noGuess, "go-message": noGuess, "stdlib": noGuess},
	"filename-unquoted":         {"go-message": noName, "stdlib": noName},
	"format-flowed":             {"enmime": noFlow, "go-message": noFlow, "stdlib": noFlow},
	"header-without-colon":      {"go-message": strict, "stdlib": strict},
	"hz-gb-2312":                {"stdlib": noCharset},
	"inline-image":              {"enmime": htmlAsText, "stdlib": noName},
	"iso-2022-jp-ms":            {"enmime": noCharset, "go-message": noCharset, "stdlib": noCharset},
	"iso-2022-kr":               {"enmime": noCharset, "go-message": noCharset, "stdlib": noCharset},
	"japanese-without-charset":  {"enmime": noGuess, "go-message": noGuess, "stdlib": noGuess},
	"line-ends-cr":              {"enmime": crOnly, "go-message": crOnly, "stdlib": crOnly},
	"line-ends-cr-cr-lf":        {"enmime": crOnly, "go-message": strict, "stdlib": strict},
	"link-google-redirect":      {"enmime": htmlAsText},
	"link-safelinks":            {"enmime": htmlAsText},
	"magic-link":                {"enmime": htmlAsText},
	"mbox-from-line":            {"go-message": strict},
	"missing-charset":           {"enmime": noGuess},
	"mixed-related-alternative": {"go-message": noName},
	"no-boundary":               {"enmime": strict, "go-message": strict, "stdlib": strict},
	"no-header":                 {"enmime": strict, "go-message": strict, "stdlib": strict},
	"nul-bytes":                 {"enmime": keepsNUL, "go-message": keepsNUL, "stdlib": keepsNUL},
	"out-of-office-exchange":    {"enmime": htmlAsText},
	"part-header-broken":        {"enmime": strict, "go-message": strict, "stdlib": strict},
	"receipt-table":             {"enmime": htmlAsText},
	"signed-pgp":                {"stdlib": noName},
	"template-marks":            {"enmime": htmlAsText},
	"text-attachments":          {"enmime": joined, "go-message": fileAsText},
	"text-between-files":        {"enmime": joined, "go-message": noName},
	"tnef":                      {"stdlib": noName},
	"unknown-encoding":          {"go-message": strict},
	"utf-16":                    {"enmime": keepsBOM, "stdlib": keepsBOM},
	"utf-16-html":               {"enmime": htmlAsText},
	"utf-7":                     {"go-message": noCharset, "stdlib": noCharset},
	"windows-1252-as-latin1":    {"enmime": latin1, "go-message": latin1, "stdlib": latin1},
	"wrong-boundary":            {"enmime": noBoundary, "go-message": strict, "stdlib": noBoundary},
}

// TestDifferences compares all samples: a difference that is not in the table fails, and one in the table that is none.
func TestDifferences(t *testing.T) {
	for _, sample := range fixtures.Names() {
		raw := fixtures.Raw(sample)
		mine, err := own(raw)
		require.NoError(t, err)
		for _, other := range others {
			theirs, err := Parsers[other](raw)
			found := differ(mine, theirs)
			if err != nil {
				found = []string{err.Error()}
			}
			if differences[sample][other] == "" {
				assert.Empty(t, found, "%s differs on %s", other, sample)
			} else {
				assert.NotEmpty(t, found, "%s reads %s alike now: take it from the table", other, sample)
			}
		}
	}
	for sample := range differences {
		assert.Contains(t, fixtures.Names(), sample)
	}
}

// differ lists what two readings do not have in common; blanks do not count.
func differ(a, b Reading) (found []string) {
	see := func(what, x, y string) {
		if x, y = strings.Join(strings.Fields(x), " "), strings.Join(strings.Fields(y), " "); x != y {
			found = append(found, fmt.Sprintf("%s: %.80q, theirs %.80q", what, x, y))
		}
	}
	see("subject", a.Subject, b.Subject)
	see("text", a.Text, b.Text)
	see("html", a.HTML, b.HTML)
	see("files", fmt.Sprint(sorted(a.Files)), fmt.Sprint(sorted(b.Files)))
	return found
}

func sorted(files []File) []string {
	var lines []string
	for _, f := range files {
		lines = append(lines, f.Name+" "+f.SHA256)
	}
	slices.Sort(lines)
	return lines
}
