package fakegraph

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func itoa(n int) string { return strconv.Itoa(n) }

// moveMessage is POST /messages/{id}/move. The normal id of the mail changes.
func (c *call) moveMessage() (*reply, *apiError) { return c.relocate(c.box.Move) }

// copyMessage is POST /messages/{id}/copy.
func (c *call) copyMessage() (*reply, *apiError) { return c.relocate(c.box.Copy) }

func (c *call) relocate(act func(uint64, string) (mailstore.Message, error)) (*reply, *apiError) {
	var in struct{ DestinationID string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.DestinationID == "" {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidRequest", "The destination folder is missing.")
	}
	m, err := c.target()
	if err != nil {
		return nil, err
	}
	path, err := c.folder(in.DestinationID)
	if err != nil {
		return nil, err
	}
	if path == "" {
		return nil, fail(http.StatusBadRequest, "ErrorMoveCopyFailed", "The move or copy operation failed.")
	}
	moved, failed := act(m.Key, path)
	if failed != nil {
		return nil, notFound()
	}
	c.f.touch(moved.Key)
	return c.single(moved, &whole, http.StatusCreated), nil
}

// deleteMessage is DELETE /messages/{id}: to Deleted Items, and from there to the recoverable
// items, where no list shows it.
func (c *call) deleteMessage() (*reply, *apiError) {
	m, err := c.target()
	if err != nil {
		return nil, err
	}
	to := mailstore.Trash
	switch {
	case m.Folder == mailstore.Trash || strings.HasPrefix(m.Folder, mailstore.Trash+"/"):
		to = deletions
	case isRecoverable(m.Folder):
		to = purges
	}
	return c.discard(m, to)
}

// purgeMessage is POST /messages/{id}/permanentDelete, which only the global cloud has.
func (c *call) purgeMessage() (*reply, *apiError) {
	m, err := c.target()
	if err != nil {
		return nil, err
	}
	return c.discard(m, purges)
}

func (c *call) discard(m mailstore.Message, to string) (*reply, *apiError) {
	c.ensure(to)
	if _, err := c.box.Move(m.Key, to); err != nil {
		return nil, notFound()
	}
	return noContent(), nil
}

// translateIDs is POST /translateExchangeIds: between normal, immutable and EWS ids.
// https://learn.microsoft.com/graph/api/user-translateexchangeids
func (c *call) translateIDs() (*reply, *apiError) {
	var in struct {
		InputIDs                   []string
		SourceIDType, TargetIDType string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	values := []object{}
	for _, id := range in.InputIDs {
		source := id
		if strings.EqualFold(in.SourceIDType, "ewsId") {
			source = strings.NewReplacer("/", "-", "+", "_").Replace(id)
		}
		m, err := c.message(source)
		if err != nil {
			return nil, err
		}
		target := messageID(c.guid, m, strings.EqualFold(in.TargetIDType, "restImmutableEntryId"))
		if strings.EqualFold(in.TargetIDType, "ewsId") {
			target = strings.NewReplacer("-", "/", "_", "+").Replace(target)
		}
		values = append(values, object{{"sourceId", id}, {"targetId", target}})
	}
	return success(object{{"@odata.context", origin(c.r) + "/" + c.version + "/$metadata#Collection(microsoft.graph.convertIdResult)"}, {"value", values}}), nil
}
