package gmail_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// heapChild is set in the process that plays the service, so that what it holds is not measured.
const heapChild = "CLOUDMAIL_GMAIL_HEAP_CHILD"

// handover is what the client must know of the service.
type handover struct{ URL, TokenURI, Key, SHA256 string }

// TestHeap reads a mail of 36 MB for the hash of its attachment: the client holds a small part of
// it at any time.
func TestHeap(t *testing.T) {
	if os.Getenv(heapChild) != "" {
		serveLargeMail(t)
		return
	}
	service, deliver := startChild(t)
	s, err := connector.Connect(t.Context(), gmail.Workspace{Address: connectortest.Address,
		ServiceAccount: connector.Literal(service.Key), Endpoint: service.URL, TokenURL: service.TokenURI}, nil)
	require.NoError(t, err)
	defer s.Close()
	deliver()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute) // of a slow machine under -race
	defer cancel()
	grown := sampleHeap(t)
	m, err := s.WaitFor(ctx, connector.Query{Subject: "large"})
	growth := grown()
	require.NoError(t, err)
	a, err := m.Attachment("*")
	require.NoError(t, err)
	assert.Equal(t, service.SHA256, a.SHA256)
	t.Logf("mail of %d bytes, heap growth %.1f MiB", m.Size, float64(growth)/(1<<20))
	assert.LessOrEqual(t, growth, int64(8<<20))
}

// sampleHeap watches the heap until the returned func is called, which tells the most it grew.
func sampleHeap(t *testing.T) func() int64 {
	t.Helper()
	gc := debug.SetGCPercent(10) // what is held counts, not what is still to be collected of a whole test run's heap
	t.Cleanup(func() { debug.SetGCPercent(gc) })
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	start, most := int64(m.HeapAlloc), int64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				runtime.ReadMemStats(&m)
				most = max(most, int64(m.HeapAlloc)-start)
			}
		}
	}()
	return func() int64 { close(stop); <-done; return most }
}

// startChild starts the service; the func lets it deliver the mail.
func startChild(t *testing.T) (h handover, deliver func()) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(exe, "-test.run=^TestHeap$", "-test.timeout=30m")
	cmd.Env = append(os.Environ(), heapChild+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	r := bufio.NewReader(out)
	line, err := r.ReadBytes('\n')
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(line, &h))
	return h, func() {
		_, err := io.WriteString(in, "\n")
		require.NoError(t, err)
		_, err = r.ReadBytes('\n')
		require.NoError(t, err)
	}
}

// serveLargeMail is the other process.
func serveLargeMail(t *testing.T) {
	w := newWorld(t, &fakegmail.Options{KeyBits: 1024})
	s, err := w.fake.StartPlain()
	require.NoError(t, err)
	defer s.Close()
	raw, sum := largeMail(36 << 20)
	line, err := json.Marshal(handover{s.URL, s.TokenURI(), string(w.robot.JSONFor(s.TokenURI())), sum})
	require.NoError(t, err)
	fmt.Println(string(line))
	in := bufio.NewReader(os.Stdin)
	if _, err := in.ReadByte(); err == nil {
		w.box.Deliver(raw, mailstore.Delivery{})
		fmt.Println("delivered")
	}
	_, _ = io.Copy(io.Discard, in) // until the client is done
}

// largeMail has one attachment and about so many bytes.
func largeMail(size int) (raw []byte, sum string) {
	data := make([]byte, size/78*57)
	for i := range data {
		data[i] = byte(i*7 + i>>9)
	}
	var b bytes.Buffer
	b.WriteString("From: a@example.com\r\nTo: qa@example.com\r\nSubject: large\r\nMessage-ID: <large@example.com>\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee attachment\r\n" +
		"--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	for rest := data; len(rest) > 0; {
		n := min(57, len(rest))
		b.WriteString(base64.StdEncoding.EncodeToString(rest[:n]) + "\r\n")
		rest = rest[n:]
	}
	b.WriteString("--b--\r\n")
	h := sha256.Sum256(data)
	return b.Bytes(), fmt.Sprintf("%x", h)
}
