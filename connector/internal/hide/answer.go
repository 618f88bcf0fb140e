package hide

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
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
	clean := cleaner(secrets)
	for _, values := range resp.Header {
		for i, v := range values {
			values[i] = document(v, clean)
		}
	}
	resp.Status = clean.Replace(resp.Status)
	if resp.Body == nil || resp.Body == http.NoBody {
		return
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	text := document(string(body), clean)
	resp.Body = &cleanBody{Reader: io.MultiReader(strings.NewReader(text), failing{err}), Closer: resp.Body}
	if resp.ContentLength >= 0 {
		resp.ContentLength = int64(len(text))
		resp.Header.Del("Content-Length")
	}
}

// escaped is a string of JSON with an escape in it.
var escaped = regexp.MustCompile(`"[^"\\]*(?:\\.[^"\\]*)+"`)

// document cleans a text, and what its JSON strings mean: encoders differ in what they escape (RFC 8259, section 7).
func document(text string, clean *strings.Replacer) string {
	text = escaped.ReplaceAllStringFunc(text, func(quoted string) string {
		var plain string
		if json.Unmarshal([]byte(quoted), &plain) != nil {
			return quoted
		}
		hidden := document(plain, clean) // JSON inside of JSON
		if hidden == plain {
			return quoted
		}
		out, _ := json.Marshal(hidden) // a string always can be
		return string(out)
	})
	return clean.Replace(text)
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
