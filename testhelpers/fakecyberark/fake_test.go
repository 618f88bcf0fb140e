package fakecyberark_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakecyberark"
)

// send makes a request by hand and gives status and body.
func send(t *testing.T, rt http.RoundTripper, method, address, body string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Client{Transport: rt}).Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

// What a Central Credential Provider answers, by its documents ("Call the web service using REST").
func TestCCPAnswers(t *testing.T) {
	t.Parallel()
	fake := fakecyberark.NewCCP(&fakecyberark.CCPOptions{AppID: "MailTests"})
	fake.Put("Mail", "", "office365", fakecyberark.Account{Content: "hunter2", UserName: "app"})
	fake.Put("Mail", `Root\QA`, "deep", fakecyberark.Account{Content: "below"})
	const base = "https://ccp.example.com/AIMWebService/api/Accounts?"
	for query, want := range map[string]struct {
		status int
		text   string
	}{
		"AppID=MailTests&Safe=Mail&Object=office365":                {200, `"Content":"hunter2"`},
		"AppID=MailTests&Safe=mail&Object=OFFICE365":                {200, `"UserName":"app"`},
		"AppID=MailTests&Safe=Mail&Folder=Root%5CQA&Object=deep":    {200, `"Content":"below"`},
		"AppID=MailTests&Safe=Mail&Object=deep":                     {404, "APPAP004E"},
		"AppID=MailTests&Safe=Mail&Object=none":                     {404, "APPAP004E"},
		"AppID=Other&Safe=Mail&Object=office365":                    {403, "APPAP008E"},
		"Safe=Mail&Object=office365":                                {400, "AIMWS031E"},
		"AppID=MailTests&Safe=Mail&Object=office365&Reason=a+b":     {400, "CASVL010E"},
		"AppID=MailTests&Safe=Mail&Object=office365&Reason=nightly": {200, "hunter2"},
	} {
		status, text := send(t, fake.RoundTripper(), http.MethodGet, base+query, "")
		assert.Equal(t, want.status, status, query)
		assert.Contains(t, text, want.text, query)
	}
	status, _ := send(t, fake.RoundTripper(), http.MethodPost, base+"AppID=MailTests&Safe=Mail&Object=office365", "")
	assert.Equal(t, http.StatusNotFound, status)
	good := base + "AppID=MailTests&Safe=Mail&Object=office365"
	for code, on := range map[string]func(bool){"APPAP306E": fake.Deny, "APPAP282E": fake.Changing} {
		on(true)
		status, text := send(t, fake.RoundTripper(), http.MethodGet, good, "")
		assert.GreaterOrEqual(t, status, 400)
		assert.Contains(t, text, code)
		assert.NotContains(t, text, "hunter2")
		on(false)
	}
	fake.Allow("4F") // a certificate that this door does not show
	status, text := send(t, fake.RoundTripper(), http.MethodGet, good, "")
	assert.Equal(t, http.StatusForbidden, status)
	assert.Contains(t, text, "APPAP306E")
}

// What Conjur answers, by its REST API.
func TestConjurAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := fakecyberark.NewConjur()
		fake.APIKey("host/qa", "key")
		fake.Put("qa/mail", "first")
		require.Equal(t, 2, fake.Put("qa/mail", "second"))
		const base = "https://conjur.example.com"
		login := base + "/authn/contoso/host%2Fqa/authenticate"
		status, _ := send(t, fake.RoundTripper(), http.MethodPost, login, "other")
		require.Equal(t, http.StatusUnauthorized, status)
		status, document := send(t, fake.RoundTripper(), http.MethodPost, login, "key")
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, document, `"payload"`, "without Accept-Encoding the token is JSON")
		_, token := send(t, fake.RoundTripper(), http.MethodPost, login, "key", "Accept-Encoding", "base64")
		bearer := []string{"Authorization", `Token token="` + token + `"`}
		read := func(id string) (int, string) {
			return send(t, fake.RoundTripper(), http.MethodGet, base+"/secrets/contoso/variable/"+id, "", bearer...)
		}
		for id, want := range map[string]struct {
			status int
			text   string
		}{
			url.PathEscape("qa/mail"):                {200, "second"},
			url.PathEscape("qa/mail") + "?version=1": {200, "first"},
			url.PathEscape("qa/mail") + "?version=3": {404, "CONJ00076E"},
			url.PathEscape("qa/mail") + "?version=x": {422, "unprocessable_entity"},
			"none":                                   {404, "is empty or not found"},
			"qa/mail":                                {404, "not_found"},
		} {
			status, text := read(id)
			assert.Equal(t, want.status, status, id)
			assert.Contains(t, text, want.text, id)
		}
		status, _ = send(t, fake.RoundTripper(), http.MethodGet, base+"/secrets/contoso/variable/none", "")
		assert.Equal(t, http.StatusUnauthorized, status, "without a token")
		fake.Deny(true)
		status, _ = read(url.PathEscape("qa/mail"))
		assert.Equal(t, http.StatusForbidden, status)
		fake.Deny(false)
		time.Sleep(8 * time.Minute)
		status, _ = read(url.PathEscape("qa/mail"))
		assert.Equal(t, http.StatusUnauthorized, status, "a token lives eight minutes")
	})
}
