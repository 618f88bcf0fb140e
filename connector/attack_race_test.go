//go:build race

package connector_test

// The race detector's own instructions keep values from being inlined and put more of them on the heap: the bounds of a
// program without it are in attack_norace_test.go.
const (
	perKept = 6
	besides = 2 << 20
)
