package graph

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/faults"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/window"
)

// deltaPage is how many mails a page of a delta is asked for.
const deltaPage = "odata.maxpagesize=200"

// safety reads what happened in the watched folders since the last time, as the service itself
// keeps account of it. A delta that the service forgot is begun anew; if it forgets that one at once
// too, the place is lost. A service that refuses the delta itself, as it did for days in 2022
// (docs-contrib#1771), leaves the waits without the net and does not end them.
func (l *look) safety(ctx context.Context) error {
	for _, folder := range l.safeFolders() {
		id, err := l.folders.id(ctx, folder)
		if err != nil {
			return err
		}
		err = l.delta(ctx, id)
		if errors.Is(err, connector.ErrCursorLost) {
			delete(l.state.Links, id)
			err = l.delta(ctx, id)
		}
		if err != nil && !errors.Is(err, connector.ErrUnexpected) {
			return err
		}
	}
	return nil
}

// safeFolders are those with a delta: the watched ones. Where all are, the Inbox and Junk.
func (l *look) safeFolders() []connector.Folder {
	if slices.Contains(l.watch, connector.Anywhere) {
		return []connector.Folder{connector.Inbox, connector.Junk}
	}
	return slices.DeleteFunc(slices.Clone(l.watch), func(f connector.Folder) bool { return !l.watches(f) })
}

// delta reads one folder's round to its end.
func (l *look) delta(ctx context.Context, folder string) error {
	link := l.state.Links[folder]
	for {
		got, err := l.round(ctx, folder, link)
		if err != nil {
			return err
		}
		for _, m := range got.GetValue() {
			if err := l.changed(ctx, folder, m); err != nil {
				return err
			}
		}
		if end := text(got.GetOdataDeltaLink()); end != "" {
			l.state.Links[folder] = end
			return nil
		}
		if link = text(got.GetOdataNextLink()); link == "" { // neither: begin anew next time
			delete(l.state.Links, folder)
			return nil
		}
	}
}

// round asks for one page. The first one names what all later ones have: the fields, and how far
// back it goes.
func (l *look) round(ctx context.Context, folder, link string) (out users.ItemMailFoldersItemMessagesDeltaGetResponseable, err error) {
	conf := &users.ItemMailFoldersItemMessagesDeltaRequestBuilderGetRequestConfiguration{Headers: prefer(deltaPage)}
	if link == "" {
		filter := "receivedDateTime ge " + stamp(l.state.Floor)
		conf.QueryParameters = &users.ItemMailFoldersItemMessagesDeltaRequestBuilderGetQueryParameters{Filter: &filter, Select: headFields}
	}
	_, err = l.call(ctx, l.op, faults.Mailbox, func(ctx context.Context) (err error) {
		builder := l.user.MailFolders().ByMailFolderId(folder).Messages().Delta()
		if link != "" {
			builder = builder.WithUrl(link) // good for one attempt: the SDK empties it when it builds the request
		}
		out, err = builder.GetAsDeltaGetResponse(ctx, conf)
		if err == nil && out == nil {
			err = errNothing
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, l.within(l.op, out.GetAdditionalData())
}

// changed takes one entry of a delta. What left the folder shows where it came to; a change of
// something else than the place has no header and is known already.
func (l *look) changed(ctx context.Context, folder string, m models.Messageable) error {
	if _, gone := m.GetAdditionalData()["@removed"]; gone {
		return nil
	}
	it, ok, err := l.newItem(l.op, m)
	if err != nil || !ok {
		return err
	}
	it.folder = folder
	if it.received.IsZero() || it.received.Before(l.state.Floor.Truncate(time.Second)) {
		return nil
	}
	if before, seen := l.state.Seen(it.id); seen && before == window.Key(folder) {
		return nil
	}
	name, err := l.folders.name(ctx, folder)
	if err != nil {
		return err
	}
	l.envs = append(l.envs, it.envelope(name))
	l.state.Add(it.id, window.Key(folder), it.received)
	return nil
}
