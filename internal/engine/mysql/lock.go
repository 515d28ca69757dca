package mysql

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
)

// pollEvery is how often a lock that is held is tried again.
const pollEvery = 200 * time.Millisecond

// nameLimit is how long the name of a lock may be (MySQL 5.7 and newer).
const nameLimit = 64

// lockName is safemigrate's own lock, for the sessions of one kind. Named locks
// belong to the server, so the database is part of the name.
func (d *DB) lockName(kind string) string {
	name := "safemigrate " + kind + " " + d.name
	if len(name) > nameLimit {
		sum := sha256.Sum256([]byte(d.name))
		name = "safemigrate " + kind + " " + hex.EncodeToString(sum[:16])
	}
	return name
}

// mainLock keeps a second safemigrate out, and tells of a statement that still
// runs; ownLock does so for the session that copies and takes back.
func (d *DB) mainLock() string { return d.lockName("main") }
func (d *DB) ownLock() string  { return d.lockName("own") }

// Lock takes safemigrate's locks and the plain tool's: all of them or none.
func (d *DB) Lock(ctx context.Context, r migrate.LockRequest) error {
	if err := d.writable(ctx); err != nil {
		return err
	}
	if err := d.openApp(ctx); err != nil {
		return err
	}
	d.locks = append([]string{d.mainLock()}, r.History.LockNames...)
	deadline := time.Now().Add(r.Wait)
	for {
		busy, err := d.tryLocks(ctx)
		if err != nil || busy == "" {
			return err
		}
		if time.Now().After(deadline) {
			return &migrate.LockedError{What: d.describeLock(busy), Holder: d.holder(ctx, busy)}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}

func (d *DB) describeLock(name string) string {
	if strings.HasPrefix(name, "safemigrate ") {
		return "safemigrate's lock"
	}
	return "the lock of the plain migration tool"
}

// tryLocks takes every lock, or returns the name of one that somebody else has
// and gives back the others.
func (d *DB) tryLocks(ctx context.Context) (busy string, err error) {
	if busy, err = tryEach(ctx, d.own, []string{d.ownLock()}); err != nil || busy != "" {
		return busy, err
	}
	busy, err = tryEach(ctx, d.app, d.locks)
	if busy != "" || err != nil {
		if freed := release(ctx, d.own, []string{d.ownLock()}); err == nil {
			err = freed
		}
	}
	return busy, err
}

func tryEach(ctx context.Context, s *session, names []string) (busy string, err error) {
	for i, name := range names {
		got, err := s.number(ctx, "SELECT GET_LOCK($1, 0)", name)
		if err != nil {
			return "", fmt.Errorf("try the locks: %w", err)
		}
		if got != 1 {
			return name, release(ctx, s, names[:i])
		}
	}
	return "", nil
}

func release(ctx context.Context, s *session, names []string) error {
	for _, name := range names {
		if _, err := s.number(ctx, "SELECT RELEASE_LOCK($1)", name); err != nil {
			return fmt.Errorf("unlock: %w", err)
		}
	}
	return nil
}

// Unlock gives the locks back.
func (d *DB) Unlock(ctx context.Context) error {
	if len(d.locks) == 0 || d.app == nil {
		return nil
	}
	names := d.locks
	d.locks = nil
	// A session that is gone has given them back already.
	_ = release(ctx, d.app, names)
	_ = release(ctx, d.own, []string{d.ownLock()})
	return nil
}

// holdLocks takes locks again that a file gave away, by RELEASE_ALL_LOCKS or by
// its session's end: from there on somebody else may be at work.
func (d *DB) holdLocks(ctx context.Context) error {
	for _, name := range d.locks {
		holder, err := d.app.number(ctx, "SELECT IS_USED_LOCK($1)", name)
		if err != nil {
			return fmt.Errorf("look at the locks: %w", err)
		}
		if holder == d.app.id {
			continue
		}
		busy, err := tryEach(ctx, d.app, []string{name})
		if err != nil {
			return err
		}
		if busy != "" {
			return &migrate.LockedError{What: d.describeLock(name) + ", which the file gave away,", Holder: d.holder(ctx, name)}
		}
	}
	return nil
}

// holder names the session that holds a lock; "" where it cannot be seen.
func (d *DB) holder(ctx context.Context, name string) string {
	names, err := d.clients(ctx)
	if err != nil {
		return ""
	}
	if !strings.HasPrefix(name, "safemigrate ") {
		return d.holderOf(ctx, name, names)
	}
	// Of the two sessions of a run, the one that works tells more.
	const idle = "in: Sleep"
	main, own := d.holderOf(ctx, d.mainLock(), names), d.holderOf(ctx, d.ownLock(), names)
	if main == "" || own != "" && strings.HasSuffix(main, idle) && !strings.HasSuffix(own, idle) {
		return own
	}
	return main
}

func (d *DB) holderOf(ctx context.Context, name string, names map[string]string) string {
	id, err := d.ledger.number(ctx, "SELECT IS_USED_LOCK($1)", name)
	if err != nil || id == 0 {
		return ""
	}
	r, err := d.process(ctx, id)
	if err != nil || r == nil {
		return ""
	}
	const user, host, command, seconds, longest = 1, 2, 4, 5, 60
	run, statement := runOf(r, names)
	doing := []rune(cmp.Or(statement, r.Text(command)))
	told := fmt.Sprintf("connection %d, user %s from %s, for %s s in: %s", id, r.Text(user), r.Text(host), r.Text(seconds), string(doing[:min(len(doing), longest)]))
	if run != "" {
		told = fmt.Sprintf("%q, %s", run, told)
	}
	return told
}
