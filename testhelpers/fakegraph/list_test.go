package fakegraph_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func TestFirst(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.deliver(mail("Your code", "Example App <noreply@app.example.com>", "Hello Ada"), mailstore.Delivery{Received: time.Date(2026, 11, 2, 9, 15, 32, 0, time.UTC)})
	a := r.list()
	require.Equal(t, 200, a.Status, a.Text)
	t.Log(a.Text, a.Header)
	require.Equal(t, []string{"Your code"}, a.values("subject"))
	id := a.values("id")[0]
	a = r.get("/users/" + ada + "/messages/" + id)
	t.Log(a.Text)
	a = r.get("/users/" + ada + "/messages/" + id + "/$value")
	t.Log(a.Text)
	a = r.get("/users/" + ada + "/mailFolders")
	t.Log(a.Text)
	a = r.get("/users/" + ada + "/mailFolders/inbox/messages/delta()?$select=subject")
	t.Log(a.Text)
	a = r.post("/users/"+ada+"/sendMail", map[string]any{"message": map[string]any{"subject": "Hi", "body": map[string]any{"contentType": "html", "content": "<p>x</p>"},
		"toRecipients": []any{map[string]any{"emailAddress": map[string]any{"address": ada}}}}})
	require.Equal(t, 202, a.Status, a.Text)
	a = r.list("$top", "1", "$select", "subject,body,from,toRecipients")
	t.Log(a.Text)
}
