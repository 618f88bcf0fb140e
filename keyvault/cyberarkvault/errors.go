package cyberarkvault

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"regexp"
	"strconv"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/internal/rest"
)

// vaultName is this vault's usual name.
const vaultName = "cyberark"

// codes are the errors whose status does not say what they mean.
// https://docs.cyberark.com/credential-providers/latest/en/content/cp%20and%20ascp/messages-and-responses.htm
var codes = map[string]error{
	"APPAP004E": keyvault.ErrNotFound,
	"APPAP005E": keyvault.ErrConfig,      // several accounts fit
	"APPAP007E": keyvault.ErrUnavailable, // the provider does not reach the vault
	"APPAP008E": keyvault.ErrRefused,
	"APPAP227E": keyvault.ErrConfig,
	"APPAP228E": keyvault.ErrConfig,
	"APPAP229E": keyvault.ErrConfig,
	"APPAP282E": keyvault.ErrUnavailable, // the password is being changed
	"APPAP306E": keyvault.ErrRefused,
}

var remedies = map[error]string{
	keyvault.ErrNotFound:    "check safe and object, and that both the provider and the application are members of the safe",
	keyvault.ErrRefused:     "see that the application id exists and allows this machine or this certificate",
	keyvault.ErrUnavailable: "wait: the password is being changed, or the provider does not reach its vault",
	keyvault.ErrConfig:      "name one account as safe/object, and check Options.Service",
}

var goodCode = regexp.MustCompile(`^[A-Z]{5}\d{3}E$`)

// refused tells what an answer that is an error means. The service's text names the query: its code will do.
func refused(n keyvault.Name, a rest.Answer) error {
	var body struct{ ErrorCode string }
	_ = json.Unmarshal(a.Body, &body) // what is no JSON has no code
	kind := codes[body.ErrorCode]
	if kind == nil {
		kind = byStatus(a.Status)
	}
	text := "status " + strconv.Itoa(a.Status)
	if goodCode.MatchString(body.ErrorCode) {
		text += " " + body.ErrorCode
	}
	e := n.Error(kind, keyvault.Cause(text, nil), remedies[kind])
	if errors.Is(kind, keyvault.ErrUnavailable) {
		e.RetryAfter = rest.RetryAfter(a.Header)
	}
	return e
}

func byStatus(status int) error {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return keyvault.ErrRefused
	case status == http.StatusNotFound:
		return keyvault.ErrNotFound
	case status == http.StatusTooManyRequests || status >= 500:
		return keyvault.ErrUnavailable
	}
	return keyvault.ErrConfig
}

// unreached tells what it means that no answer came. A server that ends the handshake with an alert
// refuses the certificate.
func unreached(ctx context.Context, n keyvault.Name, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "remote error" {
		return n.Error(keyvault.ErrRefused, err, remedies[keyvault.ErrRefused])
	}
	return n.Error(keyvault.ErrUnavailable, err, "see that the server can be reached from here, and that its certificate is trusted")
}
