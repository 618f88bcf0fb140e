package htmltext

import "golang.org/x/net/html"

// maxAttr is how many attributes of a tag the visitor is told.
const maxAttr = 100

// source is the tag at hand as written; "" if nobody wants it.
func (r *reader) source(z *html.Tokenizer) string {
	if r.visitor == nil {
		return ""
	}
	return string(z.Raw())
}

// tag begins what the visitor is told; nil if there is none.
func (r *reader) tag(name, source string) *Tag {
	if r.visitor == nil {
		return nil
	}
	return &Tag{Name: name, Raw: source, Attr: make(map[string]string)}
}

// note takes one attribute.
func (t *Tag) note(key, value []byte) {
	if t == nil || len(t.Attr) >= maxAttr {
		return
	}
	if _, twice := t.Attr[string(key)]; !twice {
		t.Attr[string(key)] = string(value)
	}
}

// told tells the visitor of a tag.
func (r *reader) told(t *Tag, shown bool) {
	if t == nil {
		return
	}
	t.Shown, t.At = shown, r.out.buf.Len()
	r.visitor.Start(*t)
}
