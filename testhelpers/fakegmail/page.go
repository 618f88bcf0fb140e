package fakegmail

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
)

// pager makes page tokens and reads them. A token names a place, not a number of pages, so that
// mail that comes in between shifts nothing; it is bound to the query that it came from.
type pager struct {
	c     *call
	bound uint64
}

// pager binds tokens to the mailbox, the path and the values of some parameters.
func (c *call) pager(params ...string) pager {
	h := fnv.New64a()
	write := func(s string) {
		_, _ = h.Write([]byte(s))
		_, _ = h.Write([]byte{0})
	}
	write(c.box.m.Address())
	write(c.r.URL.Path)
	for _, name := range params {
		write(name)
		for _, value := range c.query[name] {
			write(value)
		}
	}
	return pager{c, h.Sum64()}
}

// token names the place after what the two numbers say.
func (p pager) token(a, b uint64) string {
	buf := binary.BigEndian.AppendUint64(nil, p.bound)
	buf = binary.BigEndian.AppendUint64(buf, a^p.bound)
	buf = binary.BigEndian.AppendUint64(buf, b^p.bound)
	return base64.RawURLEncoding.EncodeToString(buf)
}

// position reads the request's token; without one it is what is given here.
func (p pager) position(a, b uint64) ([2]uint64, *apiError) {
	text := p.c.query.Get("pageToken")
	if text == "" {
		return [2]uint64{a, b}, nil
	}
	buf, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(buf) != 24 || binary.BigEndian.Uint64(buf) != p.bound {
		return [2]uint64{}, invalid("Invalid pageToken")
	}
	return [2]uint64{
		binary.BigEndian.Uint64(buf[8:]) ^ p.bound,
		binary.BigEndian.Uint64(buf[16:]) ^ p.bound,
	}, nil
}
