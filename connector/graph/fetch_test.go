package graph_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/recent"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// mixed is a mail of a text and parts, each with its header.
func mixed(parts ...string) []byte {
	all := append([]string{"Content-Type: text/plain; charset=utf-8\r\n\r\nsee the files\r\n"}, parts...)
	return []byte("From: a@example.com\r\nTo: qa@example.com\r\nSubject: files\r\nMessage-ID: <files@example.com>\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\n" + strings.Join(all, "\r\n--cut\r\n") + "\r\n--cut--\r\n")
}

func filePart(name, kind, content string) string {
	return "Content-Type: " + kind + "\r\nContent-Disposition: attachment; filename=\"" + name + "\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString([]byte(content))
}

// contentOf opens an attachment and reads it.
func contentOf(t *testing.T, m *connector.Message, glob string) string {
	t.Helper()
	a, err := m.Attachment(glob)
	require.NoError(t, err)
	r, err := a.Open(t.Context())
	require.NoError(t, err)
	defer r.Close()
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(got)
}

// Files of a large mail come as they are: also such as look like answers of the service, or like its
// broken ones.
func TestFilesOfALargeMail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.connect(t, nil)
		inner := "From: b@example.com\r\nSubject: inner\r\n\r\nforwarded\r\n"
		files := map[string]string{"order.json": "{\"cut\": \"a\x01b\n", "page.html": page, "empty.txt": "", "error.json": `{"error":{"code":"ErrorItemNotFound"}}`}
		parts := []string{filePart("big.bin", "application/octet-stream", strings.Repeat("0123456789", 150_000)), "Content-Type: message/rfc822\r\n\r\n" + inner}
		for name, content := range files {
			kind := "application/json"
			if name == "page.html" {
				kind = "text/html"
			}
			parts = append(parts, filePart(name, kind, content))
		}
		w.box.Deliver(mixed(parts...), mailstore.Delivery{})
		m, err := s.WaitFor(t.Context(), connector.Query{Subject: "files", Body: "see the files"})
		require.NoError(t, err)
		assert.True(t, m.Rebuilt)
		assert.Equal(t, connector.DepthText, m.Depth)
		assert.Less(t, w.fake.Counter.Total().Sent, int64(1_800_000), "of 2 MB")
		for name, content := range files {
			assert.Equal(t, content, contentOf(t, m, name), name)
		}
		assert.Len(t, contentOf(t, m, "big.bin"), 1_500_000)
		for _, a := range m.Attachments {
			if a.Type == "message/rfc822" {
				r, err := a.Open(t.Context())
				require.NoError(t, err)
				got, err := io.ReadAll(r)
				require.NoError(t, err)
				assert.Equal(t, inner, string(got))
			}
		}
		for _, e := range w.fake.Counter.Log() {
			if e.Kind == "attachments" && !strings.HasSuffix(e.Path, "$value") {
				assert.Contains(t, e.Query, "$select=", "the list would hold the files")
				assert.NotContains(t, e.Query, "contentBytes")
			}
		}
	})
}

// A link to a file in the cloud is an attachment without content, and says so.
func TestLinkedFile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.connect(t, nil)
		mail := w.box.Deliver(mixed(filePart("big.bin", "application/octet-stream", strings.Repeat("0123456789", 150_000))), mailstore.Delivery{})
		w.fake.Link(mail.Key, fakegraph.Reference{Name: "cloud.docx", URL: "https://files.contoso.example/cloud.docx"})
		m, err := s.WaitFor(t.Context(), connector.Query{Subject: "files"})
		require.NoError(t, err)
		a, err := m.Attachment("cloud.docx")
		require.NoError(t, err)
		_, err = a.Open(t.Context())
		require.ErrorIs(t, err, errors.ErrUnsupported)
		require.ErrorContains(t, err, "link to a file in the cloud")
	})
}

// sealed is a mail that Exchange cannot write as bytes: opaque S/MIME.
func sealed(id, content string) []byte {
	return []byte("From: a@example.com\r\nTo: qa@example.com\r\nSubject: sealed\r\nMessage-ID: <" + id + "@example.com>\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Disposition: attachment; filename=smime.p7m\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(content)) + "\r\n")
}

// What Exchange cannot write as bytes is rebuilt from its fields.
func TestUnconvertible(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.connect(t, nil)
		w.box.Deliver(sealed("sealed", "sealed bytes"), mailstore.Delivery{})
		w.deliver("after it", time.Time{})
		m, err := s.WaitFor(t.Context(), connector.Query{Subject: "sealed", Attachment: "*.p7m"})
		require.NoError(t, err)
		assert.True(t, m.Rebuilt)
		assert.Equal(t, "sealed bytes", contentOf(t, m, "*.p7m"))
		_, err = s.WaitFor(t.Context(), connector.Query{Subject: "after it"})
		require.NoError(t, err)
	})
}

// The attachments of the latest rebuilt mails are remembered; those of older ones are asked for again.
func TestPartsThatWereForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.open(w.server())
	mark, err := b.End(t.Context())
	require.NoError(t, err)
	for i := range recent.Most + 1 {
		w.box.Deliver(sealed(fmt.Sprint(i), fmt.Sprint("content of ", i)), mailstore.Delivery{})
	}
	var ids []string
	for more := true; more; {
		var envs []connector.Envelope
		envs, mark, err = b.Arrivals(t.Context(), mark)
		require.NoError(t, err)
		for _, e := range envs {
			ids = append(ids, e.ID)
			src, err := b.Fetch(t.Context(), e.ID, connector.DepthText)
			require.NoError(t, err)
			require.NoError(t, src.Close())
		}
		more = len(envs) > 0
	}
	require.Len(t, ids, recent.Most+1)
	opened := func(id string) int {
		before := w.fake.Counter.Total().Requests
		r, err := b.(connector.Parter).Part(t.Context(), id, "2")
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		assert.Contains(t, string(got), "content of ")
		return w.fake.Counter.Total().Requests - before
	}
	assert.Equal(t, 1, opened(ids[recent.Most]))
	assert.Equal(t, 2, opened(ids[0]))
	assert.Equal(t, 1, opened(ids[0]))
}

// Exchange writes most mail anew: the meaning stays.
func TestRegeneratedMail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakegraph.Options{Regenerate: true, RawControlChars: true, PlainBodyAsHTML: true})
		s := w.connect(t, nil)
		w.box.Deliver(mixed(filePart("a\x01.txt", "text/plain", "content")), mailstore.Delivery{})
		w.box.Deliver([]byte("From: a@example.com\r\nTo: qa@example.com\r\nSubject: bell \x07 rings\r\nMessage-ID: <bell@example.com>\r\n\r\nplain text\r\n"), mailstore.Delivery{})
		m, err := s.WaitFor(t.Context(), connector.Query{Subject: "files", Body: "see the files", Attachment: "*"})
		require.NoError(t, err)
		assert.Equal(t, "content", contentOf(t, m, "*"))
		_, err = s.WaitFor(t.Context(), connector.Query{MessageID: "bell@example.com", Body: "plain text"})
		require.NoError(t, err)
	})
}

// The SDK's error is below ours, and does not panic where the service gave no message.
func TestSDKErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.open(w.server())
	for _, body := range []string{`{"error":{"code":"ErrorInternalServerError"}}`, `{"error":{}}`, `{"error":{"code":"X","message":null}}`} {
		answers("list", 500, "application/json", body)(w)
		err := end(t.Context(), b)
		require.ErrorIs(t, err, connector.ErrUnavailable)
		sdk, ok := errors.AsType[*odataerrors.ODataError](err)
		if assert.True(t, ok, body) {
			assert.NotPanics(t, func() { _ = sdk.Error() })
		}
	}
}
