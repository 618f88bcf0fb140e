package conjurvault

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/internal/rest"
)

// Login is a way to a token: APIKey, JWT.
type Login interface {
	check() error
	// request gives the credential, and what is posted where with it.
	request(v *vault) (cred Credential, address string, body func(value string) string)
}

// APIKey is the login of a host or a user.
// https://docs.cyberark.com/conjur-open-source/latest/en/content/developer/conjur_api_authenticate.htm
type APIKey struct {
	ID  string     // host/qa/mail-tests, or a user's name; "" = CONJUR_AUTHN_LOGIN
	Key Credential // nil = CONJUR_AUTHN_API_KEY
}

func (l APIKey) id() string { return cmp.Or(l.ID, os.Getenv("CONJUR_AUTHN_LOGIN")) }

func (l APIKey) check() error {
	switch {
	case l.id() == "":
		return config("Login.ID", "set it or CONJUR_AUTHN_LOGIN, as in host/qa/mail-tests")
	case l.Key == nil && os.Getenv("CONJUR_AUTHN_API_KEY") == "":
		return config("Login.Key", "set it or CONJUR_AUTHN_API_KEY")
	}
	return nil
}

func (l APIKey) request(v *vault) (Credential, string, func(string) string) {
	cred := l.Key
	if cred == nil {
		cred = func(context.Context, string) (string, error) { return os.Getenv("CONJUR_AUTHN_API_KEY"), nil }
	}
	return cred, v.address("authn", v.o.Account, l.id(), "authenticate"), func(key string) string { return key }
}

// JWT is the login by a token of an identity provider.
// https://docs.cyberark.com/conjur-open-source/latest/en/content/operations/services/cjr-authn-jwt-lp.htm
type JWT struct {
	Service string     // the id of the authenticator, github for authn-jwt/github. Required
	Token   Credential // GitHubToken for GitHub Actions. Required
	Host    string     // host/qa/mail-tests, "" = the token names it
}

func (l JWT) check() error {
	switch {
	case l.Service == "":
		return config("Login.Service", "set the id of the authenticator, github for authn-jwt/github")
	case l.Token == nil:
		return config("Login.Token", "set it, to GitHubToken for example")
	}
	return nil
}

func (l JWT) request(v *vault) (Credential, string, func(string) string) {
	parts := []string{"authn-jwt", l.Service, v.o.Account}
	if l.Host != "" {
		parts = append(parts, l.Host)
	}
	return l.Token, v.address(append(parts, "authenticate")...), func(token string) string {
		return url.Values{"jwt": {token}}.Encode()
	}
}

// GitHubToken is the identity of a GitHub Actions job as a Credential, for JWT.Token: the job needs
// "permissions: id-token: write". A nil client is http.DefaultClient.
func GitHubToken(audience string, client *http.Client) Credential {
	return func(ctx context.Context, _ string) (string, error) {
		return rest.GitHubToken(ctx, vaultName, audience, client)
	}
}

// logIn is the provider behind the cache of tokens.
func (v *vault) logIn(ctx context.Context, _ string) (token keyvault.Secret, err error) {
	n := keyvault.Name{Vault: vaultName, Path: "login"}
	cred, address, body := v.o.Login.request(v)
	err = rest.Twice(ctx, cred, func(value string) (refused bool, err error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body(value)))
		if err != nil {
			return false, config("URL", "write the server's address, as in https://conjur.example.com")
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		a, err := rest.Do(v.client, r)
		if err != nil {
			return false, unreached(ctx, n, err)
		}
		if a.Status != http.StatusOK {
			return a.Status == http.StatusUnauthorized, loginFailed(n, a)
		}
		token = keyvault.NewSecret(base64.StdEncoding.EncodeToString(a.Body))
		return false, nil
	})
	return token, err
}
