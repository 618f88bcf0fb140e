// Package oauth gets access tokens for the backends that speak to a cloud: with an application's
// own rights, or a user's. The backends use it; a test seldom has to.
//
// An access token is a credential like any other, so what this package makes has the shape of
// connector.Credential: a function that is given the token just refused and returns a better one.
// The same value serves an HTTP request, and XOAUTH2 in IMAP, POP3 and SMTP.
//
// # Google
//
// [Google] gets tokens for a mailbox of Google Workspace by domain-wide delegation: with the key of
// a service account ([Google].Key), without any key through IAM ([Google].Keyless), or from any
// other source of tokens ([Google].Source). Tokens are kept until shortly before they expire and
// shared by all who ask; one request is made at a time, whoever asks.
//
// # Microsoft
//
// [EntraApp] gets tokens for Exchange Online, or any other resource, with an application's rights: by a
// client secret, a certificate or a federated token.
//
// # People
//
// [Delegated] gets tokens with the rights of a person who signed in once, by a code on another device
// ([Delegated.SignInByCode]; Microsoft alone, since Google gives no mail to it) or by a browser on
// this machine ([Delegated.SignInByBrowser]). The sign-in is kept where the caller says, such as in a
// vault that can write, and renewed by itself. One that ended, since the password was changed, the
// consent taken back or too much time has passed, is connector.ErrAuth with the command that signs
// in again.
//
// # Errors
//
// What Google's token endpoint answers is turned into a connector.Error whose kind, meaning and
// remedy come from a table: the endpoint's own texts name the symptom and seldom the cause.
//
// No environment variable is read, no file is opened, and no error holds a key or a token.
package oauth
