package testhelpers_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/awsvault"
	"github.com/cloudmail-go/cloudmail/keyvault/azurevault"
	"github.com/cloudmail-go/cloudmail/keyvault/conjurvault"
	"github.com/cloudmail-go/cloudmail/keyvault/cyberarkvault"
	"github.com/cloudmail-go/cloudmail/keyvault/gcpvault"
	"github.com/cloudmail-go/cloudmail/keyvault/hashivault"
)

// liveVault is a real vault that the environment names.
type liveVault struct {
	needs []string // further variables, after CLOUDMAIL_LIVE_<vault>_
	open  func(ctx context.Context, v func(name string) string) (keyvault.Provider, error)
}

// liveVaults are the real vaults by the names of their variables. Each reads the secret that _NAME names, whose SHA-256 is
// _SHA256 in hexadecimal; how it signs in is what its own variables say (VAULT_*, AZURE_*, AWS_*, GOOGLE_*, CONJUR_*).
var liveVaults = map[string]liveVault{
	"HASHICORP": {nil, func(context.Context, func(string) string) (keyvault.Provider, error) { return hashivault.New(nil) }},
	"AZURE": {[]string{"URL"}, func(_ context.Context, v func(string) string) (keyvault.Provider, error) {
		return azurevault.New(azurevault.Options{URL: v("URL")})
	}},
	"AWS": {nil, func(ctx context.Context, _ func(string) string) (keyvault.Provider, error) {
		return awsvault.New(ctx, nil)
	}},
	"GCP": {nil, func(context.Context, func(string) string) (keyvault.Provider, error) { return gcpvault.New(nil) }},
	"CYBERARK": {[]string{"URL", "APPID"}, func(_ context.Context, v func(string) string) (keyvault.Provider, error) {
		return cyberarkvault.New(cyberarkvault.Options{URL: v("URL"), AppID: v("APPID")})
	}},
	"CONJUR": {nil, func(context.Context, func(string) string) (keyvault.Provider, error) { return conjurvault.New(nil) }},
}

// TestLiveVaults reads from the real vaults that the environment names; the others are skipped. Nothing is written.
func TestLiveVaults(t *testing.T) {
	for name, live := range liveVaults {
		t.Run(name, func(t *testing.T) {
			prefix := "CLOUDMAIL_LIVE_" + name + "_"
			value := func(name string) string { return os.Getenv(prefix + name) }
			for _, need := range append([]string{"NAME", "SHA256"}, live.needs...) {
				if value(need) == "" {
					t.Skip("no real vault: set " + prefix + strings.Join(append([]string{"NAME", "SHA256"}, live.needs...), ", "+prefix))
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			vault, err := live.open(ctx, value)
			require.NoError(t, err)
			known, err := vault.Secret(ctx, value("NAME"))
			require.NoError(t, err)
			sum := sha256.Sum256([]byte(known.Reveal()))
			assert.Equal(t, strings.ToLower(value("SHA256")), hex.EncodeToString(sum[:]), "the digest of the value")
			for channel, text := range channels(vault) {
				assert.Empty(t, hits(text, known.Reveal()), channel)
			}
			n, err := keyvault.ParseName("live", value("NAME"))
			require.NoError(t, err)
			_, err = vault.Secret(ctx, n.Path+"-which-nobody-has")
			assert.True(t, errors.Is(err, keyvault.ErrNotFound) || errors.Is(err, keyvault.ErrRefused), "an unknown name: %v", err) // some do not tell which
			_, err = vault.Secret(ctx, n.Path+"#no_such_field")
			require.Error(t, err)
		})
	}
}
