package connector

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// second is the precision of every service's clock.
const second = time.Second

// stamp writes a time for a report.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") }

// addrCriterion compares To, Cc, From or Recipient.
type addrCriterion struct {
	name, value string
	want        addrWant
}

func (c addrCriterion) title() string { return c.name }

func (c addrCriterion) holds(v *view) bool { return c.want.in(v.addrs(c.name)) }

func (c addrCriterion) explain(v *view) []Reason {
	r := Reason{Criterion: c.name, Want: c.value, Got: v.addrText(c.name)}
	if r.Got == "" {
		r.Got = "no address"
	}
	r.Near = c.near(v)
	return []Reason{r}
}

// near looks where else the address is, and which address differs by its tag alone.
func (c addrCriterion) near(v *view) string {
	for _, other := range []string{"To", "Cc", "Bcc", "From"} {
		if other != c.name && c.want.in(v.addrs(other)) {
			return "it is in " + other
		}
	}
	if c.name != "Recipient" && c.name != "From" && c.want.in(v.addrs("Recipient")) {
		return "reached you by Bcc, or by an alias or list: use Recipient"
	}
	for _, a := range v.addrs(c.name) {
		if a.domain == c.want.domain && untag(a.local) == untag(c.want.local) {
			return "only the plus-tag differs"
		}
		if a.domain != c.want.domain && a.local == c.want.local && a.local != "" {
			return otherDomain
		}
	}
	return ""
}

// otherDomain is the nearness of an address that is the same in another domain.
const otherDomain = "only the domain differs"

// untag cuts the plus-tag off a local part.
func untag(local string) string {
	base, _, _ := strings.Cut(local, "+")
	return base
}

// textCriterion asks whether the subject or the body contains a text.
type textCriterion struct{ name, value, folded string }

func (c textCriterion) title() string { return c.name }

func (c textCriterion) holds(v *view) bool {
	if c.name == "Subject" {
		return strings.Contains(v.subject(), c.folded)
	}
	return slices.ContainsFunc(v.bodies(), func(b string) bool { return strings.Contains(b, c.folded) })
}

func (c textCriterion) explain(v *view) []Reason {
	if c.name == "Subject" {
		return []Reason{{c.name, c.value, v.message.Subject, nearest(c.value, v.message.Subject)}}
	}
	body := shorten(v.message.Body(), nearestLimit)
	r := Reason{Criterion: c.name, Want: c.value, Got: excerpt(c.value, body), Near: nearest(c.value, body)}
	if strings.Contains(fold(v.message.HTML), c.folded) {
		r.Near = "it is in the HTML source, but not in what a reader sees: the target of a link, or hidden?"
	}
	return []Reason{r}
}

// nearestLimit bounds how much of a body is searched for the nearest text.
const nearestLimit = 8 << 10

// reCriterion asks whether a pattern is found in the subject or the body.
type reCriterion struct {
	name string
	re   *regexp.Regexp
}

func (c reCriterion) texts(v *view) []string {
	if c.name == "SubjectRE" {
		return []string{plain(v.message.Subject)}
	}
	return v.plainBodies()
}

func (c reCriterion) title() string { return c.name }

func (c reCriterion) holds(v *view) bool { return slices.ContainsFunc(c.texts(v), c.re.MatchString) }

func (c reCriterion) explain(v *view) []Reason {
	got := strings.Join(c.texts(v), " ")
	return []Reason{{c.name, c.re.String(), shorten(got, excerptMost), reNear(c.re, got)}}
}

// idCriterion compares the Message-ID.
type idCriterion struct{ id string }

func (idCriterion) title() string { return "MessageID" }

func (c idCriterion) holds(v *view) bool { return v.message.MessageID == c.id }

func (c idCriterion) explain(v *view) []Reason {
	return []Reason{{Criterion: "MessageID", Want: c.id, Got: v.message.MessageID}}
}

// headerCriterion asks what one instance of a header contains.
type headerCriterion struct{ key, value, folded string }

func (c headerCriterion) title() string { return "Header[" + c.key + "]" }

func (c headerCriterion) holds(v *view) bool {
	return slices.ContainsFunc(v.message.Header.Values(c.key), func(s string) bool {
		return c.folded == "" || strings.Contains(fold(s), c.folded)
	})
}

func (c headerCriterion) explain(v *view) []Reason {
	r := Reason{Criterion: "Header[" + c.key + "]", Want: c.value}
	values := v.message.Header.Values(c.key)
	if len(values) == 0 {
		r.Near = "the mail has no such header"
		return []Reason{r}
	}
	r.Got = strings.Join(values, " | ")
	r.Near = nearest(c.value, values[0])
	return []Reason{r}
}

// attachmentCriterion asks for a file name.
type attachmentCriterion struct{ glob, folded string }

func (attachmentCriterion) title() string { return "Attachment" }

func (c attachmentCriterion) holds(v *view) bool {
	return slices.ContainsFunc(v.message.Attachments, func(a *Attachment) bool {
		ok, _ := path.Match(c.folded, fold(a.Name))
		return ok && !a.Inline
	})
}

func (c attachmentCriterion) explain(v *view) []Reason {
	r := Reason{Criterion: "Attachment", Want: c.glob, Got: v.message.attachmentNames()}
	if r.Got == "" {
		r.Near = "the mail has no attachment"
	}
	return []Reason{r}
}

// folderCriterion asks where the mail lies.
type folderCriterion struct{ folder Folder }

func (c folderCriterion) want() Folder {
	if c.folder == "" {
		return Inbox
	}
	return c.folder
}

func (folderCriterion) title() string { return "Folder" }

func (c folderCriterion) holds(v *view) bool {
	return c.folder == Anywhere || slices.Contains(v.message.Folders, c.want())
}

func (c folderCriterion) explain(v *view) []Reason {
	r := Reason{Criterion: "Folder", Want: string(c.want()), Got: folderNames(v.message.Folders)}
	if slices.Contains(v.message.Folders, Junk) {
		r.Near = "the mail is in Junk"
	}
	return []Reason{r}
}

// sinceCriterion and beforeCriterion bound the time of receipt.
type sinceCriterion struct{ t time.Time }

func (sinceCriterion) title() string { return "Since" }

func (c sinceCriterion) holds(v *view) bool { return !v.message.Received.Truncate(second).Before(c.t) }

func (c sinceCriterion) explain(v *view) []Reason {
	return []Reason{{"Since", stamp(c.t), stamp(v.message.Received), span(c.t.Sub(v.message.Received)) + " too early"}}
}

type beforeCriterion struct{ t time.Time }

func (beforeCriterion) title() string { return "Before" }

func (c beforeCriterion) holds(v *view) bool { return v.message.Received.Truncate(second).Before(c.t) }

func (c beforeCriterion) explain(v *view) []Reason {
	return []Reason{{"Before", stamp(c.t), stamp(v.message.Received), span(v.message.Received.Sub(c.t)) + " too late"}}
}

// span writes a duration without needless digits.
func span(d time.Duration) string {
	if d >= second {
		d = d.Round(second)
	}
	return d.String()
}

// anyCriterion holds if one of its alternatives does.
type anyCriterion struct{ alts []*matcher }

func (anyCriterion) title() string { return "AnyOf" }

func (c anyCriterion) holds(v *view) bool {
	return slices.ContainsFunc(c.alts, func(m *matcher) bool {
		return m.matchAll(v) && (m.where == nil || m.where(v.message) == nil)
	})
}

// explain shows the alternative with the fewest reasons.
func (c anyCriterion) explain(v *view) []Reason {
	var best []Reason
	at := 0
	for i, m := range c.alts {
		if rs := m.mismatch(v); best == nil || len(rs) < len(best) {
			best, at = rs, i
		}
	}
	for i := range best {
		best[i].Criterion = "AnyOf[" + strconv.Itoa(at) + "]." + best[i].Criterion
	}
	return best
}
