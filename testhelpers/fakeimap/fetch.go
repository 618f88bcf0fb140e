package fakeimap

import (
	"bytes"
	"slices"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Fetch tells of mails.
func (x *session) Fetch(w *imapserver.FetchWriter, set imap.NumSet, o *imap.FetchOptions) error {
	total := 0
	_ = x.view.each(set, func(uint32, mailstore.Message) error { total++; return nil })
	fault, ok := x.server.take("FETCH", total)
	if ok && fault.After == 0 {
		return x.happen(fault)
	}
	told := 0
	return x.view.each(set, func(seq uint32, m mailstore.Message) error {
		if ok && told == fault.After {
			return x.happen(fault)
		}
		told++
		if err := x.tell(w.CreateMessage(seq), m, o); err != nil {
			return err
		}
		return x.read(m, o)
	})
}

// tell writes the items of one mail.
func (x *session) tell(w *imapserver.FetchResponseWriter, m mailstore.Message, o *imap.FetchOptions) error {
	w.WriteUID(imap.UID(m.UID))
	if o.Flags {
		w.WriteFlags(flagsOf(m))
	}
	if o.InternalDate {
		w.WriteInternalDate(m.Received)
	}
	if o.RFC822Size {
		w.WriteRFC822Size(int64(len(m.Raw)))
	}
	if o.Envelope {
		w.WriteEnvelope(envelopeOf(m.Raw))
	}
	if o.BodyStructure != nil {
		w.WriteBodyStructure(imapserver.ExtractBodyStructure(bytes.NewReader(m.Raw)))
	}
	for _, section := range o.BodySection {
		content := sectionOf(m.Raw, section)
		lit := w.WriteBodySection(section, int64(len(content)))
		_, err := lit.Write(content)
		if end := lit.Close(); err == nil {
			err = end
		}
		if err != nil {
			_ = w.Close() // it holds a lock, also where the connection broke
			return err
		}
	}
	return w.Close()
}

// read is what reading does to a mail: BODY[] without PEEK sets \Seen.
func (x *session) read(m mailstore.Message, o *imap.FetchOptions) error {
	listed := len(o.BodySection) > 0 && o.BodySection[0].Specifier == imap.PartSpecifierHeader
	if listed && x.server.vanishes() {
		_ = x.box.Delete(m.Key) // gone already is as good
		return nil
	}
	if x.view.readOnly || !slices.ContainsFunc(o.BodySection, func(s *imap.FetchItemBodySection) bool { return !s.Peek }) {
		return nil
	}
	_, err := x.box.Update(m.Key, func(m *mailstore.Message) { m.Seen = true })
	return refusal(err)
}

// sectionOf is a section of a mail. The mail and its header are what is stored, byte for byte.
func sectionOf(raw []byte, s *imap.FetchItemBodySection) []byte {
	content := raw
	switch {
	case len(s.Part) > 0 || len(s.HeaderFields)+len(s.HeaderFieldsNot) > 0:
		return imapserver.ExtractBodySection(bytes.NewReader(raw), s)
	case s.Specifier == imap.PartSpecifierHeader:
		content = raw[:headEnd(raw)]
	case s.Specifier == imap.PartSpecifierText:
		content = raw[headEnd(raw):]
	}
	if p := s.Partial; p != nil {
		from := min(p.Offset, int64(len(content)))
		content = content[from:min(from+p.Size, int64(len(content)))]
	}
	return content
}

// headEnd is where the header ends, the empty line included.
func headEnd(raw []byte) int {
	n := 0
	for line := range bytes.Lines(raw) {
		n += len(line)
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
	}
	return n
}
