// Package cyberarkvault reads secrets from CyberArk's Central Credential Provider:
// ${cyberark:Mail-Safe/office365}.
//
//	vault, err := cyberarkvault.New(cyberarkvault.Options{
//		URL:         "https://ccp.example.com",
//		AppID:       "MailTests",
//		Certificate: keyvault.From(files, "ccp-client.pem"),
//	})
//	secret := keyvault.From(vault, "Mail-Safe/office365")
//
// A name is safe/object, or safe/folder/object, or the object alone with Options.Safe. Without a
// field it gives the account's content, which is its password. A field is one of the content, where
// that is JSON, else a property of the account: #UserName, #Address, and whatever else its platform
// has. There are no versions.
//
// The application is known by its id, and by what the administrator has asked for: its client
// certificate, or the address of its machine. A refused certificate is read again once, so that it
// may be renewed while the program runs. Conjur, CyberArk's other vault, is package conjurvault.
//
// API: https://docs.cyberark.com/credential-providers/latest/en/content/ccp/calling-the-web-service-using-rest.htm
package cyberarkvault
