package fakesmtp_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault     fakesmtp.Fault
		code      int
		enhanced  string
		delivered int
	}{
		"mail":  {fakesmtp.Fault{Stage: fakesmtp.AtMail}, 451, "4.0.0", 0},
		"rcpt":  {fakesmtp.Fault{Stage: fakesmtp.AtRcpt, Code: 452, Enhanced: "4.2.2", Text: "full"}, 452, "4.2.2", 0},
		"data":  {fakesmtp.Fault{Stage: fakesmtp.AtData, Code: 554, Enhanced: "5.7.1"}, 554, "5.7.1", 0},
		"after": {fakesmtp.Fault{Stage: fakesmtp.AfterData, Code: 421, Enhanced: "nonsense"}, 421, "4.0.0", 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, s *fakesmtp.Server, qa, _ *mailstore.Mailbox) {
				s.Push(c.fault)
				client := dial(t, s)
				refused(t, send(client, sender, toQA, mail), c.code, c.enhanced)
				assert.Len(t, qa.List(""), c.delivered)
				require.NoError(t, client.Reset())
				require.NoError(t, send(client, sender, toQA, mail), "it was for one time")
			})
		})
	}
}

func TestFaultTimesAndClear(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *fakesmtp.Server, qa, _ *mailstore.Mailbox) {
		s.Push(fakesmtp.Fault{Stage: fakesmtp.AtMail, Code: 450, Times: 2}, fakesmtp.Fault{Code: 421, Times: -1})
		c := dial(t, s)
		for _, code := range []int{450, 450, 421, 421, 421} {
			refused(t, send(c, sender, toQA, mail), code, "4.0.0")
		}
		s.Clear()
		require.NoError(t, send(c, sender, toQA, mail))
		assert.Len(t, qa.List(""), 1)
	})
}

func TestDropAfterDataMakesAClientSendTwice(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *fakesmtp.Server, qa, _ *mailstore.Mailbox) {
		s.Push(fakesmtp.Fault{Stage: fakesmtp.AfterData, Drop: true})
		err := send(dial(t, s), sender, toQA, mail)
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, send(dial(t, s), sender, toQA, mail))
		assert.Len(t, qa.List(""), 2)
	})
}
