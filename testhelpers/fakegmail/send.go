package fakegmail

import (
	"bytes"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const largestSend = 36700160 // bytes; the discovery document's maxSize

// sendMessage is users.messages.send.
func sendMessage(c *call) (answer, *apiError) {
	in, refusal := c.mail()
	if refusal != nil {
		return answer{}, refusal
	}
	e, refusal := c.send(in)
	if refusal != nil {
		return answer{}, refusal
	}
	return answer{value: e.labelled()}, nil
}

// send carries a mail to its recipients and keeps the sender's copy. A mail to the sender himself
// is one mail with both labels.
func (c *call) send(in incoming) (*entry, *apiError) {
	if len(in.raw) > largestSend {
		return nil, tooLarge()
	}
	rcpt, refusal := recipients(in.fields)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := c.f.chargeSend(c.grant.subject); refusal != nil {
		return nil, refusal
	}
	raw := c.complete(in)
	from := c.box.m.Address()
	self := slices.IndexFunc(rcpt, func(a string) bool { return c.f.owns(c.box.m, a) })
	copied := mailstore.Delivery{Folder: mailstore.Sent, Seen: true, From: from, NoTrace: true}
	if self >= 0 {
		copied = mailstore.Delivery{From: from, Rcpt: rcpt[self], Keywords: []string{labelSent}}
	}
	m := c.box.m.Deliver(raw, copied)
	c.box.join(m.Key, in)
	c.box.sync()
	others := slices.DeleteFunc(rcpt, func(a string) bool { return c.f.owns(c.box.m, a) })
	c.f.deliver(from, others, raw)
	c.box.sync() // a bounce
	return c.box.entries[m.Key], nil
}

// owns reports whether an address leads to the mailbox.
func (f *Fake) owns(m *mailstore.Mailbox, address string) bool {
	other, ok := f.store.Mailbox(address)
	return ok && other == m
}

// join puts a new mail into the thread that the call named, if it belongs there.
func (b *box) join(key uint64, in incoming) {
	if in.ThreadID != "" && b.joins(in.ThreadID, in.fields) {
		b.wish[key] = in.ThreadID
	}
}

// recipients are the addresses of To, Cc and Bcc.
func recipients(fields []header) (rcpt []string, refusal *apiError) {
	for _, name := range []string{"To", "Cc", "Bcc"} {
		for _, f := range fields {
			if !strings.EqualFold(f.Name, name) || strings.TrimSpace(f.Value) == "" {
				continue
			}
			list, err := mail.ParseAddressList(f.Value)
			if err != nil {
				return nil, invalid("Invalid %s header", name)
			}
			for _, a := range list {
				rcpt = append(rcpt, a.Address)
			}
		}
	}
	if len(rcpt) == 0 {
		return nil, invalid("Recipient address required")
	}
	return rcpt, nil
}

// complete adds to a mail what the service adds: its own Received line, and From, Date and
// Message-ID where they are missing or not for the user to choose.
func (c *call) complete(in incoming) []byte {
	var head strings.Builder
	now := time.Now()
	fmt.Fprintf(&head, "Received: from 104727004242\r\n\tnamed unknown\r\n\tby gmailapi.google.com\r\n"+
		"\twith HTTPREST;\r\n\t%s\r\n", now.Format(time.RFC1123Z))
	head.WriteString(c.sender(&in))
	if fieldOf(in.fields, "Date") == "" {
		fmt.Fprintf(&head, "Date: %s\r\n", now.Format(time.RFC1123Z))
	}
	id := fieldOf(in.fields, "Message-ID")
	if id == "" || c.f.opts.ReplaceMessageID {
		if id != "" {
			in.raw = renameField(in.raw, "Message-ID", "X-Google-Original-Message-ID")
		}
		fmt.Fprintf(&head, "Message-ID: <CA%s@mail.gmail.com>\r\n", randomHex(20))
	}
	return append([]byte(head.String()), in.raw...)
}

// sender gives the From line that the service puts in front, "" where the mail's own stays [11].
func (c *call) sender(in *incoming) string {
	m := c.box.m
	from := fieldOf(in.fields, "From")
	own := "From: " + m.Address() + "\r\n"
	if from == "" {
		return own
	}
	a, err := mail.ParseAddress(from)
	if err == nil && (c.f.owns(m, a.Address) || c.f.opts.KeepFrom) {
		return ""
	}
	in.raw = renameField(in.raw, "From", "X-Google-Original-From")
	return own
}

// renameField gives the first field of a name another name.
func renameField(raw []byte, name, other string) []byte {
	at := 0
	for line := range bytes.Lines(raw) {
		field, _, ok := bytes.Cut(line, []byte(":"))
		if ok && strings.EqualFold(string(bytes.TrimRight(field, " \t")), name) {
			return slices.Concat(raw[:at], []byte(other), raw[at+len(field):])
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		at += len(line)
	}
	return raw
}
