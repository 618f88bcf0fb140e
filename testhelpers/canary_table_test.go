package testhelpers_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/authentication"
	"github.com/cloudmail-go/cloudmail/connector/codes"
	"github.com/cloudmail-go/cloudmail/connector/delivery"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/connector/html"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/connector/links"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/awsvault"
	"github.com/cloudmail-go/cloudmail/keyvault/azurevault"
	"github.com/cloudmail-go/cloudmail/keyvault/conjurvault"
	"github.com/cloudmail-go/cloudmail/keyvault/cyberarkvault"
	"github.com/cloudmail-go/cloudmail/keyvault/envvault"
	"github.com/cloudmail-go/cloudmail/keyvault/execvault"
	"github.com/cloudmail-go/cloudmail/keyvault/filevault"
	"github.com/cloudmail-go/cloudmail/keyvault/gcpvault"
	"github.com/cloudmail-go/cloudmail/keyvault/hashivault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyringvault"
	"github.com/cloudmail-go/cloudmail/testhelpers"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeaws"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeazurevault"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakecyberark"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakevault"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// exhibits has every exported type, each with a secret in it.
var exhibits = map[string]exhibit{
	"connector.Address": of[connector.Address](), "connector.Attachment": of[connector.Attachment](), "connector.Backend": of[connector.Backend](),
	"connector.Claimer": of[connector.Claimer](), "connector.Credential": of[connector.Credential](), "connector.Cursor": of[connector.Cursor](),
	"connector.Defect": of[connector.Defect](), "connector.Depth": of[connector.Depth](), "connector.Draft": of[connector.Draft](),
	"connector.Envelope": of[connector.Envelope](), "connector.Error": made(connectorError), "connector.File": of[connector.File](),
	"connector.Finding": of[connector.Finding](), "connector.Folder": of[connector.Folder](), "connector.Folderer": of[connector.Folderer](),
	"connector.Header": of[connector.Header](), "connector.HeaderField": of[connector.HeaderField](), "connector.Identifier": of[connector.Identifier](),
	"connector.Kind":    of[connector.Kind](),
	"connector.Limiter": of[connector.Limiter](), "connector.Limits": of[connector.Limits](), "connector.Mark": of[connector.Mark](),
	"connector.Message": of[connector.Message](), "connector.Miss": of[connector.Miss](), "connector.Mover": of[connector.Mover](),
	"connector.Notifier": of[connector.Notifier](), "connector.Options": of[connector.Options](), "connector.Parter": of[connector.Parter](),
	"connector.Preflighter": of[connector.Preflighter](), "connector.Query": of[connector.Query](), "connector.ReadSetter": of[connector.ReadSetter](),
	"connector.Reason": of[connector.Reason](), "connector.Receipt": of[connector.Receipt](), "connector.NoCopyError": of[connector.NoCopyError](), "connector.Replier": of[connector.Replier](),
	"connector.Scope": of[connector.Scope](), "connector.Sender": of[connector.Sender](), "connector.Server": of[connector.Server](),
	"connector.Session": session, "connector.Source": of[connector.Source](), "connector.Trasher": of[connector.Trasher](),
	"connector.Cause": of[connector.Cause](), "testhelpers.File": of[testhelpers.File](), "testhelpers.Golden": of[testhelpers.Golden](), "testhelpers.Mask": of[testhelpers.Mask](),
	"connector/codes.Code": of[codes.Code](), "connector/codes.Error": of[codes.Error](), "connector/codes.Options": of[codes.Options](),
	"connector.Capabilities": of[connector.Capabilities](), "connector.Reach": of[connector.Reach](), "connector.Silence": of[connector.Silence](),
	"connector.Proof": of[connector.Proof](), "connector.Method": of[connector.Method](),
	"connector.UnexpectedError": of[connector.UnexpectedError](), "connector.WaitError": waitError,

	"connector/delivery.Hop": of[delivery.Hop](), "connector/delivery.Kind": of[delivery.Kind](), "connector/delivery.List": of[delivery.List](),
	"connector/authentication.Client": of[authentication.Client](), "connector/authentication.DMARC": of[authentication.DMARC](), "connector/authentication.DNS": of[authentication.DNS](),
	"connector/authentication.Signature": of[authentication.Signature](), "connector/authentication.Zone": of[authentication.Zone](), "connector/delivery.Verdict": of[delivery.Verdict](),
	"connector/delivery.Recipient": of[delivery.Recipient](), "connector/delivery.Report": of[delivery.Report](),
	"connector/html.Cell": of[html.Cell](), "connector/html.Document": of[html.Document](), "connector/html.Element": of[html.Element](), "connector/html.Error": of[html.Error](),
	"connector/html.Image": of[html.Image](), "connector/html.Mark": of[html.Mark](), "connector/html.Row": of[html.Row](), "connector/html.Table": of[html.Table](),
	"connector/links.Error": of[links.Error](), "connector/links.Link": of[links.Link](), "connector/links.Place": of[links.Place](), "connector/links.Query": of[links.Query](),
	"connector/imap.Auth": of[imap.Auth](), "connector/imap.Security": of[imap.Security](), "connector/imap.Server": of[imap.Server](),
	"connector/gmail.Workspace": of[gmail.Workspace](), "connector/graph.Cloud": of[graph.Cloud](), "connector/graph.Office365": of[graph.Office365](),
	"connector/memory.Faults": accepting, "connector/memory.Server": of[memory.Server](),
	"connector/oauth.Authority": of[oauth.Authority](), "connector/oauth.DeviceCode": of[oauth.DeviceCode](),
	"connector/oauth.Delegated": delegated, "connector/oauth.DelegatedConfig": of[oauth.DelegatedConfig](),
	"connector/oauth.EntraApp": entraApp, "connector/oauth.EntraAppConfig": of[oauth.EntraAppConfig](),
	"connector/oauth.EntraError": of[oauth.EntraError](), "connector/oauth.Google": google, "connector/oauth.GoogleConfig": of[oauth.GoogleConfig](),
	"connector/oauth.GoogleKeyless": of[oauth.GoogleKeyless](), "connector/oauth.GoogleError": of[oauth.GoogleError](),
	"connector/pop3.Auth": of[pop3.Auth](), "connector/pop3.Ledger": of[pop3.Ledger](), "connector/pop3.LedgerFile": of[pop3.LedgerFile](), "connector/pop3.Plan": of[pop3.Plan](), "connector/pop3.Record": of[pop3.Record](), "connector/pop3.Retention": of[pop3.Retention](), "connector/pop3.RefusalError": of[pop3.RefusalError](), "connector/pop3.Security": of[pop3.Security](), "connector/pop3.Server": of[pop3.Server](),
	"connector/smtp.Security": of[smtp.Security](), "connector/smtp.Sender": sender, "connector/smtp.Server": of[smtp.Server](),

	"keyvault.CI": of[keyvault.CI](), "keyvault.Cache": read(func(_ *testing.T, s string) keyvault.Provider { return keyvault.NewCache(holder(s), nil) }),
	"keyvault.CacheOptions": of[keyvault.CacheOptions](), "keyvault.Error": made(func(s string) any { return refusal(s) }), "keyvault.Func": made(func(s string) any { return holder(s) }),
	"keyvault.Name": of[keyvault.Name](), "keyvault.Provider": of[keyvault.Provider](), "keyvault.Redactor": made(func(s string) any { return keyvault.NewRedactor(keyvault.NewSecret(s)) }),
	"keyvault.Reference": of[keyvault.Reference](), "keyvault.Resolver": resolver, "keyvault.Secret": of[keyvault.Secret](), "keyvault.Text": text, "keyvault.Writer": of[keyvault.Writer](),

	"keyvault/awsvault.Options": made(func(s string) any {
		return awsOptions(fakeaws.New(&fakeaws.Options{AccessKey: "AKID", SecretKey: s}), s)
	}), "keyvault/awsvault.Vault": read(awsVault),
	"keyvault/azurevault.Options": made(func(s string) any { return azureOptions(nil, s) }), "keyvault/azurevault.Vault": read(azureVault),
	"keyvault/conjurvault.APIKey": of[conjurvault.APIKey](), "keyvault/conjurvault.Credential": of[conjurvault.Credential](), "keyvault/conjurvault.JWT": of[conjurvault.JWT](),
	"keyvault/conjurvault.Login": of[conjurvault.Login](), "keyvault/conjurvault.Options": of[conjurvault.Options](), "keyvault/conjurvault.Vault": read(conjurVault),
	"keyvault/cyberarkvault.Credential": of[cyberarkvault.Credential](), "keyvault/cyberarkvault.Options": of[cyberarkvault.Options](), "keyvault/cyberarkvault.Vault": read(cyberarkVault),
	"keyvault/envvault.Options": of[envvault.Options](), "keyvault/envvault.Vault": read(envVault),
	"keyvault/execvault.Credential": of[execvault.Credential](), "keyvault/execvault.Options": of[execvault.Options](), "keyvault/execvault.Vault": execVault,
	"keyvault/filevault.Options": of[filevault.Options](), "keyvault/filevault.Vault": read(fileVault),
	"keyvault/gcpvault.Credential": of[gcpvault.Credential](), "keyvault/gcpvault.Options": of[gcpvault.Options](), "keyvault/gcpvault.Vault": gcpVault,
	"keyvault/hashivault.AppRole": of[hashivault.AppRole](), "keyvault/hashivault.Credential": of[hashivault.Credential](), "keyvault/hashivault.JWT": of[hashivault.JWT](),
	"keyvault/hashivault.Kubernetes": of[hashivault.Kubernetes](), "keyvault/hashivault.Login": of[hashivault.Login](), "keyvault/hashivault.Options": of[hashivault.Options](),
	"keyvault/hashivault.Token": of[hashivault.Token](), "keyvault/hashivault.Userpass": of[hashivault.Userpass](), "keyvault/hashivault.Vault": read(hashiVault),
	"keyvault/keyringvault.Options": of[keyringvault.Options](), "keyvault/keyringvault.Vault": of[keyringvault.Vault](),

	"testhelpers.FollowOptions": of[testhelpers.FollowOptions](), "testhelpers.Hop": of[testhelpers.Hop](), "testhelpers.Visit": of[testhelpers.Visit](),
	"testhelpers.T": of[testhelpers.T](),
}

// made is an exhibit that needs no test.
func made(f func(secret string) any) exhibit {
	return func(_ *testing.T, secret string) any { return f(secret) }
}

// read is a vault that has logged in with the secret, where it logs in, and has read it as "mail".
func read(open func(t *testing.T, secret string) keyvault.Provider) exhibit {
	return func(t *testing.T, secret string) any {
		v := open(t, secret)
		s, err := v.Secret(context.Background(), "mail")
		require.NoError(t, err)
		require.Equal(t, secret, s.Reveal())
		return v
	}
}

func credential(secret string) connector.Credential {
	return func(context.Context, string) (string, error) { return secret, nil }
}

func connectorError(secret string) any {
	return connector.CredentialError("qa@example.com", refusal(secret))
}

func resolver(t *testing.T, secret string) any {
	r := keyvault.NewResolver(map[string]keyvault.Provider{"env": holder(secret)}, nil)
	_, err := r.Expand(context.Background(), "a ${env:MAIL} b")
	require.NoError(t, err)
	return r
}

func text(t *testing.T, secret string) any {
	parsed, err := keyvault.Parse(secret + "${env:MAIL}")
	require.NoError(t, err)
	return parsed
}

// signedIn is a session that has logged in with the secret.
func signedIn(t *testing.T, secret string) (*connector.Session, *memory.Faults) {
	store, faults := mailstore.New(), &memory.Faults{}
	store.Add("qa@example.com")
	faults.Accept(secret)
	s, err := connector.Connect(context.Background(), memory.Server{Store: store, Address: "qa@example.com", Credential: credential(secret), Faults: faults}, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s, faults
}

func session(t *testing.T, secret string) any {
	s, _ := signedIn(t, secret)
	return s
}

// accepting is the test double's own knowledge of the secret.
func accepting(t *testing.T, secret string) any {
	_, faults := signedIn(t, secret)
	return faults
}

func waitError(t *testing.T, secret string) any {
	s, faults := signedIn(t, secret)
	faults.Accept("another")
	_, err := s.WaitFor(context.Background(), connector.Query{Subject: "welcome"})
	require.ErrorIs(t, err, connector.ErrAuth)
	return err
}

func hashiVault(t *testing.T, secret string) keyvault.Provider {
	fake := fakevault.New(nil)
	fake.Userpass("qa", secret, time.Hour)
	fake.Put("secret/mail", map[string]any{"value": secret})
	v, err := hashivault.New(&hashivault.Options{Address: "https://vault.example.com", HTTPClient: &http.Client{Transport: fake.RoundTripper()},
		Login: hashivault.Userpass{Username: "qa", Password: credential(secret)}})
	require.NoError(t, err)
	_, err = v.Secret(context.Background(), "secret/mail")
	require.NoError(t, err)
	return renamed{v, "secret/mail"}
}

// renamed reads a vault under the name of its own. It holds the vault, so that this is printed too.
type renamed struct {
	keyvault.Provider
	name string
}

func (r renamed) Secret(ctx context.Context, _ string) (keyvault.Secret, error) {
	return r.Provider.Secret(ctx, r.name)
}

// azureToken is the secret as a token of Entra.
type azureToken func() string

func (f azureToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: f(), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func azureOptions(fake *fakeazurevault.Fake, token string) azurevault.Options {
	o := azurevault.Options{URL: "https://contoso.vault.azure.net", Credential: azureToken(func() string { return token })}
	if fake != nil {
		o.HTTPClient = &http.Client{Transport: fake.RoundTripper()}
	}
	return o
}

func azureVault(t *testing.T, secret string) keyvault.Provider {
	fake := fakeazurevault.New(nil)
	fake.Put("mail", fakeazurevault.Secret{Value: secret})
	v, err := azurevault.New(azureOptions(fake, "token"))
	require.NoError(t, err)
	return v
}

func awsOptions(fake *fakeaws.Fake, secret string) *awsvault.Options {
	return &awsvault.Options{Region: "eu-central-1", Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: secret}, nil
	})}
}

func awsVault(t *testing.T, secret string) keyvault.Provider {
	fake := fakeaws.New(&fakeaws.Options{AccessKey: "AKID", SecretKey: secret})
	fake.Put("mail", secret)
	o := awsOptions(fake, secret)
	o.HTTPClient = &http.Client{Transport: fake.RoundTripper()}
	v, err := awsvault.New(context.Background(), o)
	require.NoError(t, err)
	return v
}

func conjurVault(t *testing.T, secret string) keyvault.Provider {
	fake := fakecyberark.NewConjur()
	fake.APIKey("host/qa", secret)
	fake.Put("mail", secret)
	v, err := conjurvault.New(&conjurvault.Options{URL: "https://conjur.example.com", Account: fakecyberark.ConjurAccount, HTTPClient: &http.Client{Transport: fake.RoundTripper()},
		Login: conjurvault.APIKey{ID: "host/qa", Key: credential(secret)}})
	require.NoError(t, err)
	return v
}

func cyberarkVault(t *testing.T, secret string) keyvault.Provider {
	fake := fakecyberark.NewCCP(nil)
	fake.Put("Mail", "", "mail", fakecyberark.Account{Content: secret})
	v, err := cyberarkvault.New(cyberarkvault.Options{URL: "https://ccp.example.com", AppID: "MailTests", Safe: "Mail", HTTPClient: &http.Client{Transport: fake.RoundTripper()}})
	require.NoError(t, err)
	return v
}

func envVault(_ *testing.T, secret string) keyvault.Provider {
	return envvault.New(&envvault.Options{Lookup: func(string) (string, bool) { return secret, true }})
}

func fileVault(t *testing.T, secret string) keyvault.Provider {
	v := filevault.New(&filevault.Options{Dir: t.TempDir()})
	require.NoError(t, v.Write(context.Background(), "mail", keyvault.NewSecret(secret+"\n")))
	return v
}

func execVault(t *testing.T, secret string) any {
	v, err := execvault.New(execvault.Options{Command: []string{"go", "version"}, Env: []string{"PASSWORD=" + secret}})
	require.NoError(t, err)
	return v
}

func gcpVault(t *testing.T, secret string) any {
	v, err := gcpvault.New(&gcpvault.Options{Key: credential(secret), HTTPClient: &http.Client{}})
	require.NoError(t, err)
	_, err = v.Secret(context.Background(), "projects/contoso/secrets/mail")
	require.ErrorIs(t, err, keyvault.ErrConfig) // it is no key
	return around{v, err}
}
