package codes

import (
	"strings"
	"unicode/utf8"
)

// Distances in characters, and what they are worth.
const (
	near    = 90 // a word in front of a number is about it
	nearer  = 10 // and stands right in front of it
	behind  = 60 // a word behind a number is about it
	ofOther = 40 // a word for another number in front of it is about it
)

// judge scores a candidate by its line and the lines above.
func (l *line) judge(c *Code, hit []int, before []line) {
	note := func(score int, why string) {
		c.Score += score
		c.Evidence = append(c.Evidence, why)
	}
	from, to := l.sentence(hit)
	switch word, gap := l.wordBefore(from, hit[0]); {
	case word != nil && word.kind == other:
		note(-5, "names something else: "+l.shown[word.at:word.end])
	case word != nil && word.kind == ask:
		note(5, "asked for by "+l.shown[word.at:word.end])
		if gap <= nearer {
			note(1, "right behind it")
		}
	default:
		l.judgeBehind(note, hit, to, word != nil, before)
	}
	l.form(note, c)
}

// judgeBehind scores what no word in front of it names: by the words behind it, else by the lines
// above.
func (l *line) judgeBehind(note func(int, string), hit []int, to int, told bool, before []line) {
	word := l.wordBehind(hit[1], to)
	switch {
	case word != nil && utf8.RuneCountInString(l.shown[hit[1]:word.at]) <= behind:
		note(5, "followed by "+l.shown[word.at:word.end])
	case told:
		note(2, "to be typed")
		if next := l.wordBehind(to, len(l.shown)); next != nil {
			note(2, "the next sentence has "+l.shown[next.at:next.end])
		}
	case l.alone:
		note(1, "alone in its line")
		l.judgeAbove(note, before)
	}
}

// judgeAbove scores a number that is alone in its line by the lines above.
func (l *line) judgeAbove(note func(int, string), before []line) {
	worth := 4
	for i := len(before) - 1; i >= 0 && worth > 1; i-- {
		above := &before[i]
		if above.alone {
			continue
		}
		for kind := ask; ; kind-- {
			if w := above.last(kind); w != nil {
				switch kind {
				case other:
					note(-4, "below "+above.shown[w.at:w.end])
				case tell:
					note(worth-1, "below "+above.shown[w.at:w.end])
				default:
					note(worth, "below "+above.shown[w.at:w.end])
				}
				return
			}
			if kind == other {
				break
			}
		}
		worth--
	}
}

// form scores how a candidate looks.
func (l *line) form(note func(int, string), c *Code) {
	digits := strings.Trim(c.Value, "0123456789") == ""
	switch {
	case digits && len(c.Value) == 6 && c.Score > 0:
		note(1, "six digits")
	case digits && len(c.Value) == 4 && c.Value == c.Shown && (strings.HasPrefix(c.Value, "19") || strings.HasPrefix(c.Value, "20")):
		note(-2, "may be a year")
	case !digits && c.Shown != strings.ToUpper(c.Shown) && !l.alone && !l.afterColon(c.Shown):
		note(-4, "a word with digits")
	}
}

// afterColon reports whether what is shown stands at the end of its line behind a colon.
func (l *line) afterColon(shown string) bool {
	head, ok := strings.CutSuffix(strings.TrimRight(l.shown, " ."), shown)
	return ok && strings.HasSuffix(strings.TrimSpace(head), ":")
}

// sentence returns where the sentence of a candidate begins and ends.
func (l *line) sentence(hit []int) (from, to int) {
	to = len(l.shown)
	for _, end := range l.ends {
		if end[1] <= hit[0] {
			from = end[1]
		} else if end[0] >= hit[1] {
			return from, end[0]
		}
	}
	return from, to
}

// wordBefore returns the word in front of a candidate that says what it is, and how far it is; nil
// if there is none. A word for another number is used up by the first number behind it.
func (l *line) wordBefore(from, at int) (*label, int) {
	for i := len(l.labels()) - 1; i >= 0; i-- {
		w := &l.labels()[i]
		if w.end > at || w.used {
			continue
		}
		if w.at < from || at-w.end > near*utf8.UTFMax {
			break // those before it are farther still
		}
		gap := utf8.RuneCountInString(l.shown[w.end:at])
		switch {
		case w.kind == other && gap <= ofOther:
			w.used = true
			return w, gap
		case w.kind != other && gap <= near:
			if w.kind == tell {
				if noun, gap := l.askBefore(from, w.at); noun != nil {
					return noun, gap + nearer
				}
			}
			return w, gap
		}
	}
	return nil, 0
}

// askBefore returns the last word for a code in front of a place.
func (l *line) askBefore(from, at int) (*label, int) {
	for i := len(l.labels()) - 1; i >= 0; i-- {
		w := &l.labels()[i]
		if w.at < from {
			break
		}
		if w.kind == ask && w.end <= at {
			return w, utf8.RuneCountInString(l.shown[w.end:at])
		}
	}
	return nil, 0
}

// wordBehind returns the first word for a code behind a candidate.
func (l *line) wordBehind(at, to int) *label {
	for i := range l.labels() {
		if w := &l.labels()[i]; w.kind == ask && w.at >= at && w.at < to {
			return w
		}
	}
	return nil
}

// last returns the last word of a kind in a line.
func (l *line) last(kind labelKind) *label {
	for i := len(l.labels()) - 1; i >= 0; i-- {
		if l.labels()[i].kind == kind {
			return &l.labels()[i]
		}
	}
	return nil
}
