package keyvault_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/filevault"
)

// shelf stands for a real vault in the examples.
var shelf = keyvault.Func(func(_ context.Context, name string) (keyvault.Secret, error) {
	n, err := keyvault.ParseName("shelf", name)
	if err != nil {
		return keyvault.Secret{}, err
	}
	if n.Path != "mail" {
		return keyvault.Secret{}, n.Error(keyvault.ErrNotFound, nil, "the shelf has only mail")
	}
	return n.Pick(keyvault.NewSecret(`{"client_id":"app-1","client_secret":"correct horse battery"}`))
})

func ExampleNewSecret() {
	s := keyvault.NewSecret("correct horse battery")
	fmt.Printf("%v %+v %q %x\n", s, struct{ Password keyvault.Secret }{s}, s, s)
	fmt.Println(len(s.Reveal()), s.Equal(keyvault.NewSecret("correct horse battery")))
	// Output:
	// [secret] {Password:[secret]} [secret] [secret]
	// 21 true
}

func ExampleSecret_With() {
	s := keyvault.NewSecret("token").With("7", time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	fmt.Println(s, s.Version(), s.Expires().Year())
	// Output: [secret] 7 2030
}

func ExampleFrom() {
	credential := keyvault.From(shelf, "mail#client_secret")
	value, err := credential(context.Background(), "") // what a connector calls
	fmt.Println(len(value), err)
	_, err = keyvault.From(shelf, "mail#secret")(context.Background(), "")
	fmt.Println(err)
	// Output:
	// 21 <nil>
	// keyvault: shelf: mail, field secret: not found; the JSON has no such field (it has client_id, client_secret)
}

// A sign-in that a service renews is kept where it was read.
func ExampleInto() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	vault := keyvault.NewCache(filevault.New(&filevault.Options{Dir: dir}), nil)
	kept, keep := keyvault.From(vault, "sign-in.json"), keyvault.Into(vault, "sign-in.json")
	fmt.Println(keep(context.Background(), "renewed"))
	fmt.Println(kept(context.Background(), ""))
	// Output:
	// <nil>
	// renewed <nil>
}

func ExamplePlain() {
	_, err := keyvault.Plain(shelf).Secret(context.Background(), "mail")
	fmt.Println(errors.Is(err, keyvault.ErrNotText))
	fmt.Println(err)
	// Output:
	// true
	// keyvault: mail: the value is not one string; it is a whole JSON (it has client_id, client_secret): name one field, as in mail#client_id
}

func ExampleParseName() {
	n, err := keyvault.ParseName("hashicorp", "secret/mail#google.private_key@3")
	fmt.Println(n.Path, n.Field, n.Version, err)
	// Output: secret/mail google.private_key 3 <nil>
}

func ExampleParse() {
	text, err := keyvault.Parse("smtp://${env:MAIL_USER}:${shelf:mail#client_secret}@mail.example.com and $${this} stays")
	fmt.Println(text.References(), err)
	_, err = keyvault.Parse("${MAIL_USER}")
	fmt.Println(err)
	// Output:
	// [${env:MAIL_USER} ${shelf:mail#client_secret}] <nil>
	// keyvault: MAIL_USER: the configuration is wrong; no vault is named: write ${env:MAIL_USER} for an environment variable, ${vault:name} in general
}

func ExampleNewResolver() {
	r := keyvault.NewResolver(map[string]keyvault.Provider{"shelf": shelf}, nil)
	s, err := r.Expand(context.Background(), "id=${shelf:mail#client_id}")
	fmt.Println(s.Reveal(), err) // client_id is no secret: it may print
	// Output: id=app-1 <nil>
}

func ExampleResolver_Credential() {
	r := keyvault.NewResolver(map[string]keyvault.Provider{"shelf": shelf}, nil)
	credential, err := r.Credential("${shelf:mail#client_secret}")
	fmt.Println(credential != nil, err)
	_, err = r.Credential("${shlef:mail#client_secret}")
	fmt.Println(err)
	// Output:
	// true <nil>
	// keyvault: shlef: mail, field client_secret: the configuration is wrong; no vault of this name was given; known: shelf
}

func ExampleNewCache() {
	reads := 0
	counted := keyvault.Func(func(ctx context.Context, name string) (keyvault.Secret, error) {
		reads++
		return shelf.Secret(ctx, name)
	})
	cache := keyvault.NewCache(counted, &keyvault.CacheOptions{TTL: time.Minute})
	for range 100 {
		_, _ = cache.Secret(context.Background(), "mail#client_secret")
	}
	fmt.Println(reads)
	// Output: 1
}

func ExampleRedactor() {
	r := keyvault.NewRedactor(keyvault.NewSecret("correct horse battery"))
	fmt.Println(r.Text("POST user=qa&pass=correct+horse+battery"))
	w := r.Writer(os.Stdout)
	_, _ = strings.NewReader("Authorization: Basic cWE6Y29ycmVjdCBob3JzZSBiYXR0ZXJ5\n").WriteTo(w)
	_ = w.Close()
	// Output:
	// POST user=qa&pass=[secret]
	// Authorization: Basic cWE6[secret]
}

func ExampleMask() {
	if ci := keyvault.DetectCI(func(string) string { return "true" }); ci != 0 { // os.Getenv in life
		_ = keyvault.Mask(os.Stdout, ci, keyvault.NewSecret("correct horse battery"))
	}
	// Output: ::add-mask::correct horse battery
}

// A program that keeps what it makes looks whether it is there: absent is another thing than out of reach.
func ExampleError_NotFound() {
	vault := keyvault.Func(func(context.Context, string) (keyvault.Secret, error) {
		return keyvault.Secret{}, &keyvault.Error{Vault: "file", Path: "sign-in", Kind: keyvault.ErrNotFound}
	})
	_, err := vault.Secret(context.Background(), "sign-in")
	if e, ok := errors.AsType[*keyvault.Error](err); ok {
		fmt.Println(e.NotFound(), e.Temporary())
	}
	// Output: true false
}
