package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// audience is what Entra expects in a federated token.
const audience = "api://AzureADTokenExchange"

// GitHubActions returns a source for [Office365.FederatedToken] in a workflow of GitHub Actions. The
// job needs "permissions: id-token: write", and the app a federated credential whose subject is the
// job's, letter by letter.
// https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments
func GitHubActions() func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		address, bearer := os.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL"), os.Getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
		if address == "" || bearer == "" {
			return "", errors.New(`GitHub offers no token: the job needs "permissions: id-token: write"`)
		}
		return gitHubToken(ctx, http.DefaultClient, address, bearer)
	}
}

func gitHubToken(ctx context.Context, c *http.Client, address, bearer string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Hostname() != "127.0.0.1" {
		return "", errors.New("ACTIONS_ID_TOKEN_REQUEST_URL is no https address")
	}
	q := u.Query()
	q.Set("audience", audience)
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", errors.New("ACTIONS_ID_TOKEN_REQUEST_URL is no address")
	}
	req.Header.Set("Authorization", "bearer "+bearer)
	resp, err := c.Do(req)
	if err != nil {
		return "", fmt.Errorf("GitHub's token service: %w", errors.Unwrap(err)) // the address stays out
	}
	defer resp.Body.Close()
	var out struct{ Value string }
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&out); err != nil || resp.StatusCode != http.StatusOK || out.Value == "" {
		return "", fmt.Errorf("GitHub's token service answered %d without a token", resp.StatusCode)
	}
	return out.Value, nil
}

// WorkloadIdentityFile returns a source for [Office365.FederatedToken] that reads the token from a
// file, anew each time, since whoever writes the file replaces it. An empty path is the one in
// AZURE_FEDERATED_TOKEN_FILE, as Kubernetes sets it.
// https://learn.microsoft.com/entra/workload-id/workload-identity-federation
func WorkloadIdentityFile(path string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		name := path
		if name == "" {
			name = os.Getenv("AZURE_FEDERATED_TOKEN_FILE")
		}
		if name == "" {
			return "", errors.New("no file is named: give a path, or set AZURE_FEDERATED_TOKEN_FILE")
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		if token := strings.TrimSpace(string(b)); token != "" {
			return token, nil
		}
		return "", fmt.Errorf("%s is empty", name)
	}
}
