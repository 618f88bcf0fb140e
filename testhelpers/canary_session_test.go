package testhelpers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakepop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// guarded is a mailbox behind a secret.
type guarded struct {
	server  connector.Server
	secrets []string // what must not show
	revoke  func()   // makes the secret worthless
}

// guardians are the services. Google's secret is its own key; the others take the one that is given.
var guardians = map[string]func(t *testing.T, store *mailstore.Store, secret string) guarded{
	"graph": func(_ *testing.T, store *mailstore.Store, secret string) guarded {
		fake := fakegraph.New(store, nil)
		app := fake.AddApp(fakegraph.App{Secrets: []fakegraph.Secret{{Value: secret}}})
		return guarded{
			graph.Office365{Tenant: app.Tenant, ClientID: app.ClientID, ClientSecret: credential(secret), Address: "qa@example.com", Transport: unprinted(fake.RoundTripper().RoundTrip)},
			[]string{secret}, func() { fake.RotateSecret(app.ClientID); fake.ExpireTokens() },
		}
	},
	"gmail": func(t *testing.T, store *mailstore.Store, _ string) guarded {
		fake := fakegmail.New(store, &fakegmail.Options{KeyBits: 1024})
		robot, err := fake.ServiceAccount("example.com")
		require.NoError(t, err)
		key := string(robot.JSON())
		return guarded{
			gmail.Workspace{ServiceAccount: credential(key), Address: "qa@example.com", Transport: unprinted(fake.RoundTripper().RoundTrip)},
			privateLines(t, key), func() { _, err := fake.RotateKey(robot); require.NoError(t, err); fake.ExpireTokens() },
		}
	},
	"imap": func(t *testing.T, store *mailstore.Store, secret string) guarded {
		fake, err := fakeimap.New(store, &fakeimap.Options{TLS: fakeimap.Plain, Users: map[string]string{"qa@example.com": secret}})
		require.NoError(t, err)
		return guarded{
			imap.Server{Host: "localhost", Security: imap.Plain, Address: "qa@example.com", Password: credential(secret), Dial: fake.DialContext},
			[]string{secret}, func() { fake.SetPassword("qa@example.com", "other"); fake.Disconnect() },
		}
	},
	"pop3": func(t *testing.T, store *mailstore.Store, secret string) guarded {
		fake, err := fakepop3.New(store, &fakepop3.Options{TLS: fakepop3.Plain, Users: map[string]string{"qa@example.com": secret}})
		require.NoError(t, err)
		return guarded{
			pop3.Server{Host: "localhost", Security: pop3.Plain, Address: "qa@example.com", Password: credential(secret), Dial: fake.DialContext},
			[]string{secret}, func() { fake.SetPassword("qa@example.com", "other"); fake.Drop() },
		}
	},
}

// privateLines are the lines of a service account's private key.
func privateLines(t *testing.T, key string) []string {
	var fields struct {
		Key string `json:"private_key"`
	}
	require.NoError(t, json.Unmarshal([]byte(key), &fields))
	var lines []string
	for line := range strings.Lines(fields.Key) {
		if !strings.HasPrefix(line, "-----") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// unprinted is the way to a fake, which knows the secret itself and must not print here.
type unprinted func(*http.Request) (*http.Response, error)

func (f unprinted) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// What sessions keep of a secret while they are open shows in no channel, nor in their logs and reports.
func TestCanariesInSessions(t *testing.T) {
	t.Parallel()
	for name, guard := range guardians {
		for _, secret := range []string{"Zq42~kQ7$zX&w<Y>9p'R+/=%tM3", strings.Repeat("long~Canary", 9)} {
			t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { canaryInSession(t, guard, secret) }) })
		}
	}
}

func canaryInSession(t *testing.T, guard func(*testing.T, *mailstore.Store, string) guarded, secret string) {
	store := mailstore.New()
	store.Add("qa@example.com")
	g := guard(t, store, secret)
	silent := func(what string, texts map[string]string) {
		for channel, text := range texts {
			for _, secret := range g.secrets {
				require.Empty(t, hits(text, secret), "%s by %s", what, channel)
			}
		}
	}
	var log bytes.Buffer
	s, err := connector.Connect(t.Context(), g.server, &connector.Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	require.NoError(t, err)
	synctest.Wait()
	silent("the server", channels(g.server))
	silent("the session", channels(s))
	g.revoke()
	_, err = s.WaitFor(t.Context(), connector.Query{Subject: "welcome"})
	require.ErrorIs(t, err, connector.ErrAuth)
	synctest.Wait()
	silent("the report", channels(err))
	require.NoError(t, s.Close())
	require.NotEmpty(t, log.String())
	silent("the log", map[string]string{"slog": log.String()})
}

// crashing is set in the process that TestCanariesInACrash starts.
const crashing = "CLOUDMAIL_TEST_CRASH"

// A program that dies while it holds secrets in all it got from this module shows none: neither in what it panics with,
// nor in the stacks of all its goroutines.
func TestCanariesInACrash(t *testing.T) {
	t.Parallel()
	secret := canaries()[8]
	if os.Getenv(crashing) != "" {
		crash(t, secret)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCanariesInACrash$")
	cmd.Env = append(os.Environ(), crashing+"=1", "GOTRACEBACK=all")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "panic: ")
	require.Contains(t, string(out), "goroutine ")
	require.Contains(t, string(out), keyvault.Placeholder, "the panic prints what it holds")
	require.Empty(t, hits(string(out), secret))
}

// crash opens a session and a vault, and panics in a goroutine that has both in its arguments.
func crash(t *testing.T, secret string) {
	store := mailstore.New()
	store.Add("qa@example.com")
	g := guardians["graph"](t, store, secret)
	s, err := connector.Connect(t.Context(), g.server, nil)
	require.NoError(t, err)
	value := keyvault.NewSecret(secret)
	redactor := keyvault.NewRedactor(value)
	go func() { _, _ = s.WaitFor(t.Context(), connector.Query{Subject: "welcome"}) }()
	go func(g guarded, value keyvault.Secret, redactor *keyvault.Redactor) {
		panic(fmt.Sprintf("%+v\n%+v\n%+v\n%+v", g.server, s, value, redactor))
	}(g, value, redactor)
	<-time.After(time.Minute)
}
