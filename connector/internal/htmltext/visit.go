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

// tag reads a start tag; the attributes of one that nobody wants to know are those that hide.
func (r *reader) tag(z *html.Tokenizer) *Tag {
	source := r.source(z)
	name, more := z.TagName()
	t := &Tag{Name: string(name), Raw: source}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		if r.visitor != nil || !r.sheet.Empty() || string(key) == "style" || string(key) == "hidden" {
			t.note(key, value)
		}
	}
	return t
}

// note takes one attribute.
func (t *Tag) note(key, value []byte) {
	if len(t.Attr) >= maxAttr {
		return
	}
	if t.Attr == nil {
		t.Attr = make(map[string]string)
	}
	if _, twice := t.Attr[string(key)]; !twice {
		t.Attr[string(key)] = string(value)
	}
}

// told tells the visitor of a tag.
func (r *reader) told(t *Tag, shown bool) {
	if r.visitor == nil {
		return
	}
	t.Shown, t.At = shown, r.out.buf.Len()
	r.visitor.Start(*t)
}
