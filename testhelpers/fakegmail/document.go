package fakegmail

import (
	"strings"
	"unicode"
)

// document is what the search index knows of a mail: for each field the words in their order.
type document struct {
	fields    map[string][]string
	messageID string
	files     []string
	size      int
}

// words splits text as the index does: at all but letters, digits, "_" and "&"; case is folded.
func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '_' && r != '&'
	})
}

// addressWords is words; with keepPlus a "+" is part of a word [6].
func addressWords(s string, keepPlus bool) []string {
	if !keepPlus {
		return words(s)
	}
	const stand = "_plus_"
	list := words(strings.ReplaceAll(s, "+", stand))
	for i, w := range list {
		list[i] = strings.ReplaceAll(w, stand, "+")
	}
	return list
}

const indexedText = 1 << 20 // of each mail

// index reads a mail for the search.
func (b *box) index(e *entry) *document {
	if e.doc != nil {
		return e.doc
	}
	m, ok := b.m.Get(e.key)
	if !ok {
		return &document{}
	}
	tree := parseMail(m.Raw, "", 0, "text/plain")
	d := &document{fields: map[string][]string{}, size: len(m.Raw)}
	d.messageID = strings.Trim(strings.TrimSpace(tree.field("Message-ID")), "<>")
	for _, f := range tree.decodedFields() {
		if name := indexedFields[strings.ToLower(f.Name)]; name != "" {
			list := words(f.Value)
			if name != "subject" && name != "list" {
				list = addressWords(f.Value, b.opts.PlusTagIsOneWord)
			}
			// An empty word keeps a phrase from reaching over two fields.
			d.fields[name] = append(append(d.fields[name], ""), list...)
		}
	}
	d.fields["body"] = words(tree.readable(indexedText))
	tree.walk(func(p *mimePart) bool {
		if p.filename != "" {
			d.files = append(d.files, p.filename)
		}
		return true
	})
	e.doc = d
	return d
}

// indexedFields are the header fields that have an operator.
var indexedFields = map[string]string{
	"from": "from", "to": "to", "cc": "cc", "bcc": "bcc", "subject": "subject",
	"delivered-to": "deliveredto", "list-id": "list",
}

// everywhere are the fields that a word without an operator is looked for in.
var everywhere = []string{"subject", "body", "from", "to", "cc", "bcc"}

// phraseAt gives the places where the words of a phrase follow each other.
func phraseAt(text, phrase []string) (at []int) {
	for i := 0; i+len(phrase) <= len(text); i++ {
		found := true
		for j, w := range phrase {
			if text[i+j] != w {
				found = false
				break
			}
		}
		if found {
			at = append(at, i)
		}
	}
	return at
}
