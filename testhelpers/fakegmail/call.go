package fakegmail

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is one request to a method, when all checks before the method itself are passed.
type call struct {
	f     *Fake
	r     *http.Request
	grant *grant
	box   *box // locked and in sync while the method runs
	query url.Values
	json  []byte // the JSON body
	media []byte // the uploaded mail; nil: none
}

// standardQuery are the parameters that each method takes.
var standardQuery = []string{"alt", "fields", "key", "prettyPrint", "quotaUser", "access_token",
	"oauth_token", "callback", "$.xgafv", "uploadType", "upload_protocol", "upload_id"}

const largestJSON = 64 << 20 // a mail of 35 MB in base64, and what is around it

// readBody reads a request into the call's json and media.
type readBody func(c *call) *apiError

func readJSON(c *call) *apiError {
	b, err := io.ReadAll(io.LimitReader(c.r.Body, largestJSON+1))
	if err != nil || len(b) > largestJSON {
		return tooLarge()
	}
	c.json = b
	return nil
}

// serveMethod checks a request in the order of the service and runs the method.
func (f *Fake) serveMethod(w http.ResponseWriter, r *http.Request, m method, read readBody) {
	c := &call{f: f, r: r, query: r.URL.Query()}
	a, refusal := f.perform(c, m, read)
	if refusal == nil {
		refusal = writeAnswer(w, c.query, a)
	}
	if refusal != nil {
		writeError(w, refusal)
	}
}

func (f *Fake) perform(c *call, m method, read readBody) (answer, *apiError) {
	rpc := "caribou.api.proto.MailboxService." + m.rpc
	var refusal *apiError
	if c.grant, refusal = f.authenticate(c.r, gmailService, rpc); refusal != nil {
		return answer{}, refusal
	}
	leave, refusal := f.enter(c.grant)
	if refusal != nil {
		return answer{}, refusal
	}
	defer leave()
	if refusal := f.work(c.r); refusal != nil {
		return answer{}, refusal
	}
	if refusal := f.check(c, m, rpc); refusal != nil {
		return answer{}, refusal
	}
	if refusal := read(c); refusal != nil {
		return answer{}, refusal
	}
	return c.run(m)
}

// check is what stands between a known caller and the method.
func (f *Fake) check(c *call, m method, rpc string) *apiError {
	if refusal := f.checkProject(c.grant, gmailService, "Gmail API"); refusal != nil {
		return refusal
	}
	for name := range c.query {
		if !contains(standardQuery, name) && !contains(m.query, name) {
			return unboundQuery(name)
		}
	}
	if refusal := checkScopes(c.grant, m.scopes, gmailService, rpc); refusal != nil {
		return refusal
	}
	if refusal := f.checkUserID(c.grant, c.r.PathValue("user")); refusal != nil {
		return refusal
	}
	return f.charge(c.grant.subject, m)
}

// run runs the method on the locked mailbox.
func (c *call) run(m method) (answer, *apiError) {
	var refusal *apiError
	if c.box, refusal = c.f.box(c.grant.subject); refusal != nil {
		return answer{}, refusal
	}
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	c.box.sync()
	return m.run(c)
}

// work lets Options.Work pass.
func (f *Fake) work(r *http.Request) *apiError {
	if f.opts.Work <= 0 {
		return nil
	}
	t := time.NewTimer(f.opts.Work)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-r.Context().Done():
		return fail(499, "CANCELLED", "", "The operation was cancelled.")
	}
}

// decode reads the JSON body, as strictly as the service does.
func (c *call) decode(v any) *apiError {
	if len(bytes.TrimSpace(c.json)) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(c.json))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	if err == nil {
		return nil
	}
	if _, name, ok := strings.Cut(err.Error(), "unknown field "); ok {
		return unbound(strings.Trim(name, `"`), "Cannot find field.")
	}
	var bad *json.UnmarshalTypeError
	if errors.As(err, &bad) {
		return badValue(bad.Field, "TYPE_STRING", bad.Value)
	}
	e := invalid("Invalid JSON payload received. %s", oneLine(err.Error()))
	e.item.Reason = "parseError"
	return e
}

// maxResults reads the page size: 100 where nothing is asked for, and never more than 500.
func (c *call) maxResults() (int, *apiError) {
	text := c.query.Get("maxResults")
	if text == "" || text == "0" {
		return 100, nil
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, badValue("max_results", "TYPE_UINT32", text)
	}
	return int(min(n, 500)), nil
}

// boolean reads a parameter that is true or false.
func (c *call) boolean(name string) bool {
	on, _ := strconv.ParseBool(c.query.Get(name))
	return on
}

func tooLarge() *apiError {
	e := fail(http.StatusRequestEntityTooLarge, "INVALID_ARGUMENT", "uploadTooLarge", "Request body too large.")
	return e
}
