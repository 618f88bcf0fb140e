package graph

import (
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Tokens makes a credential for [Office365].TokenCredential of a function that gives access tokens
// for Graph and keeps them, such as the Token of an oauth.Delegated: the sign-in of a person, where a
// company has no other, or of a personal outlook.com account. Such a token reaches the person's own
// mailbox, and with the scope Mail.ReadWrite.Shared those that others opened to the person.
func Tokens(give connector.Credential) azcore.TokenCredential { return given{give} }

type given struct{ give connector.Credential }

// givenFor is how long the Azure SDK may use a token before it asks again, which costs nothing while
// the token is good.
const givenFor = 30 * time.Second

// GetToken implements azcore.TokenCredential; the scopes are the function's own.
func (g given) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	t, err := g.give(ctx, "")
	return azcore.AccessToken{Token: t, ExpiresOn: time.Now().Add(givenFor)}, err
}
