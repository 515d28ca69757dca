package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// bring takes everything over, for a dump holds nothing that is safemigrate's: snapshots
// with the rows that they keep in the database, where their objects are found, and what
// was written since earlier batches, whose marks say nothing of rows that were loaded.
// What was prepared stays behind: it was for the batches that go.
func (f *fromDump) bring(ctx context.Context, there *DB, k kept, _ []migrate.Batch) error {
	numbers := revert.Between(f.pairs)
	if err := f.bringNumbers(ctx, there, numbers); err != nil {
		return err
	}
	here, err := f.Snapshots(ctx)
	if err != nil {
		return err
	}
	for _, m := range here {
		if err := f.bringSnapshot(ctx, there, m); err != nil {
			return fmt.Errorf("bring snapshot %s over: %w", m.ID, err)
		}
	}
	return f.bringMarks(ctx, there, k, numbers)
}

// bringNumbers takes the list of what rollbacks have made anew over, and adds that
// everything is new.
func (f *fromDump) bringNumbers(ctx context.Context, there *DB, numbers revert.Renumbered) error {
	found, err := f.conn.Query(ctx, `SELECT n, batch, doc FROM safemigrate.renumbering ORDER BY n`)
	if err != nil {
		return fmt.Errorf("bring the renumberings over: %w", plain(err))
	}
	defer found.Close()
	for found.Next() {
		var n int32
		var batch string
		var doc []byte
		if err := found.Scan(&n, &batch, &doc); err != nil {
			return fmt.Errorf("bring the renumberings over: %w", err)
		}
		if _, err := there.conn.Exec(ctx, `INSERT INTO safemigrate.renumbering (n, batch, doc) VALUES ($1, $2, $3)`, n, batch, doc); err != nil {
			return fmt.Errorf("bring the renumberings over: %w", plain(err))
		}
	}
	if err := found.Err(); err != nil {
		return fmt.Errorf("bring the renumberings over: %w", plain(err))
	}
	return there.putRenumbering(ctx, f.req.ID, numbers)
}

func (f *fromDump) bringSnapshot(ctx context.Context, there *DB, m *snapshot.Manifest) error {
	if err := f.bringParts(ctx, there, m); err != nil {
		return err
	}
	if _, prepared := m.Parts[partPrepared]; prepared {
		if err := there.forget(ctx, m.ID); err != nil {
			return err
		}
	}
	found, err := f.Query(ctx, `SELECT c.relname, coalesce(pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum), ''),
			coalesce(pg_catalog.string_agg(pg_catalog.quote_ident(a.attname) || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod) ||
				CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname) ELSE '' END,
				', ' ORDER BY a.attnum), '')
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
		LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
		WHERE n.nspname = $1 AND c.relkind = 'r' GROUP BY c.oid, c.relname ORDER BY c.relname`, copySchema(m.ID))
	if err != nil || len(found) == 0 {
		return err
	}
	if err := there.makePlace(ctx, m.ID); err != nil {
		return err
	}
	for _, r := range found {
		name := relation(copySchema(m.ID), r.Text(0))
		if err := there.script(ctx, "CREATE TABLE "+name+" ("+r.Text(2)+")"); err != nil {
			return err
		}
		if err := f.bringRows(ctx, there, name, r.Text(1)); err != nil {
			return fmt.Errorf("the rows of %s: %w", name, err)
		}
	}
	return nil
}

// bringRows copies the rows of a table into the one of the same name.
func (f *fromDump) bringRows(ctx context.Context, there *DB, name, columns string) error {
	if columns == "" {
		return nil
	}
	from, to := io.Pipe()
	sent := make(chan error, 1)
	var n int64
	go func() {
		tag, err := f.conn.PgConn().CopyTo(ctx, to, "COPY "+name+" ("+columns+") TO STDOUT")
		n = tag.RowsAffected()
		sent <- errors.Join(plain(err), to.CloseWithError(err))
	}()
	tag, err := there.conn.PgConn().CopyFrom(ctx, from, "COPY "+name+" ("+columns+") FROM STDIN")
	_ = from.CloseWithError(err)
	if err := errors.Join(plain(err), <-sent); err != nil {
		return err
	}
	if tag.RowsAffected() != n {
		return fmt.Errorf("%d came over, there were %d", tag.RowsAffected(), n)
	}
	return nil
}

// bringMarks marks this moment for the batches that stand: what was written since them
// and before the dump is counted, or is not known.
func (f *fromDump) bringMarks(ctx context.Context, there *DB, k kept, numbers revert.Renumbered) error {
	ids, err := f.appliedBatches(ctx)
	if err != nil {
		return err
	}
	all, err := there.tables(ctx, f.req.History)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if slices.ContainsFunc(f.req.Batches, func(b migrate.Batch) bool { return b.ID == id }) {
			continue
		}
		e, today, err := f.effectOf(ctx, id)
		if unusable(err) {
			continue // pruned or damaged: no rollback will ask for these numbers
		}
		if err != nil {
			return err
		}
		for oid := range e.Marks {
			at := numbers.Table(today(oid))
			i := slices.IndexFunc(all, func(t table) bool { return t.oid == at })
			if i < 0 {
				continue
			}
			m, err := rows.Now(ctx, there.conn, relation(all[i].schema, all[i].name))
			if err != nil {
				return plain(err)
			}
			s, counted := f.countedBefore(id, today(oid), k)
			_, recorded := e.Records[oid]
			m.CarriedWritten, m.CarriedGone = s.Written, s.Gone
			m.Unknown = m.Unknown || !counted || s.Written < 0 || recorded && s.Written != 0
			e.Marks[oid] = m
		}
		if err := there.putSealed(ctx, id, map[string]any{partEffect: e}); err != nil {
			return err
		}
	}
	return nil
}

// countedBefore is what was written to a table since an earlier batch and before the
// dump: as the snapshot of the oldest batch has it, or as it is now, where the table is as
// it was then.
func (f *fromDump) countedBefore(id string, oid uint32, k kept) (since, bool) {
	if s, counted := f.oldest().kept.Since[id][oid]; counted {
		return s, true
	}
	s, counted := k.Since[id][oid]
	return s, counted && !f.other[oid]
}
