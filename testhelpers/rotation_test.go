package testhelpers_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// tenant is a cloud whose credential lies in a vault.
type tenant struct {
	server connector.Server
	rotate func()     // makes the credential worthless, with all tokens, and puts another into the vault
	tokens func() int // how many were asked for
}

// tenants are the clouds, each with the vault's entry "mail".
var tenants = map[string]func(t *testing.T, store *mailstore.Store, vault *keyvaulttest.Memory) tenant{
	"Google Workspace": func(t *testing.T, store *mailstore.Store, vault *keyvaulttest.Memory) tenant {
		fake := fakegmail.New(store, &fakegmail.Options{KeyBits: 1024})
		robot, err := fake.ServiceAccount("example.com")
		require.NoError(t, err)
		vault.Put("mail", robot.JSON(), time.Time{})
		return tenant{
			server: gmail.Workspace{ServiceAccount: keyvault.From(vault, "mail"), Address: "qa@example.com", Transport: fake.RoundTripper()},
			tokens: func() int { return fake.Requests("token") },
			rotate: func() {
				fresh, err := fake.RotateKey(robot)
				assert.NoError(t, err)
				vault.Put("mail", fresh.JSON(), time.Time{})
				fake.ExpireTokens()
			},
		}
	},
	"Office 365": func(_ *testing.T, store *mailstore.Store, vault *keyvaulttest.Memory) tenant {
		fake := fakegraph.New(store, nil)
		app := fake.AddApp(fakegraph.App{})
		vault.Put("mail", []byte(app.Secret()), time.Time{})
		return tenant{
			server: graph.Office365{Tenant: app.Tenant, ClientID: app.ClientID, ClientSecret: keyvault.From(vault, "mail"), Address: "qa@example.com", Transport: fake.RoundTripper()},
			tokens: func() int { return fake.Counter.Count("token") },
			rotate: func() {
				vault.Put("mail", []byte(fake.RotateSecret(app.ClientID)), time.Time{})
				fake.ExpireTokens()
			},
		}
	},
}

// test waits as one of many tests on a mailbox does.
func test(t *testing.T, inbox *connector.Session) error {
	own, err := inbox.Begin(t.Context(), connector.Scope{})
	if err == nil {
		_, err = own.WaitFor(t.Context(), connector.Query{Subject: "welcome"})
	}
	return err
}

// A credential is rotated while a thousand tests wait: none fails, and a rotation costs one read of
// the vault and two tokens, one refused and one granted.
func TestRotationWhileTestsWait(t *testing.T) {
	for cloud, open := range tenants {
		t.Run(cloud, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const waits, rotations = 1000, 2
				store, vault := mailstore.New(), &keyvaulttest.Memory{}
				box := store.Add("qa@example.com")
				in := open(t, store, vault)
				inbox, err := connector.Connect(t.Context(), in.server, &connector.Options{Wait: 10 * time.Minute})
				require.NoError(t, err)
				defer func() { require.NoError(t, inbox.Close()) }()
				reads, tokens := vault.Requests(), in.tokens()
				require.Equal(t, 1, reads)

				var all sync.WaitGroup
				errs := make([]error, waits)
				for i := range waits {
					all.Go(func() { errs[i] = test(t, inbox) })
				}
				for range rotations {
					time.Sleep(time.Minute)
					in.rotate()
				}
				time.Sleep(time.Minute)
				box.Deliver(shopMail("Welcome"), mailstore.Delivery{})
				all.Wait()
				for _, err := range errs {
					require.NoError(t, err)
				}
				assert.Equal(t, rotations, vault.Requests()-reads, "reads of the vault")
				assert.LessOrEqual(t, in.tokens()-tokens, 2*rotations, "requests for tokens")
			})
		})
	}
}

// down is what a vault says that cannot be reached.
func down(_ context.Context, n keyvault.Name) error {
	return n.Error(keyvault.ErrUnavailable, nil, "wait for the test to end")
}

// The vault is down when a credential is refused: the waits go on until it is up again, and do not
// hammer it.
func TestVaultOutageWhileTestsWait(t *testing.T) {
	for cloud, open := range tenants {
		t.Run(cloud, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, vault := mailstore.New(), &keyvaulttest.Memory{}
				box := store.Add("qa@example.com")
				in := open(t, store, vault)
				inbox, err := connector.Connect(t.Context(), in.server, &connector.Options{Wait: 30 * time.Minute})
				require.NoError(t, err)
				defer func() { require.NoError(t, inbox.Close()) }()
				var all sync.WaitGroup
				errs := make([]error, 100)
				for i := range errs {
					all.Go(func() { errs[i] = test(t, inbox) })
				}
				time.Sleep(time.Minute)
				before := vault.Requests()
				vault.Fail(down)
				in.rotate()
				time.Sleep(10 * time.Minute)
				assert.LessOrEqual(t, vault.Requests()-before, 20, "requests in ten minutes of outage")
				vault.Fail(nil)
				box.Deliver(shopMail("Welcome"), mailstore.Delivery{})
				all.Wait()
				for _, err := range errs {
					require.NoError(t, err)
				}
			})
		})
	}
}

// shopMail is what the product under test sends.
func shopMail(subject string) []byte {
	return fmt.Appendf(nil, "From: Shop <shop@contoso.example>\r\nTo: qa@example.com\r\nSubject: %s\r\n\r\nx\r\n", subject)
}
