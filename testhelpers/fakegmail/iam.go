package fakegmail

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

const (
	iamService = "iamcredentials.googleapis.com"
	iamSignRPC = "google.iam.credentials.v1.IAMCredentials.SignJwt"
)

// CallerToken makes an access token for a caller of IAM, such as a workload's own identity: an
// address that needs no account here. Without scopes it has cloud-platform.
func (f *Fake) CallerToken(email string, scopes ...string) string {
	if len(scopes) == 0 {
		scopes = []string{ScopeCloud}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mint(grant{account: email, project: "acme-mail-test", scopes: scopes})
}

// AllowSigning gives a caller the role Service Account Token Creator on an account.
func (f *Fake) AllowSigning(caller, account string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.signers[[2]string{caller, account}] = true
}

// serveSignJWT is projects.serviceAccounts.signJwt of the IAM Service Account Credentials API.
func (f *Fake) serveSignJWT(w http.ResponseWriter, r *http.Request) {
	out, refusal := f.signFor(r)
	if refusal != nil {
		writeError(w, refusal)
		return
	}
	if refusal := writeAnswer(w, r.URL.Query(), answer{value: out}); refusal != nil {
		writeError(w, refusal)
	}
}

type signedJWT struct {
	KeyID string `json:"keyId"`
	JWT   string `json:"signedJwt"`
}

func (f *Fake) signFor(r *http.Request) (*signedJWT, *apiError) {
	g, refusal := f.authenticate(r, iamService, iamSignRPC)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := f.checkProject(g, iamService, "IAM Service Account Credentials API"); refusal != nil {
		return nil, refusal
	}
	if refusal := checkScopes(g, scopesIAM, iamService, iamSignRPC); refusal != nil {
		return nil, refusal
	}
	var in struct {
		Payload   string   `json:"payload"`
		Delegates []string `json:"delegates"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20)).Decode(&in); err != nil {
		return nil, invalid("Invalid JSON payload received. %s", oneLine(err.Error()))
	}
	target := strings.TrimSuffix(r.PathValue("account"), ":signJwt")
	return f.sign(g.account, append(in.Delegates, target), in.Payload)
}

// sign walks the chain of delegates to the last account, which signs.
func (f *Fake) sign(caller string, chain []string, payload string) (*signedJWT, *apiError) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var a *account
	for _, name := range chain {
		name = name[strings.LastIndex(name, "/")+1:]
		if a = f.accounts[name]; a == nil || !f.signers[[2]string{caller, name}] {
			return nil, deniedSigning()
		}
		caller = name
	}
	if refusal := checkPayload(payload); refusal != nil {
		return nil, refusal
	}
	token, err := signJWT(a.key, a.system, payload)
	if err != nil {
		return nil, fail(http.StatusInternalServerError, "INTERNAL", "backendError", "Internal error encountered.")
	}
	return &signedJWT{KeyID: a.system, JWT: token}, nil
}

func deniedSigning() *apiError {
	e := forbidden("", "Permission 'iam.serviceAccounts.signJwt' denied on resource (or it may not exist).")
	e.details = []any{map[string]any{
		"@type":    "type.googleapis.com/google.rpc.ErrorInfo",
		"reason":   "IAM_PERMISSION_DENIED",
		"domain":   "iam.googleapis.com",
		"metadata": map[string]string{"permission": "iam.serviceAccounts.signJwt"},
	}}
	return e
}

// checkPayload holds what the reference of signJwt asks of the claims: JSON, and an exp of at most
// twelve hours.
func checkPayload(payload string) *apiError {
	var c claims
	if json.Unmarshal([]byte(payload), &c) != nil {
		return invalid("Request contains an invalid argument.")
	}
	if c.Exp != nil && int64(*c.Exp) > time.Now().Add(12*time.Hour).Unix() {
		return invalid("The 'exp' claim must be no more than 12 hours in the future.")
	}
	return nil
}
