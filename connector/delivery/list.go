package delivery

import (
	"net/url"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// List is what a mail says about the list that it was sent to.
type List struct {
	ID          string   // of the list, without angle brackets (RFC 2919); "" if it is none
	Name        string   // as a person reads it
	Unsubscribe []string // where one leaves, in the order of the mail: https or mailto (RFC 2369 §3.2)
	Subscribe   []string
	Post        []string // where one writes to; nil if nobody may
	Help        []string
	Archive     []string
	// OneClick is the address to which a POST of "List-Unsubscribe=One-Click" leaves the list
	// without a question (RFC 8058); "" if the mail offers none.
	OneClick string
	// Problems says what is wrong with the offer of RFC 8058, one sentence each, as mailbox providers
	// judge it; nil if nothing is, or nothing is offered.
	Problems []string
}

// ListOf reads the List lines of a mail. It asks no service: leaving a list is up to the test.
func ListOf(m *connector.Message) List {
	l := List{
		Unsubscribe: targets(m, "List-Unsubscribe"), Subscribe: targets(m, "List-Subscribe"),
		Post: targets(m, "List-Post"), Help: targets(m, "List-Help"), Archive: targets(m, "List-Archive"),
	}
	l.ID, l.Name = m.Header.Get("List-ID"), ""
	if i := strings.LastIndexByte(l.ID, '<'); i >= 0 {
		l.Name = strings.Trim(l.ID[:i], " \"")
		l.ID = strings.TrimRight(l.ID[i+1:], "> ")
	}
	l.oneClick(m.Header.Values("List-Unsubscribe-Post"))
	return l
}

// oneClick judges the offer of RFC 8058.
func (l *List) oneClick(posts []string) {
	if len(posts) == 0 {
		return
	}
	problem := func(s string) { l.Problems = append(l.Problems, s) }
	if len(posts) > 1 {
		problem("List-Unsubscribe-Post is there more than once")
	}
	if strings.TrimSpace(posts[0]) != "List-Unsubscribe=One-Click" {
		problem("List-Unsubscribe-Post is not List-Unsubscribe=One-Click (RFC 8058 §3.1)")
	}
	for _, u := range l.Unsubscribe {
		if p, err := url.Parse(u); err == nil && strings.EqualFold(p.Scheme, "https") && p.Host != "" {
			if l.OneClick != "" {
				problem("List-Unsubscribe has more than one https address (RFC 8058 §3.1)")
			} else {
				l.OneClick = u
			}
		}
	}
	if l.OneClick == "" {
		problem("List-Unsubscribe has no https address (RFC 8058 §3.1)")
	}
	if len(l.Problems) > 0 {
		l.OneClick = ""
	}
}

// targets reads the addresses in angle brackets of a field (RFC 2369 §2).
func targets(m *connector.Message, field string) []string {
	var out []string
	for _, v := range m.Header.Values(field) {
		for rest := v; ; {
			_, after, ok := strings.Cut(rest, "<")
			if !ok {
				break
			}
			u, next, _ := strings.Cut(after, ">")
			if u = strings.Join(strings.Fields(u), ""); u != "" {
				out = append(out, u)
			}
			rest = next
		}
	}
	return out
}
