package conjurvault_test

import (
	"fmt"

	"github.com/cloudmail-go/cloudmail/keyvault/conjurvault"
)

// A job of GitHub Actions with "permissions: id-token: write" needs no stored secret.
func ExampleGitHubToken() {
	vault, err := conjurvault.New(&conjurvault.Options{
		URL: "https://conjur.example.com", Account: "contoso",
		Login: conjurvault.JWT{Service: "github", Token: conjurvault.GitHubToken("conjur", nil)},
	})
	fmt.Println(vault != nil, err) // the token is asked for when a secret is read
	// Output: true <nil>
}
