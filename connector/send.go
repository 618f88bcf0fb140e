package connector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"
)

// Send sends a mail from the mailbox, to the recipients that Options.SendTo allows and no other.
// It is [ErrRefused] as a whole if one is not allowed, and [ErrConfig] if the draft has no recipient,
// an address that is none, or a header that is not its own to set; no request is made then. A
// mail is sent at most once: only a call that the service throttled, and so did not take, is
// repeated. A mailbox that cannot send is [errors.ErrUnsupported].
func (s *Session) Send(ctx context.Context, d Draft) (Receipt, error) {
	return s.submit(ctx, "send", d, thread{}, nil)
}

// Reply answers whom the mail asks to be answered: Reply-To, else From. The draft's subject ("Re: "
// in front, once) and To are filled in where empty; the original stands below the text, and
// In-Reply-To and References name it (RFC 5322 §3.6.4). Whoever is answered must be allowed by
// [Options.SendTo], as in Send.
func (s *Session) Reply(ctx context.Context, m *Message, d Draft) (Receipt, error) {
	return s.reply(ctx, "reply", m, d, false)
}

// ReplyAll is Reply with everyone else of To and Cc in the draft's Cc where that is empty, but for
// the mailbox itself, plus-addresses included.
func (s *Session) ReplyAll(ctx context.Context, m *Message, d Draft) (Receipt, error) {
	return s.reply(ctx, "reply to all", m, d, true)
}

func (s *Session) reply(ctx context.Context, op string, m *Message, d Draft, all bool) (Receipt, error) {
	if m == nil {
		return Receipt{}, configError(op, s.Mailbox(), "the message is nil", "pass the mail to answer")
	}
	if len(d.To) == 0 {
		d.To = addrSpecs(m.answerTo())
	}
	if all && len(d.Cc) == 0 {
		d.Cc = s.others(m, d.To)
	}
	d.Subject = prefixed("Re: ", d.Subject, m.Subject)
	d.Text = quoted(d.Text, m)
	th := thread{inReplyTo: m.MessageID, references: append(slices.Clone(m.References), m.MessageID)}
	if m.MessageID == "" {
		th = thread{}
	}
	return s.submit(ctx, op, d, th, m)
}

// Forward sends the mail on as an attached message (RFC 2046 §5.2.1), byte for byte where the
// service hands the bytes over, with the draft's text in front and "Fwd: " before the subject where
// the draft has none. The mail is read whole. What it refuses is what Send refuses.
func (s *Session) Forward(ctx context.Context, m *Message, d Draft) (Receipt, error) {
	if m == nil {
		return Receipt{}, configError("forward", s.Mailbox(), "the message is nil", "pass the mail to forward")
	}
	if err := s.mayMail("forward", d); err != nil {
		return Receipt{}, err
	}
	raw, err := m.Raw(ctx)
	if err != nil {
		return Receipt{}, err
	}
	defer raw.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(raw); err != nil {
		return Receipt{}, &Error{Op: "forward", Mailbox: s.Mailbox(), Kind: ErrUnavailable, Err: err}
	}
	d.Subject = prefixed("Fwd: ", d.Subject, m.Subject)
	d.Attachments = append(slices.Clone(d.Attachments), File{Name: "forwarded.eml", Type: "message/rfc822", Data: b.Bytes()})
	return s.submit(ctx, "forward", d, thread{}, nil)
}

// submit checks, composes and sends.
func (s *Session) submit(ctx context.Context, op string, d Draft, th thread, parent *Message) (Receipt, error) {
	if err := s.usable(op); err != nil {
		return Receipt{}, err
	}
	if err := s.mayMail(op, d); err != nil {
		return Receipt{}, err
	}
	raw, id, err := d.compose(s.Mailbox(), th)
	if err != nil {
		return Receipt{}, &Error{Op: op, Mailbox: s.Mailbox(), Kind: ErrConfig, Err: err}
	}
	to := slices.Concat(d.To, d.Cc, d.Bcc)
	for i := range to {
		w, _ := parseAddrWant(to[i])
		to[i] = w.local + "@" + w.domain
	}
	if err := s.maySend(op); err != nil {
		return Receipt{}, err
	}
	if s.dry(op, "recipients", len(to), "message-id", id) {
		return Receipt{MessageID: id, DryRun: true}, nil
	}
	receipt := Receipt{MessageID: id}
	if receipt.NoCopy, err = s.dispatch(ctx, to, raw, parent); err != nil {
		return Receipt{}, err
	}
	if receipt.NoCopy != nil {
		s.set.Log.Warn("no copy in Sent", "op", op, "mailbox", s.Mailbox(), "message-id", id, "error", receipt.NoCopy.Error())
	}
	return receipt, nil
}

// dispatch hands the mail to the service, once: of the failures only a throttle is one after which it was
// not taken. noCopy is what happened after it was sent.
func (s *Session) dispatch(ctx context.Context, to []string, raw []byte, parent *Message) (noCopy, err error) {
	ctx, cancel := withLimit(ctx, s.set.Wait)
	defer cancel()
	throttled := func(err error) bool { return errors.Is(err, ErrThrottled) }
	err = s.feed.retry(ctx, throttled, func(ctx context.Context) error {
		var err error
		if s.feed.able.reply != nil && parent != nil && parent.ID != "" {
			err = s.feed.able.reply.SendReply(ctx, s.feed.idOf(parent), to, bytes.NewReader(raw))
		} else {
			err = s.feed.able.send.Send(ctx, to, bytes.NewReader(raw))
		}
		if sent, ok := errors.AsType[*NoCopyError](err); ok { // before its cause is taken for a throttle
			noCopy, err = sent, nil
		}
		return err
	})
	return noCopy, err
}

// mayMail refuses what cannot or must not be sent, before the first request.
func (s *Session) mayMail(op string, d Draft) error {
	if s.feed.able.send == nil {
		return s.unsupported(op)
	}
	all := slices.Concat(d.To, d.Cc, d.Bcc)
	if len(all) == 0 {
		return configError(op, s.Mailbox(), "Draft has no recipient", "set To, Cc or Bcc")
	}
	for _, a := range all {
		w, ok := parseAddrWant(a)
		if !ok || w.local == "" {
			return configError(op, s.Mailbox(), "Draft: "+quote(a)+" is no address", `write "local@domain"`)
		}
		switch addr := w.local + "@" + w.domain; {
		case s.set.denies(addr):
			return &Error{Op: op, Mailbox: s.Mailbox(), Kind: ErrRefused, Err: fmt.Errorf("Options.Deny forbids %s as a recipient", quote(a)),
				Remedy: "send to a mailbox that is for tests"}
		case !anyOf(s.set.sendTo, addr):
			return &Error{Op: op, Mailbox: s.Mailbox(), Kind: ErrRefused, Err: fmt.Errorf("%s is not allowed as a recipient", quote(a)),
				Remedy: "add it to Options.SendTo if the test may send there"}
		}
	}
	return d.checkHeader(op, s.Mailbox())
}

// checkHeader refuses fields that are ours, and values that would break the header.
func (d Draft) checkHeader(op, mailbox string) error {
	for k, v := range d.Header {
		canonical := textproto.CanonicalMIMEHeaderKey(k)
		if slices.Contains(ownFields, canonical) || strings.ContainsAny(k, ": \r\n\x00") || k == "" {
			return configError(op, mailbox, "Draft.Header: "+quote(k)+" cannot be set", "use the draft's own field, or another name")
		}
		if strings.ContainsAny(v, "\r\n\x00") {
			return configError(op, mailbox, "Draft.Header["+k+"] has a line break", "a header value is one line")
		}
	}
	if strings.ContainsAny(d.Subject, "\r\n\x00") {
		return configError(op, mailbox, "Draft.Subject has a line break", "a subject is one line")
	}
	return nil
}

// answerTo is who a reply goes to.
func (m *Message) answerTo() []Address {
	if len(m.ReplyTo) > 0 {
		return m.ReplyTo
	}
	return m.From
}

// others are the remaining people of a mail: not the mailbox, not who is answered already.
func (s *Session) others(m *Message, to []string) []string {
	var out []string
	me := normAddr(s.Mailbox())
	for _, a := range slices.Concat(m.To, m.Cc) {
		n := normAddr(a.Addr)
		mine := addrWant{untag(n.local), n.domain} == me || n == me
		if !mine && !slices.ContainsFunc(slices.Concat(to, out), func(b string) bool { return normAddr(b) == n }) {
			out = append(out, a.Addr)
		}
	}
	return out
}

// addrSpecs lists the bare addresses.
func addrSpecs(as []Address) []string {
	out := make([]string, len(as))
	for i, a := range as {
		out[i] = a.Addr
	}
	return out
}

// prefixed returns the own subject, else the original with its prefix once.
func prefixed(prefix, own, original string) string {
	if own != "" {
		return own
	}
	if strings.HasPrefix(strings.ToLower(original), strings.ToLower(prefix)) {
		return original
	}
	return prefix + original
}

// quoted puts the original below the text, each line marked.
func quoted(text string, m *Message) string {
	body := m.Body()
	if body == "" {
		return text
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nOn %s, %s wrote:\n", strings.TrimRight(text, "\n"), stamp(m.Date), addressList(m.From))
	for line := range strings.Lines(strings.ReplaceAll(body, "\r\n", "\n")) {
		b.WriteString("> " + line)
	}
	return b.String()
}
