package fakeimap

import (
	"net"
	"sync"
	"time"
)

// link carries bytes between a client and the server, with all that can happen to them on the way.
type link struct {
	far, near net.Conn // to the client, to the server
	faults    *faults
	cut       int64 // bytes to the client before it breaks; negative: never
	frozen    chan struct{}
	freeze    sync.Once
	broken    chan struct{}
	breaking  sync.Once
}

// chunk is what was read at a time, and when it arrives.
type chunk struct {
	data []byte
	due  time.Time
}

func newLink(far, near net.Conn, f *faults) *link {
	return &link{far: far, near: near, faults: f, cut: f.takeCut(), frozen: make(chan struct{}), broken: make(chan struct{})}
}

// run carries bytes until either side ends.
func (l *link) run() {
	var wg sync.WaitGroup
	up, down := make(chan chunk, 1024), make(chan chunk, 1024)
	wg.Go(func() { l.read(l.far, up) })
	wg.Go(func() { l.write(l.near, up, -1) })
	wg.Go(func() { l.read(l.near, down) })
	wg.Go(func() { l.write(l.far, down, l.cut) })
	wg.Wait()
}

// break ends the connection for both sides.
func (l *link) end() {
	l.breaking.Do(func() {
		close(l.broken)
		_ = l.far.Close()
		_ = l.near.Close()
	})
}

// silence swallows all that is carried from now on.
func (l *link) silence() { l.freeze.Do(func() { close(l.frozen) }) }

func (l *link) isFrozen() bool {
	select {
	case <-l.frozen:
		return true
	default:
		return false
	}
}

// read takes bytes from one side.
func (l *link) read(from net.Conn, to chan<- chunk) {
	defer close(to)
	for {
		buf := make([]byte, 16<<10)
		n, err := from.Read(buf)
		if n > 0 && !l.isFrozen() {
			select {
			case to <- chunk{buf[:n], time.Now().Add(l.faults.trip() / 2)}:
			case <-l.broken:
				return
			}
		}
		if err != nil {
			if !l.isFrozen() || from == l.far { // a half-open connection does not tell the client
				return
			}
			<-l.broken
			return
		}
	}
}

// write gives them to the other side in time, and ends the connection behind the last.
func (l *link) write(to net.Conn, from <-chan chunk, cut int64) {
	defer l.end()
	for c := range from {
		if !l.wait(time.Until(c.due)) {
			return
		}
		if l.isFrozen() {
			continue
		}
		if cut >= 0 && int64(len(c.data)) >= cut {
			_, _ = to.Write(c.data[:cut])
			return
		}
		if cut >= 0 {
			cut -= int64(len(c.data))
		}
		if _, err := to.Write(c.data); err != nil {
			return
		}
	}
}

// wait lets time pass; false if the connection broke.
func (l *link) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.broken:
		return false
	}
}
