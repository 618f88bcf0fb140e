package connectortest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
)

func TestMatchingTableOfMismatch(t *testing.T) {
	t.Parallel()
	for _, r := range matchingTable() {
		var got []*connector.Message
		for _, s := range samples() {
			m, err := connector.ReadMessage(strings.NewReader(s.raw))
			require.NoError(t, err)
			m.Folders = []connector.Folder{connector.Inbox}
			reasons := r.query.Mismatch(m)
			if reasons == nil {
				got = append(got, m)
			}
			for _, reason := range reasons {
				require.NotEmpty(t, reason.Criterion, "%s: a reason without its criterion", r.query)
			}
		}
		if names(got) != r.want {
			t.Errorf("%s matches [%s], and must match [%s]", r.query, names(got), r.want)
		}
	}
}

func TestSenselessQueries(t *testing.T) {
	t.Parallel()
	for _, q := range senseless() {
		require.ErrorIs(t, q.Check(), connector.ErrConfig, "%#v", q)
	}
}
