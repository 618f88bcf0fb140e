package fakegmail

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// apiError is an answer of Gmail or IAM other than success, in the google.rpc envelope.
type apiError struct {
	code    int
	status  string // google.rpc.Code by name
	message string
	item    errorItem // errors[0]; an empty message means message
	details []any
	header  http.Header
}

// errorItem is one entry of the older error list inside the envelope.
type errorItem struct {
	Message      string `json:"message"`
	Domain       string `json:"domain"`
	Reason       string `json:"reason"`
	Location     string `json:"location,omitempty"`
	LocationType string `json:"locationType,omitempty"`
	ExtendedHelp string `json:"extendedHelp,omitempty"`
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.code, e.status, e.message) }

// envelope is the body of an error.
func (e *apiError) envelope() any {
	item := e.item
	if item.Message == "" {
		item.Message = e.message
	}
	body := errorBody{Code: e.code, Message: e.message, Status: e.status, Details: e.details}
	if item.Reason != "" {
		body.Errors = []errorItem{item}
	}
	return map[string]any{"error": body}
}

type errorBody struct {
	Code    int         `json:"code"`
	Message string      `json:"message"`
	Errors  []errorItem `json:"errors,omitempty"`
	Status  string      `json:"status"`
	Details []any       `json:"details,omitempty"`
}

// fail makes an error of the "global" domain.
func fail(code int, status, reason, format string, args ...any) *apiError {
	return &apiError{
		code:    code,
		status:  status,
		message: fmt.Sprintf(format, args...),
		item:    errorItem{Domain: "global", Reason: reason},
	}
}

func invalid(format string, args ...any) *apiError {
	return fail(http.StatusBadRequest, "INVALID_ARGUMENT", "invalidArgument", format, args...)
}

func precondition(message string) *apiError {
	return fail(http.StatusBadRequest, "FAILED_PRECONDITION", "failedPrecondition", "%s", message)
}

func notFound() *apiError {
	return fail(http.StatusNotFound, "NOT_FOUND", "notFound", "Requested entity was not found.")
}

func forbidden(reason, format string, args ...any) *apiError {
	return fail(http.StatusForbidden, "PERMISSION_DENIED", reason, format, args...)
}

// unbound is the refusal of a query parameter or a body field that the method does not have.
func unbound(name, description string) *apiError {
	e := invalid("Invalid JSON payload received. Unknown name %q: %s", name, description)
	e.item.Reason = "badRequest"
	e.details = []any{badRequest("", e.message)}
	return e
}

func unboundQuery(name string) *apiError {
	return unbound(name, fmt.Sprintf(
		"Cannot bind query parameter. Field '%s' could not be found in request message.", name))
}

func badRequest(field, description string) any {
	violation := map[string]string{"description": description}
	if field != "" {
		violation["field"] = field
	}
	return map[string]any{
		"@type":           "type.googleapis.com/google.rpc.BadRequest",
		"fieldViolations": []any{violation},
	}
}

func errorInfo(reason string, metadata map[string]string) any {
	return map[string]any{
		"@type":    "type.googleapis.com/google.rpc.ErrorInfo",
		"reason":   reason,
		"domain":   "googleapis.com",
		"metadata": metadata,
	}
}

// writeError answers with an error, whatever the request asked for: alt and fields do not apply.
func writeError(w http.ResponseWriter, e *apiError) {
	h := w.Header()
	for name, values := range e.header {
		h[name] = values
	}
	commonHeader(h)
	w.WriteHeader(e.code)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(e.envelope()) // what the client no longer reads is lost
}

// commonHeader sets what each JSON answer of a Google API front end carries.
func commonHeader(h http.Header) {
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("Cache-Control", "private")
	h["Vary"] = []string{"Origin", "X-Origin", "Referer"}
	h.Set("Server", "ESF")
	h.Set("X-Content-Type-Options", "nosniff")
}

// writeUnknownPath is the front end's answer to a path or verb that it does not know: a page in
// HTML and never a 405.
func writeUnknownPath(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusNotFound)
	path := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(r.URL.Path)
	fmt.Fprintf(w, "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n"+
		"  <title>Error 404 (Not Found)!!1</title>\n"+
		"  <p><b>404.</b> <ins>That’s an error.</ins>\n"+
		"  <p>The requested URL <code>%s</code> was not found on this server.  <ins>That’s all we know.</ins>\n", path)
}
