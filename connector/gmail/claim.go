package gmail

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	api "google.golang.org/api/gmail/v1"

	"github.com/cloudmail-go/cloudmail/connector"
)

// claimPrefix starts the names of the labels that reserve mails: a date and the claimer follow.
const claimPrefix = "cloudmail-claim/"

// Claims are swept some time after their day: labels are limited to 10,000 in a mailbox.
const (
	claimKeep  = 7 * 24 * time.Hour
	claimSweep = 5 // labels at a time
)

func isClaim(name string) bool { return strings.HasPrefix(name, claimPrefix) }

// errClaim is a claim that the history does not show yet.
var errClaim = errors.New("the history does not show the claim yet")

// Claim reserves a mail by a label that names the claimer. Labels are added without a lock, so the
// mailbox's history decides, in which they stand in one order for all: whoever is first has it.
func (b *backend) Claim(ctx context.Context, id, by string) (bool, error) {
	won, err := b.claim(ctx, id, by)
	if err != nil {
		return false, b.fail(ctx, "claim", err)
	}
	return won, nil
}

func (b *backend) claim(ctx context.Context, id, by string) (bool, error) {
	own, err := b.claimLabel(ctx, by)
	if err != nil {
		return false, err
	}
	p, err := b.api.GetProfile(me).Fields("historyId").Context(ctx).Do()
	if err != nil {
		return false, err
	}
	m, err := b.api.Messages.Get(me, id).Format("minimal").Fields("labelIds").Context(ctx).Do()
	if err != nil {
		return false, err
	}
	if holder := b.holder(m.LabelIds); holder != "" {
		return holder == own, nil
	}
	if err := b.modify(ctx, id, &api.ModifyMessageRequest{AddLabelIds: []string{own}}); err != nil {
		return false, err
	}
	first, err := b.firstClaim(ctx, p.HistoryId, id, own)
	if err != nil || first == own {
		return first == own, err
	}
	return false, b.modify(ctx, id, &api.ModifyMessageRequest{RemoveLabelIds: []string{own}})
}

// holder finds the label of a claim among the labels of a mail. One that is not known by name is of
// a claimer that came after our list of labels, or no claim: the history tells.
func (b *backend) holder(labels []string) string {
	names := b.known.all()
	for _, l := range labels {
		if isClaim(names[l]) {
			return l
		}
	}
	return ""
}

// firstClaim finds whose claim of a mail stands first in the history after a place.
func (b *backend) firstClaim(ctx context.Context, after uint64, id, own string) (string, error) {
	if err := b.readLabels(ctx); err != nil { // those that others made meanwhile
		return "", err
	}
	for page := ""; ; {
		r, err := b.history(ctx, after, page)
		if err != nil {
			return "", err
		}
		for _, h := range r.History {
			for _, a := range h.LabelsAdded {
				if a.Message != nil && a.Message.Id == id {
					if l := b.holder(a.LabelIds); l != "" {
						return l, nil
					}
				}
			}
		}
		if page = r.NextPageToken; page == "" {
			return "", &connector.Error{Kind: connector.ErrUnavailable, Op: "claim", Err: errClaim}
		}
	}
}

// claimLabel finds or makes the claimer's label of today.
func (b *backend) claimLabel(ctx context.Context, by string) (string, error) {
	name := claimPrefix + time.Now().UTC().Format(time.DateOnly) + "/" + by
	if err := b.readLabels(ctx); err != nil {
		return "", err
	}
	names := b.known.all()
	for id, n := range names { // of this claimer, also yesterday's
		if isClaim(n) && strings.HasSuffix(n, "/"+by) {
			return id, nil
		}
	}
	b.sweep(ctx, names)
	l, err := b.api.Labels.Create(me, &api.Label{Name: name, LabelListVisibility: "labelHide", MessageListVisibility: "hide"}).
		Fields("id", "name").Context(ctx).Do()
	if code, _ := status(err); code == http.StatusConflict { // made by another of the same name
		if err := b.readLabels(ctx); err != nil {
			return "", err
		}
		return b.known.id(name), nil
	}
	if err != nil {
		return "", err
	}
	b.known.add(l)
	return l.Id, nil
}

// sweep deletes some labels of claims that are long over; that they stay does no harm.
func (b *backend) sweep(ctx context.Context, names map[string]string) {
	limit := time.Now().Add(-claimKeep).UTC().Format(time.DateOnly)
	var old []string
	for id, n := range names {
		day, _, _ := strings.Cut(strings.TrimPrefix(n, claimPrefix), "/")
		if isClaim(n) && len(day) == len(limit) && day < limit {
			old = append(old, id)
		}
	}
	slices.Sort(old)
	for _, id := range old[:min(len(old), claimSweep)] {
		_ = b.api.Labels.Delete(me, id).Context(ctx).Do()
	}
}
