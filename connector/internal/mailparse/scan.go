package mailparse

import "bytes"

// hit is what ended a body.
type hit int

const (
	hitNone  hit = iota
	hitEnd       // the end of the mail
	hitPart      // a delimiter: another part follows
	hitClose     // a closing delimiter
)

// frame is a multipart that is open.
type frame struct {
	id       string // of the multipart, "" for the mail itself
	boundary string
	shadowed int  // the outer frame with the same boundary, -1 if none
	numbered int  // the frame that numbers the parts of this one
	parts    int  // parts numbered so far
	entered  bool // a delimiter was seen
	kind     string
}

// scanner cuts a mail into headers and bodies. It knows every open boundary
// at once, so that the cost of a line does not depend on the depth.
type scanner struct {
	in         *input
	open       []frame
	boundaries map[string]int // the innermost frame of each boundary
	lineStart  bool           // a delimiter may begin at the window
	hit        hit            // what ended the last body; hitNone inside one
	hitFrame   int
	doubleCR   bool // the lines of the mail end in CR CR LF
}

// chunk returns the next bytes of the body at hand, nil at its end. The line
// end in front of a delimiter belongs to the delimiter (RFC 2046 section
// 5.1.1). The bytes are valid until the next call.
func (s *scanner) chunk() []byte {
	for s.hit == hitNone {
		if s.lineStart && s.takeBoundary() {
			return nil
		}
		w := s.in.window()
		n, skip := s.safe(w)
		if n+skip > 0 {
			s.in.consume(n + skip)
			s.lineStart = skip > 0 || w[n-1] == '\n'
			if n > 0 {
				return w[:n]
			}
			continue
		}
		if !s.in.more() && s.in.atEnd() && len(s.in.window()) == 0 {
			s.hit = hitEnd
		}
	}
	return nil
}

var newLineDashes = []byte("\n--")

// safe tells how many bytes of w surely are body, and how many bytes of line
// end before a delimiter follow them.
func (s *scanner) safe(w []byte) (n, skip int) {
	if len(s.open) == 0 {
		return len(w), 0
	}
	for from := 0; ; {
		i := bytes.Index(w[from:], newLineDashes)
		if i < 0 {
			return s.safeTail(w), 0
		}
		i += from
		found, cut := s.boundaryIn(w[i+1:])
		switch {
		case found.hit != hitNone:
			n = s.trimCR(w[:i])
			return n, i + 1 - n
		case cut:
			return s.trimCR(w[:i]), 0
		}
		from = i + 1
	}
}

// safeTail is how much of w, which has no line that begins with dashes, can
// not be the beginning of a delimiter.
func (s *scanner) safeTail(w []byte) int {
	if s.in.atEnd() {
		return len(w)
	}
	for _, tail := range [...]string{"\n-", "\n", "\r"} {
		if n := len(w) - len(tail); n >= 0 && string(w[n:]) == tail {
			return s.trimCR(w[:n])
		}
	}
	return len(w)
}

// trimCR is the length of w without the CR of the line end that follows.
func (s *scanner) trimCR(w []byte) int {
	n := len(w)
	if n > 0 && w[n-1] == '\r' {
		n--
	}
	if s.doubleCR && n > 0 && w[n-1] == '\r' {
		n--
	}
	return n
}

// takeBoundary consumes the delimiter that the window begins with.
func (s *scanner) takeBoundary() bool {
	if len(s.open) == 0 {
		return false
	}
	for {
		found, cut := s.boundaryIn(s.in.window())
		if cut && s.in.more() {
			continue
		}
		if found.hit == hitNone {
			s.lineStart = false
			return false
		}
		s.in.consume(found.length)
		s.hit, s.hitFrame = found.hit, found.frame
		return true
	}
}

// delimiter is a delimiter line that was found.
type delimiter struct {
	hit    hit
	frame  int
	length int // with its line end
}

// boundaryIn looks for a delimiter line at the beginning of w. It reports
// cut where w ends too early to tell.
func (s *scanner) boundaryIn(w []byte) (found delimiter, cut bool) {
	const dashes, blanks = 4, 64
	if len(w) < 2 {
		return delimiter{}, !s.in.atEnd() && (len(w) == 0 || w[0] == '-')
	}
	if w[0] != '-' || w[1] != '-' {
		return delimiter{}, false
	}
	line := w[:min(len(w), maxBoundary+dashes+blanks)]
	length := bytes.IndexByte(line, '\n') + 1
	if length == 0 {
		if len(line) < len(w) {
			return delimiter{}, false
		}
		if !s.in.atEnd() {
			return delimiter{}, len(line) < maxBoundary+dashes+blanks
		}
		length = len(line)
	}
	line = bytes.TrimRight(line[2:length], " \t\r\n")
	if found = s.lookUp(line); found.hit == hitNone {
		adopted, cut := s.adopt(line, w[length:])
		if !adopted {
			return delimiter{}, cut
		}
		found = delimiter{hit: hitPart, frame: len(s.open) - 1}
	}
	found.length = length
	return found, false
}

func (s *scanner) lookUp(line []byte) delimiter {
	if i, ok := s.boundaries[string(line)]; ok {
		return delimiter{hit: hitPart, frame: i}
	}
	if line, ok := bytes.CutSuffix(line, []byte("--")); ok {
		if i, ok := s.boundaries[string(line)]; ok {
			return delimiter{hit: hitClose, frame: i}
		}
	}
	return delimiter{}
}

// adopt takes a line as the delimiter of the innermost multipart if that
// has not met its own and a part header follows the line. It reports cut
// where after is too short to tell.
func (s *scanner) adopt(line, after []byte) (adopted, cut bool) {
	const content = "content-"
	f := &s.open[len(s.open)-1]
	if f.entered || len(line) == 0 || len(line) > maxBoundary {
		return false, false
	}
	if len(after) < len(content) {
		return false, !s.in.atEnd()
	}
	if !bytes.EqualFold(after[:len(content)], []byte(content)) {
		return false, false
	}
	s.unregister(len(s.open) - 1)
	f.boundary = string(line)
	s.register(len(s.open) - 1)
	return true, false
}

func (s *scanner) push(f frame) {
	s.open = append(grow(s.open, 1, maxOpen), f)
	s.register(len(s.open) - 1)
}

func (s *scanner) pop() {
	s.unregister(len(s.open) - 1)
	s.open = s.open[:len(s.open)-1]
}

func (s *scanner) register(i int) {
	f := &s.open[i]
	f.shadowed = -1
	if f.boundary == "" {
		return
	}
	if s.boundaries == nil {
		s.boundaries = make(map[string]int)
	}
	if outer, ok := s.boundaries[f.boundary]; ok {
		f.shadowed = outer
	}
	s.boundaries[f.boundary] = i
}

func (s *scanner) unregister(i int) {
	f := &s.open[i]
	switch {
	case f.boundary == "":
	case f.shadowed >= 0:
		s.boundaries[f.boundary] = f.shadowed
	default:
		delete(s.boundaries, f.boundary)
	}
}
