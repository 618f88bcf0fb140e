package fakegraph

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Large attachments come in pieces: https://learn.microsoft.com/graph/outlook-large-attachments
const (
	uploadMinimum = 3 << 20
	uploadMaximum = 150 << 20
	chunkMaximum  = 4 << 20
)

// upload is a session that takes a large attachment for a draft.
type upload struct {
	box     *mailstore.Mailbox
	guid    string
	key     uint64
	in      inAttachment
	size    int
	content []byte
	expires time.Time
}

// createUpload is POST /messages/{id}/attachments/createUploadSession.
func (c *call) createUpload() (*reply, *apiError) {
	var in struct {
		AttachmentItem struct {
			AttachmentType, Name, ContentType, ContentID string
			Size                                         int
			IsInline                                     bool
		}
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	item := in.AttachmentItem
	switch {
	case !strings.EqualFold(item.AttachmentType, "file") || item.Name == "":
		return nil, badRequest("AttachmentItem must have attachmentType 'file', name and size.")
	case item.Size < uploadMinimum:
		return nil, fail(http.StatusBadRequest, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", "The attachment size should not be less than the minimum size.")
	case item.Size > uploadMaximum:
		return nil, known("ErrorMessageSizeExceeded")
	}
	m, err := c.target()
	if err != nil {
		return nil, err
	}
	if !m.Draft {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidOperation", "The item is not a draft.")
	}
	u := &upload{box: c.box, guid: c.guid, key: m.Key, size: item.Size, expires: time.Now().Add(3 * time.Hour),
		in: inAttachment{Type: "fileAttachment", Name: item.Name, ContentType: item.ContentType, ContentID: item.ContentID, IsInline: item.IsInline}}
	token := newSecret()
	c.f.mu.Lock()
	c.f.sessions[token] = u
	c.f.mu.Unlock()
	return &reply{status: http.StatusCreated, body: append(object{
		{"@odata.context", origin(c.r) + "/" + c.version + "/$metadata#microsoft.graph.uploadSession"},
		{"uploadUrl", c.uploadURL(token)}}, u.state()...)}, nil
}

// uploadURL is on another host than Graph, except where all is at one root.
func (c *call) uploadURL(token string) string {
	base := origin(c.r)
	if strings.HasPrefix(c.r.Host, "graph.microsoft.") {
		base = "https://outlook.office.com"
	}
	return base + "/api/v2.0/Users('" + c.guid + "')/Messages('" + url.PathEscape(c.route.args[0]) +
		"')/AttachmentSessions('" + newGUID() + "')?authtoken=" + url.QueryEscape(token)
}

func (u *upload) state() object {
	return object{{"expirationDateTime", u.expires}, {"nextExpectedRanges", []string{itoa(len(u.content)) + "-"}}}
}

// serveUpload takes the pieces. The address is the permission: a token beside it is refused.
func (f *Fake) serveUpload(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	u, ok := f.sessions[r.URL.Query().Get("authtoken")]
	f.mu.Unlock()
	switch {
	case !ok || time.Now().After(u.expires):
		f.writeError(w, r, notFound())
	case r.Header.Get("Authorization") != "":
		f.writeError(w, r, unauthorized("An upload session does not take an access token."))
	case r.Method == http.MethodDelete:
		f.endUpload(r)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet:
		f.mu.Lock()
		state := u.state()
		f.mu.Unlock()
		writeUpload(w, r, http.StatusOK, state)
	case r.Method == http.MethodPut:
		f.putChunk(w, r, u)
	default:
		f.writeError(w, r, fail(http.StatusMethodNotAllowed, "BadRequest", "Use PUT for the pieces of an upload."))
	}
}

func (f *Fake) endUpload(r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sessions, r.URL.Query().Get("authtoken"))
}

func writeUpload(w http.ResponseWriter, r *http.Request, status int, body object) {
	graphHeaders(w.Header(), r)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(encode(body)) // the client is gone
}

// putChunk takes the next piece, in order and at most 4 MB of it.
func (f *Fake) putChunk(w http.ResponseWriter, r *http.Request, u *upload) {
	b, err := f.readBody(r)
	if err != nil {
		f.writeError(w, r, err)
		return
	}
	f.mu.Lock()
	err = u.take(r.Header.Get("Content-Range"), b)
	complete := err == nil && len(u.content) == u.size
	next := object{{"nextExpectedRanges", []string{itoa(len(u.content))}}}
	f.mu.Unlock()
	switch {
	case err != nil:
		f.writeError(w, r, err)
	case !complete:
		writeUpload(w, r, http.StatusOK, next)
	default:
		f.finishUpload(w, r, u)
	}
}

func (u *upload) take(contentRange string, b []byte) *apiError {
	var from, to, total int
	n, err := fmt.Sscanf(contentRange, "bytes %d-%d/%d", &from, &to, &total)
	bad := func(text string) *apiError {
		return fail(http.StatusRequestedRangeNotSatisfiable, "ErrorInvalidContentRange", "%s", text)
	}
	switch {
	case err != nil || n != 3 || to-from+1 != len(b) || total != u.size || to >= total:
		return bad("The Content-Range header does not fit the body or the session.")
	case from != len(u.content):
		return bad("The range is not the next expected one.")
	case len(b) > chunkMaximum:
		return known("ErrorMessageSizeExceeded")
	}
	u.content = append(u.content, b...)
	return nil
}

// finishUpload puts the attachment on the draft.
func (f *Fake) finishUpload(w http.ResponseWriter, r *http.Request, u *upload) {
	f.endUpload(r)
	c := &call{f: f, r: r, guid: u.guid, box: u.box}
	m, ok := u.box.Get(u.key)
	if !ok {
		f.writeError(w, r, notFound())
		return
	}
	file := newFile(u.in.Name, u.in.ContentType, u.in.ContentID, u.in.IsInline, u.content)
	m, err := c.rewrite(m, func(l *letter) { l.files = append(l.files, file) })
	if err != nil {
		f.writeError(w, r, err)
		return
	}
	v := c.view(m)
	id := lastAdded(v.attachments(), file).id
	graphHeaders(w.Header(), r)
	w.Header().Set("Location", "https://outlook.office.com/api/v2.0/Users('"+u.guid+"')/Messages('"+v.id()+"')/Attachments('"+id+"')")
	w.WriteHeader(http.StatusCreated)
}
