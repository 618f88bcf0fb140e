package mailparse

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkHostile shows that time grows with the size and no faster.
func BenchmarkHostile(b *testing.B) {
	shapes := map[string]func(n int) string{
		"levels":        func(n int) string { return bomb(n/64, true) },
		"parts":         func(n int) string { return head + mixed + strings.Repeat("--b1\n\nx\n", n/8) },
		"dashes":        func(n int) string { return head + mixed + "--b1\n\n" + strings.Repeat("--\n", n/3) },
		"header lines":  func(n int) string { return strings.Repeat("X-A: 1\n", n/7) + "\n" },
		"no colon":      func(n int) string { return strings.Repeat("no field\n", n/9) },
		"words":         func(n int) string { return "Subject: " + strings.Repeat("=?a?Q?", n/6) + "?=\n\n" },
		"comments":      func(n int) string { return "To: " + strings.Repeat("(", n) + "\n\n" },
		"angles":        func(n int) string { return "To: " + strings.Repeat("<a,", n/3) + "\n\n" },
		"params":        func(n int) string { return "Content-Type: a/b" + strings.Repeat(";a=\"", n/4) + "\n\n" },
		"blanks, qp":    func(n int) string { return "Content-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat(" ", n) },
		"cid":           func(n int) string { return "Content-Type: text/html\n\n" + strings.Repeat("cid:", n/4) },
		"quotes flowed": func(n int) string { return "Content-Type: text/plain; format=flowed\n\n" + strings.Repeat("> \n", n/3) },
	}
	for name, shape := range shapes {
		for _, size := range []int{1 << 20, 2 << 20, 4 << 20} {
			raw := shape(size)
			b.Run(fmt.Sprintf("%s/%dMB", name, size>>20), func(b *testing.B) {
				b.SetBytes(int64(len(raw)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Read(strings.NewReader(raw), Limits{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkHead(b *testing.B) {
	raw := []byte(crlf(head + "X-A: 1\nX-B: 2\nReferences: <a@b> <c@d>\n\n"))
	b.ReportAllocs()
	for b.Loop() {
		Head(raw, Limits{})
	}
}
