package mailparse

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector/internal/htmltext"
	"github.com/cloudmail-go/cloudmail/fixtures"
)

// TestFixtures reads every sample mail as its hand-written expectation says.
func TestFixtures(t *testing.T) {
	t.Parallel()
	for name, want := range fixtures.All() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := Read(bytes.NewReader(fixtures.Raw(name)), Limits{})
			require.NoError(t, err)
			got := fixtures.Mail{
				About: want.About, Subject: m.Subject, From: wantAddresses(m.From), To: wantAddresses(m.To),
				Cc: wantAddresses(m.Cc), ReplyTo: wantAddresses(m.ReplyTo), Date: m.Date, MessageID: m.MessageID,
				Text: m.Text, HTMLText: htmltext.Text(m.HTML), Parts: wantParts(m.Parts), Defects: len(m.Defects), DNS: want.DNS,
			}
			assert.True(t, want.Date.Equal(got.Date), "date %v, want %v", got.Date, want.Date)
			got.Date = want.Date
			assert.Equal(t, want, got, "defects: %v", m.Defects)
			assert.False(t, m.Truncated)
		})
	}
}

func wantAddresses(list []Address) []fixtures.Address {
	var out []fixtures.Address
	for _, a := range list {
		out = append(out, fixtures.Address(a))
	}
	return out
}

func wantParts(parts []Part) []fixtures.Part {
	var out []fixtures.Part
	for _, p := range parts {
		out = append(out, fixtures.Part{
			ID: p.ID, Kind: p.Kind.String(), Name: p.Name, Type: p.Type, Size: p.Size,
			SHA256: hex.EncodeToString(p.SHA256[:]), Inline: p.Inline, ContentID: p.ContentID,
		})
	}
	return out
}
