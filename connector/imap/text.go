package imap

import (
	"bytes"
	"io"
	"strings"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/cloudmail-go/cloudmail/connector"
)

// A text is read with the mail's first bytes, which are all of most mails. Of a longer one the texts and
// what is small are asked for by part, and the large files are left out.
const (
	textFirst = 256 << 10
	smallPart = 64 << 10 // is taken along: reports, invitations, pictures
	mostText  = 4 << 20  // of one text; a mail with a longer one is read whole
	mostParts = 64
)

var beginning = &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: textFirst}}

// leaf is a part, or the header of one, that is asked for.
type leaf struct {
	section *imap.FetchItemBodySection
	content []byte
}

// skeleton is how a mail is put together again from its parts.
type skeleton struct {
	parts []*leaf
	left  []leftOut
	write []func(*bytes.Buffer)
}

// texts reads a long mail by its parts, after its beginning. false: its structure is of no use, as with
// servers that get it wrong, and the mail is to be read whole.
func (o *opened) texts(m mailID, src *connector.Source, first []byte) (bool, error) {
	structure, err := o.structure(m)
	if err != nil || structure == nil {
		return false, err
	}
	end := headEnd(first)
	multi, ok := structure.(*imap.BodyStructureMultiPart)
	if !ok || end < 0 {
		return false, nil
	}
	var s skeleton
	if !s.multipart(multi, nil) || len(s.parts) > 2*mostParts {
		return false, nil
	}
	if ok, err := o.collect(m, s.parts); err != nil || !ok {
		return false, err
	}
	out := bytes.NewBuffer(bytes.Clone(first[:end]))
	for _, write := range s.write {
		write(out)
	}
	src.ReadCloser, src.Depth = io.NopCloser(out), connector.DepthText
	o.backend.keepParts(m, s.left)
	return true, nil
}

// headEnd is where the header ends, the empty line included; -1 if it does not.
func headEnd(raw []byte) int {
	for _, empty := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw, []byte(empty)); i >= 0 {
			return i + len(empty)
		}
	}
	return -1
}

// structure asks how the mail is built; nil if the server does not tell.
func (o *opened) structure(m mailID) (imap.BodyStructure, error) {
	cmd := o.conn.imap.Fetch(imap.UIDSetNum(m.uid), &imap.FetchOptions{UID: true, BodyStructure: &imap.FetchItemBodyStructure{Extended: true}})
	var found imap.BodyStructure
	for d := cmd.Next(); d != nil; d = cmd.Next() {
		for i := d.Next(); i != nil; i = d.Next() {
			if s, ok := i.(imapclient.FetchItemDataBodyStructure); ok {
				found = s.BodyStructure
			}
		}
	}
	err := cmd.Close()
	if isRefusal(err) {
		return nil, nil //nolint:nilnil // a server that does not tell is no failure
	}
	return found, err
}

// multipart plans a multipart and what is in it; false if it cannot be put together.
func (s *skeleton) multipart(m *imap.BodyStructureMultiPart, path []int) bool {
	if m.Extended == nil || m.Extended.Params["boundary"] == "" || len(path) > 20 {
		return false
	}
	delimiter := "--" + m.Extended.Params["boundary"]
	for i, child := range m.Children {
		own := append(append([]int(nil), path...), i+1)
		s.text(delimiter + "\r\n")
		s.ask(&imap.FetchItemBodySection{Peek: true, Part: own, Specifier: imap.PartSpecifierMIME})
		switch child := child.(type) {
		case *imap.BodyStructureMultiPart:
			if !s.multipart(child, own) {
				return false
			}
		case *imap.BodyStructureSinglePart:
			if !s.leaf(child, own) {
				return false
			}
		}
		s.text("\r\n")
	}
	s.text(delimiter + "--\r\n")
	return true
}

// leaf plans a part: a text and what is small with its content, a large file without; false if a text
// is longer than is read by part.
func (s *skeleton) leaf(p *imap.BodyStructureSinglePart, path []int) bool {
	d := p.Disposition()
	file := p.Filename() != "" || d != nil && strings.EqualFold(d.Value, "attachment")
	text := strings.EqualFold(p.Type, "text") && !file
	switch {
	case text && p.Size > mostText:
		return false
	case text, p.Size <= smallPart:
		s.ask(&imap.FetchItemBodySection{Peek: true, Part: path})
	default:
		s.left = append(s.left, leftOut{path, int64(p.Size), p.MediaType(), p.Encoding})
	}
	return true
}

func (s *skeleton) text(t string) {
	s.write = append(s.write, func(b *bytes.Buffer) { b.WriteString(t) })
}

func (s *skeleton) ask(section *imap.FetchItemBodySection) {
	l := &leaf{section: section}
	s.parts = append(s.parts, l)
	s.write = append(s.write, func(b *bytes.Buffer) { b.Write(l.content) })
}

// collect reads the parts by one command; false if the server leaves one out.
func (o *opened) collect(m mailID, parts []*leaf) (bool, error) {
	sections := make([]*imap.FetchItemBodySection, len(parts))
	for i, p := range parts {
		sections[i] = p.section
	}
	cmd := o.conn.imap.Fetch(imap.UIDSetNum(m.uid), &imap.FetchOptions{UID: true, BodySection: sections})
	defer cmd.Close() // again: does nothing
	seen, came := 0, false
	for d := cmd.Next(); d != nil; d = cmd.Next() {
		came = true
		for i := d.Next(); i != nil; i = d.Next() {
			data, ok := i.(imapclient.FetchItemDataBodySection)
			if !ok || data.Literal == nil {
				continue
			}
			for _, p := range parts {
				if data.MatchCommand(p.section) {
					var err error
					if p.content, err = io.ReadAll(io.LimitReader(o.conn.literal(data.Literal), mostText+1)); err != nil {
						return false, err
					}
					if len(p.content) > mostText {
						o.conn.kill()
						return false, errFlood
					}
					seen++
				}
			}
		}
	}
	if err := cmd.Close(); err != nil {
		return false, err
	}
	if !came {
		return false, gone(errNoMail)
	}
	return seen >= len(parts), nil
}
