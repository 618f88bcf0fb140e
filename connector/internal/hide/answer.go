package hide

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// mostAnswer bounds what is read of a failing answer, mostForm what is read of a request.
const mostAnswer, mostForm = 1 << 20, 1 << 20

// Answer takes the secrets of a request out of a failing answer to it: of the body, whose rest beyond a megabyte is
// dropped, and of the header. Secrets are what the Authorization field holds and what a form of OAuth proves itself with.
func Answer(req *http.Request, resp *http.Response) {
	if resp.StatusCode < http.StatusMultipleChoices {
		return
	}
	secrets := Of(req)
	if len(secrets) == 0 {
		return
	}
	for _, values := range resp.Header {
		for i, v := range values {
			values[i] = Text(v, secrets...)
		}
	}
	resp.Status = Text(resp.Status, secrets...)
	if resp.Body == nil || resp.Body == http.NoBody {
		return
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	clean := []byte(Text(string(body), secrets...))
	resp.Body = &cleanBody{Reader: io.MultiReader(bytes.NewReader(clean), failing{err}), Closer: resp.Body}
	if resp.ContentLength >= 0 {
		resp.ContentLength = int64(len(clean))
		resp.Header.Del("Content-Length")
	}
}

type cleanBody struct {
	io.Reader
	io.Closer
}

// failing is the end of a body that broke off.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// proofs are the fields of OAuth's forms that hold secrets (RFC 6749, RFC 7523, RFC 7636, RFC 8628).
var proofs = []string{"client_secret", "client_assertion", "assertion", "refresh_token", "password", "code", "code_verifier", "device_code", "token"}

// Of lists the secrets of a request.
func Of(req *http.Request) []string {
	var found []string
	if kind, value, ok := strings.Cut(req.Header.Get("Authorization"), " "); ok {
		found = append(found, value)
		if user, err := base64.StdEncoding.DecodeString(value); err == nil && strings.EqualFold(kind, "Basic") {
			_, password, _ := strings.Cut(string(user), ":")
			found = append(found, password)
		}
	}
	form := formOf(req)
	for _, name := range proofs {
		found = append(found, form[name]...)
	}
	return found
}

// formOf reads the form that a request sends, if it can be read once more.
func formOf(req *http.Request) url.Values {
	if req.GetBody == nil || !strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, mostForm))
	if err != nil {
		return nil
	}
	form, _ := url.ParseQuery(string(text)) // what is no pair is no proof
	return form
}
