package html

import (
	"net/url"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Image is one image of a mail.
type Image struct {
	Element Element
	Alt     string                // what is shown where the image is not
	Src     string                // decoded
	Part    *connector.Attachment // the part of the mail that it is, of an image by cid; nil else
	Remote  bool                  // it is loaded from elsewhere when the mail is opened
	Pixel   bool                  // one pixel: it counts who opens the mail
	Problem string                // what is wrong with it, one sentence; "" if nothing is
}

// Images returns the images of a mail, hidden ones too, in their order.
func (d *Document) Images() []Image {
	all, _ := d.All("img")
	out := make([]Image, len(all))
	for i, e := range all {
		out[i] = d.image(e)
	}
	return out
}

// image reads one.
func (d *Document) image(e Element) Image {
	alt, hasAlt := e.Attr("alt")
	src, _ := e.Attr("src")
	img := Image{Element: e, Alt: strings.Join(strings.Fields(alt), " "), Src: strings.TrimSpace(src), Pixel: e.pixel()}
	scheme, rest, _ := strings.Cut(img.Src, ":")
	switch strings.ToLower(scheme) {
	case "cid":
		if img.Part = d.part(rest); img.Part == nil {
			img.Problem = "the mail has no part " + img.Src
		}
	case "http", "https":
		img.Remote = true
	case "":
		img.Problem = "it has no src"
	case "data":
	default:
		img.Remote = strings.HasPrefix(img.Src, "//")
		if !img.Remote {
			img.Problem = "a mail program cannot load " + img.Src
		}
	}
	if img.Problem == "" && !hasAlt && !img.Pixel && e.Shown() {
		img.Problem = "it has no alt"
	}
	return img
}

// pixel reports whether the sizes say that an image is one.
func (e Element) pixel() bool {
	tiny := func(name string) bool {
		v, _ := e.Attr(name)
		return slices.Contains([]string{"0", "1"}, strings.TrimSuffix(strings.TrimSpace(v), "px"))
	}
	return tiny("width") && tiny("height")
}

// part returns the part with a content id (RFC 2392); nil if there is none.
func (d *Document) part(cid string) *connector.Attachment {
	if id, err := url.PathUnescape(cid); err == nil {
		cid = id
	}
	if d.mail == nil {
		return nil
	}
	for _, a := range d.mail.Attachments {
		if a.ContentID != "" && strings.Trim(a.ContentID, "<>") == strings.Trim(cid, "<>") {
			return a
		}
	}
	return nil
}

// String shows an image in one line.
func (i Image) String() string {
	s := i.Element.Path() + " " + i.Src
	if i.Problem != "" {
		s += ": " + i.Problem
	}
	return s
}
