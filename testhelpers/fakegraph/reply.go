package fakegraph

import (
	"html"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// answerKind is one of the ways to answer a mail.
type answerKind int

const (
	replyOne answerKind = iota
	replyToAll
	forwardIt
)

func (c *call) reply() (*reply, *apiError)          { return c.sendAnswer(replyOne) }
func (c *call) replyAll() (*reply, *apiError)       { return c.sendAnswer(replyToAll) }
func (c *call) forward() (*reply, *apiError)        { return c.sendAnswer(forwardIt) }
func (c *call) createReply() (*reply, *apiError)    { return c.draftAnswer(replyOne) }
func (c *call) createReplyAll() (*reply, *apiError) { return c.draftAnswer(replyToAll) }
func (c *call) createForward() (*reply, *apiError)  { return c.draftAnswer(forwardIt) }

// sendAnswer is POST /messages/{id}/reply, replyAll and forward.
func (c *call) sendAnswer(kind answerKind) (*reply, *apiError) {
	m, l, err := c.compose(kind)
	if err != nil {
		return nil, err
	}
	answer, err := c.submit(l.build(), true)
	if err == nil && kind != forwardIt {
		_, _ = c.box.Update(m.Key, func(u *mailstore.Message) { u.Answered = true }) // deleted meanwhile
	}
	return answer, err
}

// draftAnswer is POST /messages/{id}/createReply, createReplyAll and createForward.
func (c *call) draftAnswer(kind answerKind) (*reply, *apiError) {
	_, l, err := c.compose(kind)
	if err != nil {
		return nil, err
	}
	return c.saveDraft(l.build(), mailstore.Drafts, &inMessage{}), nil
}

// compose writes the answer that a request describes.
func (c *call) compose(kind answerKind) (mailstore.Message, *letter, *apiError) {
	var in struct {
		Comment      string
		Message      inMessage
		ToRecipients *[]inRecipient
	}
	if err := c.decode(&in); err != nil {
		return mailstore.Message{}, nil, err
	}
	if in.Comment != "" && in.Message.Body != nil {
		return mailstore.Message{}, nil, fail(400, "ErrorInvalidRequest", "Comment and the body of the message may not both be given.")
	}
	m, err := c.target()
	if err != nil {
		return m, nil, err
	}
	l := c.view(m).answer(kind, in.Comment, c.self())
	if in.ToRecipients != nil && in.Message.ToRecipients == nil {
		in.Message.ToRecipients = in.ToRecipients
	}
	return m, l, c.f.apply(l, &in.Message)
}

// answer starts a reply or forward: recipients, subject, thread and quoted text.
func (v *view) answer(kind answerKind, comment string, self address) *letter {
	l := newLetter(self)
	to, cc := v.answerTo(kind, self)
	l.setPeople("To", to)
	l.setPeople("Cc", cc)
	prefix := "RE: "
	if kind == forwardIt {
		prefix = "FW: "
	}
	subject := v.subject()
	if !strings.HasPrefix(strings.ToLower(subject), strings.ToLower(prefix)) {
		subject = prefix + subject
	}
	l.setText("Subject", subject)
	l.set("In-Reply-To", v.messageID())
	l.set("References", strings.TrimSpace(v.d.get("References")+" "+v.messageID()))
	l.html, l.text = v.quote(comment)
	for _, p := range v.d.attachments() {
		if kind == forwardIt || p.inline() {
			l.files = append(l.files, fileOf(p))
		}
	}
	return l
}

func (v *view) answerTo(kind answerKind, self address) (to, cc []address) {
	if kind == forwardIt {
		return nil, nil
	}
	to = parseAddresses(v.d.get("Reply-To"))
	if len(to) == 0 {
		to = parseAddresses(v.d.get("From"))
	}
	if kind == replyOne {
		return to, nil
	}
	fresh := func(list []address, known ...address) (rest []address) {
		for _, a := range list {
			same := func(b address) bool { return strings.EqualFold(a.addr, b.addr) }
			if !same(self) && !slices.ContainsFunc(known, same) {
				rest = append(rest, a)
			}
		}
		return rest
	}
	to = append(to, fresh(parseAddresses(v.d.get("To")), to...)...)
	return to, fresh(parseAddresses(v.d.get("Cc")), to...)
}

// quote puts the comment above the mail that is answered.
func (v *view) quote(comment string) (isHTML bool, text string) {
	v.d.tree()
	head := []string{"From: " + decodeWords(v.d.get("From")), "Sent: " + v.sent().UTC().Format("Monday, January 2, 2006 3:04 PM"),
		"To: " + decodeWords(v.d.get("To")), "Subject: " + v.subject()}
	if v.d.html == nil {
		return false, comment + "\r\n\r\n________________________________\r\n" + strings.Join(head, "\r\n") + "\r\n\r\n" + v.d.textBody()
	}
	for i := range head {
		head[i] = html.EscapeString(head[i])
	}
	return true, "<html><body><div>" + strings.ReplaceAll(html.EscapeString(comment), "\n", "<br>") + "</div><hr><div>" +
		strings.Join(head, "<br>") + "</div><br><div>" + v.d.html.text() + "</div></body></html>"
}
