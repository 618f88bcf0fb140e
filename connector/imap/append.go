package imap

import (
	"cmp"
	"context"
	"fmt"
	"time"

	imap "github.com/emersion/go-imap/v2"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Append puts a mail into a folder of the mailbox, as it is and without sending it: to seed a test.
// received is the time that the mailbox shows; zero is now. It makes one connection. The errors are
// those of Open; a folder that is not there is [connector.ErrConfig].
func (s Server) Append(ctx context.Context, folder connector.Folder, raw []byte, received time.Time) error {
	const op = "append"
	if err := cmp.Or(s.check(), s.checkFolder(op, folder)); err != nil {
		return err
	}
	b := newBackend(s.withDefaults())
	defer b.Close()
	p, err := b.lookup(ctx, op, folder)
	if err != nil {
		return err
	}
	_, _, err = useOnce(ctx, b.pool, "", silenceBody, func(c *conn) (struct{}, error) {
		return struct{}{}, c.append(p.name, raw, &imap.AppendOptions{Time: received})
	})
	if err != nil {
		return b.fail(op, err)
	}
	return nil
}

// append sends APPEND, and the mail once the server asks for it.
func (c *conn) append(folder string, raw []byte, o *imap.AppendOptions) error {
	cmd := c.imap.Append(folder, int64(len(raw)), o)
	_, err := cmd.Write(raw)
	if end := cmd.Close(); err == nil {
		err = end
	}
	if _, refusal := cmd.Wait(); refusal != nil {
		return refusal
	}
	if err != nil {
		return fmt.Errorf("send the mail: %w", err)
	}
	return nil
}
