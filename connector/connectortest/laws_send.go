package connectortest

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// sendLaws are about mail that leaves.
func sendLaws() []Law {
	return []Law{
		{Name: "mail-to-oneself-arrives-once", Run: sendSelf,
			Why: "a round trip through the own mailbox is the simplest test there is; the copy in Sent is not it"},
		{Name: "a-sent-mail-is-kept-once", Needs: func(in *Instance) bool { return !in.InboxOnly }, Run: sentCopy,
			Why: "what a test sent can be looked up in Sent, as what a person sent, by services that keep it and by those that must be told to"},
		{Name: "send-refuses-foreign-recipients", Needs: canPeer, Run: sendForeign,
			Why: "a test must not be able to mail a customer: nothing is sent unless every recipient is allowed"},
		{Name: "sent-mail-says-what-was-written", Needs: canPeer, Run: sendContent,
			Why: "text, HTML, files, names and header fields come to the other side as they were given"},
		{Name: "a-blind-copy-stays-blind", Needs: canPeer, Run: sendBcc,
			Why: "who was copied in secret is not told to the others"},
		{Name: "a-draft-cannot-break-its-header", Run: sendInjection,
			Why: "a line break in a subject must not become a recipient"},
		{Name: "a-reply-stays-in-its-thread", Needs: canPeer, Run: reply,
			Why: "products match answers to their mail by the thread"},
		{Name: "a-reply-to-all-leaves-oneself-out", Needs: canPeer, Run: replyAll,
			Why: "nobody answers himself"},
		{Name: "forward-keeps-the-bytes", Needs: canPeer, Run: forward,
			Why: "the mail sent on is evidence: it is attached as it came"},
		{Name: "a-throttled-send-is-sent-once", Needs: func(in *Instance) bool { return in.Throttle != nil && canPeer(in) }, Run: sendThrottled,
			Why: "a service that asks to wait did not send; one that was not understood may have, and must not be asked twice"},
	}
}

// toPeer connects with the right to write to the peer.
func (in *Instance) toPeer(t T) *connector.Session {
	return in.connect(t, &connector.Options{SendTo: []string{in.Peer, in.Server.Mailbox()}})
}

// peerGets waits until the peer has n mails and returns the one with the Message-ID.
func (in *Instance) peerGets(t T, n int, id string) *connector.Message {
	t.Helper()
	for end := time.Now().Add(in.patience()); len(in.PeerMail()) < n && time.Now().Before(end); {
		pass(t, 100*time.Millisecond)
	}
	mails := in.PeerMail()
	same(t, len(mails), n, "the number of mails that came to the peer")
	for _, raw := range mails {
		m, err := connector.ReadMessage(bytes.NewReader(raw))
		must(t, err, "read the peer's mail")
		if m.MessageID == id {
			return m
		}
	}
	fatalf(t, "the peer did not get the mail %s", id)
	return nil
}

func sendSelf(t T, in *Instance) {
	s := in.connect(t, nil)
	receipt, err := s.Send(t.Context(), connector.Draft{To: []string{in.Server.Mailbox()}, Subject: "to myself", Text: "Hello, me."})
	if cannot(err) {
		return
	}
	must(t, err, "send")
	m := in.finds(t, s, connector.Query{MessageID: receipt.MessageID, Folder: connector.Anywhere})
	same(t, strings.TrimSpace(m.Text), "Hello, me.", "the text")
	if !slices.Contains(m.Folders, connector.Inbox) {
		t.Errorf("the mail is said to lie in %v", m.Folders)
	}
	in.findsNone(t, s, connector.Query{MessageID: receipt.MessageID, Folder: connector.Anywhere})
}

func sentCopy(t T, in *Instance) {
	s := in.connect(t, nil)
	receipt, err := s.Send(t.Context(), connector.Draft{To: []string{in.Server.Mailbox()}, Subject: "for the record", Text: "Keep this."})
	if cannot(err) {
		return
	}
	must(t, err, "send")
	must(t, receipt.NoCopy, "keep a copy in Sent")
	in.finds(t, s, connector.Query{MessageID: receipt.MessageID})
	kept, err := s.Find(t.Context(), connector.Query{MessageID: receipt.MessageID, Folder: connector.Sent}, 0)
	must(t, err, "find in Sent")
	same(t, len(kept), 1, "the number of copies in Sent")
	for _, m := range kept {
		same(t, strings.TrimSpace(m.Text), "Keep this.", "the text")
	}
	in.findsNone(t, s, connector.Query{MessageID: receipt.MessageID, Folder: connector.Anywhere})
}

func sendForeign(t T, in *Instance) {
	s := in.connect(t, nil)
	self := in.Server.Mailbox()
	for _, d := range []connector.Draft{
		{To: []string{in.Peer}},
		{To: []string{self}, Cc: []string{in.Peer}},
		{To: []string{self}, Bcc: []string{"Me <" + in.Peer + ">"}},
	} {
		_, err := s.Send(t.Context(), d)
		is(t, err, connector.ErrRefused, "sending to the peer without being allowed to")
	}
	_, err := s.Send(t.Context(), connector.Draft{Subject: "to nobody"})
	is(t, err, connector.ErrConfig, "sending to nobody")
	l := in.letterWith("answer me elsewhere", "Reply-To: "+in.Peer+"\r\nContent-Type: text/plain\r\n", "text\r\n")
	in.Deliver(l.raw)
	m := in.finds(t, s, l.query())
	_, err = s.Reply(t.Context(), m, connector.Draft{Text: "no"})
	is(t, err, connector.ErrRefused, "replying to the peer without being allowed to")
	_, err = s.Forward(t.Context(), m, connector.Draft{To: []string{in.Peer}})
	is(t, err, connector.ErrRefused, "forwarding to the peer without being allowed to")
	in.findsNone(t, s, connector.Query{Everything: true})
	same(t, len(in.PeerMail()), 0, "the number of mails that came to the peer")
}

func sendContent(t T, in *Instance) {
	s := in.toPeer(t)
	file := noise(70_000)
	receipt, err := s.Send(t.Context(), connector.Draft{To: []string{"Peer Gynt <" + in.Peer + ">"}, Subject: "Grüße: 100 % „wahr“",
		Text: "Zeile 1\nZeile 2: ümläut", HTML: "<p>Zeile <b>1</b></p>", Header: map[string]string{"X-Run-Id": "run 7"},
		Attachments: []connector.File{{Name: "Übersicht.bin", Data: file}}})
	must(t, err, "send")
	m := in.peerGets(t, 1, receipt.MessageID)
	same(t, m.Subject, "Grüße: 100 % „wahr“", "the subject")
	same(t, strings.TrimSpace(m.Text), "Zeile 1\nZeile 2: ümläut", "the text")
	same(t, strings.TrimSpace(m.HTML), "<p>Zeile <b>1</b></p>", "the HTML")
	same(t, m.Header.Get("X-Run-Id"), "run 7", "the header field")
	same(t, strings.ToLower(m.To[0].Addr), in.Peer, "the recipient")
	same(t, m.From[0].Addr, in.Server.Mailbox(), "the sender")
	if !bytes.Equal(open(t, m, "Übersicht.bin"), file) {
		t.Errorf("the attachment has other bytes than were sent")
	}
}

func sendBcc(t T, in *Instance) {
	s := in.toPeer(t)
	self := in.Server.Mailbox()
	receipt, err := s.Send(t.Context(), connector.Draft{To: []string{in.Peer}, Bcc: []string{self}, Subject: "in secret", Text: "psst"})
	must(t, err, "send")
	in.finds(t, s, connector.Query{MessageID: receipt.MessageID})
	open := in.peerGets(t, 1, receipt.MessageID)
	if bcc := open.Header.Values("Bcc"); len(bcc) > 0 {
		t.Errorf("the open recipient sees the secret one: %q", bcc)
	}
}

func sendInjection(t T, in *Instance) {
	s := in.connect(t, nil)
	self := []string{in.Server.Mailbox()}
	for _, d := range []connector.Draft{
		{To: self, Subject: "x\r\nBcc: victim@example.com"},
		{To: self, Header: map[string]string{"X-A": "b\nBcc: victim@example.com"}},
		{To: self, Header: map[string]string{"X-A: b\r\nBcc": "victim@example.com"}},
		{To: self, Header: map[string]string{"Bcc": "victim@example.com"}},
		{To: []string{self[0] + "\r\nBcc: victim@example.com"}},
	} {
		if _, err := s.Send(t.Context(), d); !cannot(err) {
			is(t, err, connector.ErrConfig, "sending a draft that breaks its header")
		}
	}
}

// incoming delivers a mail from the peer and waits for it.
func (in *Instance) incoming(t T, s *connector.Session, header string) *connector.Message {
	l := in.letterWith("question", header+"Content-Type: text/plain\r\n", "What now?\r\n")
	raw := bytes.Replace(l.raw, []byte("From: Shop <"+sender+">"), []byte("From: Peer Gynt <"+in.Peer+">"), 1)
	in.Deliver(raw)
	return in.finds(t, s, l.query())
}

func reply(t T, in *Instance) {
	s := in.toPeer(t)
	m := in.incoming(t, s, "References: <first@law.example.com> <second@law.example.com>\r\n")
	receipt, err := s.Reply(t.Context(), m, connector.Draft{Text: "Wait and see."})
	must(t, err, "reply")
	got := in.peerGets(t, 1, receipt.MessageID)
	same(t, got.Subject, "Re: question", "the subject")
	same(t, got.InReplyTo, m.MessageID, "In-Reply-To")
	same(t, strings.Join(got.References, " "), "first@law.example.com second@law.example.com "+m.MessageID, "References")
	if !strings.HasPrefix(got.Text, "Wait and see.") || !strings.Contains(got.Text, "> What now?") {
		t.Errorf("the text must be the answer above the question: %q", got.Text)
	}
	again, err := s.Reply(t.Context(), m, connector.Draft{Subject: "Something else", Text: "x"})
	must(t, err, "reply with another subject")
	same(t, in.peerGets(t, 2, again.MessageID).Subject, "Something else", "the subject of the second reply")
}

func replyAll(t T, in *Instance) {
	s := in.toPeer(t)
	self := in.Server.Mailbox()
	m := in.incoming(t, s, "Cc: Someone <"+strings.ToUpper(self)+">, "+in.Peer+"\r\n")
	receipt, err := s.ReplyAll(t.Context(), m, connector.Draft{Text: "To everyone."})
	must(t, err, "reply to all")
	got := in.peerGets(t, 1, receipt.MessageID)
	same(t, len(got.To)+len(got.Cc), 1, "the number of recipients")
	in.findsNone(t, s, connector.Query{MessageID: receipt.MessageID})
}

func forward(t T, in *Instance) {
	s := in.toPeer(t)
	l := in.withFile("evidence", "data.bin", noise(5000))
	in.Deliver(l.raw)
	m := in.finds(t, s, l.query())
	receipt, err := s.Forward(t.Context(), m, connector.Draft{To: []string{in.Peer}, Text: "Look at this."})
	must(t, err, "forward")
	got := in.peerGets(t, 1, receipt.MessageID)
	same(t, got.Subject, "Fwd: evidence", "the subject")
	if inner := open(t, got, "*.eml"); !bytes.HasSuffix(bytes.TrimSpace(inner), bytes.TrimSpace(l.raw)) {
		t.Errorf("the mail sent on has other bytes than came: %.300q", inner)
	}
}

func sendThrottled(t T, in *Instance) {
	s := in.toPeer(t)
	in.Throttle(2, time.Second)
	receipt, err := s.Send(t.Context(), connector.Draft{To: []string{in.Peer}, Subject: "only once", Text: "x"})
	must(t, err, "send")
	in.peerGets(t, 1, receipt.MessageID)
}
