package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/client"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
	stored "github.com/safemigrate/safemigrate/snapshot/dump"
)

// RestoreOptions say where a whole dump goes.
type RestoreOptions struct {
	// ConnString names the server, and the database that is restored into unless
	// Database does. One that is missing is made; one that is there has to be empty.
	ConnString string
	Database   string
	Jobs       int
	Programs   string
	LockWait   time.Duration
	// NoOwner leaves everything to the role that restores, with its default privileges.
	NoOwner bool
	// Tell is told what begins and which table is loaded, Progress how far the rows are.
	Tell     func(text string)
	Progress func(done, total int64, text string)
}

// Restored is what a restore made.
type Restored struct {
	Database string `json:"database"`
	Address  string `json:"address"`
	Created  bool   `json:"created"`
	Tables   int    `json:"tables"`
	Rows     int64  `json:"rows"`
	// NotGiven lists what the dumped database had (owner, settings, privileges …) and this
	// role could not give to the one that was made.
	NotGiven []string `json:"not_given,omitempty"`
}

// Restore brings a dump from a store into a new or an empty database, and proves that
// the rows are those that were dumped. After an error a database that it made is gone,
// and one that was there holds a part.
func Restore(ctx context.Context, s *stored.Snapshot, o RestoreOptions) (out Restored, err error) {
	w, err := unpackDump(ctx, dump.FromStore{Snapshot: s})
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	c, schema := w.contents, w.schema()
	config, err := pgx.ParseConfig(o.ConnString)
	if err != nil {
		return out, parseFailure()
	}
	if o.Database != "" {
		config.Database = o.Database
	}
	config.RuntimeParams["application_name"] = client.Name("restore")
	out = Restored{Database: config.Database, Address: address(config), Tables: len(c.Tables)}
	t, err := openTarget(ctx, config, o.ConnString, schema)
	out.Created = t.made
	if err != nil {
		return out, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.abandon(ctx))
		}
		t.close(ctx)
	}()
	if t.server/10000 < c.Server/10000 {
		return out, fmt.Errorf("%w: it was taken on PostgreSQL %d, this server is %d", snapshot.ErrVersion, c.Server/10000, t.server/10000)
	}
	programs, err := dump.FindReader(ctx, o.Programs, t.server, schema)
	if err != nil {
		return out, damaged(err)
	}
	var properties dump.Properties
	if !o.NoOwner {
		if properties, err = dump.DatabaseProperties(schema, config.Database); err != nil {
			return out, damaged(err)
		}
	}
	if err := t.lacks(ctx, s.Ref.ID, schema, o.NoOwner, o.Tell); err != nil {
		return out, err
	}
	if err := t.mark(ctx); err != nil {
		return out, err
	}
	failpoint.Hit("postgres.restore.begun")
	for _, table := range c.Tables {
		out.Rows += table.Rows
	}
	r := dump.Restoring{
		Programs: programs, Version: t.server, Server: dump.Reach(config, o.ConnString), Contents: c, Source: w.source, Dir: schema, NoOwner: o.NoOwner, Spell: revert.Respell, Tell: o.Tell,
		Options: dump.Options{Jobs: max(o.Jobs, 1), LockWait: o.LockWait, Progress: o.watch,
			Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.ConnectConfig(ctx, config.Copy()) }},
	}
	err = notRestored(r.Run(ctx))
	if notAllowed(err) {
		return out, &migrate.Failure{Outcome: migrate.Unchanged, Op: "restore snapshot " + s.Ref.ID, Err: err, State: notLeft(out),
			Hint: "restore as a superuser, or leave owners and privileges out with --no-owner"}
	}
	if err != nil {
		return out, err
	}
	failpoint.Hit("postgres.restore.compared")
	out.NotGiven, err = t.finish(ctx, properties)
	return out, err
}

// notRestored says what of a dump could not be restored, and where it was damaged.
func notRestored(err error) error {
	if errors.Is(err, dump.ErrDamaged) {
		return damaged(err)
	}
	return err // with the table that was being loaded, which plain leaves out
}

// notExecuted is how pg_restore begins what the server had against a statement.
const notExecuted = "pg_restore: error: could not execute query: "

// refusedByServer tells whether the server has read what was restored and does not take
// it: the same would happen again.
func refusedByServer(err error) bool {
	if err == nil || errors.Is(err, snapshot.ErrDamaged) {
		return false
	}
	const resources, operator, connection = "53", "57", "08"
	c := code(err)
	for _, passing := range []string{resources, operator, connection} {
		if strings.HasPrefix(c, passing) {
			return false
		}
	}
	return c != "" || strings.Contains(err.Error(), notExecuted)
}

// notAllowed tells whether it was the role that may not do what was restored. pg_restore
// passes on the server's words alone; where those are not English, the hint is another one.
func notAllowed(err error) bool {
	if err == nil {
		return false
	}
	_, said, executed := strings.Cut(err.Error(), notExecuted)
	for _, words := range []string{"must be ", "permission denied", "not permitted"} {
		if executed && strings.Contains(said, words) {
			return true
		}
	}
	return code(err) == "42501"
}

// notLeft is the state after a restore that failed.
func notLeft(r Restored) string {
	if r.Created {
		return "no database was left behind"
	}
	return "the database " + r.Database + " holds a part of it: drop it before it is tried again"
}

// withoutValue is a statement for people: what a setting is set to can be a secret.
func withoutValue(statement string) string {
	for _, before := range []string{" TO '", " IS '", " = "} {
		statement, _, _ = strings.Cut(statement, before)
	}
	return strings.TrimSuffix(statement, ";")
}

// unpackedDump is a dump that can be restored as a database: its list of contents, and
// pg_dump's definitions in a directory of their own.
type unpackedDump struct {
	source   dump.FromStore
	contents *dump.Contents
	dir      string
}

func unpackDump(ctx context.Context, source dump.FromStore) (*unpackedDump, error) {
	c, err := source.Contents(ctx)
	if err != nil {
		return nil, damaged(err)
	}
	if trees := dump.Unsuited(c.Tables); len(trees) > 0 {
		return nil, &migrate.BlockedError{Blockers: []string{dump.UnsuitedText(trees) + "; pg_restore takes what snapshot export --pg-archive writes"}}
	}
	dir, err := os.MkdirTemp("", "safemigrate-restore-")
	if err != nil {
		return nil, fmt.Errorf("make a place for the schema: %w", err)
	}
	u := &unpackedDump{source, c, dir}
	if err := source.Unpack(ctx, u.schema()); err != nil {
		return nil, errors.Join(damaged(err), u.close())
	}
	return u, nil
}

// schema is the directory of pg_dump's definitions.
func (u *unpackedDump) schema() string { return filepath.Join(u.dir, "schema") }

func (u *unpackedDump) close() error {
	if err := os.RemoveAll(u.dir); err != nil {
		return fmt.Errorf("remove the unpacked schema: %w", err)
	}
	return nil
}

// watch tells how far the rows have come.
func (o *RestoreOptions) watch(p dump.Progress) {
	if p.Table != "" && o.Tell != nil {
		o.Tell(fmt.Sprintf("%s: %d rows, %d bytes", p.Table, p.Rows, p.Bytes))
	}
	if o.Progress != nil {
		rate, left := p.Rate()
		o.Progress(p.Done, p.Total, fmt.Sprintf("%d MB/s, %s left", rate/1_000_000, left.Round(time.Second)))
	}
}

// Export writes a dump from a store into a directory that is new, in the form that the
// stock pg_restore reads.
func Export(ctx context.Context, s *stored.Snapshot, dir string, tell func(table string)) error {
	return damaged(dump.FromStore{Snapshot: s}.Export(ctx, dir, tell))
}
