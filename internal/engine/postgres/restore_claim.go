package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/migrate"
)

// claim has a session on another database hold the name of the one that is restored into,
// from before that is looked for until the end: what one restore has just made, another one
// would take for what a dead run has left. An advisory lock is one of a database, and who
// restores may have come through another one; so it is looked for in all of them. Where no
// other database can be reached, nothing is made or dropped, and the lock on the database
// itself has to do.
func (t *target) claim(ctx context.Context) error {
	if err := t.reachThird(ctx); err != nil || t.third == nil {
		return err
	}
	conn := t.third
	if _, err := conn.Exec(ctx, "SET idle_session_timeout = 0"); err != nil { // it waits for as long as the restore takes
		return fmt.Errorf("claim database %q: %w", t.config.Database, plain(err))
	}
	key := nameKey(t.config.Database)
	var free, alone bool
	err := conn.QueryRow(ctx, "SELECT pg_catalog.pg_try_advisory_lock($1)", key).Scan(&free)
	if err == nil {
		err = conn.QueryRow(ctx, `SELECT NOT EXISTS (SELECT 1 FROM pg_catalog.pg_locks l WHERE l.pid <> pg_catalog.pg_backend_pid() AND `+held+`)`, key).Scan(&alone)
	}
	if err != nil {
		return fmt.Errorf("claim database %q: %w", t.config.Database, plain(err))
	}
	if !free || !alone {
		return t.atWork()
	}
	return nil
}

// nameKey is the advisory lock that stands for the name of a database.
func nameKey(database string) int64 {
	sum := sha256.Sum256([]byte("safemigrate restores into " + database))
	return int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // all 64 bits, whatever their sign
}

func (t *target) operation() string {
	return fmt.Sprintf("restore into database %q", t.config.Database)
}

// atWork refuses a second run.
func (t *target) atWork() error {
	return &migrate.Failure{Outcome: migrate.Locked, Op: t.operation(), Err: errors.New("safemigrate is at work in it"),
		State: "nothing was changed", Hint: "wait until the other one is done"}
}

// reachThird connects to another database of the server: the usual one, in whose place
// nobody puts another, or the one that the connection string names.
func (t *target) reachThird(ctx context.Context) error {
	names := []string{"postgres"}
	if c, err := pgx.ParseConfig(t.text); err == nil {
		names = append(names, c.Database)
	}
	t.barred = fmt.Errorf("no other database is named through which %q could be made or dropped", t.config.Database)
	for _, name := range names {
		if name == t.config.Database {
			continue
		}
		other := t.config.Copy()
		other.Database = name
		conn, err := pgx.ConnectConfig(ctx, other)
		if err == nil {
			t.third = conn
			return nil
		}
		if t.barred = connectFailure(other, err); code(err) == "" {
			return connectFailure(t.config, err) // nothing can be reached
		}
	}
	return nil
}
