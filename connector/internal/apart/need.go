package apart

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"testing"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Mail is a mail of one text and one attachment of so many bytes, and the attachment's SHA-256.
func Mail(attachment int) (raw []byte, sum string) {
	data := make([]byte, attachment)
	for i := range data {
		data[i] = byte(i*7 + i>>9)
	}
	var b bytes.Buffer
	b.Grow(attachment/57*78 + 1000)
	b.WriteString("From: a@example.com\r\nTo: qa@example.com\r\nSubject: large\r\nX-Order: 77\r\nMessage-ID: <large@example.com>\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee attachment\r\n" +
		"--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	for rest := data; len(rest) > 0; {
		n := min(57, len(rest))
		b.WriteString(base64.StdEncoding.EncodeToString(rest[:n]) + "\r\n")
		rest = rest[n:]
	}
	b.WriteString("--b--\r\n")
	return b.Bytes(), fmt.Sprintf("%x", sha256.Sum256(data))
}

// Needs are what a test may want of that mail, in order of what it takes: by name, what it waits for
// and what it then does.
var Needs = []struct {
	Name  string
	Query connector.Query
	Then  func(ctx context.Context, m *connector.Message) (sum string, err error)
}{
	{"subject", connector.Query{Subject: "large", HeadOnly: true}, nothing},
	{"header", connector.Query{Header: map[string]string{"X-Order": "77"}, HeadOnly: true}, nothing},
	{"text", connector.Query{Body: "see attachment"}, nothing},
	{"attachment", connector.Query{Subject: "large", Body: "see attachment"}, attachment},
	{"raw", connector.Query{Subject: "large", HeadOnly: true}, raw},
}

func nothing(context.Context, *connector.Message) (string, error) { return "", nil }

// attachment is the hash of the only one.
func attachment(ctx context.Context, m *connector.Message) (string, error) {
	a, err := m.Attachment("*")
	if err != nil {
		return "", err
	}
	r, err := a.Open(ctx)
	if err != nil {
		return "", err
	}
	return hash(r)
}

// raw reads the whole mail.
func raw(ctx context.Context, m *connector.Message) (string, error) {
	r, err := m.Raw(ctx)
	if err != nil {
		return "", err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return "", err
}

func hash(r io.ReadCloser) (string, error) {
	defer r.Close()
	h := sha256.New()
	_, err := io.Copy(h, r)
	return fmt.Sprintf("%x", h.Sum(nil)), err
}

// Cost is what a need took.
type Cost struct {
	Wire, Heap int64 // bytes: over the wire, and by how much the client's heap grew at most
}

// Measure connects, has the mail delivered, and fulfils each need with a session of its own. The time
// to connect does not count. sum is the attachment's.
func Measure(tb testing.TB, server connector.Server, wire *Wire, deliver func(), sum string) map[string]Cost {
	tb.Helper()
	costs := map[string]Cost{}
	for _, need := range Needs {
		s, err := connector.Connect(tb.Context(), server, nil)
		must(tb, err)
		deliver()
		before, grown := wire.Bytes(), Heap(tb)
		m, err := s.WaitFor(tb.Context(), need.Query)
		got := ""
		if err == nil {
			got, err = need.Then(tb.Context(), m)
		}
		costs[need.Name] = Cost{wire.Bytes() - before, grown()}
		must(tb, err)
		must(tb, s.Close())
		if got != "" && got != sum {
			tb.Errorf("%s: the attachment has other bytes than were sent", need.Name)
		}
		tb.Logf("%-10s %10d bytes on the wire, %6.1f MiB of heap", need.Name, costs[need.Name].Wire, float64(costs[need.Name].Heap)/(1<<20))
	}
	return costs
}

// Report adds a benchmark of each need, measured once.
func Report(b *testing.B, service string, costs map[string]Cost) {
	b.Helper()
	for _, need := range Needs {
		b.Run(service+"/"+need.Name, func(b *testing.B) {
			for b.Loop() { // it was measured before
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(costs[need.Name].Wire), "wire-B")
			b.ReportMetric(float64(costs[need.Name].Heap), "heap-B")
		})
	}
}
