package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
)

// batch is what the session knows of the batch under way.
type batch struct {
	id, history string
	seal        string // of the snapshot's manifest
	start       census // before the batch
	base        census // before the open transaction
	schema      schema // before the batch
	virtual     map[string]bool
	touched     map[string]bool // tables that a statement named
	latest      []string        // those that the last statement named
	committed   bool            // a step is durable, and so is the snapshot
	final       bool            // the open transaction ends the batch
	between     between
	lineage     lineage
}

func (b *batch) touch(tables []string) {
	b.latest = tables
	for _, t := range tables {
		b.touched[fold(t)] = true
	}
}

// explained reports whether names holds a table, or the virtual table that
// keeps its rows in it.
func (b *batch) explained(names map[string]bool, table string) bool {
	t := fold(table)
	if names[t] {
		return true
	}
	for name := range names {
		if b.virtual[name] && strings.HasPrefix(t, name+"_") {
			return true
		}
	}
	return false
}

// Guard refuses a batch in which rows changed of a table that no statement
// names, or foreign keys broke that a step did not have checked. It records the
// state after the step in the open transaction: what others write before the
// next one can then be told from the batch's work.
func (d *DB) Guard(ctx context.Context, id string, final bool) (migrate.Effect, error) {
	b := d.batch
	if b == nil || b.id != id {
		return migrate.Effect{}, fmt.Errorf("guard: batch %s has no snapshot in this session", id)
	}
	if err := d.virtualTables(ctx, b.virtual); err != nil {
		return migrate.Effect{}, err
	}
	if err := d.recordStep(ctx); err != nil {
		return migrate.Effect{}, err
	}
	state := b.between.pending
	if err := d.judge(ctx, b, state.Tables); err != nil {
		return migrate.Effect{}, err
	}
	b.final = final
	failpoint.Hit("sqlite.after.written")
	return migrate.Effect{
		Objects: b.schema.difference(state.Schema, "created", "dropped", "changed"),
		Rows:    rowEffect(b.start, state.Tables),
	}, nil
}

// judge compares what was recorded with what the statements say.
func (d *DB) judge(ctx context.Context, b *batch, now census) error {
	unexplained := b.unexplained(now)
	if d.keys != nil {
		keys, err := d.violations(ctx)
		if err != nil {
			return err
		}
		unexplained = append(unexplained, keys.new(d.keys)...)
	}
	if len(unexplained) > 0 {
		sort.Strings(unexplained)
		return &migrate.GuardError{Unexplained: unexplained}
	}
	return nil
}

// unexplained names the tables that changed although no statement says so.
func (b *batch) unexplained(now census) []string {
	var out []string
	for _, was := range b.base {
		if b.explained(b.touched, was.Name) {
			continue
		}
		is, ok := now.find(was.Name)
		switch {
		case !ok:
			out = append(out, fmt.Sprintf("table %s is gone", was.Name))
		case is.Rows != was.Rows:
			out = append(out, fmt.Sprintf("table %s: %d rows before, %d after, and no statement names it", was.Name, was.Rows, is.Rows))
		case is.Sum != was.Sum:
			out = append(out, fmt.Sprintf("table %s: values changed in its %d rows, and no statement names it", was.Name, was.Rows))
		}
	}
	return out
}

func rowEffect(was, now census) []string {
	var out []string
	for _, is := range now {
		before, ok := was.find(is.Name)
		switch {
		case !ok:
			out = append(out, fmt.Sprintf("%s: %d rows, new", is.Name, is.Rows))
		case is.Rows != before.Rows:
			out = append(out, fmt.Sprintf("%s: %d rows → %d", is.Name, before.Rows, is.Rows))
		case is.Sum != before.Sum:
			out = append(out, is.Name+": rows changed")
		}
	}
	for _, before := range was {
		if _, ok := now.find(before.Name); !ok {
			out = append(out, fmt.Sprintf("%s: %d rows, gone", before.Name, before.Rows))
		}
	}
	return out
}

// virtualTables adds the names of the virtual tables that exist now.
func (l *link) virtualTables(ctx context.Context, names map[string]bool) error {
	err := l.each(ctx, `SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage = 0`, func(st *sqlite3.Stmt) error {
		names[fold(st.ColumnText(0))] = true
		return nil
	})
	return explain("list the virtual tables", err)
}

var errNoTransaction = errors.New("no transaction is open")
