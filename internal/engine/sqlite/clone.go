package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/internal/durable"
	"github.com/safemigrate/safemigrate/internal/failpoint"
)

// pagesAtOnce bounds what one step of a backup copies, so that memory stays
// small and an interruption is noticed.
const pagesAtOnce = 256

// clone copies the committed state of the live file to dst, page by page. It
// is called while this session's BEGIN IMMEDIATE keeps every writer out; the
// copying connection reads beside it, and sees nothing that is not committed.
func (d *DB) clone(ctx context.Context, dst string, progress func(done, total int64)) (err error) {
	src, err := connect(ctx, d.path, readWrite)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.close()) }()
	if err := src.Exec(ctx, "BEGIN"); err != nil {
		return explain("read the database", err)
	}
	size, err := src.number(ctx, "PRAGMA page_size")
	if err != nil {
		return explain("read the database", err)
	}
	if err := os.WriteFile(dst, nil, 0o600); err != nil {
		return explain("create the copy", err)
	}
	// The copy is worth nothing before it is complete and synced, so it needs
	// no journal.
	b, err := src.c.BackupInit("main", uri(dst, readWrite, "journal_mode(OFF)", "synchronous(OFF)"))
	if err != nil {
		return explain("copy the database", err)
	}
	err = step(ctx, b, "sqlite.clone.middle", func(done, total int64) {
		if progress != nil {
			progress(done*size, total*size)
		}
	})
	if end := b.Close(); err == nil { // otherwise it says the same again
		err = end
	}
	if err != nil {
		return explain("copy the database", outOfSpace(err, d.path, dst))
	}
	return durable.SyncFile(dst)
}

// step drives a backup to its end, and passes the fail point half-way.
func step(ctx context.Context, b *sqlite3.Backup, middle string, progress func(done, total int64)) error {
	passed := false
	for pages := 1; ; {
		done, err := b.Step(pages)
		if !done {
			err = errors.Join(err, ctx.Err())
		}
		if err != nil {
			return fmt.Errorf("copy pages: %w", err)
		}
		total := b.PageCount()
		progress(int64(total-b.Remaining()), int64(total))
		if done {
			return nil
		}
		if !passed && b.Remaining() <= total/2 {
			passed = true
			failpoint.Hit(middle)
		}
		pages = min(pagesAtOnce, max(1, total/4))
	}
}

// sound has SQLite check the structure of a file. A schema that needs functions
// or collations of the application cannot be checked as a whole from here; then
// the reading of all rows, which every caller also does, is the check.
func (l *link) sound(ctx context.Context) error { return l.check(ctx, "quick_check") }

// check runs one of SQLite's two checks: quick_check, or integrity_check, which
// also compares every index with its table.
func (l *link) check(ctx context.Context, pragma string) error {
	var wrong string
	err := l.each(ctx, "PRAGMA main."+pragma+"(1)", func(st *sqlite3.Stmt) error {
		if text := st.ColumnText(0); text != "ok" {
			wrong = text
		}
		return nil
	})
	if code := sqlite3.ErrorCode(0); errors.As(err, &code) && code == sqlite3.ERROR {
		return nil
	}
	if err == nil && wrong != "" {
		err = fmt.Errorf("%s: %s", pragma, wrong)
	}
	return err
}
