package fakegmail

import (
	"net/http"
	"strings"
)

// method is one method of the Gmail API.
type method struct {
	kind   string // by which tests name it: "list", "get", "send"
	verb   string
	path   string // below /gmail/v1/users/{user}
	rpc    string // by which error details name it
	units  int
	scopes []string
	query  []string // parameters of its own
	upload int64    // the largest mail it takes by upload; 0: it takes none
	run    func(*call) (answer, *apiError)
}

// routes puts all endpoints at one root. Their paths differ, so that the host decides nothing
// but what served refuses.
func (f *Fake) routes() {
	f.route("token", "POST /token", f.serveToken)
	f.route("consent", "GET /o/oauth2/v2/auth", f.serveConsent)
	f.route("devicecode", "POST /device/code", f.serveDeviceCode)
	f.route("revoke", "POST /revoke", f.serveRevoke)
	f.route("signjwt", "POST /v1/projects/{project}/serviceAccounts/{account}", f.serveSignJWT)
	f.route("batch", "POST /batch/gmail/v1", f.serveBatch)
	f.route("batch", "POST /batch", f.serveBatch)
	for _, m := range methods() {
		path := "/gmail/v1/users/{user}" + m.path
		f.route(m.kind, m.verb+" "+path, func(w http.ResponseWriter, r *http.Request) {
			f.serveMethod(w, r, m, readJSON)
		})
		if m.upload > 0 {
			f.routeUpload(m, "/upload"+path)
			f.routeUpload(m, "/resumable/upload"+path)
		}
	}
}

func (f *Fake) route(kind, pattern string, serve http.HandlerFunc) {
	f.mux.HandleFunc(pattern, serve)
	f.kinds[pattern] = kind
}

// routeUpload adds the upload path of a method. Chunks of a resumable upload come by PUT, as the
// documents say, or by POST, as Google's client for Go sends them.
func (f *Fake) routeUpload(m method, path string) {
	f.route(m.kind, m.verb+" "+path, func(w http.ResponseWriter, r *http.Request) {
		if isChunk(r) {
			f.serveChunk(w, r)
			return
		}
		f.serveUpload(w, r, m)
	})
	if m.verb != http.MethodPut {
		f.route("chunk", "PUT "+path, f.serveChunk)
	}
}

func isChunk(r *http.Request) bool { return r.URL.Query().Has("upload_id") }

// hosts are the paths that each host of Google serves.
var hosts = map[string][]string{
	"oauth2.googleapis.com":         {"/token", "/device/code", "/revoke"},
	"accounts.google.com":           {"/o/oauth2/"},
	"iamcredentials.googleapis.com": {"/v1/"},
	"gmail.googleapis.com":          {"/gmail/", "/upload/gmail/", "/resumable/upload/gmail/", "/batch"},
	"www.googleapis.com":            {"/gmail/", "/upload/gmail/", "/resumable/upload/gmail/", "/batch"},
}

// ServeHTTP answers for the hosts of Google, each with its own paths, and for any other host with
// all of them: so that one root serves the loopback door.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.door.ServeHTTP(w, r) }

// serve answers behind the front.
func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	f.flush()
	if f.kindOf(r) == "unknown" {
		writeUnknownPath(w, r)
		return
	}
	f.mux.ServeHTTP(w, r)
}

// kindOf names a request by its endpoint.
func (f *Fake) kindOf(r *http.Request) string {
	_, pattern := f.mux.Handler(r)
	kind, ok := f.kinds[pattern]
	if !ok || !served(r) || kind == "signjwt" && !strings.HasSuffix(r.URL.Path, ":signJwt") {
		return "unknown"
	}
	if isChunk(r) {
		return "chunk"
	}
	return kind
}

func served(r *http.Request) bool {
	prefixes, google := hosts[strings.TrimSuffix(r.Host, ":443")]
	if !google {
		return true
	}
	for _, prefix := range prefixes {
		if strings.HasPrefix(r.URL.Path, prefix) {
			return true
		}
	}
	return false
}
