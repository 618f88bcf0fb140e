// Package apart is for tests: it runs the service that a client is tested with in a process of its
// own, so that what is measured is the client's alone. The other process is the same test binary; the
// test that starts it takes part in both:
//
//	if apart.Child() {
//		apart.Serve(address, deliver)
//		return
//	}
//	deliver := apart.Start(t, &address)
package apart

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// variable is set in the other process.
const variable = "CLOUDMAIL_TEST_APART"

// Child reports whether this is the process of the service.
func Child() bool { return os.Getenv(variable) != "" }

// Serve hands over what the client must know of the service, as JSON, and then delivers whenever
// the client asks. It returns when the client is done.
func Serve(handover any, deliver func()) error {
	line, err := json.Marshal(handover)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	for in := bufio.NewReader(os.Stdin); ; {
		if _, err := in.ReadByte(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		deliver()
		fmt.Println("delivered")
	}
}

// Start runs the test of that name in a process of its own, reads what it hands over, and returns the
// func that makes it deliver. The process ends with the test.
func Start(tb testing.TB, test string, handover any) (deliver func()) {
	tb.Helper()
	exe, err := os.Executable()
	must(tb, err)
	cmd := exec.Command(exe, "-test.run=^"+test+"$", "-test.timeout=30m")
	cmd.Env = append(os.Environ(), variable+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(tb, err)
	out, err := cmd.StdoutPipe()
	must(tb, err)
	must(tb, cmd.Start())
	tb.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	r := bufio.NewReader(out)
	line, err := r.ReadBytes('\n')
	must(tb, err)
	must(tb, json.Unmarshal(line, handover))
	return func() {
		_, err := io.WriteString(in, "\n")
		must(tb, err)
		_, err = r.ReadBytes('\n')
		must(tb, err)
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal("the other process: ", err)
	}
}
