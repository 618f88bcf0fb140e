package connectortest

import "slices"

// Laws lists all laws: what every backend must keep, whatever its service is like.
func Laws() []Law {
	return slices.Concat(arrivalLaws(), markLaws(), faultLaws())
}
