package testhelpers_test

import (
	"net/mail"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers"
)

func TestTokensAreOnesOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 10_000 {
		tagged, token := testhelpers.SubjectToken("Your order")
		id := testhelpers.MessageID("qa@example.com")
		for _, one := range []string{token, id, testhelpers.Token()} {
			require.False(t, seen[one], one)
			seen[one] = true
		}
		require.Equal(t, "Your order ["+token+"]", tagged)
		require.Regexp(t, `^[a-z0-9]{10}$`, token)
		require.Regexp(t, `^[a-z0-9]{20}@example\.com$`, id)
	}
}

// What a token is put into finds its mail, and no other.
func TestTokensFindTheirMail(t *testing.T) {
	t.Parallel()
	subject, token := testhelpers.SubjectToken("Größe")
	id := testhelpers.MessageID("example.com")
	text := "From: shop@example.com\r\nTo: qa@example.com\r\nSubject: Re: [EXTERNAL] " + strings.ToUpper(subject) + "\r\nMessage-ID: <" + id + ">\r\n\r\nx\r\n"
	m, err := connector.ReadMessage(strings.NewReader(text))
	require.NoError(t, err)
	m.Folders = []connector.Folder{connector.Inbox}
	assert.Empty(t, connector.Query{Subject: token, MessageID: id}.Mismatch(m))
	_, other := testhelpers.SubjectToken("Größe")
	assert.NotEmpty(t, connector.Query{Subject: other}.Mismatch(m))
	_, err = mail.ParseAddress("<" + id + ">")
	require.NoError(t, err)
}
