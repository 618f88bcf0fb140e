package mailparse

import "strings"

const maxReferences = 1000

// messageIDs returns the message ids of a field, without angle brackets; a
// value without any is one id as it is, or several between blanks.
func messageIDs(value string) []string {
	var ids []string
	for rest := value; len(ids) < maxReferences; {
		_, after, ok := strings.Cut(rest, "<")
		if !ok {
			break
		}
		id, next, _ := strings.Cut(after, ">")
		if id = strings.TrimSpace(id); id != "" {
			ids = append(ids, id)
		}
		rest = next
	}
	if len(ids) > 0 {
		return ids
	}
	ids = strings.Fields(strings.Trim(value, "<>"))
	return ids[:min(len(ids), maxReferences)]
}

func firstID(value string) string {
	if ids := messageIDs(value); len(ids) > 0 {
		return ids[0]
	}
	return ""
}
