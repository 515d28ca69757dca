package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// VerifyRestored restores a dump as a database of its own, as an exchange would, compares
// every row with its sums and every definition with what was kept, and drops it again.
// Nobody but safemigrate itself is kept out meanwhile. After a crash a database is left that
// no manifest names, which the same command and prune remove.
func (d *DB) VerifyRestored(ctx context.Context, r migrate.VerificationRequest) error {
	if r.Manifest.Strategy != snapshot.Dump {
		return d.Verify(ctx, r.Manifest)
	}
	if err := d.Begin(ctx, migrate.Step{}); err != nil {
		return err
	}
	x := &exchange{DB: d, req: migrate.RevertRequest{History: r.History, Progress: r.Progress}}
	f := &fromDump{exchange: x, other: map[uint32]bool{}}
	x.from = f
	err := f.tryOut(ctx, r.Manifest)
	return errors.Join(err, f.close(), d.Abort(context.WithoutCancel(ctx)))
}

// tryOut restores the dump, proves the restored database and drops it.
func (f *fromDump) tryOut(ctx context.Context, m *snapshot.Manifest) (err error) {
	if err := f.openAlone(ctx, m); err != nil {
		return err
	}
	third, err := f.outside(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, third.end(ctx)) }()
	name := cloneName(f.own.Name, m.ID) + imageSuffix
	defer func() { err = errors.Join(err, third.dropDatabase(context.WithoutCancel(ctx), name)) }()
	// One that is there was left by a run that died: this one holds the lock.
	if err := third.dropDatabase(ctx, name); err != nil {
		return err
	}
	if err := f.build(ctx, third, name); err != nil {
		return err
	}
	failpoint.Hit("postgres.verify.restored")
	there, err := f.beside(ctx, name, "verify")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, there.end(ctx)) }()
	f.tellf("comparing the schema with what was kept")
	if err := there.Begin(ctx, migrate.Step{}); err != nil {
		return err
	}
	err = f.sameSchema(ctx, there)
	if err == nil {
		err = f.sameObjects(ctx, there)
	}
	return errors.Join(err, there.Abort(context.WithoutCancel(ctx)))
}

// openAlone reads what is kept of a dump, and refuses what this role could not make.
func (f *fromDump) openAlone(ctx context.Context, m *snapshot.Manifest) (err error) {
	if f.own, err = f.readOwn(ctx); err != nil {
		return err
	}
	if f.now, err = f.readDefinitions(ctx, f.req.History, nil); err != nil {
		return err
	}
	p, err := f.load(ctx, m.ID, false, f.now)
	if err != nil {
		return err
	}
	f.past = []*past{p}
	source, err := f.openDump(ctx, p.manifest)
	if err != nil {
		return err
	}
	if f.dumped, err = unpackDump(ctx, source); err != nil {
		return err
	}
	if f.programs, err = dump.FindReader(ctx, f.opts.Dumps.Programs, f.server, f.dumped.schema()); err != nil {
		return damaged(err)
	}
	beyond, err := f.beyond(ctx)
	if err == nil && len(beyond) > 0 {
		err = fmt.Errorf("this role cannot restore it: %s", migrate.FirstFew(beyond))
	}
	return err
}
