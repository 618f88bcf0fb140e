package graph

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Open checks the fields, gets the first token and learns the ids of the mailbox's own folders: six
// or seven requests, the first of which shows whether the mailbox is there and open to the app.
func (o Office365) Open(ctx context.Context, watch []connector.Folder) (connector.Backend, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	c, err := newClient(o)
	if err != nil {
		return nil, err
	}
	b := &backend{client: c, folders: newFolders(c), watch: watch}
	b.page.Store(pageSize)
	if err := b.prepare(ctx); err != nil {
		c.release()
		return nil, err
	}
	return b, nil
}

// backend is one open mailbox.
type backend struct {
	*client
	folders *folders
	watch   []connector.Folder
	page    atomic.Int32 // mails a list page is asked for

	parts parts
}

var _ interface {
	connector.Backend
	connector.Identifier
	connector.Limiter
	connector.Sender
	connector.Replier
	connector.Mover
	connector.Trasher
	connector.ReadSetter
	connector.Claimer
	connector.Parter
	connector.Folderer
} = (*backend)(nil)

// prepare resolves the folders that every look needs, and those to watch.
func (b *backend) prepare(ctx context.Context) error {
	if err := b.folders.learnWellKnown(ctx); err != nil {
		return err
	}
	for _, f := range b.watch {
		if f == connector.Anywhere {
			continue
		}
		if _, err := b.folders.id(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// Identity names the mailbox and the app, whose rights do not depend on which of its credentials is
// used. It is empty where that cannot be known: with a transport or a credential of the caller's.
func (b *backend) Identity() string {
	o := b.server
	if o.Transport != nil || o.TokenCredential != nil {
		return ""
	}
	e := o.endpoints()
	return strings.ToLower(fmt.Sprintf("graph %s %s %s %s %s", e.authority, e.graph, o.Tenant, o.ClientID, o.Mailbox()))
}

// Limits are the service's: 10,000 requests in 10 minutes for an app and a mailbox, 4 at a time for
// the app. https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
func (b *backend) Limits() connector.Limits {
	app := ""
	if b.server.TokenCredential == nil {
		app = strings.ToLower(b.server.Tenant + "/" + b.server.ClientID)
	}
	return connector.Limits{Budget: 10_000, Window: 10 * time.Minute, Look: 1, Fetch: 1, InFlight: 4, App: app, StableIDs: true}
}

// Close ends the idle connections. What is being read goes on.
func (b *backend) Close() error {
	b.release()
	return nil
}

// watches reports whether mail in a folder counts as arrived. What was written or sent here never
// does.
func (b *backend) watches(f connector.Folder) bool {
	if f == connector.Drafts || f == connector.Sent || f == outbox || f == "" {
		return false
	}
	return slices.Contains(b.watch, connector.Anywhere) || slices.Contains(b.watch, f)
}
