package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// Guard records, at the end of a batch, what it left, so that a rollback can
// tell its work from what comes later. In the middle there is nothing to judge:
// a statement is committed as soon as it has run, and whatever it did is taken
// back from the snapshot.
func (d *DB) Guard(ctx context.Context, id string, final bool) (migrate.Effect, error) {
	b := d.batch
	if b == nil || b.id != id {
		return migrate.Effect{}, errors.New("there is no snapshot of this batch")
	}
	if !final {
		return migrate.Effect{}, nil
	}
	now, err := d.shown(ctx, b.history)
	if err != nil {
		return migrate.Effect{}, err
	}
	ways, lost, err := d.judge(ctx, b.kept, now)
	if err != nil {
		return migrate.Effect{}, err
	}
	unexplained := b.kept.before.unkept(slices.DeleteFunc(lost, func(name string) bool { return slices.Contains(b.kept.before.LeftOut, name) }))
	changed := catalog.Changed(b.kept.before.State, now)
	unexplained = append(unexplained, unreadable(now, func(key string) bool { return slices.Contains(changed, key) })...)
	unexplained = append(unexplained, drawsTwice(now, slices.DeleteFunc(tablesOf(now), func(name string) bool { return !slices.Contains(changed, catalog.Table+" "+name) }))...)
	others, err := d.foreignDefiners(ctx, b.kept.before.State)
	if err != nil {
		return migrate.Effect{}, err
	}
	effect := migrate.Effect{}
	for _, key := range changed {
		effect.Objects = append(effect.Objects, catalog.Describe(key, b.kept.before.State, now, "created", "dropped", "changed"))
		if others[key] != "" {
			unexplained = append(unexplained, fmt.Sprintf("%s ran as %s, and this user may not make it again as such", key, others[key]))
		}
	}
	if len(unexplained) > 0 {
		return effect, &migrate.GuardError{Unexplained: unexplained}
	}
	if err := d.recordAfter(ctx, id, b.kept, now, ways); err != nil {
		return effect, err
	}
	for _, w := range ways {
		if w.Way == wayCorrected || w.Why == rowsChanged {
			effect.Rows = append(effect.Rows, w.Name+": rows changed")
		}
	}
	b.final = true
	return effect, nil
}

// recordAfter keeps what a batch left: the schema, and hashes of the rows of
// every table that does not go back in place, or of the columns that got another
// type. It commits by itself; without the ledger's word for the batch nobody reads it.
func (d *DB) recordAfter(ctx context.Context, id string, k *kept, now catalog.State, ways []tableWay) error {
	for i := range ways {
		w := &ways[i]
		retyped := k.before.retyped(w.Name, now.Objects[catalog.Table+" "+w.Name].Create)
		if w.Way == wayInPlace || w.Way == wayPutBack && len(retyped) == 0 || w.Way == wayRenamed || w.Way == wayBack {
			continue
		}
		w.Hashes = placeOf("h", id, i)
		if err := d.recordRows(ctx, w, k.shapes[w.Name], retyped); err != nil {
			return err
		}
	}
	_, err := d.putPart(ctx, d.own, id, partAfter, after{State: now, Ways: ways})
	return err
}

// recordRows writes, for each row of a table, a hash of all of it, and where single rows
// are going to be corrected one of its key, and one of the columns that it had before the
// batch. Where values are going to be put back, it is the key and one of the retyped columns.
func (d *DB) recordRows(ctx context.Context, w *tableWay, old shape, retyped []string) error {
	now, err := d.shapeOf(ctx, w.Name)
	if err != nil {
		return err
	}
	key, left, was, find := "NULL", now, "NULL", "k binary(16)"
	if w.Way == wayCorrected || w.Way == wayPutBack {
		key, find = "unhex("+now.keyHash()+")", "k binary(16) NOT NULL, KEY k (k)"
	}
	if common, ok := now.only(old.names()); ok && w.Way == wayCorrected {
		was = "unhex(" + common.rowHash() + ")"
	}
	if w.Way == wayPutBack {
		left, _ = now.only(retyped) // they are there
	}
	err = d.own.execAll(ctx,
		"DROP TABLE IF EXISTS "+quote(w.Hashes),
		"CREATE TABLE "+quote(w.Hashes)+" (n bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, "+find+", h binary(16) NOT NULL, b binary(16))"+storeOptions,
		"INSERT INTO "+quote(w.Hashes)+" (k, h, b) SELECT "+key+", unhex("+left.rowHash()+"), "+was+" FROM "+now.from(w.Name))
	if err != nil {
		return fmt.Errorf("record the rows of %s: %w", w.Name, err)
	}
	w.Rows, err = d.own.number(ctx, "SELECT count(*) FROM "+quote(w.Hashes))
	return err
}
