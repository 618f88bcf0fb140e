package rebuild

import (
	"encoding/base64"
	"io"
	"mime"
	"strings"
)

// boundary cannot occur in base64.
const boundary = "=_cloudmail_rebuilt_="

// rewritten are the fields that the new structure has of its own.
var rewritten = []string{"content-type", "content-transfer-encoding", "content-disposition", "mime-version"}

// Open writes the whole mail while it is read. Files are opened one after the other, when their
// turn comes.
func (m *Mail) Open() io.ReadCloser {
	var head strings.Builder
	m.writeFields(&head, rewritten)
	head.WriteString("MIME-Version: 1.0\r\n")
	if len(m.Files) == 0 {
		return &chain{rest: []func() (io.ReadCloser, error){text(head.String()), m.textPart()}}
	}
	head.WriteString("Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n\r\n")
	pieces := []func() (io.ReadCloser, error){text(head.String()), text("--" + boundary + "\r\n"), m.textPart()}
	for _, f := range m.Files {
		pieces = append(pieces, text("\r\n--"+boundary+"\r\n"+f.head()), f.body)
	}
	return &chain{rest: append(pieces, text("\r\n--"+boundary+"--\r\n"))}
}

// textPart is the readable part with its own header.
func (m *Mail) textPart() func() (io.ReadCloser, error) {
	kind := "text/plain"
	if m.HTML {
		kind = "text/html"
	}
	head := "Content-Type: " + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	return func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader(head), newLines(strings.NewReader(m.Text)))), nil
	}
}

// head describes a file.
func (f File) head() string {
	kind, params, err := mime.ParseMediaType(f.Type)
	if err != nil || strings.HasPrefix(kind, "multipart/") {
		kind, params = "application/octet-stream", nil
	}
	encoding, disposition := "base64", "attachment"
	if f.Item || kind == "message/rfc822" {
		kind, params, encoding = "message/rfc822", nil, "8bit" // RFC 2046 §5.2.1 forbids base64
	}
	if f.Inline {
		disposition = "inline"
	}
	b := "Content-Type: " + mime.FormatMediaType(kind, params) + "\r\nContent-Transfer-Encoding: " + encoding + "\r\n"
	if f.ContentID != "" {
		b += "Content-ID: <" + strings.Trim(oneLine(f.ContentID), "<>") + ">\r\n"
	}
	named := map[string]string{}
	if f.Name != "" {
		named["filename"] = f.Name
	}
	return b + "Content-Disposition: " + mime.FormatMediaType(disposition, named) + "\r\n\r\n"
}

// body is the content in the encoding that head announced.
func (f File) body() (io.ReadCloser, error) {
	if f.Open == nil {
		return io.NopCloser(strings.NewReader("")), nil
	}
	r, err := f.Open()
	if err != nil || f.Item || f.Type == "message/rfc822" {
		return r, err
	}
	return struct {
		io.Reader
		io.Closer
	}{newLines(r), r}, nil
}

func text(s string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
}

// chain reads one piece after the other.
type chain struct {
	now  io.ReadCloser
	rest []func() (io.ReadCloser, error)
}

func (c *chain) Read(p []byte) (int, error) {
	for {
		if c.now == nil {
			if len(c.rest) == 0 {
				return 0, io.EOF
			}
			r, err := c.rest[0]()
			if err != nil {
				return 0, err
			}
			c.now, c.rest = r, c.rest[1:]
		}
		n, err := c.now.Read(p)
		if err != io.EOF { //nolint:errorlint // a reader ends with io.EOF itself
			return n, err
		}
		err = c.now.Close()
		c.now = nil
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (c *chain) Close() error {
	c.rest = nil
	if c.now == nil {
		return nil
	}
	return c.now.Close()
}

// lines encodes to base64 in lines of 76 characters (RFC 2045 §6.8).
type lines struct {
	src io.Reader
	in  []byte // a whole number of lines
	out []byte // not read yet
	err error
}

const lineBytes = 57

func newLines(r io.Reader) *lines { return &lines{src: r, in: make([]byte, 64*lineBytes)} }

func (l *lines) Read(p []byte) (int, error) {
	for len(l.out) == 0 {
		if l.err != nil {
			return 0, l.err
		}
		l.encode(l.in[:l.fill()])
	}
	n := copy(p, l.out)
	l.out = l.out[n:]
	return n, nil
}

// fill reads whole lines, or what is left. io.ReadFull would not tell a source that broke off from
// one that ended.
func (l *lines) fill() (n int) {
	for n < len(l.in) && l.err == nil {
		var m int
		m, l.err = l.src.Read(l.in[n:])
		n += m
	}
	return n
}

func (l *lines) encode(p []byte) {
	l.out = l.out[:0]
	for len(p) > 0 {
		n := min(lineBytes, len(p))
		l.out = base64.StdEncoding.AppendEncode(l.out, p[:n])
		l.out = append(l.out, "\r\n"...)
		p = p[n:]
	}
}
