package connectortest_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// stranger is who must get nothing.
const stranger = "stranger@other.example"

// pieces are what the written recipients are made of.
var pieces = []string{connectortest.Address, stranger, "stranger", "other.example", "@", "<", ">", `"`, "(", ")", ",", ";", ":", `\`, " ", "\t",
	"\r\n", "=?utf-8?Q?", "?=", "=40", "stranger=40other.example", ".", "xn--", "ü", "＠", "。", "\u202e", "\u00ad", "%", "!", "[", "]", "127.0.0.1",
	"mailto:", "Bcc: ", "team:", "&lt;", "+tag", strings.ToUpper(stranger)}

// However a recipient is written: what is sent goes to the mailbox itself, by the envelope and by what a reader of the
// header would write to, and to nobody else.
func TestWrittenRecipients(t *testing.T) {
	t.Parallel()
	for _, begin := range []func(testing.TB) service{graphService, gmailService} {
		synctest.Test(t, func(t *testing.T) {
			s := begin(t)
			other := s.store.Add(stranger)
			session, err := connector.Connect(t.Context(), s.server, &connector.Options{SendMax: 10_000})
			require.NoError(t, err)
			defer func() { require.NoError(t, session.Close()) }()
			dice, sent := rand.New(rand.NewPCG(4, 11)), 0
			for range 5000 {
				to := written(dice)
				receipt, err := session.Send(t.Context(), connector.Draft{To: []string{to}, Subject: "to whom?"})
				if err != nil {
					require.True(t, errors.Is(err, connector.ErrConfig) || errors.Is(err, connector.ErrRefused), "%q: %v", to, err)
					continue
				}
				sent++
				m, err := session.WaitFor(t.Context(), connector.Query{MessageID: receipt.MessageID})
				require.NoError(t, err, "%q", to)
				for _, a := range m.Recipients() {
					require.Equal(t, connectortest.Address, strings.ToLower(strings.Replace(a.Addr, "+tag@", "@", 1)), "%q", to)
				}
			}
			t.Logf("%d of 5000 were sent", sent)
			require.Greater(t, sent, 20, "else nothing was tried")
			require.Empty(t, other.List(mailstore.Inbox))
		})
	}
}

// written is a recipient as somebody with bad intent may write it.
func written(dice *rand.Rand) string {
	var b strings.Builder
	for range 1 + dice.IntN(7) {
		b.WriteString(pieces[dice.IntN(len(pieces))])
	}
	if dice.IntN(2) == 0 {
		b.WriteString("<" + connectortest.Address + ">")
	}
	return b.String()
}
