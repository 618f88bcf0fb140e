package testhelpers

import (
	"fmt"
	"strings"
)

// maxDiffLines bounds the texts whose lines are compared one by one; of longer ones the middle that
// differs is shown as one block.
const maxDiffLines = 2000

// around is how many lines are shown around what differs.
const around = 2

// edit is one line of a comparison: ' ' in both, '-' in the first alone, '+' in the second alone.
type edit struct {
	kind byte
	line string
}

// diff compares two texts line by line and shows what differs with lines around it, "-" what was
// expected and "+" what came.
func diff(want, got string) string {
	a, b := strings.Split(strings.TrimRight(want, "\n"), "\n"), strings.Split(strings.TrimRight(got, "\n"), "\n")
	var before []edit
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		before = append(before, edit{' ', a[0]})
		a, b = a[1:], b[1:]
	}
	var after []edit
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		after = append([]edit{{' ', a[len(a)-1]}}, after[:min(len(after), 2*around)]...)
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return show(append(append(before, middle(a, b)...), after...))
}

// middle compares what is between the common beginning and end, by the longest common row of lines.
func middle(a, b []string) []edit {
	var out []edit
	if len(a) > maxDiffLines || len(b) > maxDiffLines {
		return append(all('-', a), all('+', b)...)
	}
	common := make([][]int32, len(a)+1) // of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	for len(a) > 0 && len(b) > 0 {
		i, j := len(common)-1-len(a), len(common[0])-1-len(b)
		switch {
		case a[0] == b[0]:
			out = append(out, edit{' ', a[0]})
			a, b = a[1:], b[1:]
		case common[i+1][j] >= common[i][j+1]:
			out = append(out, edit{'-', a[0]})
			a = a[1:]
		default:
			out = append(out, edit{'+', b[0]})
			b = b[1:]
		}
	}
	return append(out, append(all('-', a), all('+', b)...)...)
}

// all makes edits of one kind.
func all(kind byte, lines []string) []edit {
	var out []edit
	for _, l := range lines {
		out = append(out, edit{kind, l})
	}
	return out
}

// show prints the edits, without the common lines that are far from any other.
func show(edits []edit) string {
	near := make([]bool, len(edits))
	for i, e := range edits {
		for j := max(0, i-around); e.kind != ' ' && j <= min(len(edits)-1, i+around); j++ {
			near[j] = true
		}
	}
	var b strings.Builder
	first, second, skipped, shown := 1, 1, true, 0
	for i, e := range edits {
		if near[i] && shown < maxShown {
			if skipped {
				fmt.Fprintf(&b, "@@ -%d +%d @@\n", first, second)
			}
			fmt.Fprintf(&b, "%c%s\n", e.kind, shorten(e.line, 200))
			shown++
		}
		skipped = !near[i]
		if e.kind != '+' {
			first++
		}
		if e.kind != '-' {
			second++
		}
	}
	if shown == maxShown {
		b.WriteString("… and more\n")
	}
	return b.String()
}

// maxShown bounds the lines of a diff.
const maxShown = 100
