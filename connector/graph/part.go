package graph

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"strconv"
	"sync"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
	"github.com/cloudmail-go/cloudmail/connector/internal/recent"
)

// Part streams one part. Of a mail that was rebuilt it is one request for that attachment alone;
// of any other the mail is streamed, and all but the part passed over.
func (b *backend) Part(ctx context.Context, id, part string) (io.ReadCloser, error) {
	a, ok, err := b.partOf(ctx, id, part)
	if err != nil {
		return nil, err
	}
	if ok {
		return b.content(ctx, id, a)
	}
	raw, err := b.value(ctx, "open attachment", id)
	if err != nil {
		return nil, err
	}
	r, err := mailparse.Open(raw, part, mailparse.Limits{})
	if err != nil {
		_ = raw.Close() // the error says more
		return nil, b.noPart(part, err)
	}
	return partBody{r, raw}, nil
}

// parts are the attachments of mails that were rebuilt. The lists are kept of the latest; of the others stays a hash of the
// id: the numbers of their parts are not those of their bytes.
type parts struct {
	lists   recent.Map[[]attached]
	rebuilt sync.Map // of hashes of ids
}

// hash is short, and two ids do not share one.
func hash(id string) [16]byte {
	sum := sha256.Sum256([]byte(id))
	return [16]byte(sum[:16])
}

// put remembers a list.
func (p *parts) put(id string, list []attached) {
	p.rebuilt.Store(hash(id), struct{}{})
	p.lists.Put(id, list)
}

// partOf finds an attachment of a rebuilt mail, whose text is part 1; false if the mail was not rebuilt, or has none of
// that number. A list that was forgotten is asked for again.
func (b *backend) partOf(ctx context.Context, id, part string) (attached, bool, error) {
	if _, rebuilt := b.parts.rebuilt.Load(hash(id)); !rebuilt {
		return attached{}, false, nil
	}
	list, kept := b.parts.lists.Get(id)
	var err error
	if !kept {
		list, err = b.attachments(ctx, id)
	}
	n, bad := strconv.Atoi(part)
	if err != nil || bad != nil || n < 2 || n-2 >= len(list) {
		return attached{}, false, err
	}
	return list[n-2], true, nil
}

func (b *backend) noPart(part string, err error) error {
	if asError(err) != nil {
		return err
	}
	return b.server.typed("open attachment", &connector.Error{Kind: connector.ErrNotFound, Err: errors.Join(errors.New("part "+part), err)})
}

// partBody reads one part and closes the mail it is in.
type partBody struct {
	io.Reader
	io.Closer
}
