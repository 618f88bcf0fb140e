package graph

import (
	"context"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Tokens makes a credential for [Office365].TokenCredential of a function that gives access tokens
// for Graph and keeps them, such as the Token of an oauth.Delegated: the sign-in of a person, where a
// company has no other, or of a personal outlook.com account. Such a token reaches the person's own
// mailbox, and with the scope Mail.ReadWrite.Shared those that others opened to the person.
func Tokens(give connector.Credential) azcore.TokenCredential {
	return &given{give: give}
}

// given is a function's tokens. Its fields are closures, so that no token prints.
type given struct {
	give connector.Credential

	mu   sync.Mutex
	last func() string // given out last; nil: none yet
	bad  func() string // refused by Graph; nil: none
}

// givenFor is how long the Azure SDK may use a token before it asks again, which costs nothing while
// the token is good.
const givenFor = 30 * time.Second

// GetToken implements azcore.TokenCredential; the scopes are the function's own.
func (g *given) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	g.mu.Lock()
	refused := ""
	if g.bad != nil {
		refused = g.bad()
	}
	g.mu.Unlock()
	t, err := g.give(ctx, refused)
	if err == nil {
		g.mu.Lock()
		g.last, g.bad = func() string { return t }, nil
		g.mu.Unlock()
	}
	return azcore.AccessToken{Token: t, ExpiresOn: time.Now().Add(givenFor)}, err
}

// refuse notes that Graph refused what was given out last: the function is told when it is asked again.
func (g *given) refuse() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bad = g.last
}
