package gmail

import (
	"context"
	"errors"
	"slices"

	api "google.golang.org/api/gmail/v1"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Move gives the mail the label of the folder, and takes those of the folders it is in. The id
// stays.
func (b *backend) Move(ctx context.Context, id string, to connector.Folder) (string, error) {
	const op = "move"
	target := ""
	switch to {
	case connector.Trash:
		return id, b.Trash(ctx, id)
	case connector.Sent, connector.Drafts:
		return id, &connector.Error{Op: op, Mailbox: b.set.Address, Kind: errors.ErrUnsupported, Err: errNoFolder,
			Remedy: "move it to Archive, or to a label of yours"}
	case connector.Archive:
	default:
		var err error
		if target, err = b.labelOf(ctx, to); err != nil {
			return id, b.fail(ctx, op, err)
		}
		if target == "" {
			return id, b.noFolder(op, to)
		}
	}
	m, err := b.api.Messages.Get(me, id).Format("minimal").Fields("labelIds").Context(ctx).Do()
	if err == nil {
		err = b.relabel(ctx, id, m.LabelIds, target)
	}
	if err != nil {
		return id, b.fail(ctx, op, err)
	}
	return id, nil
}

// relabel replaces the folders of a mail by one; "" is none.
func (b *backend) relabel(ctx context.Context, id string, has []string, target string) error {
	change := &api.ModifyMessageRequest{}
	if target != "" && !slices.Contains(has, target) {
		change.AddLabelIds = []string{target}
	}
	names := b.known.all()
	for _, l := range has {
		fixed := l == labelSent || l == labelDraft || isClaim(names[l])
		if l != target && isFolder(l) && !fixed {
			change.RemoveLabelIds = append(change.RemoveLabelIds, l)
		}
	}
	if len(change.AddLabelIds)+len(change.RemoveLabelIds) == 0 {
		return nil
	}
	return b.modify(ctx, id, change)
}

// modify changes labels.
func (b *backend) modify(ctx context.Context, id string, change *api.ModifyMessageRequest) error {
	_, err := b.api.Messages.Modify(me, id, change).Fields("id").Context(ctx).Do()
	return err
}

// Trash puts the mail into the trash, where it stays for 30 days.
func (b *backend) Trash(ctx context.Context, id string) error {
	if _, err := b.api.Messages.Trash(me, id).Fields("id").Context(ctx).Do(); err != nil {
		return b.fail(ctx, "trash", err)
	}
	return nil
}

// SetRead takes or gives the label UNREAD.
func (b *backend) SetRead(ctx context.Context, id string, read bool) error {
	change := &api.ModifyMessageRequest{AddLabelIds: []string{labelUnread}}
	if read {
		change = &api.ModifyMessageRequest{RemoveLabelIds: []string{labelUnread}}
	}
	if err := b.modify(ctx, id, change); err != nil {
		return b.fail(ctx, "set read flag", err)
	}
	return nil
}
