// Package execvault reads secrets by running a command: password managers and company
// tools that have a command line but no package here.
//
//	vault, err := execvault.New(execvault.Options{Command: []string{"pass", "show", "{}"}})
//	vault.Secret(ctx, "mail/office365")   // runs: pass show mail/office365
//
// No shell is involved: the command is a program and its arguments, and the name takes
// the place of {} as it is, or stands at the end. What the program writes to its standard
// output is the value, less one newline at the end. A JSON output has fields
// (${exec:mail#client_secret}); there are no versions.
//
// The program is killed when the context ends. What it writes to its standard error is
// in no error, since it may hold anything: give Options.Stderr to see it.
package execvault

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

// Options of a Vault.
type Options struct {
	Command []string // the program and its arguments; {} in an argument is the name. Required
	Env     []string // the program's whole environment as NAME=value, nil = this process's; no secrets: these print
	// Secrets are further variables, such as the password manager's own token, from another vault:
	// keyvault.From gives one. Where the program ends with ErrRefused they are asked for anew, and
	// it is run once more if one has changed.
	Secrets map[string]Credential
	Dir     string // its working directory, "" = this process's
	// Codes tells what the program means by its exit status: keyvault.ErrNotFound,
	// ErrRefused, ErrUnavailable. A status that is not in it is ErrRefused.
	Codes  map[int]error
	Limit  int       // the most bytes of output, 0 = 1 MiB
	Stderr io.Writer // takes the standard error, of several commands at once; nil = nobody
}

// Credential gives a secret when it is needed; refused is the value that was just refused, "" at first.
type Credential = func(ctx context.Context, refused string) (string, error)

// Vault is a command as a keyvault.Provider.
type Vault struct{ open func() Options }

// New checks the command: ErrConfig if there is none, or no such program.
func New(o Options) (*Vault, error) {
	if len(o.Command) == 0 || o.Command[0] == "" {
		return nil, &keyvault.Error{Vault: "exec", Kind: keyvault.ErrConfig, Remedy: "set Options.Command: a program and its arguments, as in pass show {}"}
	}
	if _, err := exec.LookPath(o.Command[0]); err != nil {
		return nil, &keyvault.Error{Vault: "exec", Kind: keyvault.ErrConfig, Err: keyvault.Cause("the program "+o.Command[0]+" was not found", err), Remedy: "install the program, or give its full path as Options.Command[0]"}
	}
	if o.Limit == 0 {
		o.Limit = 1 << 20
	}
	for name, ask := range o.Secrets {
		if name == "" || ask == nil || strings.ContainsAny(name, "=\x00") {
			return nil, &keyvault.Error{Vault: "exec", Kind: keyvault.ErrConfig, Remedy: "give Options.Secrets names of variables, each with a credential; " + strconv.Quote(name) + " has none or is no name"}
		}
	}
	return &Vault{open: func() Options { return o }}, nil // the environment may hold a password
}

// Secret runs the command.
func (v *Vault) Secret(ctx context.Context, name string) (keyvault.Secret, error) {
	if err := ctx.Err(); err != nil {
		return keyvault.Secret{}, err
	}
	n, err := keyvault.ParseName("exec", name)
	if err != nil {
		return keyvault.Secret{}, err
	}
	if err := n.NoVersion(); err != nil {
		return keyvault.Secret{}, err
	}
	if strings.HasPrefix(n.Path, "-") {
		return keyvault.Secret{}, n.Error(keyvault.ErrConfig, nil, "a name does not begin with -: the program would take it for an option")
	}
	value, err := v.open().read(ctx, n)
	if err != nil {
		return keyvault.Secret{}, err
	}
	return n.Pick(keyvault.NewSecret(value))
}

// read runs the command, and once more if it refused secrets that have changed since.
func (o Options) read(ctx context.Context, n keyvault.Name) ([]byte, error) {
	secrets, err := o.secrets(ctx, nil)
	if err != nil {
		return nil, err
	}
	value, err := o.run(ctx, n, secrets)
	if !errors.Is(err, keyvault.ErrRefused) {
		return value, err
	}
	fresh, failed := o.secrets(ctx, secrets)
	if failed != nil || maps.Equal(fresh, secrets) {
		return nil, err
	}
	return o.run(ctx, n, fresh)
}

// secrets asks for the variables that come from another vault.
func (o Options) secrets(ctx context.Context, refused map[string]string) (map[string]string, error) {
	values := map[string]string{}
	for name, ask := range o.Secrets {
		value, err := ask(ctx, refused[name])
		if err != nil {
			return nil, err
		}
		values[name] = value
	}
	return values, nil
}

// run gives the output of the command.
func (o Options) run(ctx context.Context, n keyvault.Name, secrets map[string]string) ([]byte, error) {
	args := o.arguments(n.Path)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	out := &limited{left: o.Limit}
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = o.Env, o.Dir, out, o.Stderr
	for name, value := range secrets {
		cmd.Env = append(cmd.Environ(), name+"="+value)
	}
	cmd.WaitDelay = 5 * time.Second // a grandchild may hold the pipes open; a busy machine takes long to read them
	cmd.Cancel = func() error {
		cmd.WaitDelay = time.Second // nobody waits for what is in them any more
		return cmd.Process.Kill()
	}
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case out.over:
		return nil, n.Error(keyvault.ErrConfig, nil, "the program wrote more than "+strconv.Itoa(o.Limit)+" bytes: name one secret, or set Options.Limit")
	case err != nil:
		return nil, o.failed(n, err)
	}
	value, cut := bytes.CutSuffix(out.kept, []byte("\n"))
	if cut {
		value = bytes.TrimSuffix(value, []byte("\r"))
	}
	return value, nil
}

func (o Options) arguments(name string) []string {
	args, placed := []string{o.Command[0]}, false
	for _, a := range o.Command[1:] {
		placed = placed || strings.Contains(a, "{}")
		args = append(args, strings.ReplaceAll(a, "{}", name))
	}
	if !placed {
		args = append(args, name)
	}
	return args
}

func (o Options) failed(n keyvault.Name, err error) error {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return n.Error(keyvault.ErrConfig, err, "see that the program can be run")
	}
	kind := o.Codes[exit.ExitCode()]
	if kind == nil {
		kind = keyvault.ErrRefused
	}
	return n.Error(kind, keyvault.Cause("the program ended with "+exit.String(), nil), "run it by hand with this name, or set Options.Stderr to see what it says")
}

// limited keeps what is written up to a limit, and ends the program beyond it. (A Buffer inside
// would bring its ReadFrom, which knows no limit.)
type limited struct {
	kept []byte
	left int
	over bool
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		l.over = true
		return 0, io.ErrShortWrite
	}
	l.left -= len(p)
	l.kept = append(l.kept, p...)
	return len(p), nil
}
