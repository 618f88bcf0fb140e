package fakeaws_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cloudmail-go/cloudmail/keyvault/awsvault"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeaws"
)

// read reads secrets as a program does: requests must be signed.
func read(o awsvault.Options, names ...string) {
	o.Region, o.Credentials = "eu-central-1", aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: fakeaws.AccessKey, SecretAccessKey: fakeaws.SecretKey}, nil
	})
	vault, err := awsvault.New(context.Background(), &o)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range names {
		s, err := vault.Secret(context.Background(), name)
		fmt.Println(len(s.Reveal()), err != nil)
	}
}

func Example() {
	fake := fakeaws.New(nil)
	fake.Put("prod/mail", "hunter2")
	fake.PutBinary("prod/key", []byte{0xff, 0xfe})
	o := awsvault.Options{HTTPClient: &http.Client{Transport: fake.RoundTripper()}}
	read(o, "prod/mail", "prod/key", "kms:"+fake.Encrypt([]byte("correct horse"), nil))
	fake.Deny(true)
	read(o, "prod/mail")
	// Output:
	// 7 false
	// 2 false
	// 13 false
	// 0 true
}

// Programs that need an address find the fake on the loopback interface.
func ExampleFake_Start() {
	fake := fakeaws.New(nil)
	fake.Put("prod/mail", "hunter2")
	server, err := fake.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	read(awsvault.Options{HTTPClient: server.Client(), Endpoint: server.URL}, "prod/mail")
	// Output: 7 false
}
