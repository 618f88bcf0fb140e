package authentication

import (
	"context"
	"errors"
	"strings"

	"github.com/emersion/go-msgauth/dmarc"
	"golang.org/x/net/publicsuffix"

	"github.com/cloudmail-go/cloudmail/connector"
)

// DMARC is what the author's domain wants to be done with a mail.
type DMARC struct {
	From   string // the domain of From
	Domain string // whose record it is: From, or its organizational domain; "" if there is none
	Policy string // "none", "quarantine" or "reject"; "" without a record
	DKIM   bool   // a good signature is aligned with From
	SPF    bool   // SPF passed for a domain that is aligned with From
	Pass   bool   // there is a record, and one of both holds
}

// CheckDMARC judges a mail (RFC 7489 §6.6) by its checked signatures and by what SPF said of the
// envelope sender's domain; spfDomain is "" where SPF did not pass. A mail with no author or several has
// no domain to judge: [connector.ErrUnexpected].
func CheckDMARC(ctx context.Context, m *connector.Message, signatures []Signature, spfDomain string, dns DNS) (DMARC, error) {
	d := DMARC{From: fromDomain(m)}
	if d.From == "" || dns == nil {
		return d, &connector.Error{Op: "check DMARC", Kind: connector.ErrUnexpected, Err: errors.New("the mail has no single author, or there is no DNS"), Remedy: "DMARC judges mails with one address in From"}
	}
	record, err := d.find(ctx, dns)
	if err != nil || record == nil {
		return d, err
	}
	d.Policy = string(record.Policy)
	if d.Domain != d.From && record.SubdomainPolicy != "" {
		d.Policy = string(record.SubdomainPolicy)
	}
	for _, s := range signatures {
		d.DKIM = d.DKIM || s.Err == nil && aligned(s.Domain, d.From, record.DKIMAlignment == dmarc.AlignmentStrict)
	}
	d.SPF = spfDomain != "" && aligned(spfDomain, d.From, record.SPFAlignment == dmarc.AlignmentStrict)
	d.Pass = d.DKIM || d.SPF
	return d, nil
}

// find looks for the record of the domain, then of its organizational domain; nil if neither has one.
func (d *DMARC) find(ctx context.Context, dns DNS) (*dmarc.Record, error) {
	lookup := &dmarc.LookupOptions{LookupTXT: func(name string) ([]string, error) { return dns.LookupTXT(ctx, name) }}
	for _, domain := range []string{d.From, organizational(d.From)} {
		record, err := dmarc.LookupWithOptions(domain, lookup)
		switch {
		case err == nil:
			d.Domain = domain
			return record, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !errors.Is(err, dmarc.ErrNoPolicy):
			return nil, &connector.Error{Op: "check DMARC", Kind: connector.ErrUnavailable, Err: err, Remedy: "is the record of _dmarc." + domain + " readable?"}
		}
	}
	return nil, nil //nolint:nilnil // no record is no failure
}

// aligned reports whether two domains are the same, or, unless strict, of the same organization (RFC
// 7489 §3.1).
func aligned(domain, from string, strict bool) bool {
	domain = domainOf(domain)
	switch {
	case domain == "" || from == "":
		return false
	case domain == from:
		return true
	}
	return !strict && organizational(domain) == organizational(from)
}

// organizational is the domain that one registers, by the public suffix list.
func organizational(domain string) string {
	if d, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(domain)); err == nil {
		return d
	}
	return domain
}
