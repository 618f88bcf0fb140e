package mailparse

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"io"
	"iter"
	"strings"
)

// bodyReader puts the leaves of a mail where they belong.
type bodyReader struct {
	walker
	mail       *Mail
	text, html []string
	textLeft   int64 // bytes of text that may still be kept
	keepLeft   int64 // bytes of other parts that may still be kept
	dec        decoders
	kept       collector
	piece      []byte // decoded, used again for each piece
	hash       hash.Hash
}

func newBodyReader(r io.Reader, l Limits) *bodyReader {
	b := &bodyReader{mail: &Mail{}}
	b.limits = l.withDefaults()
	b.in = newInput(r)
	b.textLeft, b.keepLeft = b.limits.TextBytes, b.limits.KeepBytes
	return b
}

func (b *bodyReader) leaf(e *entity) {
	dec, defect := b.dec.pick(e.encoding)
	if defect != "" {
		b.defect(e.id, defect)
	}
	if e.body() {
		b.readText(e, dec)
	} else {
		b.readPart(e, dec)
	}
	if broken := dec.broken(); broken != "" {
		b.defect(e.id, broken)
	}
}

// readText reads a part that the mail shows.
func (b *bodyReader) readText(e *entity, dec decoder) {
	b.kept.reset(b.textLeft)
	all := true
	for piece := range b.pieces(dec) {
		all = b.kept.write(piece) && all
	}
	b.textLeft -= b.kept.n
	if !all {
		b.cut = true
		b.defect(e.id, "text longer than what is kept of it")
	}
	text := b.decoded(e, b.kept.bytes())
	if e.mediaType == "text/html" {
		b.html = append(b.html, text)
	} else {
		b.text = append(b.text, text)
	}
}

// pieces yields the decoded content of the leaf at hand. Each is valid until
// the next.
func (b *bodyReader) pieces(dec decoder) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for raw := b.content(); raw != nil; raw = b.content() {
			b.piece = dec.decode(b.piece[:0], raw)
			if !yield(b.piece) {
				return
			}
		}
		b.piece = dec.flush(b.piece[:0])
		yield(b.piece)
	}
}

// decoded makes text out of the bytes of a text part.
func (b *bodyReader) decoded(e *entity, raw []byte) string {
	label := e.charset
	if label == "" && e.mediaType == "text/html" {
		label = metaCharset(raw)
	}
	if !isWide(cleanLabel(label)) {
		without := dropByte(raw, 0)
		if len(without) < len(raw) {
			b.defect(e.id, "NUL bytes in text: left out")
		}
		raw = without
	}
	text, defect := decodeText(raw, label)
	if defect != "" {
		b.defect(e.id, defect)
	}
	lines := string(normalLines(text))
	if e.flowed && e.mediaType == "text/plain" {
		return unflow(lines, e.delSp)
	}
	return lines
}

// readPart reads a part that is not shown as text.
func (b *bodyReader) readPart(e *entity, dec decoder) {
	p := Part{
		ID: e.id, Name: e.name, Type: e.mediaType, Charset: e.charset,
		ContentID: e.contentID, Disposition: e.disposition, Kind: e.kind(),
	}
	if b.hash == nil {
		b.hash = sha256.New()
	}
	b.hash.Reset()
	b.kept.reset(b.keepLeft)
	all := true
	for piece := range b.pieces(dec) {
		b.hash.Write(piece)
		p.Size += int64(len(piece))
		all = all && b.kept.write(piece)
	}
	b.hash.Sum(p.SHA256[:0])
	if all {
		b.keepLeft -= p.Size
		p.Data = b.kept.bytes()
	}
	b.mail.Parts = append(b.mail.Parts, p)
}

// finish joins the texts and marks what the HTML shows.
func (b *bodyReader) finish() {
	b.mail.Text = joinTexts(b.text)
	b.mail.HTML = joinTexts(b.html)
	markInline(b.mail)
}

// joinTexts joins texts that stand one below the other.
func joinTexts(texts []string) string {
	if len(texts) == 1 {
		return texts[0]
	}
	var out strings.Builder
	for i, text := range texts {
		out.WriteString(text)
		if i < len(texts)-1 && text != "" && !strings.HasSuffix(text, "\n") {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// normalLines makes every line end LF, in place.
func normalLines(text []byte) []byte {
	if bytes.IndexByte(text, '\r') < 0 {
		return text
	}
	out := text[:0]
	for i, c := range text {
		switch {
		case c != '\r':
			out = append(out, c)
		case i+1 == len(text) || text[i+1] != '\n' && text[i+1] != '\r':
			out = append(out, '\n')
		}
	}
	return out
}

// dropByte removes a byte, in place.
func dropByte(b []byte, drop byte) []byte {
	if bytes.IndexByte(b, drop) < 0 {
		return b
	}
	out := b[:0]
	for _, c := range b {
		if c != drop {
			out = append(out, c)
		}
	}
	return out
}
