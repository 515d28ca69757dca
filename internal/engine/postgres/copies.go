package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// copyTables copies what the scope keeps.
func (d *DB) copyTables(ctx context.Context, r keepRequest, m *snapshot.Manifest, k *kept) error {
	started := time.Now()
	var total, done int64
	for _, c := range r.scope.choices {
		if c.keep {
			total += c.bytes
		}
	}
	for _, c := range r.scope.choices {
		if !c.keep {
			continue
		}
		if r.progress != nil {
			r.progress(done, total, c.label())
		}
		if err := d.keepTable(ctx, r.id, c, m, k); err != nil {
			return err
		}
		done += c.bytes
		failpoint.Hit("postgres.take.table")
	}
	m.Took = time.Since(started)
	return nil
}

// keepTable copies what was chosen of one table, within the budget, and names it
// in the manifest.
func (d *DB) keepTable(ctx context.Context, id string, c choice, m *snapshot.Manifest, k *kept) error {
	if err := d.limit(ctx, c.table); err != nil {
		return err
	}
	way, err := d.copier(ctx, id, c.table)
	if err != nil {
		return err
	}
	copied, sum, err := d.copyRows(ctx, id, c, way)
	if err != nil {
		return d.tooCostly(ctx, c.table, err)
	}
	k.Copies[c.oid], k.Sums[c.oid] = copied, sum
	m.Tables = append(m.Tables, snapshot.Table{Name: c.label(), Rows: sum.Rows, Sum: sum.Hash, At: copied.Source, Columns: keptColumns(copied)})
	return d.checkSize(ctx, id)
}

// keptColumns names the columns of a copy that does not hold whole rows, those
// of the key first.
func keptColumns(c revert.Copy) []string {
	if c.Key == nil {
		return nil
	}
	var key, rest []string
	for _, col := range c.Columns {
		if slices.Contains(c.Key, col.Num) {
			key = append(key, col.Name)
		} else {
			rest = append(rest, col.Name)
		}
	}
	return append(key, rest...)
}

// limit has the server stop the copying when the tables have been locked for
// longer than the budget allows.
func (d *DB) limit(ctx context.Context, t table) error {
	b := d.batch
	if b.budget.Lock == 0 {
		return nil
	}
	left := b.budget.Lock - time.Since(b.locked)
	if left < time.Millisecond {
		return overLock(t, b.budget.Lock)
	}
	return d.script(ctx, fmt.Sprintf("SET LOCAL statement_timeout = %d", left.Milliseconds()))
}

func overLock(t table, most time.Duration) error {
	return fmt.Errorf("at the copy of %s writers had been waiting for longer than --max-lock allows (%s)", t.label(), most)
}

// tooCostly says what stopped a copy half-way; the caller undoes it.
func (d *DB) tooCostly(ctx context.Context, t table, err error) error {
	switch {
	case code(err) == "57014" && d.batch.budget.Lock > 0 && ctx.Err() == nil:
		return overLock(t, d.batch.budget.Lock)
	case code(err) == "53100":
		return fmt.Errorf("the server ran out of disk space at the copy of %s, which is undone: %w", t.label(), err)
	}
	return fmt.Errorf("copy %s: %w", t.label(), err)
}

// checkSize checks the budget after a copy, and lifts the limit.
func (d *DB) checkSize(ctx context.Context, id string) error {
	b := d.batch.budget
	if b.Lock > 0 {
		if err := d.script(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
			return err
		}
	}
	if b.Bytes == 0 {
		return nil
	}
	size, err := d.copiesSize(ctx, id)
	switch {
	case err != nil:
		return err
	case size > b.Bytes:
		return &migrate.OverBudgetError{Bytes: size, Most: b.Bytes}
	}
	return nil
}

// copyTable copies the whole rows of one table and reads the copy back.
func (d *DB) copyTable(ctx context.Context, id string, t table) (revert.Copy, rows.Sum, error) {
	return d.copyRows(ctx, id, choice{table: t}, rows.Copy)
}

// copyName is what a copy is called in the schema of its snapshot.
func copyName(oid uint32) string { return fmt.Sprintf("t%d", oid) }

// copyOf says what the copy of what was chosen of one table is going to be.
func (d *DB) copyOf(ctx context.Context, id string, t choice) (revert.Copy, error) {
	c := revert.Copy{Table: t.oid, Source: relation(copySchema(id), copyName(t.oid))}
	var err error
	if c.Columns, err = rows.Columns(ctx, d.conn, t.oid); err != nil {
		return c, plain(err)
	}
	if t.columns != nil {
		c.Key = t.key
		c.Columns = slices.DeleteFunc(c.Columns, func(col revert.CopyColumn) bool {
			return !slices.Contains(t.key, col.Num) && !slices.Contains(t.columns, col.Num)
		})
	}
	// A name of the user's cannot clash with a system column of the copy, but
	// can be longer than what fits beside it; numbers are always right.
	for i := range c.Columns {
		c.Columns[i].Column = fmt.Sprintf("c%d", c.Columns[i].Num)
	}
	return c, nil
}

// copyRows copies what was chosen of one table and reads the copy back.
func (d *DB) copyRows(ctx context.Context, id string, t choice, way copier) (revert.Copy, rows.Sum, error) {
	c, err := d.copyOf(ctx, id, t)
	if err != nil {
		return c, rows.Sum{}, err
	}
	n, err := way(ctx, d.conn, relation(t.schema, t.name), c.Source, c.Columns)
	if err != nil {
		return c, rows.Sum{}, plain(err)
	}
	sum, err := rows.Kept(ctx, d.conn, c)
	if err != nil {
		return c, rows.Sum{}, plain(err)
	}
	if sum.Rows != n {
		return c, rows.Sum{}, fmt.Errorf("%w: the copy of %s has %d rows, %d were written", snapshot.ErrDamaged, t.label(), sum.Rows, n)
	}
	return c, sum, nil
}

// copiesSize is the space that the copies of a snapshot take.
func (d *DB) copiesSize(ctx context.Context, id string) (int64, error) {
	var size int64
	err := d.conn.QueryRow(ctx, `SELECT coalesce(pg_catalog.sum(pg_catalog.pg_table_size(c.oid)), 0)::bigint
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relkind = 'r'`, copySchema(id)).Scan(&size)
	if err != nil {
		return 0, fmt.Errorf("measure the copies: %w", plain(err))
	}
	return size, nil
}
