package imap

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	imap "github.com/emersion/go-imap/v2"

	"github.com/cloudmail-go/cloudmail/connector"
)

// place is one folder of the server.
type place struct {
	name   string // in the server's words
	folder connector.Folder
	all    bool // a view of mails that lie elsewhere: \All of Gmail
}

// role is a well-known folder: its attributes by SPECIAL-USE (RFC 6154), and the names that servers without it have.
type role struct {
	folder connector.Folder
	attrs  []imap.MailboxAttr
	names  []string
}

var uses = []role{
	{connector.Junk, []imap.MailboxAttr{imap.MailboxAttrJunk}, []string{"junk", "spam", "junk e-mail", "junk email", "bulk mail"}},
	{connector.Sent, []imap.MailboxAttr{imap.MailboxAttrSent}, []string{"sent", "sent items", "sent messages", "sent mail"}},
	{connector.Drafts, []imap.MailboxAttr{imap.MailboxAttrDrafts}, []string{"drafts", "draft"}},
	{connector.Trash, []imap.MailboxAttr{imap.MailboxAttrTrash}, []string{"trash", "deleted items", "deleted messages", "bin"}},
	{connector.Archive, []imap.MailboxAttr{imap.MailboxAttrArchive, imap.MailboxAttrAll}, []string{"archive", "archives", "all mail"}},
}

// table is the folders of a mailbox.
type table struct {
	mu     sync.Mutex
	places []place
}

// find returns the place of a folder.
func (t *table) find(f connector.Folder) (place, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := slices.IndexFunc(t.places, func(p place) bool { return p.folder == f })
	if at < 0 {
		return place{}, false
	}
	return t.places[at], true
}

// named returns the place of a name of the server's.
func (t *table) named(name string) (place, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := slices.IndexFunc(t.places, func(p place) bool { return p.name == name })
	if at < 0 {
		return place{}, false
	}
	return t.places[at], true
}

func (t *table) list() []place {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.places)
}

// list reads the folders of the mailbox.
func (c *conn) list() ([]*imap.ListData, string, error) {
	var options *imap.ListOptions
	if c.has(imap.CapListExtended) && c.has(imap.CapSpecialUse) {
		options = &imap.ListOptions{ReturnSpecialUse: true}
	}
	prefix := ""
	if c.has(imap.CapNamespace) {
		ns, err := c.imap.Namespace().Wait()
		if err == nil && len(ns.Personal) > 0 {
			prefix = ns.Personal[0].Prefix
		}
	}
	all, err := c.imap.List("", "*", options).Collect()
	return all, prefix, err
}

// readFolders fills the table.
func (b *backend) readFolders(ctx context.Context) error {
	places, err := use(ctx, b.pool, "", silenceSearch, func(c *conn) ([]place, error) {
		all, prefix, err := c.list()
		return placesOf(all, prefix), err
	})
	if err != nil {
		return err
	}
	b.table.mu.Lock()
	defer b.table.mu.Unlock()
	b.table.places = places
	return nil
}

// placesOf names the folders of a list. Folders that cannot be opened are left out, and Gmail's views of
// mails by a mark.
func placesOf(all []*imap.ListData, prefix string) []place {
	all = slices.DeleteFunc(all, func(d *imap.ListData) bool {
		return slices.ContainsFunc(d.Attrs, func(a imap.MailboxAttr) bool {
			return a == imap.MailboxAttrNoSelect || a == imap.MailboxAttrNonExistent || a == imap.MailboxAttrFlagged || a == imap.MailboxAttrImportant
		})
	})
	roles := rolesOf(all, prefix)
	taken := map[connector.Folder]bool{}
	var out []place
	for _, d := range all {
		f, ok := roles[d.Mailbox]
		if !ok {
			f = free(taken, path(d, prefix), d.Mailbox)
		}
		taken[f] = true
		out = append(out, place{d.Mailbox, f, slices.Contains(d.Attrs, imap.MailboxAttrAll)})
	}
	slices.SortStableFunc(out, func(a, b place) int { return strings.Compare(string(a.folder), string(b.folder)) })
	return out
}

// free is the first of the names that no other folder has. A name of a well-known folder is free for none but that
// folder: where "Sent Items" is Sent, a folder that the server calls "Sent" is "Sent (2)".
func free(taken map[connector.Folder]bool, names ...string) connector.Folder {
	for n := 1; ; n++ {
		for _, name := range names {
			if n > 1 {
				name = fmt.Sprintf("%s (%d)", name, n)
			}
			if f := connector.Folder(name); !taken[f] && !isRole(name) {
				return f
			}
		}
	}
}

// isRole reports whether that is how a well-known folder is called, in any case.
func isRole(name string) bool {
	return strings.EqualFold(name, string(connector.Inbox)) || name == string(connector.Anywhere) ||
		slices.ContainsFunc(uses, func(u role) bool { return strings.EqualFold(name, string(u.folder)) })
}

// rolesOf finds the well-known folders by name of the server: by attribute first.
func rolesOf(all []*imap.ListData, prefix string) map[string]connector.Folder {
	roles := map[string]connector.Folder{}
	for _, d := range all {
		if strings.EqualFold(d.Mailbox, "INBOX") {
			roles[d.Mailbox] = connector.Inbox
		}
	}
	for _, u := range uses {
		name := withAttr(all, u.attrs)
		if name == "" {
			name = withName(all, u.names, prefix)
		}
		if _, taken := roles[name]; name != "" && !taken {
			roles[name] = u.folder
		}
	}
	return roles
}

func withAttr(all []*imap.ListData, attrs []imap.MailboxAttr) string {
	for _, a := range attrs {
		for _, d := range all {
			if slices.Contains(d.Attrs, a) {
				return d.Mailbox
			}
		}
	}
	return ""
}

func withName(all []*imap.ListData, names []string, prefix string) string {
	for _, n := range names {
		for _, d := range all {
			if strings.EqualFold(path(d, prefix), n) {
				return d.Mailbox
			}
		}
	}
	return ""
}

// path is how we write the name of a folder.
func path(d *imap.ListData, prefix string) string {
	name := d.Mailbox
	if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" {
		name = rest
	}
	if d.Delim != 0 {
		name = strings.ReplaceAll(name, string(d.Delim), "/")
	}
	return name
}

// Folders lists the folders of the mailbox.
func (b *backend) Folders(ctx context.Context) ([]connector.Folder, error) {
	if err := b.readFolders(ctx); err != nil {
		return nil, b.fail("list folders", err)
	}
	var out []connector.Folder
	for _, p := range b.table.list() {
		out = append(out, p.folder)
	}
	return out, nil
}

// lookup finds a folder, also one that was made after we connected.
func (b *backend) lookup(ctx context.Context, op string, f connector.Folder) (place, error) {
	if p, ok := b.table.find(f); ok {
		return p, nil
	}
	if err := b.readFolders(ctx); err != nil {
		return place{}, b.fail(op, err)
	}
	p, ok := b.table.find(f)
	if !ok {
		return p, b.server.noFolder(op, f)
	}
	return p, nil
}

// ownCopy reports whether mail in a folder was written here, and did not come.
func ownCopy(f connector.Folder) bool { return f == connector.Sent || f == connector.Drafts }
