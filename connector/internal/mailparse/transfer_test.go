package mailparse

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"mime/quotedprintable"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// decodeIn decodes src in pieces of n bytes.
func decodeIn(d decoder, src string, n int) string {
	var out []byte
	for rest := []byte(src); len(rest) > 0; {
		piece := rest[:min(n, len(rest))]
		out = d.decode(out, bytes.Clone(piece))
		rest = rest[len(piece):]
	}
	return string(d.flush(out))
}

func TestQuotedPrintable(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"a=3Db":                 "a=b",
		"a=3db":                 "a=b",
		"soft=\r\nbreak":        "softbreak",
		"soft= \t\r\nbreak":     "softbreak",
		"soft=\nbreak":          "softbreak",
		"trailing \t\r\nx":      "trailing\r\nx",
		"kept=20\r\nx":          "kept \r\nx",
		"bad =ZZ =4 = x":        "bad =ZZ =4 = x",
		"end=":                  "end",
		"end=4":                 "end=4",
		"a b  c":                "a b  c",
		"=\r\n=\r\nx":           "x",
		"blank at the end \t":   "blank at the end",
		"lines\r\n\r\n=C3=A9\n": "lines\r\n\r\né\n",
	} {
		for n := 1; n <= len(src); n++ {
			assert.Equal(t, want, decodeIn(&quotedDecoder{}, src, n), "%q in pieces of %d", src, n)
		}
	}
}

func TestBase64(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"aGVsbG8=":         "hello",
		"aGVs\r\nbG8=\r\n": "hello",
		"a G\tVsbG8":       "hello",
		"aGVsbG8":          "hello",
		"aGVsbA==aGVsbG8=": "hellhello",
		"*aGVs-bG8=":       "hello",
		"aGVsbG8=====":     "hello",
		"a":                "",
		"":                 "",
	} {
		for n := 1; n <= max(1, len(src)); n++ {
			assert.Equal(t, want, decodeIn(&base64Decoder{}, src, n), "%q in pieces of %d", src, n)
		}
	}
}

// TestTransferRoundTrip decodes what the standard library encodes.
func TestTransferRoundTrip(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		data := make([]byte, random.IntN(5000))
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		require.Equal(t, string(data), decodeIn(&base64Decoder{}, base64.StdEncoding.EncodeToString(data), 1+random.IntN(100)))
		var b bytes.Buffer
		w := quotedprintable.NewWriter(&b)
		w.Binary = true
		_, err := w.Write(data)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.Equal(t, string(data), decodeIn(&quotedDecoder{}, b.String(), 1+random.IntN(100)))
	}
}
