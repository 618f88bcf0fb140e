package mailstore_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func TestMailboxByAddress(t *testing.T) {
	t.Parallel()
	s := mailstore.New()
	qa := s.Add("QA@example.com", "quality@example.com")
	tagged := s.Add("qa+own@example.com")
	for address, want := range map[string]*mailstore.Mailbox{
		"qa@example.com":            qa,
		"Qa@EXAMPLE.com":            qa,
		"qa+run7@example.com":       qa,
		"quality@example.com":       qa,
		"quality+x+y@example.com":   qa,
		"qa+own@example.com":        tagged,
		"q.a@example.com":           nil,
		"qa@contoso.example":        nil,
		"+qa@example.com":           nil,
		"qa":                        nil,
		"":                          nil,
		"qa@example.com@example.eu": nil,
	} {
		got, ok := s.Mailbox(address)
		assert.Same(t, want, got, address)
		assert.Equal(t, want != nil, ok, address)
	}
	assert.Equal(t, "QA@example.com", qa.Address())
}

func TestAddTwiceIsOneMailbox(t *testing.T) {
	t.Parallel()
	s := mailstore.New()
	a := s.Add("a@example.com")
	b := s.Add("b@example.com", "both@example.com", "a@example.com")
	assert.Same(t, a, s.Add("A@example.com", "both@example.com", "more@example.com"))
	assert.Equal(t, []string{"more@example.com"}, a.Aliases(), "an address stays where it is")
	assert.Equal(t, []string{"both@example.com"}, b.Aliases())
	assert.Equal(t, []*mailstore.Mailbox{a, b}, s.Mailboxes())

	s.Remove("both@example.com")
	assert.Equal(t, []*mailstore.Mailbox{a}, s.Mailboxes())
	s.Remove("b@example.com")
	_, ok := s.Mailbox("both@example.com")
	assert.False(t, ok)
}

func TestKeysAreSharedByAllMailboxes(t *testing.T) {
	t.Parallel()
	s := mailstore.New()
	a, b := s.Add("a@example.com"), s.Add("b@example.com")
	first := a.Deliver(nil, mailstore.Delivery{})
	second := b.Deliver(nil, mailstore.Delivery{})
	assert.Greater(t, second.Key, first.Key)
	_, ok := b.Get(first.Key)
	assert.False(t, ok)
}
