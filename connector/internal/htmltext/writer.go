package htmltext

import "strings"

// writer lays text out in lines.
type writer struct {
	buf     strings.Builder
	inLine  bool   // the line has text
	blank   bool   // a blank stands before the next text of the line
	cells   bool   // a tab does
	breaks  int    // line ends before the next text
	started bool   // there is text
	tail    []byte // blanks of preformatted text, written if more follows in the line
}

func (w *writer) text() string { return w.buf.String() }

// line ends the line, if there is one.
func (w *writer) line() {
	if w.inLine {
		w.newline()
	}
	w.blank, w.cells, w.tail = false, false, w.tail[:0]
}

// newline ends the line even if it is empty.
func (w *writer) newline() {
	w.breaks++
	w.inLine, w.blank, w.cells, w.tail = false, false, false, w.tail[:0]
}

// cell begins a table cell.
func (w *writer) cell() { w.cells = w.inLine }

// flow writes text whose runs of blanks are one blank.
func (w *writer) flow(text string) {
	for text != "" {
		n := strings.IndexAny(text, " \t\n\r\f")
		if n != 0 {
			if n < 0 {
				n = len(text)
			}
			w.word(text[:n])
			text = text[n:]
			continue
		}
		w.blank = true
		text = strings.TrimLeft(text, " \t\n\r\f")
	}
}

// word writes text, after what stands between it and the text before it.
func (w *writer) word(text string) {
	if w.started {
		for range w.breaks {
			w.buf.WriteByte('\n')
		}
	}
	w.breaks = 0
	switch {
	case len(w.tail) > 0:
		w.buf.Write(w.tail)
	case !w.inLine:
	case w.cells:
		w.buf.WriteByte('\t')
	case w.blank:
		w.buf.WriteByte(' ')
	}
	w.inLine, w.started = true, true
	w.blank, w.cells, w.tail = false, false, w.tail[:0]
	w.buf.WriteString(text)
}

// pre writes text as it stands there.
func (w *writer) pre(text string) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	for line := range strings.Lines(text) {
		line, ended := strings.CutSuffix(line, "\n")
		words := strings.TrimRight(line, " \t")
		if words != "" {
			w.word(words)
		}
		if ended {
			w.newline()
		} else {
			w.tail = append(w.tail, line[len(words):]...)
		}
	}
}
