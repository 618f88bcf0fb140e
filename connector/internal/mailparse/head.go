package mailparse

import (
	"strings"
)

// headReader collects the fields of the mail's own header. They are decoded
// at the end of it, when the charset of the mail is known.
type headReader struct {
	mail *Mail
	left int64           // bytes of header that may still be kept
	seen map[string]bool // once there are too many fields: the names that stay
	over int             // fields left out
}

func (h *headReader) field(name, value []byte) {
	n := int64(len(name) + len(value))
	if h.left < n || len(h.mail.Fields) >= maxFields && !h.first(name) {
		h.over++
		return
	}
	h.left -= n
	h.mail.Fields = append(h.mail.Fields, Field{Name: canonical(name), Raw: string(value)})
}

// first tells, beyond the limit of fields, whether this is a known one that
// was not there before.
func (h *headReader) first(name []byte) bool {
	var b [64]byte
	if len(name) > len(b) || !knownFields[string(lowerInto(b[:0], name))] {
		return false
	}
	lower := strings.ToLower(string(name))
	if h.seen == nil {
		h.seen = make(map[string]bool)
		for _, f := range h.mail.Fields {
			if name := strings.ToLower(f.Name); knownFields[name] {
				h.seen[name] = true
			}
		}
	}
	was := h.seen[lower]
	h.seen[lower] = true
	return !was
}

// finish decodes the fields and fills in what the mail takes from them.
func (h *headReader) finish(w *walker) {
	if h.over > 0 {
		w.cut = true
		w.defect("", "more header fields than are kept")
	}
	for i := range h.mail.Fields {
		f := &h.mail.Fields[i]
		f.Value = decodeWords(f.Raw, w.hint)
		if hasHigh(f.Raw) {
			w.defect("", "8-bit text in the header field "+quote(f.Name))
		}
	}
	h.addresses(w)
	h.rest(w)
}

// addresses reads the address lists. A list that stands there twice is one
// list; From and Sender are one each.
func (h *headReader) addresses(w *walker) {
	m := h.mail
	for _, list := range [...]struct {
		name string
		to   *[]Address
		once bool
	}{
		{"From", &m.From, true}, {"Sender", &m.Sender, true}, {"Reply-To", &m.ReplyTo, false},
		{"To", &m.To, false}, {"Cc", &m.Cc, false}, {"Bcc", &m.Bcc, false},
	} {
		for i, f := range h.values(w, list.name) {
			if i > 0 && list.once {
				break
			}
			found, defects := readAddresses(f.Raw, w.hint)
			*list.to = append(*list.to, found...)
			for _, what := range defects {
				w.defect("", list.name+": "+what)
			}
		}
	}
}

func (h *headReader) rest(w *walker) {
	m := h.mail
	m.Subject = h.value(w, "Subject").Value
	m.MessageID = firstID(h.value(w, "Message-Id").Raw)
	m.InReplyTo = firstID(h.value(w, "In-Reply-To").Raw)
	m.References = messageIDs(h.value(w, "References").Raw)
	if date := h.value(w, "Date").Raw; date != "" {
		when, exact, ok := parseDate(date)
		m.Date = when
		switch {
		case !ok:
			w.defect("", "Date "+quote(date)+" is unreadable")
		case !exact:
			w.defect("", "Date "+quote(date)+" without a known zone: read as UTC")
		}
	}
}

// values returns a field that a mail has once, as often as it has it.
func (h *headReader) values(w *walker, name string) []Field {
	var all []Field
	for _, f := range h.mail.Fields {
		if f.Name == name {
			all = append(all, f)
		}
	}
	if len(all) > 1 {
		w.defect("", name+" more than once")
	}
	return all
}

// value returns the first of a field that a mail has once.
func (h *headReader) value(w *walker, name string) Field {
	if all := h.values(w, name); len(all) > 0 {
		return all[0]
	}
	return Field{}
}
