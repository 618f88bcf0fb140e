package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Server names a mailbox of a store. Store and Address are required; each switch takes one gift of
// the backend away, or adds one.
type Server struct {
	// Store holds the mailbox.
	Store *mailstore.Store
	// Address of the mailbox, or one of its aliases.
	Address string
	// Credential is presented with every call; nil presents "". What is accepted says
	// [Faults.Accept].
	Credential connector.Credential
	// Account lets sessions share one feed: those of the same mailbox whose Account is equal and
	// not empty.
	Account string
	// Limits are told to the session; its StableIDs is set from UnstableIDs.
	Limits connector.Limits
	// Push lets the session learn of mail without asking.
	Push bool
	// UnstableIDs gives a mail another id with each move, as IMAP does. The old one is
	// [connector.ErrNotFound] from then on.
	UnstableIDs bool
	// BareEnvelopes lists mails without their headers, so that each has to be fetched to be known.
	BareEnvelopes bool
	// BareCursors makes cursors that do not list the mails of the last 15 minutes.
	BareCursors bool
	// WideSearch makes a search yield every mail, whatever was asked, as a service does that does
	// not know the criteria.
	WideSearch bool
	// Faults disturbs the service; nil is a service without faults.
	Faults *Faults
}

var _ connector.Server = Server{}

// Mailbox returns the address.
func (s Server) Mailbox() string { return s.Address }

// Open checks the fields and looks the mailbox up; one call, named "open". A missing field or a
// folder that is not there is [connector.ErrConfig]; an address that the store does not have is
// [connector.ErrNoMailbox].
func (s Server) Open(ctx context.Context, watch []connector.Folder) (connector.Backend, error) {
	b := &backend{server: s, watch: watch, faults: s.Faults}
	if b.faults == nil {
		b.faults = &Faults{}
	}
	if s.Store == nil {
		return nil, b.fail("open", connector.ErrConfig, errors.New("Server.Store is nil"), "make one with mailstore.New")
	}
	if strings.TrimSpace(s.Address) == "" {
		return nil, b.fail("open", connector.ErrConfig, errors.New("Server.Address is empty"), "name a mailbox of the store")
	}
	secret, err := b.credential(ctx, "")
	if err != nil {
		return nil, err
	}
	b.secret = func() string { return secret }
	if err := b.call(ctx, "open", b.checkWatch); err != nil {
		return nil, err
	}
	if s.Push {
		return pushing{b}, nil
	}
	return b, nil
}

// checkWatch finds the folders to watch.
func (b *backend) checkWatch(box *mailstore.Mailbox) error {
	for _, f := range b.watch {
		if _, ok := box.Folder(string(f)); !ok && f != connector.Anywhere {
			return b.noFolder("open", f)
		}
	}
	return nil
}

// credential asks for the secret; refused is the one that was just rejected.
func (b *backend) credential(ctx context.Context, refused string) (string, error) {
	if b.server.Credential == nil {
		if refused == "" {
			return "", nil
		}
		return "", b.refused()
	}
	secret, err := b.server.Credential(ctx, refused)
	if err != nil {
		return "", connector.CredentialError(b.server.Address, err)
	}
	return secret, nil
}

// refused is what a wrong secret gets.
func (b *backend) refused() error {
	return b.fail("sign in", connector.ErrAuth, errors.New("the secret is wrong or has expired"), "give Server.Credential the secret that Faults.Accept names")
}

// noFolder is what a path gets that is not in the mailbox.
func (b *backend) noFolder(op string, f connector.Folder) error {
	return b.fail(op, connector.ErrConfig, fmt.Errorf("the mailbox has no folder %q", string(f)), "Session.Folders lists those it has")
}

// watches reports whether mail in the folder counts as arrived. What was written or sent here
// never does.
func (b *backend) watches(m mailstore.Message) bool {
	if m.Draft || m.Folder == mailstore.Drafts || m.Folder == mailstore.Sent {
		return false
	}
	return slices.Contains(b.watch, connector.Anywhere) || slices.Contains(b.watch, connector.Folder(m.Folder))
}
