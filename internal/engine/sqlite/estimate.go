package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// Estimate tells what a clone costs, and what stands in its way.
func (d *DB) Estimate(ctx context.Context, s migrate.Scope, history migrate.TableID) (migrate.Estimate, error) {
	e := migrate.Estimate{Strategy: snapshot.Clone}
	names, err := d.tables(ctx, history.Table)
	if err != nil {
		return e, explain("list the tables", err)
	}
	for _, name := range names {
		n, err := d.number(ctx, "SELECT count(*) FROM main."+sqlite3.QuoteIdentifier(name))
		if err != nil {
			return e, explain("count the rows of "+name, err)
		}
		e.Tables = append(e.Tables, migrate.TableEstimate{Name: name, Rows: n})
	}
	e.Bytes, err = d.number(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
	if err != nil {
		return e, explain("read the size", err)
	}
	if len(s.Tables)+len(s.Exclude) > 0 {
		e.Warnings = append(e.Warnings, "on SQLite a snapshot is the whole file: the choice of tables has no effect")
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

func (d *DB) checkWritable() error {
	if d.readOnly {
		return fmt.Errorf("%s cannot be written to", d.given)
	}
	if err := writable(filepath.Dir(d.path)); err != nil {
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
	free, err := freeBytes(filepath.Dir(d.path))
	if err != nil {
		return err
	}
	if need := bytes / 5 * 12; free < need {
		return errors.New("no space for a snapshot and its way back: " + fmt.Sprintf("%d bytes are free, %d are needed", free, need))
	}
	return nil
}
