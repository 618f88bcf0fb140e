// Package conjurvault reads secrets from CyberArk Conjur (Secrets Manager), in the cloud or one's
// own: ${conjur:qa/mail/client-secret}.
//
//	vault, err := conjurvault.New(nil) // the CONJUR_* variables
//	secret := keyvault.From(vault, "qa/mail/client-secret")
//
// A name is a variable's id as the policy has it, its branch included. A version is a number (@3);
// Conjur keeps the last 20. A value that is JSON has fields.
//
// # Logins
//
// Options.Login is APIKey, or JWT for what an identity provider vouches for: a GitHub Actions
// job (GitHubToken), a pod, a GitLab job. None is an API key from CONJUR_AUTHN_LOGIN and
// CONJUR_AUTHN_API_KEY. A login holds for eight minutes and is renewed before; a refused one
// is renewed once.
//
// The REST calls are made here: there are two of them, and the Go client of the vendor links 21 modules.
//
// API: https://docs.cyberark.com/conjur-open-source/latest/en/content/developer/conjur_api_retrieve_secret.htm
package conjurvault
