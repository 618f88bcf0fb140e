package rest

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

// GitHubToken is the identity of a GitHub Actions job, for the vault of that name. A nil client is http.DefaultClient.
// https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect
func GitHubToken(ctx context.Context, vault, audience string, client *http.Client) (string, error) {
	n := keyvault.Name{Vault: vault, Path: "GitHubToken"}
	address, bearer := os.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL"), os.Getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
	if address == "" || bearer == "" {
		return "", n.Error(keyvault.ErrConfig, nil, "run in GitHub Actions, in a job with permissions: id-token: write")
	}
	if audience != "" {
		address += "&audience=" + url.QueryEscape(audience)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", n.Error(keyvault.ErrConfig, nil, "leave ACTIONS_ID_TOKEN_REQUEST_URL as GitHub sets it")
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	a, err := Do(cmp.Or(client, http.DefaultClient), r)
	var body struct{ Value string }
	if err == nil && (json.Unmarshal(a.Body, &body) != nil || a.Status != http.StatusOK || body.Value == "") {
		err = keyvault.Cause("the answer is "+strconv.Itoa(a.Status)+" without a token", nil)
	}
	if err != nil {
		return "", n.Error(keyvault.ErrUnavailable, err, "see whether GitHub's token service works")
	}
	return body.Value, nil
}
