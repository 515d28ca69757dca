package safemigrate

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/internal/dsn"
	"github.com/safemigrate/safemigrate/internal/engine/postgres"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store"
	"github.com/safemigrate/safemigrate/snapshot/store/dir"
	"github.com/safemigrate/safemigrate/snapshot/store/s3"
)

// StoreConfig says where snapshots lie outside the database, and who reads them.
type StoreConfig struct {
	// URL is a directory, file:///directory, or
	// s3://bucket/prefix?endpoint=https://…&region=…; "": no store.
	URL string
	// Recipients are age public keys, or names of files that hold some; with
	// them, snapshots are encrypted.
	Recipients []string
	// Identities are files of age identities, with which snapshots are read.
	Identities []string
	// PassphraseFile holds in its first line what stands for both.
	PassphraseFile string
}

const storeHint = "check the URL of the store and the credentials for it"

// place is the directory that the URL of a store names; "": it names a bucket. No store
// is asked for anything.
func place(text string) (path string, err error) {
	scheme, rest, ok := strings.Cut(text, "://")
	switch {
	case !ok:
		return text, nil
	case scheme == "s3":
		return "", s3.CheckURL(text)
	case scheme != "file":
		return "", fmt.Errorf("there is no store of kind %.20s://: name a directory, or s3://bucket/prefix", scheme)
	}
	// What stands before the first slash of a URL is a host.
	if path, err = url.PathUnescape(strings.TrimPrefix(rest, "localhost")); err != nil || !strings.HasPrefix(path, "/") {
		return "", errors.New("the URL of the store cannot be read: write file:///directory")
	}
	return path, nil
}

// openStore opens a store; create makes a missing directory.
func openStore(ctx context.Context, text string, create bool) (store.Store, error) {
	path, err := place(text)
	switch {
	case err != nil:
		return nil, err
	case path == "":
		return s3.Open(ctx, text)
	}
	return dir.Open(path, create)
}

// check refuses a URL that is none of a store.
func (c StoreConfig) check() error {
	if _, err := place(c.URL); err != nil {
		return usage("read the URL of the store", err, "name a directory, or s3://bucket/prefix?endpoint=https://host:port&region=name")
	}
	return nil
}

// depot opens what the operation needs of stores.
func (db *DB) depot(ctx context.Context, operation string) (dump.Depot, error) {
	c := db.config.Store
	depot := dump.Depot{Reach: func(ctx context.Context, url string) (store.Store, error) { return openStore(ctx, url, false) }}
	var err error
	if depot.Keys, err = dump.ReadKeys(c.Recipients, c.Identities, c.PassphraseFile); err != nil {
		return depot, usage("read the keys of the store", err, "age-keygen makes a key; --recipient takes its public part, --identity its file")
	}
	switch operation {
	case "plan", "status", "snapshots":
		return depot, nil
	}
	if c.URL == "" {
		return depot, nil
	}
	if depot.Store, err = openStore(ctx, c.URL, operation == "up"); err != nil {
		return depot, &Failure{Outcome: migrate.NoWayBack, Op: "open the store", Err: err, State: "the database was not changed", Hint: storeHint}
	}
	return depot, nil
}

// Store is a store of snapshots, without any database.
type Store struct {
	store store.Store
	keys  dump.Keys
}

type (
	// StoredSnapshot is one snapshot of a store.
	StoredSnapshot = dump.Listed
	// VerifyLevel is how thoroughly a stored snapshot is verified.
	VerifyLevel = dump.Level
	// Checked is what a verification read.
	Checked = dump.Checked
)

// OpenStore opens a store that is there.
func OpenStore(ctx context.Context, c StoreConfig) (*Store, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	keys, err := dump.ReadKeys(c.Recipients, c.Identities, c.PassphraseFile)
	if err != nil {
		return nil, usage("read the keys of the store", err, "--identity takes a file of age-keygen")
	}
	st, err := openStore(ctx, c.URL, false)
	if err != nil {
		return nil, &Failure{Outcome: migrate.Unchanged, Op: "open the store", Err: err, State: "the database was not changed", Hint: storeHint}
	}
	return &Store{st, keys}, nil
}

// String is the store's URL without a secret.
func (s *Store) String() string { return s.store.String() }

// Snapshots lists all snapshots of all databases, oldest first. Those that
// cannot be read come back as an error beside the others.
func (s *Store) Snapshots(ctx context.Context) ([]StoredSnapshot, error) {
	all, err := dump.List(ctx, s.store)
	return all, storeFailure("list the snapshots", err)
}

// Snapshot finds one snapshot by its ID, or the newest with a tag.
func (s *Store) Snapshot(ctx context.Context, idOrTag string) (StoredSnapshot, error) {
	l, err := dump.Find(ctx, s.store, idOrTag)
	return l, storeFailure("find snapshot "+idOrTag, err)
}

// Contents opens what a snapshot holds; it needs an identity where the snapshot
// is encrypted.
func (s *Store) Contents(ctx context.Context, l StoredSnapshot) (*dump.Contents, error) {
	open, err := dump.Open(ctx, s.store, l.Ref, s.keys)
	if err != nil {
		return nil, storeFailure("open snapshot "+l.Ref.ID, err)
	}
	return open.Contents, nil
}

// Verify reads a snapshot back. With shares, above 1, one of so many shares of
// the chunks is read: the one that was checked longest ago.
func (s *Store) Verify(ctx context.Context, l StoredSnapshot, level VerifyLevel, shares int) (Checked, error) {
	c, err := dump.Verify(ctx, s.store, l.Ref, dump.VerifyOptions{Level: level, Shares: shares, Keys: s.keys})
	return c, storeFailure("verify snapshot "+l.Ref.ID, err)
}

// Export writes the files that a snapshot holds into a new or empty directory; of a
// PostgreSQL database, into a new one, what the stock pg_restore reads.
func (s *Store) Export(ctx context.Context, l StoredSnapshot, to string) ([]string, error) {
	open, err := dump.Open(ctx, s.store, l.Ref, s.keys)
	if err != nil {
		return nil, storeFailure("open snapshot "+l.Ref.ID, err)
	}
	names := []string{to}
	if l.Manifest.Database.Engine == dsn.PostgreSQL {
		err = postgres.Export(ctx, open, to, nil)
	} else {
		names, err = dump.Export(ctx, open, to)
	}
	if errors.Is(err, os.ErrExist) {
		return nil, usage("export snapshot "+l.Ref.ID, err, "name a directory that is not there yet")
	}
	return names, storeFailure("export snapshot "+l.Ref.ID, err)
}

// Pin keeps a snapshot from being pruned by a rule, or lets it go again.
func (s *Store) Pin(ctx context.Context, l StoredSnapshot, pinned bool) error {
	return storeFailure("pin snapshot "+l.Ref.ID, dump.Pin(ctx, s.store, l.Ref, pinned))
}

// Prune removes snapshots from the store, and what no snapshot needs any more.
// The rules hold for each database by itself; the newest snapshot of each goes
// only when it is named.
func (s *Store) Prune(ctx context.Context, o PruneOptions) (*PruneReport, error) {
	all, err := dump.List(ctx, s.store)
	if err != nil {
		return nil, storeFailure("list the snapshots", err)
	}
	going := o.IDs
	if len(going) == 0 {
		pinned, err := dump.Pinned(ctx, s.store)
		if err != nil {
			return nil, storeFailure("prune", err)
		}
		going = dump.Choose(all, o.Rules, pinned, time.Now())
	}
	for _, id := range o.IDs {
		if !slices.ContainsFunc(all, func(l StoredSnapshot) bool { return l.Ref.ID == id }) {
			return nil, storeFailure("prune "+id, store.ErrMissing)
		}
	}
	report := &PruneReport{DryRun: o.DryRun, Pruned: []PrunedSnapshot{}, Kept: []string{}}
	for _, l := range all {
		if !slices.Contains(going, l.Ref.ID) {
			report.Kept = append(report.Kept, l.Ref.ID)
			continue
		}
		if !o.DryRun {
			if err := dump.Remove(ctx, s.store, l.Ref); err != nil {
				return report, storeFailure("prune", err)
			}
		}
		report.Pruned = append(report.Pruned, PrunedSnapshot{ID: l.Ref.ID, Tag: l.Manifest.Tag, Bytes: l.Manifest.Added})
	}
	if o.DryRun {
		return report, nil
	}
	_, err = dump.Sweep(ctx, s.store, dump.SweepOptions{Grace: dump.DefaultGrace})
	return report, storeFailure("sweep the store", err)
}

// storeFailure puts an error of a store into the terms of an ending.
func storeFailure(op string, err error) error {
	if err == nil {
		return nil
	}
	f := &Failure{Outcome: migrate.NoWayBack, Op: op, Err: err, State: "the database was not changed",
		Hint: "this snapshot cannot serve a rollback: keep another way back at hand"}
	switch {
	case errors.Is(err, context.Canceled):
		f.Outcome, f.Err, f.Hint = migrate.Unchanged, errors.New("interrupted"), "run the same command again"
	case errors.Is(err, store.ErrInUse):
		f.Outcome, f.Hint = migrate.Locked, "wait until the other one is done"
	case errors.Is(err, snapshot.ErrKey):
		f.Hint = "give the key with --identity FILE, or --passphrase-file FILE"
	case errors.Is(err, store.ErrMissing) && !errors.Is(err, snapshot.ErrDamaged): // what was named, not a part of it
		f.Outcome, f.Hint = migrate.Usage, "safemigrate snapshot list"
	case errors.Is(err, dump.ErrUnclear):
		f.Outcome, f.Hint = migrate.Usage, "name the snapshot by its ID: safemigrate snapshot list"
	case errors.Is(err, snapshot.ErrRemoved):
		f.Hint = "name the store with --store where it has moved; else safemigrate snapshot prune ID takes the snapshot off the list, and another way back is needed"
	case errors.Is(err, snapshot.ErrUnreachable):
		f.Hint = storeHint
	case errors.Is(err, store.ErrDenied), errors.Is(err, store.ErrNoStore):
		f.Outcome, f.Hint = migrate.Unchanged, storeHint
	}
	return f
}
