package fakegmail

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// session is a resumable upload on its way.
type session struct {
	m     method
	r     *http.Request // that began it
	json  []byte
	begun time.Time

	mu   sync.Mutex
	data []byte
}

const uploadLife = 7 * 24 * time.Hour

// serveUpload takes a mail by the upload URL of a method: as the whole body, as the second part of
// two, or in chunks of which this request is the beginning.
func (f *Fake) serveUpload(w http.ResponseWriter, r *http.Request, m method) {
	switch r.URL.Query().Get("uploadType") {
	case "", "media":
		f.serveMethod(w, r, m, func(c *call) *apiError { return c.readMedia(m.upload) })
	case "multipart":
		f.serveMethod(w, r, m, func(c *call) *apiError { return c.readRelated(m.upload) })
	case "resumable":
		f.beginUpload(w, r, m)
	default:
		writeError(w, invalid("Invalid upload request: unknown uploadType"))
	}
}

func readUpTo(r io.Reader, most int64) ([]byte, *apiError) {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, invalid("Bad Request: the body could not be read")
	}
	if int64(len(b)) > most {
		return nil, tooLarge()
	}
	return b, nil
}

// checkMedia holds the media types that the methods take.
func checkMedia(contentType string) *apiError {
	t, _ := mediaType(contentType, "")
	if strings.HasPrefix(t, "message/") {
		return nil
	}
	e := invalid("Media type '%s' is not supported. Valid media types: [message/*]", t)
	e.item.Reason = "badContent"
	return e
}

func (c *call) readMedia(most int64) (refusal *apiError) {
	if refusal := checkMedia(c.r.Header.Get("Content-Type")); refusal != nil {
		return refusal
	}
	c.media, refusal = readUpTo(c.r.Body, most)
	return refusal
}

// readRelated reads a multipart/related body: JSON, then the mail.
func (c *call) readRelated(most int64) (refusal *apiError) {
	_, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return invalid("Missing multipart boundary")
	}
	parts := multipart.NewReader(c.r.Body, params["boundary"])
	first, err := parts.NextRawPart()
	if err != nil {
		return invalid("Missing metadata part")
	}
	if c.json, refusal = readUpTo(first, largestJSON); refusal != nil {
		return refusal
	}
	second, err := parts.NextRawPart()
	if err != nil {
		return invalid("Missing media part")
	}
	if refusal := checkMedia(second.Header.Get("Content-Type")); refusal != nil {
		return refusal
	}
	c.media, refusal = readUpTo(second, most)
	return refusal
}

// beginUpload answers the first request of a resumable upload with the place for the chunks. The
// method is checked and charged when the last chunk is there.
func (f *Fake) beginUpload(w http.ResponseWriter, r *http.Request, m method) {
	if _, refusal := f.authenticate(r, gmailService, "caribou.api.proto.MailboxService."+m.rpc); refusal != nil {
		writeError(w, refusal)
		return
	}
	if announced, err := strconv.ParseInt(r.Header.Get("X-Upload-Content-Length"), 10, 64); err == nil && announced > m.upload {
		writeError(w, tooLarge())
		return
	}
	if t := r.Header.Get("X-Upload-Content-Type"); t != "" {
		if refusal := checkMedia(t); refusal != nil {
			writeError(w, refusal)
			return
		}
	}
	body, refusal := readUpTo(r.Body, largestJSON)
	if refusal != nil {
		writeError(w, refusal)
		return
	}
	id := "AHmUCY" + randomHex(24)
	f.mu.Lock()
	f.uploads[id] = &session{m: m, r: r, json: body, begun: time.Now()}
	f.mu.Unlock()
	q := r.URL.Query()
	q.Set("upload_id", id)
	w.Header().Set("Location", origin(r)+r.URL.EscapedPath()+"?"+q.Encode())
	w.Header().Set("X-GUploader-UploadID", id)
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
}

// serveChunk takes a part of a resumable upload, or the question how far it is.
func (f *Fake) serveChunk(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("upload_id")
	f.mu.Lock()
	s := f.uploads[id]
	f.mu.Unlock()
	if s == nil || time.Since(s.begun) > uploadLife {
		writeError(w, notFound())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	complete, refusal := s.take(r)
	switch {
	case refusal != nil:
		writeError(w, refusal)
	case complete:
		f.finishUpload(w, r, id, s)
	default:
		s.incomplete(w, r)
	}
}

// take adds a chunk, and tells whether it was the last.
func (s *session) take(r *http.Request) (complete bool, refusal *apiError) {
	chunk, refusal := readUpTo(r.Body, s.m.upload)
	if refusal != nil {
		return false, refusal
	}
	first, total, ok := contentRange(r.Header.Get("Content-Range"), len(chunk))
	if !ok || first > int64(len(s.data)) {
		return false, invalid("Failed to parse Content-Range header.")
	}
	if first >= 0 {
		s.data = append(s.data[:first], chunk...)
	}
	if int64(len(s.data)) > s.m.upload {
		return false, tooLarge()
	}
	return total >= 0 && int64(len(s.data)) >= total, nil
}

// incomplete asks for more. A client that says so gets a 200 with the true status in a header.
func (s *session) incomplete(w http.ResponseWriter, r *http.Request) {
	if len(s.data) > 0 {
		w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", len(s.data)-1))
	}
	w.Header().Set("Content-Length", "0")
	if r.Header.Get("X-GUploader-No-308") == "yes" {
		w.Header().Set("X-Http-Status-Code-Override", "308")
		w.WriteHeader(http.StatusOK)
		return
	}
	w.WriteHeader(http.StatusPermanentRedirect)
}

// finishUpload runs the method with what the first request said.
func (f *Fake) finishUpload(w http.ResponseWriter, r *http.Request, id string, s *session) {
	f.mu.Lock()
	delete(f.uploads, id)
	f.mu.Unlock()
	whole := s.r.Clone(r.Context())
	whole.SetPathValue("user", s.r.PathValue("user"))
	whole.SetPathValue("id", s.r.PathValue("id"))
	f.serveMethod(w, whole, s.m, func(c *call) *apiError {
		c.json, c.media = s.json, s.data
		return nil
	})
}

// contentRange reads "bytes 0-41/42", "bytes 0-41/*" and the question "bytes */42", which is first
// -1. A request without the header brings all at once.
func contentRange(s string, n int) (first, total int64, ok bool) {
	if s == "" {
		return 0, int64(n), true
	}
	spec, found := strings.CutPrefix(s, "bytes ")
	span, of, cut := strings.Cut(spec, "/")
	if !found || !cut {
		return 0, 0, false
	}
	total = -1
	if of != "*" {
		var err error
		if total, err = strconv.ParseInt(of, 10, 64); err != nil {
			return 0, 0, false
		}
	}
	if span == "*" {
		return -1, total, true
	}
	from, to, cut := strings.Cut(span, "-")
	first, err := strconv.ParseInt(from, 10, 64)
	last, err2 := strconv.ParseInt(to, 10, 64)
	ok = cut && err == nil && err2 == nil && last-first+1 == int64(n)
	return first, total, ok
}
