package testhelpers_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// echoed is a secret that servers quote: long enough that an error's bound does not hide it by chance.
const echoed = `Zq7$z&X<w>"p'/+=t`

// quoted is a server's answer that shows a secret in one form.
func quoted(form string) string { return "who sent [" + disguises(echoed)[form] + "]?" }

// echo is a service that refuses requests, and quotes a secret in each field that error messages have.
type echo struct {
	only   string            // what is refused, part of the address; "" is all that has a token
	pass   http.RoundTripper // answers the rest; nil: there is none
	quotes *atomic.Int32     // how often the secret was quoted
	status int
	form   string
	plain  bool // no JSON
	dress  string
}

// dresses are the ways in which encoders write JSON: Go's own, that of PHP, that of most others, and one of ASCII letters too.
var dresses = map[string]*strings.Replacer{
	"Go": strings.NewReplacer(), "slashes": strings.NewReplacer("/", `\/`), "HTML": strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&"),
	"letters": strings.NewReplacer("Z", `\u005a`, "p", `\u0070`),
}

func (e echo) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.Contains(r.URL.Path, e.only) || e.pass != nil && e.only == "" && r.Header.Get("Authorization") == "" {
		return e.pass.RoundTrip(r)
	}
	sent := fmt.Sprint(r.Header)
	if r.Body != nil {
		body, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		sent += string(body)
	}
	text := "not here"
	if hits(sent, echoed) != nil { // nobody quotes what was not sent
		e.quotes.Add(1)
		text = quoted(e.form)
	}
	body := map[string]any{
		"error":  map[string]any{"code": "InvalidRequest", "message": text, "errors": []any{map[string]any{"reason": "badRequest", "message": text}}},
		"errors": []string{text}, "__type": "ValidationException", "message": text, "ErrorCode": "APPAP004E", "ErrorMsg": text,
	}
	if strings.Contains(r.URL.Path, "token") {
		body = map[string]any{"error": "invalid_client", "error_description": "AADSTS7000215: " + text + "\r\nTrace ID: 1", "error_codes": []int{7000215}}
	}
	marshalled, _ := json.Marshal(body)
	out := []byte(dresses[e.dress].Replace(string(marshalled)))
	h := http.Header{"Content-Type": {"application/json"}, "X-Echo": {text}, "Www-Authenticate": {`Bearer error="invalid_token", error_description="` + text + `"`}}
	if e.plain {
		out, h = []byte(text), http.Header{"Content-Type": {"text/plain"}}
	}
	return &http.Response{StatusCode: e.status, Status: fmt.Sprint(e.status, " ", text), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h,
		Body: io.NopCloser(strings.NewReader(string(out))), ContentLength: int64(len(out)), Request: r}, nil
}

// quoter is a line server that greets, and answers each line as say tells.
func quoter(greeting string, say func(line string) string) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			_, _ = io.WriteString(server, greeting+"\r\n")
			for lines := bufio.NewScanner(server); lines.Scan(); {
				if _, err := io.WriteString(server, say(lines.Text())); err != nil {
					return
				}
			}
		}()
		return client, nil
	}
}

// echoing are the ways to be refused by a server that quotes the secret.
var echoing = map[string]func(t *testing.T, e echo) error{
	"graph, the client secret": func(t *testing.T, e echo) error {
		fake := fakegraph.New(mailstore.New(), nil)
		app := fake.AddApp(fakegraph.App{})
		e.only, e.pass = "/token", fake.RoundTripper()
		return opened(t, graph.Office365{Tenant: app.Tenant, ClientID: app.ClientID, ClientSecret: credential(echoed), Address: "qa@example.com", Transport: e})
	},
	"graph, the token": func(t *testing.T, e echo) error {
		return opened(t, graph.Office365{TokenCredential: graph.Tokens(credential(echoed)), Address: "qa@example.com", Transport: e})
	},
	"gmail, the token": func(t *testing.T, e echo) error {
		return opened(t, gmail.Workspace{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: echoed}), Address: "qa@example.com", Transport: e})
	},
	"imap": func(t *testing.T, e echo) error {
		return opened(t, imap.Server{Host: "127.0.0.1", Security: imap.Plain, Address: "qa@example.com", Password: credential(echoed), Dial: quoter("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready", func(line string) string {
			tag, command, _ := strings.Cut(line, " ")
			if strings.HasPrefix(command, "CAPABILITY") {
				return "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n" + tag + " OK\r\n"
			}
			e.quotes.Add(1)
			return tag + " NO [AUTHENTICATIONFAILED] " + quoted(e.form) + "\r\n"
		})})
	},
	"pop3": func(t *testing.T, e echo) error {
		return opened(t, pop3.Server{Host: "127.0.0.1", Security: pop3.Plain, Address: "qa@example.com", Password: credential(echoed), Dial: quoter("+OK", func(line string) string {
			switch {
			case strings.HasPrefix(line, "CAPA"):
				return "+OK\r\nUSER\r\nUIDL\r\n.\r\n"
			case strings.HasPrefix(line, "USER"):
				return "+OK\r\n"
			}
			e.quotes.Add(1)
			return "-ERR [AUTH] " + quoted(e.form) + "\r\n"
		})})
	},
	"smtp": func(t *testing.T, e echo) error {
		s, err := smtp.Server{Host: "127.0.0.1", Security: smtp.Plain, Password: credential(echoed), Dial: quoter("220 ready", func(line string) string {
			if strings.HasPrefix(line, "EHLO") {
				return "250-mail\r\n250 AUTH PLAIN\r\n"
			}
			e.quotes.Add(1)
			return "535 5.7.8 " + quoted(e.form) + "\r\n"
		})}.Sender("qa@example.com")
		require.NoError(t, err)
		return s.Send(t.Context(), []string{"qa@example.com"}, strings.NewReader("Subject: x\r\n\r\ny\r\n"))
	},
}

func opened(t *testing.T, s connector.Server) error {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := s.Open(ctx, []connector.Folder{connector.Inbox})
	return err
}

// What a service quotes of a secret is in no error: neither in its text, nor in the errors of SDKs that it unwraps to.
func TestEchoes(t *testing.T) {
	t.Parallel()
	for name, refused := range echoing {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var quotes atomic.Int32
			for e := range echoes(&quotes) {
				silent(t, e, refused(t, e))
			}
			require.GreaterOrEqual(t, quotes.Load(), int32(50), "answers that quote the secret")
		})
	}
}

// echoes are the answers to be refused with.
func echoes(quotes *atomic.Int32) iter.Seq[echo] {
	return func(yield func(echo) bool) {
		for form := range disguises(echoed) {
			for status, plain := range map[int]bool{400: false, 401: false, 403: false, 404: true, 500: false} {
				for dress := range dresses {
					if form != "decimal" && (status == 400 || dress == "Go") && !yield(echo{quotes: quotes, status: status, form: form, plain: plain, dress: dress}) {
						return
					}
				}
			}
		}
	}
}

// silent fails if an error shows the secret.
func silent(t *testing.T, e echo, err error) {
	t.Helper()
	require.Error(t, err)
	for _, err := range unwrapped(err) {
		require.Empty(t, hits(fmt.Sprintf("%v %+v", err, err), echoed), "status %d, %s, %s: %T", e.status, e.form, e.dress, err)
	}
}

// unwrapped lists an error and all that errors.As finds behind it.
func unwrapped(err error) []error {
	all := []error{err}
	switch e := err.(type) { //nolint:errorlint // each is looked at
	case interface{ Unwrap() error }:
		if next := e.Unwrap(); next != nil {
			all = append(all, unwrapped(next)...)
		}
	case interface{ Unwrap() []error }:
		for _, next := range e.Unwrap() {
			all = append(all, unwrapped(next)...)
		}
	}
	return all
}
