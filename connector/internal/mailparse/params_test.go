package mailparse

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseParams(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ raw, kind, key, want, defect string }{
		{"text/plain; charset=utf-8", "text/plain", "charset", "utf-8", ""},
		{"TEXT/Plain ; CharSet=\"utf-8\" ;", "text/plain", "charset", "utf-8", ""},
		{"text/plain (a; b=c); charset (x) = utf-8 (y)", "text/plain", "charset", "utf-8", ""},
		{`a/b; name="a \"b\" \\ c:\d"`, "a/b", "name", `a "b" \ c:\d`, ""},
		{"a/b; name=report (1).pdf", "a/b", "name", "report (1).pdf", "blanks"},
		{"a/b; name=a b.pdf; size=1", "a/b", "name", "a b.pdf", "blanks"},
		{"a/b; name=a b.pdf charset=x", "a/b", "name", "a b.pdf", "blanks"},
		{"a/b charset=x", "a/b", "charset", "x", "semicolon"},
		{"a/b; name", "a/b", "name", "", "without a value"},
		{"a/b; name=", "a/b", "name", "", ""},
		{`a/b; name="open; charset=x`, "a/b", "name", "open; charset=x", "without its end"},
		{"multipart/mixed; boundary=----=_Part_1", "multipart/mixed", "boundary", "----=_Part_1", ""},
		{"a/b;;; x=1", "a/b", "x", "1", ""},
		{"", "", "x", "", ""},
		{"a/b; =x; y=1", "a/b", "y", "1", "without a value"},
	} {
		kind, p := parseParams(c.raw)
		assert.Equal(t, c.kind, kind, c.raw)
		got, _ := p.get(c.key)
		assert.Equal(t, c.want, got, c.raw)
		if c.defect == "" {
			assert.Empty(t, p.defect, c.raw)
		} else {
			assert.Contains(t, p.defect, c.defect, c.raw)
		}
	}
}

func TestExtendedParams(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"a; name*=utf-8''%e2%82%ac":                                      "€",
		"a; name*=iso-8859-1'de'%e9":                                     "é",
		"a; name*=%c3%a9":                                                "é",
		"a; name*0=long; name*1=\" name\"":                               "long name",
		"a; name*0*=utf-8''%c3; name*1*=%a9; name*2=\".pdf\"":            "é.pdf",
		"a; name*10=k; name*9=j; name*1=b; name*0=a":                     "abjk",
		"a; name=plain; name*=utf-8''best":                               "best",
		"a; name=\"=?utf-8?Q?caf=C3=A9?= =?utf-8?Q?.pdf?=\"":             "café.pdf",
		"a; name*=utf-8''100%25%":                                        "100%%",
		"a; name*0*=iso-2022-jp''%1B$B$3; name*1*=$s%1B(B; name*2=x.txt": "こんx.txt",
	} {
		_, p := parseParams(raw)
		assert.Equal(t, want, p.text("name", ""), raw)
	}
}

func TestUnflow(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a b\nc\n", unflow("a \nb\nc\n", false))
	assert.Equal(t, "ab\n", unflow("a \nb\n", true))
	assert.Equal(t, "> a b\nc", unflow("> a \n> b\nc", false))
	assert.Equal(t, "a \n> b\n", unflow("a \n> b\n", false))
	assert.Equal(t, "x\n-- \nme\n", unflow("x\n-- \nme\n", false))
	assert.Equal(t, "> no quote\nFrom me\n", unflow(" > no quote\n From me\n", false))
}
