package mailparse

import "strings"

// unflow joins the lines of format=flowed text into paragraphs (RFC 3676
// section 4). Quoted lines keep one ">" for each level and a blank.
func unflow(text string, delSp bool) string {
	var b strings.Builder
	b.Grow(len(text))
	open, depth := false, 0 // a paragraph that the next line may go on with
	for line := range strings.Lines(text) {
		line, ended := strings.CutSuffix(line, "\n")
		level, content := quoteLevel(line)
		if open && level != depth {
			b.WriteByte('\n')
			open = false
		}
		if !open && level > 0 {
			b.WriteString(strings.Repeat(">", level) + " ")
		}
		depth = level
		open = strings.HasSuffix(content, " ") && content != "-- "
		if open && delSp {
			content = content[:len(content)-1]
		}
		b.WriteString(content)
		if ended && !open {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// quoteLevel counts the quote marks of a line and removes them and the blank
// that was stuffed (RFC 3676 sections 4.4 and 4.5).
func quoteLevel(line string) (int, string) {
	content := strings.TrimLeft(line, ">")
	return len(line) - len(content), strings.TrimPrefix(content, " ")
}
