package mailparse

import (
	"fmt"
	"strings"
)

// quote shows a little of what a mail contains in the text of a defect:
// escaped, so that a mail cannot forge log lines, and short.
func quote[T string | []byte](text T) string {
	const most = 40
	if len(text) <= most {
		return fmt.Sprintf("%q", string(text))
	}
	return strings.TrimSuffix(fmt.Sprintf("%q", string(text[:most])), `"`) + `…"`
}
