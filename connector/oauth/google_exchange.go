package oauth

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector/internal/hide"
)

// The grant of RFC 7523 §2.1, as Google documents it for service accounts
// (https://developers.google.com/identity/protocols/oauth2/service-account).
const (
	grantJWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	lifetime = time.Hour        // of an assertion, the most that is allowed
	backdate = 10 * time.Second // for a local clock that is a little ahead
	maxReply = 1 << 20
)

// claimSet is what an assertion says.
type claimSet struct {
	Iss   string `json:"iss"`
	Sub   string `json:"sub,omitempty"`
	Scope string `json:"scope"`
	Aud   string `json:"aud"`
	Iat   int64  `json:"iat"`
	Exp   int64  `json:"exp"`
}

// signer turns claims into a signed assertion.
type signer func(ctx context.Context, g *Google, claims []byte) (string, error)

// exchange makes an assertion and gets a token for it; one request, of which nothing is repeated.
func (g *Google) exchange(ctx context.Context, p party, sign signer) (token, error) {
	url := cmp.Or(g.conf.TokenURL, p.tokenURL, GoogleTokenURL)
	issued := time.Now().Add(-backdate)
	claims, _ := json.Marshal(claimSet{
		Iss: p.email, Sub: g.conf.Subject, Scope: strings.Join(g.conf.Scopes, " "), Aud: url,
		Iat: issued.Unix(), Exp: issued.Add(lifetime).Unix(),
	})
	assertion, err := sign(ctx, g, claims)
	if err != nil {
		return token{}, err
	}
	return g.redeem(ctx, p, url, assertion)
}

// redeem sends the assertion.
func (g *Google) redeem(ctx context.Context, p party, to, assertion string) (token, error) {
	form := url.Values{"grant_type": {grantJWT}, "assertion": {assertion}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form))
	if err != nil {
		return token{}, configError("TokenURL is no URL", "leave it empty for "+GoogleTokenURL)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, header, body, err := g.send(req)
	if err != nil {
		return token{}, unavailable(err)
	}
	if status != http.StatusOK {
		return token{}, g.refusal(p, status, header, body)
	}
	return readToken(body)
}

// send makes a request and reads the whole answer, of which nothing is larger than maxReply.
func (g *Google) send(req *http.Request) (int, http.Header, []byte, error) {
	resp, err := g.conf.Client.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	hide.Answer(req, resp)
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	return resp.StatusCode, resp.Header, body, err
}

// readToken reads a successful answer. Google gives an id_token alone where it takes a scope for an
// audience.
func readToken(body []byte) (token, error) {
	var a struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
		IDToken     string `json:"id_token"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return token{}, notGoogle()
	}
	if a.AccessToken == "" && a.IDToken != "" {
		return token{}, noToken("Google gave an id_token and no access token: it does not know one of the Scopes", "write the scopes as Google lists them, such as https://www.googleapis.com/auth/gmail.modify")
	}
	if a.AccessToken == "" {
		return token{}, noToken("Google's token endpoint gave no access token", "check Scopes, and what TokenURL leads to")
	}
	t := token{value: a.AccessToken}
	if a.ExpiresIn > 0 {
		t.expiry = time.Now().Add(time.Duration(a.ExpiresIn) * time.Second)
	}
	return t, nil
}

// segment is a part of a compact JWT (RFC 7515 §2).
func segment(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
