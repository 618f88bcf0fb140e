package oracle

import (
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/fixtures"
)

// letters are the mails of the comparison: one of a few lines, one with HTML, one with a file of 5 MB.
func letters() map[string][]byte {
	head := "From: a@example.com\r\nTo: qa@example.com\r\nSubject: Bill\r\nMIME-Version: 1.0\r\n"
	part := "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSee file.\r\n" +
		"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=bill.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	var file strings.Builder
	for line := range 90_000 {
		file.WriteString(base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%057d", line)) + "\r\n")
	}
	quoted := strings.Repeat("Gr=C3=BC=C3=9Fe aus M=C3=BCnchen, <b>Anna</b> =\r\n", 20_000)
	return map[string][]byte{
		"short": fixtures.Raw("one-time-code"),
		"mixed": fixtures.Raw("mixed-related-alternative"),
		"html":  []byte(head + "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted),
		"file":  []byte(head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part + file.String() + "--b--\r\n"),
	}
}

// BenchmarkThroughput reads the same mail with each parser in turn, about a megabyte at a time, and reports the others'
// time and memory as a multiple of mailparse's (more than 1: mailparse is faster, or needs less).
func BenchmarkThroughput(b *testing.B) {
	for name, raw := range letters() {
		b.Run(name, func(b *testing.B) {
			spent, memory := map[string]time.Duration{}, map[string]uint64{}
			times := max(1, 1<<20/len(raw))
			for b.Loop() {
				for parser, read := range Parsers {
					t, m := cost(b, read, raw, times)
					spent[parser] += t
					memory[parser] += m
				}
			}
			b.ReportMetric(float64(len(raw)*times)*float64(b.N)/1e6/spent["mailparse"].Seconds(), "MB/s")
			for _, other := range others {
				b.ReportMetric(float64(spent[other])/float64(spent["mailparse"]), other+"-time")
				b.ReportMetric(float64(memory[other])/float64(memory["mailparse"]), other+"-memory")
			}
		})
	}
}

// cost reads a mail some times, and says how long it took and what was allocated.
func cost(b *testing.B, read func([]byte) (Reading, error), raw []byte, times int) (time.Duration, uint64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	for range times {
		if _, err := read(raw); err != nil {
			b.Fatal(err)
		}
	}
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	return took, after.TotalAlloc - before.TotalAlloc
}
