package graph

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
)

// Part streams one part. Of a mail that was rebuilt it is one request for that attachment alone;
// of any other the mail is streamed, and all but the part passed over.
func (b *backend) Part(ctx context.Context, id, part string) (io.ReadCloser, error) {
	if a, ok := b.partOf(id, part); ok {
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

// partOf finds an attachment of a rebuilt mail, whose text is part 1.
func (b *backend) partOf(id, part string) (attached, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := strconv.Atoi(part)
	list := b.parts[id]
	if err != nil || n < 2 || n-2 >= len(list) {
		return attached{}, false
	}
	return list[n-2], true
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
