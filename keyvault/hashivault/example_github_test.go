package hashivault_test

import (
	"fmt"

	"github.com/cloudmail-go/cloudmail/keyvault/hashivault"
)

// A job of GitHub Actions with "permissions: id-token: write" needs no stored secret.
func ExampleGitHubToken() {
	vault, err := hashivault.New(&hashivault.Options{
		Address: "https://vault.example.com",
		Login:   hashivault.JWT{Role: "mail-tests", JWT: hashivault.GitHubToken("https://vault.example.com", nil)},
	})
	fmt.Println(vault != nil, err) // the token is asked for when a secret is read
	// Output: true <nil>
}
