package smtp

import (
	"bytes"
	"fmt"
	"net/mail"
	"strings"
	"unicode/utf8"

	client "github.com/wneessen/go-mail/smtp"
)

// submit is one mail transaction (RFC 5321 §3.3). A recipient that is refused ends it, so that a
// mail goes to all or to none.
func (s *Sender) submit(c *client.Client, to []string, raw []byte) error {
	if err := s.begin(c, to, raw); err != nil {
		return err
	}
	for _, address := range to {
		recipient, err := path(address)
		if err == nil {
			err = c.Rcpt(recipient)
		}
		if err != nil {
			return &rcptError{address, err}
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return &halfSentError{err}
	}
	if err := w.Close(); err != nil {
		return &halfSentError{err}
	}
	return nil
}

// begin names the sender and says what mail comes: its size where the server has a limit, so that it is refused
// before it is sent (RFC 1870 §6), and SMTPUTF8 for a mail that needs it and no other, since not
// every server that it meets on its way takes such mails (RFC 6531 §3.4).
func (s *Sender) begin(c *client.Client, to []string, raw []byte) error {
	sender, err := path(s.mailbox)
	if err != nil {
		return err
	}
	beyond := beyondASCII(raw, s.mailbox+strings.Join(to, ""))
	if able, _ := c.Extension("SMTPUTF8"); beyond && !able {
		return errUTF8
	}
	c.SkipSMTPUTF8(!beyond)
	if able, _ := c.Extension("SIZE"); able {
		sender += fmt.Sprintf(" SIZE=%d", len(raw)) // go-mail writes it as it is, with its own parameters behind
	}
	return c.Mail(sender)
}

// path writes an address as commands have it: in angle brackets, a local part that needs quotes in
// quotes (RFC 5321 §4.1.2).
func path(address string) (string, error) {
	p := (&mail.Address{Address: address}).String()
	if a, err := mail.ParseAddress(p); err != nil || a.Address != address {
		return "", fmt.Errorf("%q: %w", address, errAddress)
	}
	return p, nil
}

// beyondASCII reports whether the addresses of a mail or its header have bytes beyond ASCII.
func beyondASCII(raw []byte, addresses string) bool {
	header := raw
	for _, end := range []string{"\n\r\n", "\n\n"} {
		header, _, _ = bytes.Cut(header, []byte(end))
	}
	return strings.ContainsFunc(addresses+string(header), func(r rune) bool { return r >= utf8.RuneSelf })
}
