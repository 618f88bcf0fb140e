// Package findings gathers what the preflight of a backend finds, step by step.
package findings

import (
	"errors"

	"github.com/cloudmail-go/cloudmail/connector"
)

// List is what was found so far.
type List []connector.Finding

// Step notes what one check found; false if it failed.
func (l *List) Step(check, seen string, err error) bool {
	f := connector.Finding{Check: check, OK: err == nil, Detail: seen}
	if e, ok := errors.AsType[*connector.Error](err); ok {
		f.Detail, f.Remedy = e.Kind.Error(), e.Remedy
		if e.Err != nil {
			f.Detail += ": " + e.Err.Error()
		}
	} else if err != nil {
		f.Detail = err.Error()
	}
	*l = append(*l, f)
	return f.OK
}
