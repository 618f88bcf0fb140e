package testhelpers_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/awsvault"
	"github.com/cloudmail-go/cloudmail/keyvault/azurevault"
	"github.com/cloudmail-go/cloudmail/keyvault/conjurvault"
	"github.com/cloudmail-go/cloudmail/keyvault/gcpvault"
	"github.com/cloudmail-go/cloudmail/keyvault/hashivault"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeazurevault"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegcp"
)

// echoingVaults open vaults that refuse and quote, by what they quote.
var echoingVaults = map[string]func(t *testing.T, e echo) (keyvault.Provider, error){
	"hashivault, the token": func(_ *testing.T, e echo) (keyvault.Provider, error) {
		return hashi(e, hashivault.Token{Value: credential(echoed)})
	},
	"hashivault, the secret id": func(_ *testing.T, e echo) (keyvault.Provider, error) {
		return hashi(e, hashivault.AppRole{RoleID: "mail", SecretID: credential(echoed)})
	},
	"hashivault, the password": func(_ *testing.T, e echo) (keyvault.Provider, error) {
		return hashi(e, hashivault.Userpass{Username: "qa", Password: credential(echoed)})
	},
	"awsvault, the session token": func(t *testing.T, e echo) (keyvault.Provider, error) {
		session := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "key", SessionToken: echoed}, nil
		})
		return awsvault.New(t.Context(), &awsvault.Options{Region: "eu-central-1", HTTPClient: &http.Client{Transport: e}, Credentials: session})
	},
	"azurevault, the token": func(_ *testing.T, e echo) (keyvault.Provider, error) {
		o := azureOptions(nil, echoed)
		e.pass = fakeazurevault.New(nil).RoundTripper() // which says where a token is to be had
		o.HTTPClient = &http.Client{Transport: e}
		return azurevault.New(o)
	},
	"gcpvault, what is written": func(t *testing.T, e echo) (keyvault.Provider, error) {
		fake, err := fakegcp.New()
		require.NoError(t, err)
		e.only, e.pass = "/v1/", fake.RoundTripper()
		return gcpvault.New(&gcpvault.Options{Project: "contoso", Key: credential(string(fake.Key())), HTTPClient: &http.Client{Transport: e}})
	},
	"conjurvault, the API key": func(_ *testing.T, e echo) (keyvault.Provider, error) {
		return conjurvault.New(&conjurvault.Options{URL: "https://conjur.example.com", Account: "contoso", HTTPClient: &http.Client{Transport: e},
			Login: conjurvault.APIKey{ID: "host/qa", Key: credential(echoed)}})
	},
}

func hashi(e echo, login hashivault.Login) (keyvault.Provider, error) {
	return hashivault.New(&hashivault.Options{Address: "https://vault.example.com", HTTPClient: &http.Client{Transport: e}, Login: login})
}

// What a vault quotes of its own login, and of what was to be written, is in no error. What was to be read it has not
// given, and nobody could know it.
func TestVaultEchoes(t *testing.T) {
	t.Parallel()
	for name, open := range echoingVaults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var quotes atomic.Int32
			for e := range echoes(&quotes) {
				vault, err := open(t, e)
				require.NoError(t, err)
				path := "mail"
				if strings.HasPrefix(name, "hashi") {
					path = "secret/mail"
				}
				_, err = vault.Secret(t.Context(), path)
				silent(t, e, err)
				if w, ok := vault.(keyvault.Writer); ok {
					silent(t, e, w.Write(t.Context(), path, keyvault.NewSecret(echoed)))
				}
			}
			require.GreaterOrEqual(t, quotes.Load(), int32(50), "answers that quote the secret")
		})
	}
}
