package mailparse

import "slices"

// grow makes room for n more of at most so many: it doubles, since the smaller steps of append add up
// to five times what is kept.
func grow[E any](s []E, n, most int) []E {
	if cap(s)-len(s) >= n {
		return s
	}
	return slices.Grow(s, max(n, min(len(s), most-len(s))))
}

const chunkBytes = 32 << 10

// collector takes the content of one part after the other. It grows by
// chunks and uses them again, so that what is dropped costs nothing more.
type collector struct {
	chunks [][]byte
	n      int64
	left   int64 // how much more is taken
}

// reset begins a part of which limit bytes are taken.
func (c *collector) reset(limit int64) { c.n, c.left = 0, limit }

// write takes p, or as much of it as there is room for.
func (c *collector) write(p []byte) (all bool) {
	room := min(int64(len(p)), c.left)
	c.left -= room
	for rest := p[:room]; len(rest) > 0; {
		i := int(c.n / chunkBytes)
		if i == len(c.chunks) {
			c.chunks = append(c.chunks, make([]byte, chunkBytes))
		}
		n := copy(c.chunks[i][c.n%chunkBytes:], rest)
		c.n += int64(n)
		rest = rest[n:]
	}
	return room == int64(len(p))
}

// bytes returns a copy of what was taken; it is not nil.
func (c *collector) bytes() []byte {
	out := make([]byte, 0, c.n)
	for i := 0; int64(len(out)) < c.n; i++ {
		out = append(out, c.chunks[i][:min(chunkBytes, c.n-int64(len(out)))]...)
	}
	return out
}
