package fakegmail

import (
	"errors"
	"time"
)

// ErrReceivingTooFast is what a mailbox answers that gets more mail than the service lets in.
//
//nolint:staticcheck // the text is the service's
var ErrReceivingTooFast = errors.New("450 4.2.1 The user you are trying to contact is receiving mail at a rate " +
	"that prevents additional messages from being delivered. Please resend your message at a later time.")

// delivery is a mail that waits until its recipient takes it.
type delivery struct {
	from string
	rcpt string
	raw  []byte
}

// Accept counts one mail for an address, by Options.ReceiveLimit, and says whether the mailbox
// takes it: nil or [ErrReceivingTooFast]. A mail intake in front of the store asks it before each
// delivery, as Google's own MX does. Mail that is sent through this fake is counted without it.
func (f *Fake) Accept(rcpt string) error {
	m, ok := f.store.Mailbox(rcpt)
	most, on := limit(f.opts.ReceiveLimit, 60)
	if !ok || !on {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	recent := f.received[m.Address()]
	for len(recent) > 0 && now.Sub(recent[0]) >= time.Minute {
		recent = recent[1:]
	}
	if len(recent) >= most {
		f.received[m.Address()] = recent
		return ErrReceivingTooFast
	}
	f.received[m.Address()] = append(recent, now)
	return nil
}

// deliver carries a mail to other users. What a mailbox does not take now is tried again with the
// next request that comes to the fake.
func (f *Fake) deliver(from string, rcpt []string, raw []byte) {
	var taken []string
	for _, address := range rcpt {
		if f.Accept(address) == nil {
			taken = append(taken, address)
			continue
		}
		f.mu.Lock()
		f.deferred = append(f.deferred, delivery{from, address, raw})
		f.mu.Unlock()
	}
	if len(taken) > 0 {
		f.store.Send(from, taken, raw)
	}
}

// flush tries what was put off.
func (f *Fake) flush() {
	f.mu.Lock()
	waiting := f.deferred
	f.deferred = nil
	f.mu.Unlock()
	for _, d := range waiting {
		f.deliver(d.from, []string{d.rcpt}, d.raw)
	}
}
