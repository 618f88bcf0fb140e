package mailparse

// Limits bound what one mail may cost. A zero field is the default.
// What lies beyond a limit is a defect of the mail, never an error.
type Limits struct {
	// Depth is how deep multiparts may nest before their parts are numbered
	// as if they stood side by side. Default 64.
	Depth int
	// Parts is the number of leaves that are read. Default 1,000.
	Parts int
	// HeaderBytes is how much of the mail's header is kept. Default 1 MiB.
	HeaderBytes int64
	// TextBytes is how much body text is kept, all parts together and before
	// charset decoding. Default 2 MiB.
	TextBytes int64
	// KeepBytes is how much of other parts is kept, all together; a part
	// that does not fit is described but has no Data. Default 512 KiB.
	KeepBytes int64
}

func (l Limits) withDefaults() Limits {
	l.Depth = orDefault(l.Depth, 64)
	l.Parts = orDefault(l.Parts, 1000)
	l.HeaderBytes = orDefault(l.HeaderBytes, 1<<20)
	l.TextBytes = orDefault(l.TextBytes, 2<<20)
	l.KeepBytes = orDefault(l.KeepBytes, 512<<10)
	return l
}

func orDefault[N int | int64](n, standard N) N {
	if n <= 0 {
		return standard
	}
	return n
}

// Bounds that no caller needs to move. They keep every list and buffer finite.
const (
	maxFields    = 1000     // header fields kept, beyond it only the first of each known name
	maxAddresses = 2000     // addresses of one list
	maxDefects   = 100      // defects listed
	maxOpen      = 1024     // multiparts open at once; a deeper one is read as text
	maxBoundary  = 256      // bytes of a boundary (RFC 2046 allows 70)
	maxHeld      = 64 << 10 // bytes held back while it is open whether they are header or body
	maxPreamble  = 256 << 10
	maxPartField = 16 << 10 // bytes of one header field of a part
)
