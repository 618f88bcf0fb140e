package oracle

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
	"github.com/cloudmail-go/cloudmail/fixtures"
)

var mutants = flag.Int("mutants", 40, "how many broken forms of each sample to read")

// word is what is looked for: long enough to stand in one place of a mail only, and the same in every charset guess.
var word = regexp.MustCompile(`[A-Za-z0-9]{6,}`)

// TestNothingReadableIsLost breaks every sample in many ways and reads it: a word of the sample that another parser
// still shows to the reader stands in what mailparse found, or reports, too.
func TestNothingReadableIsLost(t *testing.T) {
	for _, sample := range fixtures.Names() {
		raw := fixtures.Raw(sample)
		if len(raw) > 10_000 || sample == "utf-7" { // whose plain and coded forms have words in common
			continue
		}
		whole := shown(t, raw)
		for seed := range *mutants {
			broken := mutate(raw, rand.New(rand.NewPCG(uint64(seed), 7)))
			have := everything(t, broken)
			for _, other := range others {
				theirs, err := Parsers[other](broken)
				if err != nil {
					continue
				}
				for _, w := range word.FindAllString(theirs.Subject+" "+theirs.Text, -1) {
					if strings.Contains(whole, w) && !strings.Contains(have, w) {
						t.Errorf("%s, mutant %d: %s reads %q in\n%s\n", sample, seed, other, w, broken)
						break
					}
				}
			}
		}
	}
}

// shown is what a reader sees of a mail.
func shown(t *testing.T, raw []byte) string {
	m, err := own(raw)
	require.NoError(t, err)
	return m.Subject + " " + m.Text + " " + m.HTML
}

// everything is all that mailparse hands over of a mail, decoded.
func everything(t *testing.T, raw []byte) string {
	m, err := mailparse.Read(bytes.NewReader(raw), mailparse.Limits{})
	require.NoError(t, err)
	var b strings.Builder
	b.WriteString(m.Text + "\n" + m.HTML + "\n")
	for _, f := range m.Fields {
		b.WriteString(f.Name + ": " + f.Value + "\n" + f.Raw + "\n")
	}
	for _, p := range m.Parts {
		b.WriteString(p.Name + "\n")
		b.Write(p.Data)
	}
	for _, d := range m.Defects {
		b.WriteString(d.What + "\n")
	}
	return b.String()
}

// mutate drops or doubles lines, changes bytes and line ends, or cuts the end.
func mutate(raw []byte, r *rand.Rand) []byte {
	out := bytes.Clone(raw)
	for range 1 + r.IntN(4) {
		lines := bytes.SplitAfter(out, []byte("\n"))
		i := r.IntN(len(lines))
		switch r.IntN(5) {
		case 0:
			lines[i] = nil
		case 1:
			lines[i] = append(bytes.Clone(lines[i]), lines[i]...)
		case 2:
			lines[i] = bytes.ReplaceAll(lines[i], []byte("\r\n"), []byte("\n"))
		case 3:
			if len(lines[i]) > 0 {
				lines[i] = bytes.Clone(lines[i])
				lines[i][r.IntN(len(lines[i]))] = byte(r.IntN(256))
			}
		case 4:
			lines = lines[:max(1, len(lines)-r.IntN(3))]
		}
		out = bytes.Join(lines, nil)
	}
	return out
}
