package gmail

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readAll reads an answer as Fetch does.
func readAll(r io.Reader) (raw []byte, m *rawMessage, err error) {
	m = newRawMessage(r)
	in, err := m.open()
	if err == nil {
		raw, err = io.ReadAll(in)
	}
	if err == nil {
		err = m.finish()
	}
	return raw, m, err
}

func TestRawMessage(t *testing.T) {
	t.Parallel()
	text := "Subject: a?>\r\n\r\n\xff\xfe body ~~"
	padded := base64.URLEncoding.EncodeToString([]byte(text))
	for name, in := range map[string]string{
		"mail last":      `{"id":"1","labelIds":["INBOX","UNREAD"],"snippet":"a \"b\" }{][","internalDate":"1764085252000","raw":"` + padded + `"}`,
		"mail first":     `{"raw":"` + padded + `","internalDate":"1764085252000","labelIds":["INBOX","UNREAD"]}`,
		"mail between":   "{\n \"labelIds\" : [ \"INBOX\" ,\n \"UNREAD\" ],\n \"raw\": \"" + padded + "\" ,\n \"internalDate\": \"1764085252000\" }\n",
		"unpadded":       `{"labelIds":["INBOX","UNREAD"],"internalDate":"1764085252000","raw":"` + strings.TrimRight(padded, "=") + `"}`,
		"plain alphabet": `{"labelIds":["INBOX","UNREAD"],"internalDate":"1764085252000","raw":"` + strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(text)), "/", `\/`) + `"}`,
		"escaped sign":   `{"labelIds":["INBOX","UNREAD"],"internalDate":"1764085252000","raw":"` + strings.ReplaceAll(padded, "=", `\u003d`) + `"}`,
		"nested members": `{"x":{"raw":"no","y":[{"raw":["no"]}]},"labelIds":["INBOX","UNREAD"],"n":-1.5e3,"t":true,"z":null,"internalDate":"1764085252000","raw":"` + padded + `"}`,
	} {
		for _, in := range []io.Reader{strings.NewReader(in), iotest.OneByteReader(strings.NewReader(in))} {
			raw, m, err := readAll(in)
			require.NoError(t, err, name)
			assert.Equal(t, text, string(raw), name)
			assert.Equal(t, []string{"INBOX", "UNREAD"}, m.labels, name)
			assert.EqualValues(t, 1764085252000, m.date, name)
		}
	}
}

func TestRawMessageBroken(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]error{
		"":                                    io.ErrUnexpectedEOF,
		"<html>login</html>":                  errAnswer,
		"{}":                                  errAnswer,
		`{"id":"1"}`:                          errAnswer,
		`{"labelIds":["INBOX"],"raw":"aGk`:    io.ErrUnexpectedEOF,
		`{"labelIds":["INBOX`:                 io.ErrUnexpectedEOF,
		`{"labelIds":{},"raw":"aGk"}`:         errAnswer,
		`{"internalDate":"soon","raw":"aGk"}`: errAnswer,
		`{"raw":null}`:                        errAnswer,
		`{"raw":"aGk" "id":"1"}`:              errAnswer,
		`{"raw":"\u0416"}`:                    errAnswer,
	} {
		_, _, err := readAll(strings.NewReader(in))
		assert.ErrorIs(t, err, want, in)
	}
	_, _, err := readAll(strings.NewReader(`{"raw":"a*b!"}`))
	require.Error(t, err)
	assert.True(t, isBase64(err), "%v", err)
}

// FuzzRawMessage compares with encoding/json: what both take means the same.
func FuzzRawMessage(f *testing.F) {
	f.Add(`{"labelIds":["INBOX"],"internalDate":"12","raw":"aGk="}`)
	f.Add(`{"raw":"aGk","x":[{"a":"\"}"}],"internalDate":"12"}`)
	f.Add(`{"raw":"a`)
	f.Fuzz(func(t *testing.T, in string) {
		raw, m, err := readAll(strings.NewReader(in))
		var want struct {
			Raw  string   `json:"raw"`
			Ids  []string `json:"labelIds"`
			Date int64    `json:"internalDate,string"`
		}
		if err != nil || strings.Count(in, "raw") > 1 || json.Unmarshal([]byte(in), &want) != nil {
			return
		}
		plain, bad := base64.RawURLEncoding.DecodeString(strings.NewReplacer("=", "", "+", "-", "/", "_").Replace(want.Raw))
		if bad != nil || want.Raw == "" {
			return
		}
		assert.Equal(t, string(plain), string(raw))
		if m.hasDate && strings.Count(in, "nternal") == 1 {
			assert.Equal(t, want.Date, m.date)
		}
	})
}
