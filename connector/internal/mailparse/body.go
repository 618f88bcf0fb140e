package mailparse

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"io"
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
	kept       []byte // buffers, used again for each part
	piece      []byte
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
	raw := b.kept[:0]
	for piece := b.content(); piece != nil; piece = b.content() {
		if int64(len(raw)) <= b.textLeft {
			raw = dec.decode(raw, piece)
		}
	}
	raw = dec.flush(raw)
	b.kept = raw
	if int64(len(raw)) > b.textLeft {
		raw = raw[:b.textLeft]
		b.cut = true
		b.defect(e.id, "text longer than what is kept of it")
	}
	b.textLeft -= int64(len(raw))
	if e.mediaType == "text/html" {
		b.html = append(b.html, b.decoded(e, raw))
	} else {
		b.text = append(b.text, b.decoded(e, raw))
	}
}

// decoded makes text out of the bytes of a text part.
func (b *bodyReader) decoded(e *entity, raw []byte) string {
	label := e.charset
	if label == "" && e.mediaType == "text/html" {
		label = metaCharset(raw)
	}
	if clean := cleanLabel(label); !strings.HasPrefix(clean, "u") || clean == "utf-8" {
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
	b.kept = b.kept[:0]
	for piece := b.content(); piece != nil; piece = b.content() {
		b.piece = dec.decode(b.piece[:0], piece)
		b.keep(&p)
	}
	b.piece = dec.flush(b.piece[:0])
	b.keep(&p)
	b.hash.Sum(p.SHA256[:0])
	if p.Size == int64(len(b.kept)) {
		b.keepLeft -= p.Size
		p.Data = append(make([]byte, 0, len(b.kept)), b.kept...)
	}
	b.mail.Parts = append(b.mail.Parts, p)
}

// keep takes the piece at hand. Nothing of a part is kept that is too large.
func (b *bodyReader) keep(p *Part) {
	b.hash.Write(b.piece)
	fits := p.Size == int64(len(b.kept)) && p.Size+int64(len(b.piece)) <= b.keepLeft
	p.Size += int64(len(b.piece))
	if fits {
		b.kept = append(b.kept, b.piece...)
	}
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
