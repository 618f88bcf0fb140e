package connectortest_test

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
)

// TestDeadCursors lets the service forget the place again and again, with a mail in each gap and old mail moved in beside
// it: no mail is lost, none is given twice. A thousand times:
//
//	CLOUDMAIL_SOAK=1 go test -run TestDeadCursors -v ./connector/connectortest
func TestDeadCursors(t *testing.T) {
	t.Parallel()
	deaths := 150
	if os.Getenv("CLOUDMAIL_SOAK") != "" {
		deaths = 1000
	}
	for name, cloud := range clouds {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := cloud(t)
				s.haystack(300)
				session, err := connector.Connect(t.Context(), s.server, nil)
				require.NoError(t, err)
				defer func() { require.NoError(t, session.Close()) }()
				s.front.Counter.Reset()
				for n := range deaths {
					time.Sleep(20 * time.Second) // within the quota
					s.forget()
					s.deliver(n)
					m, err := session.WaitFor(t.Context(), connector.Query{Everything: true, Folder: connector.Anywhere})
					require.NoError(t, err)
					require.Equal(t, subjectOf(n), m.Subject, "after %d deaths", n+1)
				}
				s.forget()
				require.NoError(t, session.ExpectNone(t.Context(), connector.Query{Everything: true, Folder: connector.Anywhere}, 5*time.Second))
				assert.Zero(t, s.throttled())
				t.Logf("%d deaths: %d requests, %d mails, none lost, none repeated", deaths+1, s.front.Counter.Total().Requests, deaths)
			})
		})
	}
}
