package fakeimap

import (
	"bufio"
	"bytes"
	nettextproto "net/textproto"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-message/textproto"
)

// envelopeOf is the ENVELOPE of a mail; empty where the header cannot be read.
func envelopeOf(raw []byte) *imap.Envelope {
	h, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return &imap.Envelope{}
	}
	return imapserver.ExtractEnvelope(h)
}

// textKey is how a parsed header spells a field.
func textKey(name string) string { return nettextproto.CanonicalMIMEHeaderKey(name) }
