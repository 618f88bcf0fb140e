// Package faults says what a failing answer of Graph means, and what to do about it. The service's
// own texts name the symptom and seldom the cause: ErrorAccessDenied is a missing consent or a
// mailbox out of scope, and a 404 is a mail, a folder, a user or a licence.
package faults

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/wire"
	"github.com/cloudmail-go/cloudmail/connector/internal/retryafter"
)

// GraphError is the error that Graph answered with.
type GraphError struct {
	Status        int
	Code, Message string
	RequestID     string
	SDK           error // what the SDK made of it; nil if nothing
}

// Error is one line: the status, the code, and what Graph said.
func (a *GraphError) Error() string {
	what := a.Message
	if a.Code != "" {
		what = strings.TrimSuffix(a.Code+": "+a.Message, ": ")
	}
	if what == "" {
		what = http.StatusText(a.Status)
	}
	if a.RequestID != "" {
		what += " (request " + a.RequestID + ")"
	}
	return fmt.Sprintf("Graph answered %d: %s", a.Status, what)
}

// Unwrap returns the SDK's error.
func (a *GraphError) Unwrap() error { return a.SDK }

// Read makes a GraphError of what came over the wire.
func Read(f *wire.StatusError) *GraphError {
	var in struct {
		Error json.RawMessage `json:"error"`
	}
	a := &GraphError{Status: f.Status, RequestID: requestID(f.Header)}
	if json.Unmarshal(f.Body, &in) == nil {
		a.Code, a.Message = object(in.Error)
	}
	return a
}

// object reads code and message of an error object, whatever else may be wrong with it.
func object(raw json.RawMessage) (code, message string) {
	var fields map[string]any
	if json.Unmarshal(raw, &fields) != nil {
		return "", ""
	}
	code, _ = fields["code"].(string)
	message, _ = fields["message"].(string)
	return short(code), short(message)
}

// short bounds a foreign text.
func short(s string) string {
	const most = 300
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// requestID is what Microsoft's support asks for.
func requestID(h http.Header) string {
	for _, name := range []string{"Request-Id", "X-Ms-Request-Id"} {
		if id := h.Get(name); len(id) > 0 && len(id) <= 64 {
			return short(id)
		}
	}
	return ""
}

// Subject is what a request was about; the same code means different things.
type Subject int

// The subjects.
const (
	Mailbox Subject = iota // the mailbox as a whole: a list, a search, a folder
	Mail                   // one mail
	Sending
	Claiming
)

// Explain makes an error of a failing answer.
func Explain(f *wire.StatusError, about Subject) *connector.Error {
	if f.Foreign {
		return foreign(f)
	}
	a := Read(f)
	row := find(a, about)
	return &connector.Error{Kind: row.kind, Err: a, Remedy: row.remedy, RetryAfter: retryafter.Header(f.Header)}
}

// Within makes an error of an error object found inside an answer that said success.
func Within(code, message string, about Subject) *connector.Error {
	a := &GraphError{Status: http.StatusOK, Code: short(code), Message: short(message)}
	row := find(a, about)
	return &connector.Error{Kind: row.kind, Err: a, Remedy: row.remedy}
}

// foreign is an answer of something between the service and us.
func foreign(f *wire.StatusError) *connector.Error {
	e := &connector.Error{Kind: connector.ErrUnexpected, Err: f, RetryAfter: retryafter.Header(f.Header),
		Remedy: "a proxy or gateway answered in the service's place: check Proxy, NoProxy and the network's sign-in page"}
	switch {
	case f.Status == http.StatusTooManyRequests:
		e.Kind, e.Remedy = connector.ErrThrottled, "a gateway slows the app down: share one session among the tests"
	case f.Status == http.StatusProxyAuthRequired:
		e.Kind, e.Remedy = connector.ErrConfig, ProxyLogin
	case f.Status >= 500:
		e.Kind, e.Remedy = connector.ErrUnavailable, "the service or a gateway in front of it is down"
	}
	return e
}

// find returns the first row that fits; there is one for every answer.
func find(a *GraphError, about Subject) row {
	for _, r := range rows {
		if r.fits(a, about) {
			return r
		}
	}
	switch {
	case a.Status == http.StatusTooManyRequests:
		return row{kind: connector.ErrThrottled, remedy: tooMany}
	case a.Status == http.StatusProxyAuthRequired:
		return row{kind: connector.ErrConfig, remedy: ProxyLogin}
	case a.Status >= 500 || a.Status == http.StatusRequestTimeout:
		return row{kind: connector.ErrUnavailable, remedy: "the service has a hitch; if it lasts, see its status page"}
	case a.Status == http.StatusUnauthorized:
		return row{kind: connector.ErrAuth, remedy: tokenRefused}
	case a.Status == http.StatusForbidden:
		return row{kind: connector.ErrPermission, remedy: grantRead}
	case a.Status == http.StatusNotFound && about == Mail:
		return row{kind: connector.ErrNotFound, remedy: mailGone}
	case a.Status == http.StatusNotFound:
		return row{kind: connector.ErrNoMailbox, remedy: checkAddress}
	}
	return row{kind: connector.ErrUnexpected, remedy: reportIt}
}

// IsCode reports whether an error is Graph's with one of the codes, in any case.
func IsCode(err error, codes ...string) bool {
	a, ok := errors.AsType[*GraphError](err)
	if !ok {
		return false
	}
	for _, c := range codes {
		if strings.EqualFold(a.Code, c) {
			return true
		}
	}
	return false
}

// Status returns the status of the answer an error stands for; 0 if there was none.
func Status(err error) int {
	if a, ok := errors.AsType[*GraphError](err); ok {
		return a.Status
	}
	if f, ok := errors.AsType[*wire.StatusError](err); ok {
		return f.Status
	}
	return 0
}
