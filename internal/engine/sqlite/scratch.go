package sqlite

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/safemigrate/safemigrate/internal/durable"
)

// smallFile is the size in bytes up to which a copy is kept in memory.
const smallFile = 32 << 20

const rehearsalPrefix = "rehearsal-"

// scratch makes a copy of the committed file to try things on: in memory where
// it is small, and otherwise in a directory of its own beside the snapshots,
// where there is room for it. end removes it; what a dead process left goes
// with the next copy.
func (d *DB) scratch(ctx context.Context) (l *link, end func() error, err error) {
	size, err := d.number(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
	if err != nil {
		return nil, nil, explain("read the size", err)
	}
	if size > smallFile {
		return d.scratchFile(ctx, size)
	}
	if l, err = connectTo(ctx, ":memory:"); err != nil {
		return nil, nil, err
	}
	if err := l.c.Restore("main", uri(d.path, readOnly, "busy_timeout("+busyMillis+")")); err != nil {
		return nil, nil, errors.Join(explain("copy the database", err), l.close())
	}
	return l, l.close, nil
}

func (d *DB) scratchFile(ctx context.Context, size int64) (l *link, end func() error, err error) {
	made, err := d.home.makeFor()
	if err != nil {
		return nil, nil, err
	}
	gone := func() {
		if made {
			_ = os.Remove(string(d.home)) // not, where something else lies in it by now
		}
	}
	if err := errors.Join(d.home.sweepRehearsals(), d.checkSpace(size/2)); err != nil {
		gone()
		return nil, nil, err
	}
	var nonce [8]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return nil, nil, fmt.Errorf("choose a name: %w", err)
	}
	dir := filepath.Join(string(d.home), rehearsalPrefix+hex.EncodeToString(nonce[:])+durable.TempSuffix)
	if err := os.Mkdir(dir, 0o700); err != nil {
		gone()
		return nil, nil, fmt.Errorf("make a place for the copy: %w", err)
	}
	held, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR|noFollow, 0o600)
	if err == nil {
		_, err = tryLock(held)
	}
	end = func() error {
		errs := []error{}
		if l != nil {
			errs = append(errs, l.close())
		}
		if held != nil {
			errs = append(errs, held.Close())
		}
		errs = append(errs, os.RemoveAll(dir))
		gone()
		return errors.Join(errs...)
	}
	file := filepath.Join(dir, cloneName)
	if err == nil {
		err = d.clone(ctx, file, nil)
	}
	if err == nil {
		l, err = connectTo(ctx, uri(file, readWrite, "busy_timeout("+busyMillis+")"))
	}
	if err == nil {
		// It is worth nothing after a crash; and what removes it takes no
		// journal with it that is needed.
		err = l.Exec(ctx, "PRAGMA synchronous=OFF")
	}
	if err != nil {
		return nil, nil, errors.Join(err, end())
	}
	return l, end, nil
}

// makeFor makes the home where it is missing, and reports whether it did.
func (h home) makeFor() (made bool, err error) {
	if _, err := os.Lstat(string(h)); errors.Is(err, os.ErrNotExist) {
		made = true
	}
	return made, h.make()
}

// sweepRehearsals removes the copies of dead processes: those whose lock is free.
func (h home) sweepRehearsals() error {
	found, err := os.ReadDir(string(h))
	if err != nil {
		return fmt.Errorf("list the snapshots: %w", err)
	}
	for _, e := range found {
		if !strings.HasPrefix(e.Name(), rehearsalPrefix) || !strings.HasSuffix(e.Name(), durable.TempSuffix) {
			continue
		}
		if err := removeUnheld(filepath.Join(string(h), e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func removeUnheld(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|noFollow, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil // being made, or being removed
	}
	if err != nil {
		return fmt.Errorf("remove leftovers: %w", err)
	}
	free, err := tryLock(f)
	if err == nil && free {
		err = os.RemoveAll(dir)
	}
	return errors.Join(err, f.Close())
}
