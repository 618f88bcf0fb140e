package mailparse

import "strings"

// entity is a part of the mail as its header describes it.
type entity struct {
	id, mediaType         string
	charset, boundary     string
	encoding, disposition string
	name, contentID       string
	typed, flowed, delSp  bool   // typed: it has a Content-Type
	parent                string // the media type of the multipart it is in
	prefix                []byte // read as header, but of the body
}

func (e *entity) multipart() bool { return strings.HasPrefix(e.mediaType, "multipart/") }

// plain tells whether the content is text that needs no decoding.
func (e *entity) plain() bool {
	encoding := plainName(e.encoding)
	return e.mediaType == "text/plain" && encoding != "base64" && encoding != "quotedprintable"
}

// set takes one of the fields that describe a part.
func (w *walker) set(e *entity, name, value []byte) {
	const longest = len("content-transfer-encoding")
	if len(name) > longest {
		return
	}
	var b [longest]byte
	switch lower := lowerInto(b[:0], name); string(lower) {
	case "content-type":
		w.setType(e, string(value))
	case "content-disposition":
		w.setDisposition(e, string(value))
	case "content-transfer-encoding":
		if e.encoding == "" {
			p := paramReader{rest: string(value)}
			e.encoding = p.word("")
		}
	case "content-id":
		if e.contentID == "" {
			e.contentID = firstID(string(value))
		}
	}
}

func (w *walker) setType(e *entity, value string) {
	if e.typed {
		w.defect(e.id, "Content-Type twice: the first one counts")
		return
	}
	e.typed = true
	kind, p := parseParams(value)
	e.mediaType = kind
	e.charset, _ = p.get("charset")
	e.boundary, _ = p.get("boundary")
	e.boundary = strings.TrimRight(e.boundary, " \t")
	if e.name == "" {
		e.name = p.text("name", w.hint)
	}
	format, _ := p.get("format")
	delSp, _ := p.get("delsp")
	e.flowed = strings.EqualFold(format, "flowed")
	e.delSp = e.flowed && strings.EqualFold(delSp, "yes")
	if p.defect != "" {
		w.defect(e.id, "Content-Type: "+p.defect)
	}
}

func (w *walker) setDisposition(e *entity, value string) {
	if e.disposition != "" {
		return
	}
	kind, p := parseParams(value)
	e.disposition = kind
	if name := p.text("filename", w.hint); name != "" {
		e.name = name
	}
	if p.defect != "" {
		w.defect(e.id, "Content-Disposition: "+p.defect)
	}
}

// settle gives a part without a usable type the one that RFC 2045 section
// 5.2 and RFC 2046 section 5.1.5 say; a file stays a file.
func (w *walker) settle(e *entity) {
	major, minor, ok := strings.Cut(e.mediaType, "/")
	if ok && major != "" && minor != "" {
		return
	}
	if e.typed {
		w.defect(e.id, "Content-Type "+quote(e.mediaType)+" is no media type")
	}
	switch {
	case e.parent == "multipart/digest" && !e.typed:
		e.mediaType = "message/rfc822"
	case major == "multipart":
		e.mediaType = "multipart/mixed"
	case strings.HasSuffix(major, "html"):
		e.mediaType = "text/html"
	case e.name != "" && major != "text" && e.typed:
		e.mediaType = "application/octet-stream"
	default:
		e.mediaType = "text/plain"
	}
}

// body tells whether the part is text that the mail shows. A text with a
// file name is a file, unless it is all there is, or one rendering of the
// text among others.
func (e *entity) body() bool {
	if e.mediaType != "text/plain" && e.mediaType != "text/html" || e.disposition == "attachment" {
		return false
	}
	return e.name == "" || e.parent == "" || e.parent == "multipart/alternative"
}

// kind tells what a part that is not body text is.
func (e *entity) kind() Kind {
	switch e.mediaType {
	case "message/rfc822", "message/global":
		return KindMessage
	case "text/calendar", "application/ics":
		return KindCalendar
	case "application/ms-tnef", "application/vnd.ms-tnef":
		return KindTNEF
	case "message/delivery-status", "message/global-delivery-status", "message/disposition-notification",
		"message/global-disposition-notification", "message/feedback-report",
		"text/rfc822-headers", "message/global-headers":
		return KindReport
	}
	switch {
	case strings.EqualFold(e.name, "winmail.dat"):
		return KindTNEF
	case e.name == "" && e.disposition != "attachment" && strings.HasPrefix(e.mediaType, "text/") &&
		e.parent == "multipart/alternative":
		return KindAlternative
	}
	return KindAttachment
}
