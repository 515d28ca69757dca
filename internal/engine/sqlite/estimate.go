package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/internal/durable"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// Estimate tells what a clone costs, and what stands in its way.
func (d *DB) Estimate(ctx context.Context, r migrate.EstimateRequest) (migrate.Estimate, error) {
	e := migrate.Estimate{Strategy: snapshot.Clone}
	names, err := d.tables(ctx, r.History.Table)
	if err != nil {
		return e, explain("list the tables", err)
	}
	for _, name := range names {
		t, err := d.estimateTable(ctx, name)
		if err != nil {
			return e, explain("count the rows of "+name, err)
		}
		e.Tables = append(e.Tables, t)
	}
	e.Bytes, err = d.number(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
	if err != nil {
		return e, explain("read the size", err)
	}
	if len(r.Scope.Tables)+len(r.Scope.Exclude) > 0 {
		e.Warnings = append(e.Warnings, "on SQLite a snapshot is the whole file: the choice of tables has no effect")
	}
	if err := d.foresee(ctx, r, &e); err != nil {
		return e, err
	}
	for _, check := range []func() error{
		d.checkWritable,
		d.checkLinks,
		func() error { return d.checkSpace(e.Bytes) },
		func() error { return explain("check the database", d.sound(ctx)) },
	} {
		if err := check(); err != nil {
			if ctx.Err() != nil {
				return e, err
			}
			e.Blockers = append(e.Blockers, err.Error())
		}
	}
	return e, nil
}

// foresee runs the batch on a copy. Where that cannot be, a batch can still run:
// the guard judges it then as ever.
func (d *DB) foresee(ctx context.Context, r migrate.EstimateRequest, e *migrate.Estimate) error {
	if len(r.Scripts) == 0 {
		return nil
	}
	done, err := d.rehearse(ctx, r.Scripts, r.History.Table)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		e.Warnings = append(e.Warnings, "what the batch touches is not known beforehand: "+err.Error())
		return nil
	}
	e.Footprint, e.Fails = done.footprint, done.fails
	if e.Bytes > smallFile {
		e.Warnings = append(e.Warnings, fmt.Sprintf("the batch was tried on a copy of the file: %d bytes beside it for %s",
			e.Bytes, done.took.Round(time.Millisecond)))
	}
	return nil
}

// estimateTable counts rows, and the bytes of their values: SQLite keeps no
// sizes, and how many pages a table has is known only to an extension.
func (d *DB) estimateTable(ctx context.Context, name string) (migrate.TableEstimate, error) {
	t := migrate.TableEstimate{Name: name}
	columns, err := d.columns(ctx, name)
	if err != nil {
		return t, err
	}
	values := []string{"count(*)"}
	for _, c := range columns {
		values = append(values, "sum(octet_length("+c+"))")
	}
	query := "SELECT " + strings.Join(values, ", ") + " FROM main." + sqlite3.QuoteIdentifier(name) + " NOT INDEXED"
	err = d.each(ctx, query, func(st *sqlite3.Stmt) error {
		t.Rows = st.ColumnInt64(0)
		for i := 1; i < st.ColumnCount(); i++ {
			t.Bytes += st.ColumnInt64(i)
		}
		return nil
	})
	return t, err
}

func (d *DB) checkWritable() error {
	if d.readOnly {
		return fmt.Errorf("%s cannot be written to", d.given)
	}
	if err := durable.Writable(filepath.Dir(d.path)); err != nil {
		return fmt.Errorf("the directory of %s: %w", d.given, err)
	}
	return nil
}

// checkLinks refuses a file with two names: SQLite's journal and our lock go
// by the name, and would not meet.
func (d *DB) checkLinks() error {
	info, err := os.Stat(d.path)
	if err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	if n := links(info); n > 1 {
		return fmt.Errorf("%s has %d names (hard links): locks and journals of the others would not be seen", d.given, n)
	}
	return nil
}

// checkSpace wants room for the clone and for the image of a way back, with a
// fifth to spare.
func (d *DB) checkSpace(bytes int64) error {
	free, err := durable.Free(filepath.Dir(d.path))
	if err != nil {
		return err
	}
	if need := bytes / 5 * 12; free < need {
		return errors.New("no space for a snapshot and its way back: " + fmt.Sprintf("%d bytes are free, %d are needed", free, need))
	}
	return nil
}
