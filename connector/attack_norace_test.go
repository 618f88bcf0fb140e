//go:build !race

package connector_test

// What reading a mail may take of memory: so many times what is kept of it, and so many bytes beside that.
const (
	perKept = 4
	besides = 1 << 20
)
