package testhelpers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/codes"
	"github.com/cloudmail-go/cloudmail/connector/html"
	"github.com/cloudmail-go/cloudmail/connector/links"
)

// text is the mail as its file has it.
func (o *Golden) text(t T, m *connector.Message) (string, error) {
	mask := func(s string) string { return masked(s, o.Masks) }
	if !o.Exact {
		code := codesOf(m)
		mask = func(s string) string { return masked(masked(s, o.Masks), code) }
	}
	var b strings.Builder
	for _, name := range o.Headers {
		for _, v := range m.Header.Values(name) {
			b.WriteString(mask(name+": "+oneLine(v)) + "\n")
		}
	}
	sections, err := o.sections(m)
	if err != nil {
		return "", err
	}
	for _, s := range sections {
		if text := mask(tidy(s.text)); text != "" {
			b.WriteString("\n--- " + s.name + "\n" + text + "\n")
		}
	}
	if files, err := o.files(t, m, mask); err != nil {
		return "", err
	} else if files != "" {
		b.WriteString("\n--- attachments\n" + files)
	}
	return b.String(), nil
}

// section is a part of the file.
type section struct{ name, text string }

// sections are those that count.
func (o *Golden) sections(m *connector.Message) ([]section, error) {
	all := []section{{name: "text", text: m.Text}}
	if m.HTML != "" {
		doc, err := html.Of(m)
		if err != nil {
			return nil, err
		}
		all = append(all, section{"shown", doc.Text()}, section{"html", doc.Indented()})
	}
	var lines []string
	for _, l := range links.All(m) {
		lines = append(lines, oneLine(l.String()))
	}
	all = append(all, section{"links", strings.Join(lines, "\n")})
	return slices.DeleteFunc(all, func(s section) bool { return slices.Contains(o.Without, s.name) }), nil
}

// files lists the attachments. A hash is not masked by default.
func (o *Golden) files(t T, m *connector.Message, mask func(string) string) (string, error) {
	if slices.Contains(o.Without, "attachments") {
		return "", nil
	}
	var b strings.Builder
	for _, a := range m.Attachments {
		is, err := measure(t, a, nil)
		if err != nil {
			return "", err
		}
		line := fmt.Sprintf("%q %s %s", oneLine(a.Name), a.Type, a.Kind)
		if a.ContentID != "" {
			line += " cid:" + a.ContentID
		}
		b.WriteString(mask(line) + masked(fmt.Sprintf(" %d bytes sha256:%s", is.size, is.sha256), o.own()) + "\n")
	}
	return b.String(), nil
}

// own are the masks that are not the default ones.
func (o *Golden) own() []Mask {
	if o.Exact {
		return o.Masks
	}
	return o.Masks[:len(o.Masks)-len(DefaultMasks())]
}

// tidy drops what nobody sees of lines.
func tidy(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t\r")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// codesOf masks the one-time codes of a mail.
func codesOf(m *connector.Message) []Mask {
	var out []Mask
	for _, c := range codes.All(m, nil) {
		if c.Score < 4 {
			break
		}
		out = append(out, word("code", c.Shown), word("code", c.Value))
	}
	return out
}
