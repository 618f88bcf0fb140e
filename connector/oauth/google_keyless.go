package oauth

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"golang.org/x/oauth2"
)

// googleIAM is where IAM signs.
const googleIAM = "https://iamcredentials.googleapis.com"

// GoogleKeyless lets IAM sign for a service account, so that no key file exists: the caller needs
// the role Service Account Token Creator on the account, and the API iamcredentials.googleapis.com
// enabled in its project
// (https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signJwt).
type GoogleKeyless struct {
	// Account is the address of the service account that the domain delegates to. Required.
	Account string
	// Caller gives tokens of the caller itself with the scope cloud-platform or iam, such as
	// google.DefaultTokenSource gives. Required.
	Caller oauth2.TokenSource
	// ClientID is the account's numeric id, for the texts of errors.
	ClientID string
	// Delegates are the service accounts between caller and account, if any.
	Delegates []string
	// URL overrides where IAM is asked: Google's own, or a loopback address.
	URL string
}

func (k *GoogleKeyless) check() error {
	switch {
	case !strings.Contains(k.Account, "@"):
		return configError("Keyless.Account is no address of a service account", "such as robot@my-project.iam.gserviceaccount.com")
	case k.Caller == nil:
		return configError("Keyless.Caller is nil", "give a source of the caller's tokens, such as google.DefaultTokenSource")
	case k.URL != "" && k.URL != googleIAM && !googleOrLoopback(k.URL):
		return configError("Keyless.URL is neither Google's nor a loopback address", "leave it empty for "+googleIAM)
	}
	return nil
}

func (k *GoogleKeyless) party() party { return party{email: k.Account, clientID: k.ClientID} }

// sign lets IAM sign the claims; one request.
func (k *GoogleKeyless) sign(ctx context.Context, g *Google, claims []byte) (string, error) {
	caller, err := callerToken(ctx, k.Caller)
	if err != nil {
		return "", err
	}
	in := map[string]any{"payload": string(claims)}
	if len(k.Delegates) > 0 {
		chain := make([]string, len(k.Delegates))
		for i, d := range k.Delegates {
			chain[i] = "projects/-/serviceAccounts/" + d
		}
		in["delegates"] = chain
	}
	body, _ := json.Marshal(in)
	url := cmp.Or(k.URL, googleIAM) + "/v1/projects/-/serviceAccounts/" + k.Account + ":signJwt"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return "", configError("Keyless.Account or Keyless.URL makes no URL", "check both")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+caller)
	status, header, reply, err := g.send(req)
	if err != nil {
		return "", unavailable(err)
	}
	if status != http.StatusOK {
		return "", k.refusal(status, header, reply)
	}
	var out struct {
		JWT string `json:"signedJwt"`
	}
	if err := json.Unmarshal(reply, &out); err != nil || out.JWT == "" {
		return "", notGoogle()
	}
	return out.JWT, nil
}

// callerToken asks the caller's source, which knows no context, and leaves when the context ends.
func callerToken(ctx context.Context, s oauth2.TokenSource) (string, error) {
	type answer struct {
		token *oauth2.Token
		err   error
	}
	out := make(chan answer, 1)
	go func() {
		t, err := s.Token()
		out <- answer{t, err}
	}()
	select {
	case a := <-out:
		if err := checkSourced("Keyless.Caller", a.token, a.err); err != nil {
			return "", err
		}
		return a.token.AccessToken, nil
	case <-ctx.Done():
		return "", unavailable(ctx.Err())
	}
}
