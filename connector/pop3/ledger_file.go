package pop3

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"time"
)

// LedgerFile is a [Ledger] in a file. It is replaced as a whole, and locked while it is changed: by
// a file beside it, with ".lock" behind its name, that stays.
type LedgerFile struct {
	// Folder holds the file. Required.
	Folder *os.Root
	// Name of the file; empty is "pop3.ledger". Each mailbox has its own.
	Name string
}

// lockEvery is how often a lock that others hold is tried.
const lockEvery = 10 * time.Millisecond

// errBusy is a lock that others hold.
var errBusy = errors.New("the ledger is locked by another process")

// Update implements [Ledger].
func (l LedgerFile) Update(ctx context.Context, change func(old []byte) ([]byte, error)) error {
	if l.Folder == nil {
		return errors.New("LedgerFile.Folder is nil: open it by os.OpenRoot")
	}
	name := cmp.Or(l.Name, "pop3.ledger")
	lock, err := l.Folder.OpenFile(name+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close() // it unlocks
	if err := waitForLock(ctx, lock); err != nil {
		return err
	}
	old, err := l.Folder.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, err := change(old)
	if err != nil || text == nil {
		return err
	}
	return l.replace(name, text)
}

// waitForLock locks a file, or waits for who holds it.
func waitForLock(ctx context.Context, f *os.File) error {
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := tryLock(f)
		if !errors.Is(err, errBusy) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(errBusy, context.Cause(ctx)) // who holds it is the news
		}
	}
}

// replace writes a text beside the file and puts it in its place; the lock is held.
func (l LedgerFile) replace(name string, text []byte) error {
	f, err := l.Folder.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return l.Folder.Rename(name+".new", name)
}
