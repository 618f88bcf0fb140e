package fakegraph

import (
	"encoding/base64"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// sendMail is POST /sendMail, as JSON or as MIME in base64. The answer says that the mail was
// taken, not that it was sent. https://learn.microsoft.com/graph/api/user-sendmail
func (c *call) sendMail() (*reply, *apiError) {
	if c.isMIME() {
		raw, err := c.decodeMIME()
		if err != nil {
			return nil, err
		}
		return c.submit(raw, true)
	}
	var in struct {
		Message         *inMessage
		SaveToSentItems any
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Message == nil {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidParameter", "The value of the parameter 'Message' is empty.")
	}
	l := newLetter(c.self())
	if err := c.f.apply(l, in.Message); err != nil {
		return nil, err
	}
	save := true
	switch v := in.SaveToSentItems.(type) {
	case bool:
		save = v
	case string:
		save = !strings.EqualFold(v, "false")
	}
	return c.submit(l.build(), save)
}

// self is the mailbox's own address.
func (c *call) self() address { return address{"", c.box.Address()} }

func (c *call) isMIME() bool {
	mediaType, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	return mediaType == "text/plain"
}

// decodeMIME reads a body that is a whole mail in base64.
func (c *call) decodeMIME() ([]byte, *apiError) {
	b, err := c.body()
	if err != nil {
		return nil, err
	}
	text := strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' {
			return -1
		}
		return r
	}, strings.TrimSpace(string(b)))
	raw, failed := base64.StdEncoding.DecodeString(text)
	if failed != nil || len(raw) == 0 {
		return nil, known("ErrorMimeContentInvalidBase64String")
	}
	return c.complete(raw), nil
}

// complete adds what a mail must have and does not.
func (c *call) complete(raw []byte) []byte {
	fields, _ := splitHeader(raw)
	head := ""
	if fieldValue(fields, "From") == "" {
		head += "From: " + c.self().String() + "\r\n"
	}
	if fieldValue(fields, "Date") == "" {
		head += "Date: " + time.Now().UTC().Format(time.RFC1123Z) + "\r\n"
	}
	if fieldValue(fields, "Message-ID") == "" {
		head += "Message-ID: " + newMessageID() + "\r\n"
	} else if c.f.o.RewriteMessageID {
		raw = withoutField(raw, "Message-ID")
		head += "Message-ID: " + newMessageID() + "\r\n"
	}
	return append([]byte(head), raw...)
}

// withoutField drops the header fields of a name, with their continuation lines.
func withoutField(raw []byte, name string) []byte {
	var kept []byte
	inside, at := false, 0
	for line := range strings.Lines(string(raw)) {
		if strings.TrimRight(line, "\r\n") == "" {
			break
		}
		at += len(line)
		if line[0] != ' ' && line[0] != '\t' {
			field, _, _ := strings.Cut(line, ":")
			inside = strings.EqualFold(strings.TrimSpace(field), name)
		}
		if !inside {
			kept = append(kept, line...)
		}
	}
	return append(kept, raw[at:]...)
}

// submit hands a mail to the transport, and puts a copy into Sent Items where that is wanted.
func (c *call) submit(raw []byte, save bool) (*reply, *apiError) {
	to, err := c.checkSend(raw)
	if err != nil {
		return nil, err
	}
	if save {
		c.f.after(c.f.o.SentDelay, func() {
			c.box.Deliver(raw, mailstore.Delivery{Folder: mailstore.Sent, Seen: true, NoTrace: true})
		})
	}
	c.transport(raw, to)
	return accepted(), nil
}

func (c *call) transport(raw []byte, to []string) {
	from := c.box.Address()
	c.f.after(c.f.o.DeliveryDelay, func() { c.f.store.Send(from, to, raw) })
}

// after runs f in d, at once if there is nothing to wait for.
func (f *Fake) after(d time.Duration, run func()) {
	if d <= 0 {
		run()
		return
	}
	time.AfterFunc(d, run)
}

// checkSend holds what the service refuses: no or bad recipients, a sender that the mailbox is
// not, too many mails a minute.
func (c *call) checkSend(raw []byte) (to []string, err *apiError) {
	fields, _ := splitHeader(raw)
	to = recipients(fields)
	bad := slices.ContainsFunc(to, func(a string) bool {
		local, domain, ok := strings.Cut(a, "@")
		return !ok || local == "" || domain == "" || strings.ContainsAny(a, " <>")
	})
	switch {
	case len(to) == 0 || bad:
		return nil, known("ErrorInvalidRecipients")
	case c.f.o.Limits.Recipients > 0 && len(to) > c.f.o.Limits.Recipients:
		return nil, fail(http.StatusBadRequest, "ErrorRecipientLimitExceeded", "The message has more recipients than allowed.")
	}
	if from := parseAddresses(fieldValue(fields, "From")); len(from) != 1 || !c.owns(from[0].addr) {
		return nil, known("ErrorSendAsDenied")
	}
	if !c.f.sends.take(c.guid, 1, int64(c.f.o.Limits.Sends), time.Minute) {
		e := throttled("ErrorSubmissionQuotaExceeded", "The message submission rate of the mailbox is exceeded.", c.f.sends.wait(c.guid, time.Minute))
		if c.f.o.SendLimitStatus != 0 {
			e.status = c.f.o.SendLimitStatus
		}
		return nil, e
	}
	return to, nil
}

func (c *call) owns(addr string) bool {
	return strings.EqualFold(addr, c.box.Address()) || includes(c.box.Aliases(), addr)
}
