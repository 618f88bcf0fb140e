package authentication

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/cloudmail-go/cloudmail/connector"
)

// maxSignatures is how many signatures of one mail are checked: each costs a question to the DNS.
const maxSignatures = 10

// Signature is one DKIM signature, checked.
type Signature struct {
	Domain     string    // who vouches for the mail: d=
	Identifier string    // on behalf of whom: i=
	Header     []string  // the fields that it covers
	Signed     time.Time // zero if not told
	Expires    time.Time // zero if never
	Aligned    bool      // Domain is that of From, or has its organizational domain in common with it
	Err        error     // nil if it is good
}

// Covers reports whether the signature covers a header field.
func (s Signature) Covers(field string) bool {
	for _, f := range s.Header {
		if strings.EqualFold(f, field) {
			return true
		}
	}
	return false
}

// VerifyDKIM checks the signatures of a mail by its bytes, in the order of the mail, at most ten. A mail
// that the service rebuilt from its fields has other bytes than were signed: it is
// [errors.ErrUnsupported], and package delivery's Verdicts tell what the receiving server found.
// Microsoft Graph hands over most mails with a body that is no longer what was signed: a signature that
// fails there says nothing about the sender.
func VerifyDKIM(ctx context.Context, m *connector.Message, dns DNS) ([]Signature, error) {
	if m == nil || dns == nil {
		return nil, &connector.Error{Op: "verify DKIM", Kind: connector.ErrConfig, Err: errors.New("the message or the DNS is nil"), Remedy: "pass a mail that a wait returned, and net.DefaultResolver or a Zone"}
	}
	if m.Rebuilt {
		return nil, &connector.Error{Op: "verify DKIM", Kind: errors.ErrUnsupported, Err: errors.New("the service rebuilt the mail, so that its signatures cannot be checked"), Remedy: "read delivery.Verdicts, what the receiving server found"}
	}
	raw, err := m.Raw(ctx)
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	found, err := dkim.VerifyWithOptions(raw, &dkim.VerifyOptions{
		MaxVerifications: maxSignatures,
		LookupTXT:        func(name string) ([]string, error) { return dns.LookupTXT(ctx, name) },
	})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return nil, &connector.Error{Op: "verify DKIM", Kind: connector.ErrUnexpected, Err: err, Remedy: "is the mail's header readable?"}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var all []Signature
	from := fromDomain(m)
	for _, v := range found {
		all = append(all, Signature{Domain: v.Domain, Identifier: v.Identifier, Header: v.HeaderKeys, Signed: v.Time, Expires: v.Expiration,
			Aligned: aligned(v.Domain, from, false), Err: v.Err})
	}
	return all, nil
}

// fromDomain is the domain of the one author, "" if there is not one alone.
func fromDomain(m *connector.Message) string {
	if len(m.From) != 1 {
		return ""
	}
	return domainOf(m.From[0].Addr)
}

func domainOf(addr string) string {
	return strings.ToLower(strings.TrimSuffix(addr[strings.LastIndexByte(addr, '@')+1:], "."))
}
