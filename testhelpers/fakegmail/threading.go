package fakegmail

import (
	"regexp"
	"strings"
)

// threadFor says which thread a new mail joins: the one a call asked for, the one of a mail that
// it refers to and whose subject is the same, or a thread of its own.
func (b *box) threadFor(e *entry, fields []header) string {
	if id, ok := b.wish[e.key]; ok {
		delete(b.wish, e.key)
		return id
	}
	for _, ref := range references(fields) {
		if other := b.known[ref]; other != nil && other.subject == e.subject {
			return other.thread
		}
	}
	return e.id
}

// joins checks what the service asks of a mail that names a thread: the thread is there, the mail
// refers to one of its mails, and the subjects are the same. Otherwise the mail starts a thread
// of its own.
func (b *box) joins(threadID string, fields []header) bool {
	subject := threadSubject(decodeWords(fieldOf(fields, "Subject")))
	refs := references(fields)
	for _, e := range b.threads[threadID] {
		if e.subject == subject && contains(refs, e.messageID) {
			return true
		}
	}
	return false
}

var messageIDForm = regexp.MustCompile(`<[^<>\s]+>`)

// references are the ids that a mail refers to, the nearest first.
func references(fields []header) []string {
	ids := messageIDForm.FindAllString(fieldOf(fields, "In-Reply-To"), -1)
	refs := messageIDForm.FindAllString(fieldOf(fields, "References"), -1)
	for i := len(refs) - 1; i >= 0; i-- {
		ids = append(ids, refs[i])
	}
	return ids
}

var replyPrefix = regexp.MustCompile(`(?i)^\s*((re|aw|sv|fw|fwd|wg)\s*(\[\d+\])?\s*:\s*)+`)

// threadSubject is what is compared of two subjects.
func threadSubject(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(replyPrefix.ReplaceAllString(s, "")), " "))
}
