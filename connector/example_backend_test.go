package connector_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// pickup is a backend in its shortest form: a directory into which a product writes its mail instead
// of sending it, in files whose names rise and that are moved in when they are whole.
type pickup struct{ dir string }

func (p pickup) Mailbox() string { return "qa@example.com" }

// Open finds out now what is wrong.
func (p pickup) Open(_ context.Context, watch []connector.Folder) (connector.Backend, error) {
	for _, f := range watch {
		if f != connector.Inbox && f != connector.Junk && f != connector.Anywhere {
			return nil, p.fail("open", connector.ErrConfig, fmt.Errorf("there is no folder %q", f), "watch the Inbox")
		}
	}
	if _, err := os.Stat(p.dir); err != nil {
		return nil, p.fail("open", connector.ErrNoMailbox, err, "make the directory, or correct its path")
	}
	return p, nil
}

// fail makes the one kind of error that a backend returns.
func (p pickup) fail(op string, kind, cause error, remedy string) error {
	return &connector.Error{Op: op, Mailbox: p.Mailbox(), Kind: kind, Err: cause, Remedy: remedy}
}

// after lists the mails whose names come after one. Their headers are left to Fetch.
func (p pickup) after(op, name string) ([]connector.Envelope, error) {
	files, err := os.ReadDir(p.dir) // sorted by name
	if err != nil {
		return nil, p.fail(op, connector.ErrUnavailable, err, "")
	}
	var out []connector.Envelope
	for _, f := range files {
		if info, err := f.Info(); err == nil && f.Name() > name {
			out = append(out, connector.Envelope{ID: f.Name(), Folders: []connector.Folder{connector.Inbox},
				Received: info.ModTime(), Size: info.Size()})
		}
	}
	return out, nil
}

// Arrivals says what came, and the place after it: the last name.
func (p pickup) Arrivals(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
	if err := ctx.Err(); err != nil {
		return nil, after, p.fail("look for mail", connector.ErrUnavailable, err, "")
	}
	next := connector.Cursor{Token: after.Token, At: time.Now()}
	envs, err := p.after("look for mail", after.Token)
	if len(envs) > 0 {
		next.Token = envs[len(envs)-1].ID
	}
	return envs, next, err
}

// End is the place after all that is there.
func (p pickup) End(ctx context.Context) (connector.Cursor, error) {
	_, end, err := p.Arrivals(ctx, connector.Cursor{})
	return end, err
}

// Search yields everything, the newest first: the session compares.
func (p pickup) Search(context.Context, connector.Query) iter.Seq2[connector.Envelope, error] {
	return func(yield func(connector.Envelope, error) bool) {
		envs, err := p.after("search", "")
		if err != nil {
			yield(connector.Envelope{}, err)
		}
		for i := len(envs) - 1; i >= 0 && yield(envs[i], nil); i-- {
		}
	}
}

// Fetch opens the file.
func (p pickup) Fetch(_ context.Context, id string, _ connector.Depth) (*connector.Source, error) {
	f, err := os.Open(filepath.Join(p.dir, id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, p.fail("read mail", connector.ErrNotFound, err, "was the file removed?")
	}
	if err != nil {
		return nil, p.fail("read mail", connector.ErrUnavailable, err, "")
	}
	return &connector.Source{ReadCloser: f, Depth: connector.DepthWhole}, nil
}

// A backend of one's own: four methods, and everything else of a session works on it.
func ExampleBackend() {
	dir, err := os.MkdirTemp("", "pickup")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	s, err := connector.Connect(context.Background(), pickup{dir}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	// The product under test:
	mail := "From: shop@contoso.example\r\nTo: qa@example.com\r\nSubject: Order 7\r\n\r\nthank you\r\n"
	if err := os.WriteFile(filepath.Join(dir, "0001.eml"), []byte(mail), 0o600); err != nil {
		log.Fatal(err)
	}
	m, err := s.WaitFor(context.Background(), connector.Query{From: "@contoso.example", Subject: "order"})
	fmt.Println(m.Subject, err)
	_, err = s.Send(context.Background(), connector.Draft{To: []string{"qa@example.com"}})
	fmt.Println(errors.Is(err, errors.ErrUnsupported))
	// Output:
	// Order 7 <nil>
	// true
}

// A backend types what its credential function returned: a vault that is down is waited for, one
// that refuses is not.
func ExampleCredentialError() {
	for _, err := range []error{context.DeadlineExceeded, errors.New("no such secret: mail/office365")} {
		err := connector.CredentialError("qa@example.com", err)
		fmt.Println(errors.Is(err, connector.ErrUnavailable), errors.Is(err, connector.ErrAuth))
	}
	// Output:
	// true false
	// false true
}
