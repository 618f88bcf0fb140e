package awsvault_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/awsvault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeaws"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/stretchr/testify/require"
)

// TestMain takes the AWS configuration of the machine away.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			_ = os.Unsetenv(name)
		}
	}
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		_ = os.Setenv(name, os.DevNull)
	}
	os.Exit(m.Run())
}

func credentials(key, secret string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}, nil
	})
}

func open(t *testing.T, fake *fakeaws.Fake, o awsvault.Options) *awsvault.Vault {
	t.Helper()
	o.Region, o.HTTPClient = "eu-central-1", &http.Client{Transport: fake.RoundTripper()}
	if o.Credentials == nil {
		o.Credentials = credentials(fakeaws.AccessKey, fakeaws.SecretKey)
	}
	vault, err := awsvault.New(t.Context(), &o)
	require.NoError(t, err)
	return vault
}

func TestLaws(t *testing.T) {
	keyvaulttest.RunInBubble(t, func(t *testing.T) *keyvaulttest.Harness {
		fake := fakeaws.New(nil)
		toggle := func(f fakehttp.Fault) func(bool) {
			return func(on bool) {
				fake.Faults.Clear()
				if on {
					fake.Faults.Push(f)
				}
			}
		}
		return &keyvaulttest.Harness{
			Vault: open(t, fake, awsvault.Options{}),
			Put: func(path string, value []byte) string {
				if string(value) == "\xff\xfe\x80" {
					fake.PutBinary("prod/"+path, value)
				} else {
					fake.Put("prod/"+path, string(value))
				}
				return "prod/" + path
			},
			Versions: func(path string, values ...string) (names []string) {
				for _, v := range values {
					names = append(names, path+"@"+fake.Put(path, v))
				}
				return names
			},
			Refuse:   fake.Deny,
			Down:     toggle(fakehttp.Fault{Status: http.StatusServiceUnavailable, Times: -1}),
			Hang:     toggle(fakehttp.Fault{Hang: true, Times: -1}),
			Requests: func() int { return fake.Counter.Total().Requests },
			Throttle: func(time.Duration) {
				fake.Faults.Push(fakehttp.Fault{Status: http.StatusBadRequest, Header: http.Header{"X-Amzn-Errortype": {"ThrottlingException"}}, Body: `{"__type":"ThrottlingException","message":"Rate exceeded"}`})
			},
		}
	})
}

func TestStages(t *testing.T) {
	t.Parallel()
	fake := fakeaws.New(nil)
	fake.Put("mail", "old")
	fake.Put("mail", "new")
	vault := open(t, fake, awsvault.Options{})
	for name, want := range map[string]string{"mail": "new", "mail@AWSCURRENT": "new", "mail@AWSPREVIOUS": "old"} {
		s, err := vault.Secret(t.Context(), name)
		require.NoError(t, err, name)
		require.Equal(t, want, s.Reveal())
	}
	_, err := vault.Secret(t.Context(), "mail@AWSPENDING")
	require.ErrorIs(t, err, keyvault.ErrNotFound)
	var sdk *types.ResourceNotFoundException
	require.ErrorAs(t, err, &sdk)
}

func TestKMS(t *testing.T) {
	t.Parallel()
	fake := fakeaws.New(nil)
	encryption := map[string]string{"app": "mail"}
	text := fake.Encrypt([]byte(`{"client_secret":"correct horse"}`), encryption)
	vault := open(t, fake, awsvault.Options{EncryptionContext: encryption})
	s, err := vault.Secret(t.Context(), "kms:"+text+"#client_secret")
	require.NoError(t, err)
	require.Equal(t, "correct horse", s.Reveal())
	_, err = open(t, fake, awsvault.Options{}).Secret(t.Context(), "kms:"+text)
	require.ErrorIs(t, err, keyvault.ErrConfig, "another encryption context")
	_, err = vault.Secret(t.Context(), "kms:no base64!")
	require.ErrorContains(t, err, "write the ciphertext in base64")
	_, err = vault.Secret(t.Context(), "kms:"+text+"@1")
	require.ErrorIs(t, err, keyvault.ErrConfig)
	require.ErrorIs(t, vault.Write(t.Context(), "kms:"+text, s), errors.ErrUnsupported)
}

func TestBadCredentials(t *testing.T) {
	t.Parallel()
	fake := fakeaws.New(nil)
	fake.Put("mail", "v")
	for name, cred := range map[string]aws.CredentialsProvider{
		"unknown key":  credentials("AKIDOTHER", fakeaws.SecretKey),
		"wrong secret": credentials(fakeaws.AccessKey, "hunter2hunter2"),
		"none": aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, errors.New("no credentials here")
		}),
	} {
		_, err := open(t, fake, awsvault.Options{Credentials: cred}).Secret(t.Context(), "mail")
		require.ErrorIs(t, err, keyvault.ErrRefused, name)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

// The usual chain: region, credentials, and the company's certificates from the environment.
func TestEnvironment(t *testing.T) {
	fake := fakeaws.New(nil)
	fake.Put("mail", "v")
	server, err := fake.Start()
	require.NoError(t, err)
	defer func() { _ = server.Close() }()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(bundle, server.CAPEM, 0o600))
	for name, value := range map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": fakeaws.AccessKey, "AWS_SECRET_ACCESS_KEY": fakeaws.SecretKey,
		"AWS_CA_BUNDLE": bundle, "AWS_ENDPOINT_URL": server.URL, "AWS_MAX_ATTEMPTS": "5"} {
		t.Setenv(name, value)
	}
	for kind, o := range map[string]*awsvault.Options{"the SDK's own client": nil, "a client": {HTTPClient: server.Client()}} {
		vault, err := awsvault.New(t.Context(), o)
		require.NoError(t, err, kind)
		s, err := vault.Secret(t.Context(), "mail")
		require.NoError(t, err, kind)
		require.Equal(t, "v", s.Reveal())
		before := fake.Counter.Total().Requests
		fake.Faults.Push(fakehttp.Fault{Status: http.StatusServiceUnavailable})
		_, err = vault.Secret(t.Context(), "mail")
		require.ErrorIs(t, err, keyvault.ErrUnavailable)
		require.Equal(t, before+1, fake.Counter.Total().Requests, "the SDK retries nothing, whatever the environment says")
	}
	t.Setenv("AWS_CA_BUNDLE", filepath.Join(t.TempDir(), "none.pem"))
	_, err = awsvault.New(t.Context(), nil)
	require.ErrorIs(t, err, keyvault.ErrConfig)
}

func TestNoRegion(t *testing.T) {
	t.Parallel()
	_, err := awsvault.New(t.Context(), nil)
	require.ErrorContains(t, err, "set Options.Region or AWS_REGION")
}

func Example() {
	fake := fakeaws.New(nil) // a real program passes nil options, or a region
	fake.Put("prod/mail", `{"client_id":"app-1","client_secret":"correct horse"}`)
	vault, err := awsvault.New(context.Background(), &awsvault.Options{
		Region:      "eu-central-1",
		Credentials: credentials(fakeaws.AccessKey, fakeaws.SecretKey),
		HTTPClient:  &http.Client{Transport: fake.RoundTripper()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	value, err := keyvault.From(vault, "prod/mail#client_secret")(context.Background(), "")
	fmt.Println(len(value), err)
	_, err = vault.Secret(context.Background(), "prod/male")
	fmt.Println(err)
	// Output:
	// 13 <nil>
	// keyvault: aws: prod/male: not found: ResourceNotFoundException: Secrets Manager can't find the specified secret.; check name, version and region; a secret marked for deletion can be restored
}
