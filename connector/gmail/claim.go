package gmail

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
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

var (
	// errClaim is a claim that the history does not show yet.
	errClaim = errors.New("the history does not show the claim yet")
	// errClaimLost is a claim whose place in the history nobody can tell any more.
	errClaimLost = errors.New("the history of the claim is forgotten")
)

// claimKey is one claimer's label on one mail.
type claimKey struct{ id, label string }

// claims remembers the claims that are not decided yet: the history id from before each.
type claims struct {
	mu   sync.Mutex
	open map[claimKey]uint64
}

func (c *claims) start(k claimKey) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open[k]
}

// set notes where a claim starts; 0 is decided.
func (c *claims) set(k claimKey, start uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if start == 0 {
		delete(c.open, k)
		return
	}
	if c.open == nil {
		c.open = map[claimKey]uint64{}
	}
	c.open[k] = start
}

// Claim reserves a mail by a label that names the claimer. Labels are added without a lock, so the
// mailbox's history decides, in which they stand in one order for all: whoever is first has it. A
// claim that breaks off is decided by the next try.
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
	k := claimKey{id, own}
	start, err := b.claimStart(ctx, k)
	if err != nil {
		return false, err
	}
	held, err := b.claimsOn(ctx, id)
	switch mine := slices.Contains(held, own); {
	case err != nil:
		return false, err
	case mine && b.claims.start(k) == 0: // decided before: who lost has no label
		return true, nil
	case !mine && len(held) > 0:
		b.claims.set(k, 0)
		return false, nil
	case !mine:
		b.claims.set(k, start)
		if err := b.modify(ctx, id, &api.ModifyMessageRequest{AddLabelIds: []string{own}}); err != nil {
			return false, err
		}
	}
	return b.decide(ctx, k, start)
}

// claimStart is a place in the history before the claim.
func (b *backend) claimStart(ctx context.Context, k claimKey) (uint64, error) {
	if start := b.claims.start(k); start != 0 {
		return start, nil
	}
	p, err := b.api.GetProfile(me).Fields("historyId").Context(ctx).Do()
	if err != nil {
		return 0, err
	}
	return p.HistoryId, nil
}

// claimsOn lists the claims that a mail has, those too that others made since the labels were read.
func (b *backend) claimsOn(ctx context.Context, id string) ([]string, error) {
	m, err := b.api.Messages.Get(me, id).Format("minimal").Fields("labelIds").Context(ctx).Do()
	if err != nil {
		return nil, err
	}
	names := b.known.all()
	unknown := func(l string) bool { return isFolder(l) && names[l] == "" }
	if slices.ContainsFunc(m.LabelIds, unknown) {
		err = b.readLabels(ctx)
	}
	return b.claimsAmong(m.LabelIds), err
}

func (b *backend) claimsAmong(labels []string) (out []string) {
	names := b.known.all()
	for _, l := range labels {
		if isClaim(names[l]) {
			out = append(out, l)
		}
	}
	return out
}

// decide looks who was first, and takes the label off again if another was.
func (b *backend) decide(ctx context.Context, k claimKey, start uint64) (bool, error) {
	first, err := b.firstClaim(ctx, start, k.id)
	gone := isGone(err)
	if err != nil && !gone {
		return false, err
	}
	if first != k.label {
		if err := b.modify(ctx, k.id, &api.ModifyMessageRequest{RemoveLabelIds: []string{k.label}}); err != nil {
			return false, err
		}
	}
	b.claims.set(k, 0)
	if gone {
		return false, unavailable("claim", errClaimLost)
	}
	return first == k.label, nil
}

// unavailable is a failure that another try may mend.
func unavailable(op string, err error) error {
	return &connector.Error{Kind: connector.ErrUnavailable, Op: op, Err: err}
}

// firstClaim finds whose claim of a mail stands first in the history after a place.
func (b *backend) firstClaim(ctx context.Context, after uint64, id string) (string, error) {
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
				if a.Message == nil || a.Message.Id != id {
					continue
				}
				if l := b.claimsAmong(a.LabelIds); len(l) > 0 {
					return l[0], nil
				}
			}
		}
		if page = r.NextPageToken; page == "" {
			return "", unavailable("claim", errClaim)
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
