// Package hashivault reads secrets from HashiCorp Vault, and from OpenBao, which speaks the
// same protocol: ${hashicorp:secret/mail#client_secret}.
//
//	vault, err := hashivault.New(nil) // VAULT_ADDR, VAULT_TOKEN, VAULT_NAMESPACE, VAULT_CACERT, …
//	secret := keyvault.From(vault, "secret/mail#client_secret")
//
// # Names
//
// A name is what the vault command takes: the engine's path and the secret's, without the
// "data/" of the HTTP API. Engines of both versions work; the version is asked of the
// server once per engine, or told in Options.Mounts where a policy forbids the question.
// A version (@3) needs KV version 2.
//
// A secret in Vault is a set of fields. Without a field in the name, a secret with one
// field gives that field's value, any other one the JSON of all. Where the only field holds
// JSON, that JSON's fields count too.
//
// Other engines are read as they are: their leases show as the secret's expiry, so that a
// Cache reads them again in time. A deletion time that lies ahead does the same.
//
// # Logins
//
// Options.Login is one of Token, AppRole, Kubernetes, JWT and Userpass; none is a token from
// VAULT_TOKEN or the file that "vault login" writes. Credentials are functions, so that they
// may come from another vault (keyvault.From). A token that ended or was revoked is replaced by
// a new login, once. With GitHubToken a GitHub Actions job logs in without any stored secret.
//
// # Writing
//
// Write replaces one field (name with #field), or the whole by one field called "value". With
// KV version 2 a change that somebody else made meanwhile is ErrUnavailable: try again.
//
// HTTP API: https://developer.hashicorp.com/vault/api-docs
package hashivault
