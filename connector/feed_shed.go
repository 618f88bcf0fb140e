package connector

// textBudget bounds the texts that a feed keeps for waits to come, in bytes. What is dropped is read anew if
// it is asked for again; a running wait keeps what it compared.
const textBudget = 64 << 20

// shelf is the texts that were read, the oldest first.
type shelf struct {
	mails []*arrival
	size  int
}

// textSize is what a view holds of a text: as it was read, and as it is compared.
func textSize(v *view) int { return 3 * (len(v.message.Text) + len(v.message.HTML)) }

// shelve keeps a text, and drops the oldest ones beyond the budget; the lock is held.
func (f *feed) shelve(a *arrival) {
	f.texts.mails = append(f.texts.mails, a)
	f.texts.size += textSize(a.text)
	for len(f.texts.mails) > 1 && f.texts.size > textBudget {
		old := f.texts.mails[0]
		f.texts.mails = f.texts.mails[1:]
		if old.text != nil {
			f.dropText(old)
			old.head = newView(old.head.message.headOnly())
		}
	}
}

// dropText forgets the text of a mail; the lock is held.
func (f *feed) dropText(a *arrival) {
	f.texts.size -= textSize(a.text)
	a.text = nil
}

// reaches keeps the log from an index on for a session; false if it is kept from a later one on.
func (f *feed) reaches(root *Session, index int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if index < f.shed {
		return false
	}
	if from, connected := f.roots[root]; connected {
		f.roots[root] = min(from, index)
	}
	return true
}

// forget drops what was read of the mails before the oldest mark in use, those of waits that still report
// included. That they came is remembered, so that a mail that changes later is not new; the lock is held.
func (f *feed) forget() {
	oldest := len(f.entries)
	for _, from := range f.roots {
		oldest = min(oldest, from)
	}
	for w := range f.ended {
		if w.from >= 0 {
			oldest = min(oldest, w.from)
		}
	}
	for _, a := range f.entries[min(f.shed, oldest):oldest] {
		if a.line >= oldest {
			continue // it changed folder since
		}
		if a.text != nil {
			f.dropText(a)
		}
		a.head = nil
	}
	f.shed = max(f.shed, oldest)
}
