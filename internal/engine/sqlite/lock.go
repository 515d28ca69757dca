package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
)

// lockPoll is the time between two tries.
const lockPoll = 75 * time.Millisecond

// holder is what stands in the lock's file while it is held. The lock itself
// is the operating system's, so a dead holder's is free.
type holder struct {
	Operation string    `json:"operation"`
	PID       int       `json:"pid"`
	Host      string    `json:"host"`
	Since     time.Time `json:"since"`
}

func (h holder) String() string {
	return fmt.Sprintf("safemigrate %s, pid %d on %s, since %s", h.Operation, h.PID, h.Host, h.Since.Local().Format(time.TimeOnly))
}

// Lock takes the lock beside the database file. The plain migration tools have
// none on SQLite that another process could see: BEGIN IMMEDIATE keeps them
// out while a batch is under way.
func (d *DB) Lock(ctx context.Context, r migrate.LockRequest) error {
	if d.held != nil {
		return errors.New("this session holds the lock already")
	}
	f, err := d.acquire(ctx, r)
	if err != nil {
		return err
	}
	// The holder that was waited for may have removed what it had made: a lock
	// on a file without a name keeps nobody out.
	info, err := f.Stat()
	if err == nil {
		err = errors.Join(unmoved(f.Name(), info), unmoved(d.path, d.opened))
	}
	if err == nil {
		err = sign(f, r.Operation)
	}
	if err != nil {
		return errors.Join(err, unlock(f), f.Close())
	}
	d.held = f
	return nil
}

// acquire waits for the lock.
func (d *DB) acquire(ctx context.Context, r migrate.LockRequest) (*os.File, error) {
	if err := d.home.make(); err != nil {
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(string(d.home), lockName), os.O_CREATE|os.O_RDWR|noFollow, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	if err := await(ctx, f, r.Wait); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func await(ctx context.Context, f *os.File, wait time.Duration) error {
	deadline := time.Now().Add(wait)
	for {
		ok, err := tryLock(f)
		if err != nil || ok {
			return err
		}
		left := time.Until(deadline)
		if left <= 0 {
			return &migrate.LockedError{What: "the lock of safemigrate", Holder: heldBy(f)}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the lock: %w", ctx.Err())
		case <-time.After(min(left, lockPoll)):
		}
	}
}

// heldBy reads who holds the lock; "" while the holder is still writing it.
func heldBy(f *os.File) string {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 4096))
	if err != nil {
		return ""
	}
	var h holder
	if json.Unmarshal(text, &h) != nil {
		return ""
	}
	return h.String()
}

func sign(f *os.File, operation string) error {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	text, err := json.Marshal(holder{Operation: operation, PID: os.Getpid(), Host: host, Since: time.Now()})
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt(text, 0)
	}
	if err != nil {
		return fmt.Errorf("sign the lock: %w", err)
	}
	return nil
}

// Unlock gives the lock back. The file stays: removing it would let two
// processes hold locks on two files of one name.
func (d *DB) Unlock(context.Context) error {
	if d.held == nil {
		return nil
	}
	err := d.unfetch()
	f := d.held
	d.held = nil
	return errors.Join(err, f.Truncate(0), unlock(f), f.Close())
}
