package authentication

import (
	"context"
	"errors"
	"net"
	"strings"

	"blitiri.com.ar/go/spf"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/delivery"
)

// Client is the machine that handed a mail over, and as whom.
type Client struct {
	IP       net.IP
	Helo     string // how it named itself
	MailFrom string // the envelope sender; empty for a bounce, of which Helo is judged
}

// ClientOf reads who handed the mail to a server, from the line that this server wrote into the header
// and from Return-Path. by is the server's name as in its Received line, or a part of it such as
// ".google.com"; false if there is no such line with an address. Lines of other servers may be forged.
func ClientOf(m *connector.Message, by string) (Client, bool) {
	hops := delivery.Trace(m)
	for i := len(hops) - 1; i >= 0; i-- { // the last one first
		h := hops[i]
		ip := net.ParseIP(h.IP)
		if ip == nil || !strings.HasSuffix(strings.ToLower(h.By), strings.ToLower(by)) {
			continue
		}
		return Client{IP: ip, Helo: h.From, MailFrom: strings.Trim(m.Header.Get("Return-Path"), " <>")}, true
	}
	return Client{}, false
}

// CheckSPF says what the domain of the envelope sender thinks of the machine: "pass", "fail",
// "softfail", "neutral", "none", "temperror" or "permerror" (RFC 7208 §2.6), and why, where there is
// more to say. It asks the DNS ten times at most.
func CheckSPF(ctx context.Context, c Client, dns DNS) (result string, why error) {
	if c.IP == nil || dns == nil || c.Helo == "" && c.MailFrom == "" {
		return "none", &connector.Error{Op: "check SPF", Kind: connector.ErrConfig, Err: errors.New("IP, a name, or the DNS is missing"), Remedy: "fill in Client.IP and Helo or MailFrom, and pass a DNS"}
	}
	r, err := spf.CheckHostWithSender(c.IP, c.Helo, c.MailFrom, spf.WithContext(ctx), spf.WithResolver(dns))
	return string(r), err
}
