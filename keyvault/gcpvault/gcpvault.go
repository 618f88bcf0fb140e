// Package gcpvault reads secrets from Google Secret Manager: ${gcp:projects/p/secrets/mail}.
//
//	vault, err := gcpvault.New(nil) // Application Default Credentials
//	key := keyvault.From(vault, "projects/contoso/secrets/mail")
//
// A name is projects/<project>/secrets/<secret>, or the secret alone with Options.Project. A
// version is a number or an alias (@3, @latest); none is the latest. A value that is JSON has fields.
//
// The login is Application Default Credentials, or a service account's key by
// Options.Key; it needs the role Secret Manager Secret Accessor. The REST client is used:
// the one by gRPC costs a minute of compiling more.
//
// API: https://cloud.google.com/secret-manager/docs/reference/rest
package gcpvault

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"hash/crc32"
	"net/http"
	"regexp"
	"strings"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/internal/rest"
	"google.golang.org/api/option"
	"google.golang.org/api/secretmanager/v1"
)

// Credential gives a secret when it is wanted; refused is the value just rejected, "" at
// first. keyvault.From makes one.
type Credential = func(ctx context.Context, refused string) (string, error)

// Options of a Vault; the zero value is Application Default Credentials and full names.
type Options struct {
	Project    string       // lets names be the secret alone
	Key        Credential   // a service account's key, as JSON; nil = Application Default Credentials
	Endpoint   string       // "" = https://secretmanager.googleapis.com/; else with a slash at its end
	HTTPClient *http.Client // nil = http.DefaultClient; also used for the login
}

// Vault is Google Secret Manager as a keyvault.Provider and keyvault.Writer.
type Vault struct{ open func() *vault }

type vault struct {
	o       Options
	service *secretmanager.Service
	tokens  *keyvault.Cache
}

// New makes no request.
func New(o *Options) (*Vault, error) {
	v := &vault{}
	if o != nil {
		v.o = *o
	}
	client := *cmp.Or(v.o.HTTPClient, http.DefaultClient)
	client.Transport = rest.Transport(&client)
	v.o.HTTPClient = &client
	opts := []option.ClientOption{option.WithHTTPClient(v.o.HTTPClient)} // without a login: each call carries its token
	if v.o.Endpoint != "" {
		opts = append(opts, option.WithEndpoint(v.o.Endpoint))
	}
	var err error
	if v.service, err = secretmanager.NewService(context.Background(), opts...); err != nil {
		return nil, &keyvault.Error{Vault: vaultName, Path: "Endpoint", Kind: keyvault.ErrConfig, Err: err, Remedy: "write https://secretmanager.googleapis.com/"}
	}
	// The token lives in a cache of its own, which shares logins; pauses and refusals are the
	// business of the cache before this vault.
	v.tokens = keyvault.NewCache(keyvault.Func(v.logIn), &keyvault.CacheOptions{Hold: -1, Patience: -1})
	return &Vault{open: func() *vault { return v }}, nil
}

// logIn is the provider behind the cache of tokens.
func (v *vault) logIn(ctx context.Context, _ string) (keyvault.Secret, error) {
	c, err := v.credentials(ctx)
	if err != nil {
		return keyvault.Secret{}, err
	}
	t, err := c.Token(ctx)
	if err != nil {
		return keyvault.Secret{}, loginFailed(ctx, err)
	}
	return keyvault.NewSecret(t.Value).With("", t.Expiry), nil
}

// credentials are made anew for each login, so that a rotated key counts.
func (v *vault) credentials(ctx context.Context) (*auth.Credentials, error) {
	o := &credentials.DetectOptions{Scopes: []string{secretmanager.CloudPlatformScope}, Client: v.o.HTTPClient}
	if v.o.Key == nil {
		c, err := credentials.DetectDefault(o)
		if err != nil {
			return nil, config("Key", "run gcloud auth application-default login, set GOOGLE_APPLICATION_CREDENTIALS, or Options.Key")
		}
		return c, nil
	}
	key, err := v.o.Key(ctx, "")
	if err != nil {
		return nil, err
	}
	c, err := credentials.NewCredentialsFromJSON(credentials.ServiceAccount, []byte(key), o)
	if err != nil { // the error may quote the key
		return nil, config("Key", "give the whole JSON of a service account's key")
	}
	return c, nil
}

func config(field, remedy string) error {
	return &keyvault.Error{Vault: vaultName, Path: field, Kind: keyvault.ErrConfig, Remedy: remedy}
}

// goodName is the form of a secret's full name.
var goodName = regexp.MustCompile(`^projects/[^/]+/secrets/[0-9A-Za-z_-]{1,255}$`)

// parse gives the name with its project.
func (v *vault) parse(ctx context.Context, name string) (n keyvault.Name, full string, err error) {
	if err := ctx.Err(); err != nil {
		return n, "", err
	}
	if n, err = keyvault.ParseName(vaultName, name); err != nil {
		return n, "", err
	}
	full = n.Path
	if v.o.Project != "" && !strings.Contains(full, "/") {
		full = "projects/" + v.o.Project + "/secrets/" + full
	}
	if !goodName.MatchString(full) {
		return n, "", n.Error(keyvault.ErrConfig, nil, "write projects/<project>/secrets/<secret>, and a version after an @")
	}
	return n, full, nil
}

// Secret reads a secret, or one field of it.
func (v *Vault) Secret(ctx context.Context, name string) (keyvault.Secret, error) {
	n, full, err := v.open().parse(ctx, name)
	if err != nil {
		return keyvault.Secret{}, err
	}
	whole, err := v.open().access(ctx, n, full)
	if err != nil {
		return keyvault.Secret{}, err
	}
	return n.Pick(whole)
}

func (v *vault) access(ctx context.Context, n keyvault.Name, full string) (keyvault.Secret, error) {
	var got *secretmanager.AccessSecretVersionResponse
	err := v.authorised(ctx, n, func(h string) (err error) {
		call := v.service.Projects.Secrets.Versions.Access(full + "/versions/" + cmp.Or(n.Version, "latest")).Context(ctx)
		call.Header().Set("Authorization", h)
		got, err = call.Do()
		return err
	})
	if err != nil {
		return keyvault.Secret{}, err
	}
	raw, err := payload(got.Payload)
	if err != nil {
		return keyvault.Secret{}, n.Error(keyvault.ErrUnavailable, err, "try again: the answer was damaged on its way")
	}
	_, version, _ := strings.Cut(got.Name, "/versions/")
	s := keyvault.NewSecret(raw)
	return s.With(version, s.Expires()), nil
}

// payload decodes the value and checks it.
func payload(p *secretmanager.SecretPayload) ([]byte, error) {
	if p == nil {
		return nil, errors.New("no payload")
	}
	raw, err := base64.StdEncoding.DecodeString(p.Data)
	if err != nil {
		return nil, errors.New("no base64")
	}
	if p.DataCrc32c != 0 && p.DataCrc32c != int64(checksum(raw)) {
		return nil, errors.New("wrong checksum")
	}
	return raw, nil
}

func checksum(raw []byte) uint32 { return crc32.Checksum(raw, crc32.MakeTable(crc32.Castagnoli)) }

// authorised makes a request with a token, and once more with a new one if that was refused.
func (v *vault) authorised(ctx context.Context, n keyvault.Name, call func(header string) error) error {
	return rest.Twice(ctx, keyvault.From(v.tokens, "token"), func(token string) (bool, error) {
		if err := call("Bearer " + token); err != nil {
			return status(err) == http.StatusUnauthorized, failed(ctx, n, err)
		}
		return false, nil
	})
}

// Write stores a new version, of a new secret if there is none.
func (v *Vault) Write(ctx context.Context, name string, value keyvault.Secret) error {
	n, full, err := v.open().parse(ctx, name)
	if err != nil {
		return err
	}
	if err := n.NoVersion(); err != nil {
		return err
	}
	var old keyvault.Secret
	if n.Field != "" {
		if old, err = v.open().access(ctx, n, full); err != nil && !errors.Is(err, keyvault.ErrNotFound) {
			return err
		}
	}
	whole, err := n.Merge(old, value)
	if err != nil {
		return err
	}
	err = v.open().add(ctx, n, full, whole.Reveal())
	if errors.Is(err, keyvault.ErrNotFound) {
		if err = v.open().create(ctx, n, full); err == nil {
			err = v.open().add(ctx, n, full, whole.Reveal())
		}
	}
	return err
}

func (v *vault) add(ctx context.Context, n keyvault.Name, full, value string) error {
	body := &secretmanager.AddSecretVersionRequest{Payload: &secretmanager.SecretPayload{
		Data: base64.StdEncoding.EncodeToString([]byte(value)), DataCrc32c: int64(checksum([]byte(value))),
	}}
	return v.authorised(ctx, n, func(h string) error {
		call := v.service.Projects.Secrets.AddVersion(full, body).Context(ctx)
		call.Header().Set("Authorization", h)
		_, err := call.Do()
		return err
	})
}

func (v *vault) create(ctx context.Context, n keyvault.Name, full string) error {
	project, id, _ := strings.Cut(full, "/secrets/")
	secret := &secretmanager.Secret{Replication: &secretmanager.Replication{Automatic: &secretmanager.Automatic{}}}
	return v.authorised(ctx, n, func(h string) error {
		call := v.service.Projects.Secrets.Create(project, secret).SecretId(id).Context(ctx)
		call.Header().Set("Authorization", h)
		_, err := call.Do()
		return err
	})
}
