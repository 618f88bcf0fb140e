package fakegmail

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
)

const mostBatched = 100

// serveBatch is the batch endpoint: each part is a request of its own, with its own status and its
// own price. The parts run one after the other.
func (f *Fake) serveBatch(w http.ResponseWriter, r *http.Request) {
	parts, refusal := f.readBatch(r)
	if refusal != nil {
		writeError(w, refusal)
		return
	}
	boundary := "batch_" + randomHex(16)
	w.Header().Set("Content-Type", "multipart/mixed; boundary="+boundary)
	out := multipart.NewWriter(w)
	_ = out.SetBoundary(boundary)
	for _, p := range parts {
		part, err := out.CreatePart(textproto.MIMEHeader{
			"Content-Type": {"application/http"}, "Content-Id": {p.answerID()},
		})
		if err != nil {
			return
		}
		f.answerPart(part, p.request)
	}
	_ = out.Close()
}

// batched is one request of a batch.
type batched struct {
	id      string
	request *http.Request
}

// answerID is the Content-ID of the answer: that of the request with "response-" in it.
func (b batched) answerID() string {
	if inner, ok := strings.CutPrefix(b.id, "<"); ok {
		return "<response-" + inner
	}
	return "response-" + b.id
}

func (f *Fake) readBatch(r *http.Request) (parts []batched, refusal *apiError) {
	t, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || t != "multipart/mixed" || params["boundary"] == "" {
		return nil, invalid("Failed to parse batch request, error: Missing boundary in Content-Type header.")
	}
	body := multipart.NewReader(http.MaxBytesReader(nil, r.Body, largestJSON), params["boundary"])
	for {
		p, err := body.NextRawPart()
		if errors.Is(err, io.EOF) {
			return parts, nil
		}
		if err != nil {
			return nil, invalid("Failed to parse batch request, error: %s", oneLine(err.Error()))
		}
		inner, err := innerRequest(p, r)
		if err != nil {
			return nil, invalid("Failed to parse batch request, error: %s", oneLine(err.Error()))
		}
		if parts = append(parts, batched{p.Header.Get("Content-ID"), inner}); len(parts) > mostBatched {
			return nil, invalid("The batch request exceeds the limit of %d calls.", mostBatched)
		}
	}
}

// innerRequest reads the request inside a part. What it does not say of itself it has from the
// outer one.
func innerRequest(p io.Reader, outer *http.Request) (*http.Request, error) {
	text, err := io.ReadAll(p)
	if err != nil {
		return nil, err
	}
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	words := strings.Fields(string(line))
	if len(words) < 2 {
		return nil, fmt.Errorf("no request line in a part")
	}
	head, body := splitHead(rest)
	in := fmt.Sprintf("%s %s HTTP/1.0\r\n%s\r\n", words[0], words[1], bytes.TrimLeft(head, "\r\n"))
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(in)))
	if err != nil {
		return nil, err
	}
	r = r.WithContext(outer.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Host, r.TLS, r.RemoteAddr = outer.Host, outer.TLS, outer.RemoteAddr
	if r.Header.Get("Authorization") == "" {
		r.Header.Set("Authorization", outer.Header.Get("Authorization"))
	}
	return r, nil
}

// answerPart runs a request and writes its answer in the form of HTTP.
func (f *Fake) answerPart(w io.Writer, r *http.Request) {
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	f.ServeHTTP(rec, r)
	fmt.Fprintf(w, "HTTP/1.1 %d %s\r\n", rec.status, http.StatusText(rec.status))
	rec.header.Set("Content-Length", fmt.Sprint(rec.body.Len()))
	_ = rec.header.Write(w)
	_, _ = io.WriteString(w, "\r\n")
	_, _ = rec.body.WriteTo(w)
}

// recorder is a ResponseWriter that keeps the answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
