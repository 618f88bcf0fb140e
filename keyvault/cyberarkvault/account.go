package cyberarkvault

import (
	"encoding/json"
	"errors"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

// account is what the service answers: the password, and the account's properties with it.
type account struct{ content, whole keyvault.Secret }

// open reads the answer.
func open(n keyvault.Name, body []byte) (account, error) {
	var doc struct{ Content *string }
	if json.Unmarshal(body, &doc) != nil || doc.Content == nil {
		return account{}, n.Error(keyvault.ErrConfig, nil, "the answer is no account: check Options.URL and Options.Service")
	}
	return account{content: keyvault.NewSecret(*doc.Content), whole: keyvault.NewSecret(body)}, nil
}

// pick gives the field: of the content if that is JSON, else of the account.
func (a account) pick(n keyvault.Name) (keyvault.Secret, error) {
	s, err := n.Pick(a.content)
	if err == nil {
		return s, nil
	}
	property, propertyErr := n.Pick(a.whole)
	if propertyErr == nil {
		return property, nil
	}
	if errors.Is(err, keyvault.ErrNotFound) { // the content is JSON: its fields are what was meant
		return keyvault.Secret{}, err
	}
	return keyvault.Secret{}, propertyErr
}
