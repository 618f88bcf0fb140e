package imap

import (
	"bytes"
	"context"
	"io"
	"net/mail"
	"slices"
	"strings"

	imap "github.com/emersion/go-imap/v2"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
)

// sending is a backend that can send.
type sending struct {
	*backend
	by *smtp.Sender
}

// Send has a mail submitted, and puts a copy into Sent. If that fails the mail is sent all the same:
// [connector.NoCopyError].
func (s sending) Send(ctx context.Context, to []string, mail io.Reader) error {
	raw, err := io.ReadAll(mail)
	if err != nil {
		return s.fail("send", err)
	}
	if err := s.by.Send(ctx, to, bytes.NewReader(raw)); err != nil || s.server.NoSentCopy || s.server.onExchangeOnline() {
		return err
	}
	if err := s.keepCopy(ctx, raw); err != nil {
		return &connector.NoCopyError{Err: err}
	}
	return nil
}

// keepCopy sees to it that Sent has the mail, once. Where the connection breaks over it, it looks again
// whether the copy is there.
func (b *backend) keepCopy(ctx context.Context, raw []byte) error {
	const op = "keep a copy in Sent"
	sent, err := b.lookup(ctx, op, connector.Sent)
	if err != nil {
		return err
	}
	for range 2 {
		_, err = use(ctx, b.pool, "", silenceBody, func(c *conn) (struct{}, error) { return struct{}{}, c.keepCopy(sent.name, raw) })
		if !ended(err) || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return b.fail(op, err)
	}
	return nil
}

// onExchangeOnline reports whether the mailbox is one of Exchange Online, which keeps the copies itself, some
// time after it took the mail (Set-Mailbox -MessageCopyForSMTPClientSubmissionEnabled, on by default).
func (s Server) onExchangeOnline() bool {
	host := "." + strings.ToLower(s.Host)
	return slices.ContainsFunc([]string{".office365.com", ".office.com", ".outlook.com", ".office365.us"},
		func(domain string) bool { return strings.HasSuffix(host, domain) })
}

// gmail is a capability that Gmail alone has. It keeps the copies itself, too.
const gmail imap.Cap = "X-GM-EXT-1"

// keepCopy appends a mail that is not in the folder.
func (c *conn) keepCopy(folder string, raw []byte) error {
	if c.has(gmail) {
		return nil
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	c.folder = "" // opened anew: so that what came meanwhile is shown
	if err := c.open(folder, false); err != nil {
		return err
	}
	id := imap.SearchCriteriaHeaderField{Key: "Message-ID", Value: strings.Trim(m.Header.Get("Message-ID"), "<> ")}
	found, err := c.imap.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{id}}, nil).Wait()
	if err != nil || len(found.AllUIDs()) > 0 {
		return err
	}
	return c.append(folder, raw, &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}})
}
