package apart

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// Heap watches the heap until the returned func is called, which tells by how much it grew at most.
// What is held counts, and little of what is still to be collected.
func Heap(tb testing.TB) (grown func() int64) {
	tb.Helper()
	gc := debug.SetGCPercent(10)
	tb.Cleanup(func() { debug.SetGCPercent(gc) })
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	start, most := int64(m.HeapAlloc), int64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				runtime.ReadMemStats(&m)
				most = max(most, int64(m.HeapAlloc)-start)
			}
		}
	}()
	return func() int64 { close(stop); <-done; return most }
}
