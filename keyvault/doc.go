// Package keyvault brings credentials from the vault that a company already has to the
// code that needs them, in a form that cannot print.
//
// # A credential from a vault
//
// A vault is a Provider: it gives the Secret of a name. Each lives in a package of its
// own, which reaches that vault's SDK and no other: envvault, filevault, hashivault,
// azurevault, awsvault, gcpvault, cyberarkvault, keyringvault, execvault.
//
//	vault, err := hashivault.New(nil) // the VAULT_* variables
//	secret := keyvault.From(vault, "secret/mail#client_secret")
//
// From gives a plain function that connector takes wherever a credential is wanted. It
// reads when it is called, keeps the value for some minutes, and reads once more when a
// service refuses the value: so a rotated secret costs one read and no restart.
//
// # Names and references
//
// A name is path#field@version. The field picks from a JSON value (dots go down, numbers
// into lists), the version is as the vault calls it; both may be absent. A reference is a
// name with its vault, and may stand inside longer text:
//
//	${hashicorp:secret/mail#client_secret}
//	${azure:mail-client-secret@7f2c}
//	${file:/run/secrets/mail.json#google.private_key}
//	smtp://${env:USER}:${env:PASSWORD}@mail.example.com     several in one text
//	$${env:USER}                                            the text ${env:USER}
//
// A Resolver knows several vaults and turns such texts into values or credentials.
//
// # What a vault promises
//
// A vault answers one request by one request: it keeps nothing and retries nothing. Cache
// does that for all of them: it keeps values for a stated time, lets everybody who asks at
// the same time share one read, asks a vault that is down in growing pauses, and believes a
// refusal for a while. From and Resolver put one in front of any vault that has none.
//
// Failures are an *Error with vault, path, field and remedy, and one of the kinds
// ErrNotFound, ErrRefused, ErrUnavailable, ErrConfig, ErrEmpty, ErrNotText. Package
// keyvaulttest is the conformance suite that holds every vault to all this.
//
// # What cannot print
//
// A Secret prints as [secret] under every verb and in every encoding, and refuses gob.
// Reveal is the only way to the value. For texts of foreign origin there is Redactor, which
// removes values and their encodings, and Mask, which tells a build service to do so.
package keyvault
