package safemigrate

import (
	"context"
	"errors"
	"strings"

	"github.com/safemigrate/safemigrate/internal/dsn"
	"github.com/safemigrate/safemigrate/internal/engine/postgres"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
)

// RestoreOptions say where a whole dump goes.
type RestoreOptions struct {
	// Into is the URL of a new or an empty database, or its name on the server of Database.
	Into     string
	Database string // URL
	Jobs     int    // 0: as many as there are processors, up to four
	Programs string // directory of pg_dump and pg_restore; "": where packages put them
	// NoOwner leaves everything to the role that restores.
	NoOwner  bool
	Progress func(Notice)
}

// Restored is what a restore made.
type Restored = postgres.Restored

// Restore brings a whole database back from the store alone, into a database that is
// new or empty, and proves that its rows are those that were dumped.
func (s *Store) Restore(ctx context.Context, l StoredSnapshot, o RestoreOptions) (Restored, error) {
	if l.Manifest.Database.Engine != dsn.PostgreSQL {
		return Restored{}, usage("restore snapshot "+l.Ref.ID, errors.New("it is a file: no server has to load it"), "safemigrate snapshot export writes it into a directory")
	}
	url, name := o.Into, ""
	if !strings.Contains(url, "://") && !strings.Contains(url, "=") {
		url, name = o.Database, o.Into
	}
	target, err := dsn.Parse(url)
	if err != nil || target.Engine != dsn.PostgreSQL || o.Into == "" {
		return Restored{}, usage("choose the database to restore into", errors.New("no server is named that could hold it"),
			"name a new database with --into postgres://…/name, or with --into name and the server with --database")
	}
	open, err := dump.Open(ctx, s.store, l.Ref, s.keys)
	if err != nil {
		return Restored{}, storeFailure("open snapshot "+l.Ref.ID, err)
	}
	tell := func(n Notice) {
		if o.Progress != nil {
			o.Progress(n)
		}
	}
	db := DB{config: Config{Jobs: o.Jobs}}
	done, err := postgres.Restore(ctx, open, postgres.RestoreOptions{
		ConnString: target.PostgreSQL, Database: name, Jobs: db.jobs(), Programs: o.Programs, LockWait: DefaultLockTimeout, NoOwner: o.NoOwner,
		Tell: func(text string) { tell(Notice{Phase: "restore", Text: text}) },
		Progress: func(done, total int64, text string) {
			tell(Notice{Phase: "rows", Text: text, Done: done, Total: total})
		},
	})
	if err == nil {
		return done, nil
	}
	if _, ok := errors.AsType[*Failure](err); ok {
		return done, err
	}
	state := "the database " + done.Database + " holds a part of it: drop it before it is tried again"
	if done.Created || done.Rows == 0 {
		state = "no database was left behind"
	}
	f := &Failure{Outcome: migrate.Unchanged, Op: "restore snapshot " + l.Ref.ID, Err: err, State: state,
		Hint: "safemigrate snapshot verify tells whether the snapshot is whole"}
	switch {
	case ctx.Err() != nil:
		f.Err, f.Hint = errors.New("interrupted"), "run the same command again"
	case errors.Is(err, snapshot.ErrVersion):
		f.Hint = "name a database on a server of that version, or a newer one, with --into"
	case errors.Is(err, snapshot.ErrDamaged), errors.Is(err, snapshot.ErrRemoved):
		f.Outcome, f.Hint = migrate.NoWayBack, "restore another snapshot: safemigrate snapshot list shows them"
	}
	return done, f
}
