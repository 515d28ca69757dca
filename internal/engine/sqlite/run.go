package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// Split cuts a migration into statements.
func (d *DB) Split(m migrate.Migration) ([]sqltext.Statement, error) {
	d.due = true
	return sqltext.Split(sqltext.SQLite, m.Text)
}

// Run runs one statement of a migration, and notes which tables it names. One
// that would silently take rows out of other tables is a *migrate.GuardError.
func (d *DB) Run(ctx context.Context, st sqltext.Statement) (err error) {
	defer d.c.SetInterrupt(d.c.SetInterrupt(ctx))
	inside := d.inTransaction()
	defer func() {
		if inside && err == nil && !d.inTransaction() {
			err = &migrate.StatementError{Err: errors.New("the statement ended the transaction")}
		}
	}()
	w := &watch{vacuum: st.Verb == "VACUUM"}
	prepared, tail, err := w.prepare(&d.link, st.Text)
	if err != nil {
		return statementError(st.Text, interrupted(ctx, err))
	}
	if prepared == nil {
		return nil
	}
	defer func() {
		if prepared != nil {
			_ = prepared.Close() // it says the statement's own error again
		}
	}()
	if more, _, _ := d.c.Prepare(tail); more != nil {
		return errors.Join(errors.New("this is more than one statement"), more.Close())
	}
	children, err := d.childrenOf(ctx, w.dropped)
	if err != nil {
		return err
	}
	moved, err := d.place(ctx, w.altered)
	if err != nil {
		return err
	}
	if w.created, err = d.missing(ctx, w.created); err != nil {
		return err
	}
	for prepared.Step() {
	}
	if err := prepared.Err(); err != nil {
		return statementError(st.Text, interrupted(ctx, err))
	}
	err = prepared.Close()
	prepared = nil
	if err != nil {
		return fmt.Errorf("end the statement: %w", err)
	}
	if d.batch != nil {
		d.batch.touch(w.named)
		for _, table := range w.created {
			d.batch.lineage.created(table)
		}
		if err := d.batch.lineage.altered(ctx, &d.link, moved); err != nil {
			return err
		}
		if !inside {
			d.batch.between.ranOutside(st.Verb, w.named)
		}
	}
	return d.compareChildren(ctx, children)
}
