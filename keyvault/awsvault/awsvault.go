// Package awsvault reads secrets from AWS Secrets Manager, and values encrypted with AWS KMS:
// ${aws:prod/mail#client_secret}.
//
//	vault, err := awsvault.New(ctx, nil) // region and credentials as for every AWS tool
//	secret := keyvault.From(vault, "prod/mail#client_secret")
//
// A name is a secret's name or ARN. A version is a stage (@AWSPREVIOUS) or a version id; none is
// AWSCURRENT. A value that is JSON, as the AWS console stores it, has fields. A binary
// secret gives its bytes.
//
// ${aws:kms:AQICAHh…} is no secret's name but a ciphertext in base64, which KMS decrypts.
// The key is named in the ciphertext; an encryption context is told by Options.
//
// # Login
//
// The SDK's usual chain: environment, shared files and profiles, web identity (GitHub Actions,
// EKS), ECS and EC2 roles. The caller needs secretsmanager:GetSecretValue, and kms:Decrypt on the key.
//
// API: https://docs.aws.amazon.com/secretsmanager/latest/apireference
package awsvault

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/internal/rest"
)

// Options of a Vault; the zero value is what the AWS_* variables and files say.
type Options struct {
	Region            string                  // "" = AWS_REGION, or the profile's
	Profile           string                  // "" = AWS_PROFILE
	Credentials       aws.CredentialsProvider // nil = the usual chain
	Endpoint          string                  // "" = the region's own; else one address for both services
	HTTPClient        *http.Client            // of both services; nil = the SDK's own, with AWS_CA_BUNDLE. The login has the SDK's own
	EncryptionContext map[string]string       // of KMS ciphertexts
}

// Vault is AWS Secrets Manager as a keyvault.Provider and keyvault.Writer.
type Vault struct{ open func() *services }

type services struct {
	secrets *secretsmanager.Client
	kms     *kms.Client
	context map[string]string
}

// New reads the AWS configuration; ctx bounds that alone. ErrConfig if no region is known.
func New(ctx context.Context, o *Options) (*Vault, error) {
	if o == nil {
		o = &Options{}
	}
	load := []func(*config.LoadOptions) error{
		config.WithRegion(o.Region), config.WithSharedConfigProfile(o.Profile),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
	}
	if o.Credentials != nil {
		load = append(load, config.WithCredentialsProvider(o.Credentials))
	}
	c, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, configError(err, "correct the AWS profile or the AWS_* variables")
	}
	if c.Region == "" {
		return nil, configError(nil, "set Options.Region or AWS_REGION, as in eu-central-1")
	}
	if o.HTTPClient != nil { // set here, because loading with it fails where AWS_CA_BUNDLE is set
		c.HTTPClient = o.HTTPClient
	}
	c.HTTPClient = rest.DiscreetClient{Next: c.HTTPClient}
	s := &services{context: o.EncryptionContext}
	s.secrets = secretsmanager.NewFromConfig(c, func(so *secretsmanager.Options) { so.BaseEndpoint = endpoint(o.Endpoint, so.BaseEndpoint) })
	s.kms = kms.NewFromConfig(c, func(ko *kms.Options) { ko.BaseEndpoint = endpoint(o.Endpoint, ko.BaseEndpoint) })
	return &Vault{open: func() *services { return s }}, nil
}

func endpoint(own string, standard *string) *string {
	if own != "" {
		return &own
	}
	return standard
}

func configError(cause error, remedy string) error {
	return &keyvault.Error{Vault: vaultName, Path: "Options", Kind: keyvault.ErrConfig, Err: cause, Remedy: remedy}
}

// Secret reads a secret, or one field of it.
func (v *Vault) Secret(ctx context.Context, name string) (keyvault.Secret, error) {
	n, err := parse(ctx, name)
	if err != nil {
		return keyvault.Secret{}, err
	}
	if text, ok := strings.CutPrefix(n.Path, "kms:"); ok {
		return v.open().decrypt(ctx, n, text)
	}
	whole, err := v.open().get(ctx, n)
	if err != nil {
		return keyvault.Secret{}, err
	}
	return n.Pick(whole)
}

func parse(ctx context.Context, name string) (keyvault.Name, error) {
	if err := ctx.Err(); err != nil {
		return keyvault.Name{}, err
	}
	return keyvault.ParseName(vaultName, name)
}

func (s *services) get(ctx context.Context, n keyvault.Name) (keyvault.Secret, error) {
	in := &secretsmanager.GetSecretValueInput{SecretId: &n.Path}
	switch {
	case isID(n.Version):
		in.VersionId = &n.Version
	case n.Version != "":
		in.VersionStage = &n.Version
	}
	out, err := s.secrets.GetSecretValue(ctx, in)
	if err != nil {
		return keyvault.Secret{}, failed(ctx, n, err)
	}
	value := keyvault.NewSecret(out.SecretBinary)
	if out.SecretString != nil {
		value = keyvault.NewSecret(*out.SecretString)
	}
	return value.With(aws.ToString(out.VersionId), value.Expires()), nil
}

// isID tells a version id, which is a UUID or as long as one, from a stage.
func isID(version string) bool { return len(version) >= 32 && !strings.HasPrefix(version, "AWS") }

func (s *services) decrypt(ctx context.Context, n keyvault.Name, text string) (keyvault.Secret, error) {
	n.Path = "kms" // a ciphertext is no secret, but nothing to read in an error either
	if err := n.NoVersion(); err != nil {
		return keyvault.Secret{}, err
	}
	blob, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return keyvault.Secret{}, n.Error(keyvault.ErrConfig, nil, "write the ciphertext in base64, as aws kms encrypt prints it")
	}
	out, err := s.kms.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: blob, EncryptionContext: s.context})
	if err != nil {
		return keyvault.Secret{}, failed(ctx, n, err)
	}
	return n.Pick(keyvault.NewSecret(out.Plaintext))
}

// Write stores a new version of a secret, or a new secret: as text, or as bytes where it is no text.
func (v *Vault) Write(ctx context.Context, name string, value keyvault.Secret) error {
	n, err := parse(ctx, name)
	if err != nil {
		return err
	}
	if err := n.NoVersion(); err != nil {
		return err
	}
	if strings.HasPrefix(n.Path, "kms:") {
		return n.Error(errors.ErrUnsupported, nil, "a ciphertext stands in the reference itself: encrypt the new value and write it there")
	}
	s := v.open()
	var old keyvault.Secret
	if n.Field != "" {
		if old, err = s.get(ctx, n); err != nil && !errors.Is(err, keyvault.ErrNotFound) {
			return err
		}
	}
	whole, err := n.Merge(old, value)
	if err != nil {
		return err
	}
	return s.put(ctx, n, whole.Reveal())
}

func (s *services) put(ctx context.Context, n keyvault.Name, value string) error {
	text, blob := &value, []byte(nil)
	if !utf8.ValidString(value) {
		text, blob = nil, []byte(value)
	}
	_, err := s.secrets.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &n.Path, SecretString: text, SecretBinary: blob})
	if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
		_, err = s.secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &n.Path, SecretString: text, SecretBinary: blob})
	}
	if err != nil {
		return failed(ctx, n, err)
	}
	return nil
}
