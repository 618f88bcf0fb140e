package graph

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/faults"
)

// Move puts a mail into another folder. Its id stays, since all ids here are immutable ones.
func (b *backend) Move(ctx context.Context, id string, to connector.Folder) (string, error) {
	ctx = b.begin(ctx)
	folder, err := b.folders.id(ctx, to)
	if err != nil {
		return "", err
	}
	return b.move(ctx, "move", id, folder)
}

// Trash moves a mail to Deleted Items. Nothing here deletes for good.
func (b *backend) Trash(ctx context.Context, id string) error {
	_, err := b.move(ctx, "trash", id, "deleteditems")
	return err
}

func (b *backend) move(ctx context.Context, op, id, to string) (string, error) {
	body := users.NewItemMessagesItemMovePostRequestBody()
	body.SetDestinationId(&to)
	var moved models.Messageable
	_, err := b.call(ctx, op, faults.Claiming, func(ctx context.Context) (err error) {
		moved, err = b.user.Messages().ByMessageId(id).Move().Post(ctx, body, &users.ItemMessagesItemMoveRequestBuilderPostRequestConfiguration{Headers: prefer()})
		if err == nil && (moved == nil || text(moved.GetId()) == "") {
			err = errNothing
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return text(moved.GetId()), nil
}

// SetRead sets or clears the read flag.
func (b *backend) SetRead(ctx context.Context, id string, read bool) error {
	m := models.NewMessage()
	m.SetIsRead(&read)
	return b.patch(ctx, "set read flag", id, m, "")
}

// patch changes fields of a mail; with an etag only if it is still that version.
func (b *backend) patch(ctx context.Context, op, id string, m models.Messageable, etag string) error {
	headers := prefer()
	if etag != "" {
		headers.Add("If-Match", etag)
	}
	_, err := b.call(ctx, op, faults.Claiming, func(ctx context.Context) error {
		_, err := b.user.Messages().ByMessageId(id).Patch(ctx, m, &users.ItemMessagesMessageItemRequestBuilderPatchRequestConfiguration{Headers: headers})
		return err
	})
	return err
}

// claimed begins the category of a claimed mail; the claimer's name follows.
const claimed = "cloudmail-claim:"

// Claim gives the mail a category with the claimer's name, if no other has one: the version that
// was read is named, so that of two who try at once one fails. Where both got through all the same,
// the name that sorts first has it.
func (b *backend) Claim(ctx context.Context, id, by string) (bool, error) {
	ctx = b.begin(ctx)
	own := category(by)
	for range 3 {
		held, free, m, err := b.claims(ctx, id, own)
		if err != nil || held || !free {
			return held, err
		}
		change := models.NewMessage()
		change.SetCategories(append(m.GetCategories(), own))
		err = b.patch(ctx, "claim", id, change, etagOf(m))
		if err != nil && !conflict(err) {
			return false, err
		}
	}
	held, _, _, err := b.claims(ctx, id, own)
	return held, err
}

// claims reads who has the mail.
func (b *backend) claims(ctx context.Context, id, own string) (held, free bool, m models.Messageable, err error) {
	m, err = b.message(ctx, id, []string{"id", "categories", "changeKey"})
	if err != nil {
		return false, false, nil, err
	}
	list := slices.Sorted(slices.Values(slices.DeleteFunc(slices.Clone(m.GetCategories()), func(c string) bool {
		return !strings.HasPrefix(c, claimed)
	})))
	return len(list) > 0 && list[0] == own, len(list) == 0, m, nil
}

// category is short enough for Outlook (255) whatever the name is.
func category(by string) string {
	if len(by) > 200 || strings.ContainsAny(by, ",;") {
		sum := sha256.Sum256([]byte(by))
		by = hex.EncodeToString(sum[:])
	}
	return claimed + by
}

// etagOf is the version that was read.
func etagOf(m models.Messageable) string {
	if tag := word(m.GetAdditionalData()["@odata.etag"]); tag != "" {
		return tag
	}
	if key := text(m.GetChangeKey()); key != "" {
		return `W/"` + key + `"`
	}
	return ""
}

// conflict reports that the mail was changed since it was read.
func conflict(err error) bool {
	s := faults.Status(err)
	return s == http.StatusPreconditionFailed || s == http.StatusConflict || faults.IsCode(err, "ErrorIrresolvableConflict")
}
