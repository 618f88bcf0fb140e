package keyvault_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

// A vault of one's own reads the whole value and lets Pick find the field. NoVersion is for vaults that
// keep no versions.
func ExampleName_Pick() {
	vault := keyvault.Func(func(_ context.Context, name string) (keyvault.Secret, error) {
		n, err := keyvault.ParseName("shelf", name)
		if err != nil {
			return keyvault.Secret{}, err
		}
		if err := n.NoVersion(); err != nil {
			return keyvault.Secret{}, err
		}
		return n.Pick(keyvault.NewSecret(`{"google":{"user":"qa"}}`))
	})
	s, err := vault.Secret(context.Background(), "mail#google.user")
	fmt.Println(s.Reveal(), err)
	_, err = vault.Secret(context.Background(), "mail@3")
	fmt.Println(err)
	// Output:
	// qa <nil>
	// keyvault: shelf: mail, version 3: the configuration is wrong; this vault has no versions: leave @3 out, or double an @ that belongs to the name
}

// One field changes, its neighbours stay.
func ExampleName_Merge() {
	n, _ := keyvault.ParseName("shelf", "mail#refresh_token")
	whole, err := n.Merge(keyvault.NewSecret(`{"client_id":"app-1","refresh_token":"old"}`), keyvault.NewSecret("new"))
	fmt.Println(whole.Reveal(), err)
	// Output: {"client_id":"app-1","refresh_token":"new"} <nil>
}

// The SDK's error may hold headers and bodies: the text is one's own, and errors.As still finds it.
func ExampleCause() {
	sdk := errors.New("403: Authorization: Bearer correct-horse")
	n, _ := keyvault.ParseName("shelf", "mail")
	err := n.Error(keyvault.ErrRefused, keyvault.Cause("status 403", sdk), "ask for the right to read it")
	fmt.Println(err)
	fmt.Println(errors.Is(err, keyvault.ErrRefused), errors.Is(err, sdk))
	// Output:
	// keyvault: shelf: mail: refused: status 403; ask for the right to read it
	// true true
}

// A service has refused a value: Fresh reads once more. Forget drops what is known without that.
func ExampleCache_Fresh() {
	reads := 0
	cache := keyvault.NewCache(keyvault.Func(func(context.Context, string) (keyvault.Secret, error) {
		reads++
		return keyvault.NewSecret(fmt.Sprint("value ", reads)), nil
	}), nil)
	ctx := context.Background()
	first, _ := cache.Secret(ctx, "mail")
	second, _ := cache.Fresh(ctx, "mail", first.Reveal())
	same, _ := cache.Fresh(ctx, "mail", first.Reveal()) // somebody else had the refused value too
	fmt.Println(second.Equal(first), same.Equal(second), reads)
	cache.Forget("mail")
	_, _ = cache.Secret(ctx, "mail")
	fmt.Println(reads)
	// Output:
	// false true 2
	// 3
}

func ExampleSecret_IsZero() {
	fmt.Println(keyvault.Secret{}.IsZero(), keyvault.NewSecret(" ").IsZero())
	// Output: true false
}

// Values that become known later are added; those that a vault reads come by Provider.
func ExampleRedactor_Add() {
	r := keyvault.NewRedactor()
	r.Add(keyvault.NewSecret("correct horse"))
	_, _ = r.Provider(shelf).Secret(context.Background(), "mail#client_secret")
	fmt.Println(r.Text("first correct horse, then correct horse battery"))
	// Output: first [secret], then [secret]
}
