package connector

import "sync"

// view is a message with what comparing it needs, computed when asked and once for all waiters.
type view struct {
	message *Message

	addrOnce  sync.Once
	addr      map[string][]addrWant
	subjOnce  sync.Once
	subj      string
	bodyOnce  sync.Once
	plainBody []string
	foldBody  []string
}

// newView prepares a message for comparison; the message must not change afterwards.
func newView(m *Message) *view { return &view{message: m} }

// addrs returns the addresses of To, Cc, Bcc, From or Recipient.
func (v *view) addrs(name string) []addrWant {
	v.addrOnce.Do(func() {
		m := v.message
		v.addr = map[string][]addrWant{"To": normAll(m.To), "Cc": normAll(m.Cc), "Bcc": normAll(m.Bcc), "From": normAll(m.From)}
		v.addr["Recipient"] = normAll(m.Recipients())
	})
	return v.addr[name]
}

// addrText lists the same addresses for a report.
func (v *view) addrText(name string) string {
	m := v.message
	switch name {
	case "To":
		return addressList(m.To)
	case "Cc":
		return addressList(m.Cc)
	case "From":
		return addressList(m.From)
	}
	return addressList(m.Recipients())
}

// subject returns the folded subject.
func (v *view) subject() string {
	v.subjOnce.Do(func() { v.subj = fold(v.message.Subject) })
	return v.subj
}

// plainBodies returns the text part and the text seen in the HTML, as patterns see them.
func (v *view) plainBodies() []string {
	v.readBodies()
	return v.plainBody
}

// bodies returns the same, folded.
func (v *view) bodies() []string {
	v.readBodies()
	return v.foldBody
}

func (v *view) readBodies() {
	v.bodyOnce.Do(func() {
		for _, s := range v.message.readable() {
			v.plainBody = append(v.plainBody, plain(s))
			v.foldBody = append(v.foldBody, fold(s))
		}
	})
}
