package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/migrate"
)

// commitWait is how long a commit waits for readers of a database in
// rollback-journal mode to finish; new ones are kept out meanwhile.
const commitWait = time.Minute

// Begin opens the transaction of a step, as the only writer of the file. The
// foreign-key setting is changed before it: inside, SQLite ignores the pragma.
func (d *DB) Begin(ctx context.Context, s migrate.Step) error {
	if d.inTransaction() {
		return errors.New("a transaction is open already")
	}
	if err := d.checkWritable(); err != nil {
		return err
	}
	if err := errors.Join(d.detach(ctx), d.keysBack(ctx)); err != nil {
		return err
	}
	if s.ForeignKeysOff {
		if err := d.foreignKeys(ctx, "0"); err != nil {
			return err
		}
		d.keysOff = true
	}
	if err := d.Exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return errors.Join(busy("begin", err), d.keysBack(ctx))
	}
	if err := d.baseline(ctx); err != nil {
		return errors.Join(err, d.Abort(ctx))
	}
	return nil
}

// baseline reads what Guard compares with: the keys that are violated before a
// step that does not check them, and the rows as they are now, where an earlier
// step of the batch was committed and others may have written since.
func (d *DB) baseline(ctx context.Context) (err error) {
	d.keys = nil
	if d.keysOff {
		if d.keys, err = d.violations(ctx); err != nil {
			return err
		}
	}
	if d.batch != nil && d.batch.committed {
		if d.batch.base, err = d.census(ctx, d.batch.history, nil); err != nil {
			return err
		}
		return d.carry(ctx)
	}
	return nil
}

func (d *DB) foreignKeys(ctx context.Context, value string) error {
	return explain("set foreign keys", d.Exec(ctx, "PRAGMA foreign_keys="+value))
}

// keysBack gives the connection the foreign-key setting of its URL again.
func (d *DB) keysBack(ctx context.Context) error {
	if !d.keysOff {
		return nil
	}
	if err := d.foreignKeys(ctx, d.settings["foreign_keys"]); err != nil {
		return err
	}
	d.keysOff, d.keys = false, nil
	return nil
}

// Commit makes the open transaction durable.
func (d *DB) Commit(ctx context.Context) error {
	if !d.inTransaction() {
		return errors.New("the transaction is gone: a statement ended it")
	}
	deadline := time.Now().Add(commitWait)
	err := d.Exec(ctx, "COMMIT")
	for errors.Is(err, sqlite3.BUSY) && time.Now().Before(deadline) && ctx.Err() == nil {
		err = d.Exec(ctx, "COMMIT")
	}
	if err != nil {
		return d.commitFailed(ctx, err)
	}
	if d.batch != nil {
		d.stepCommitted()
		d.batch.committed = true
		if d.batch.final {
			d.batch = nil
		}
	}
	// The commit stands whatever becomes of these: Begin tries again.
	_ = d.detach(ctx)
	_ = d.keysBack(ctx)
	return nil
}

// commitFailed tells a commit that did not happen from one that may have. While
// the transaction is still open nothing of it is true; SQLite ends it by itself
// after an error of the disk, and then the file tells.
func (d *DB) commitFailed(ctx context.Context, cause error) error {
	err := explain("commit", cause)
	for _, code := range []sqlite3.ErrorCode{sqlite3.BUSY, sqlite3.CONSTRAINT, sqlite3.FULL, sqlite3.INTERRUPT} {
		if errors.Is(cause, code) {
			return err
		}
	}
	if d.inTransaction() || d.batch != nil && d.stepIsAbsent(ctx) {
		return err
	}
	return &migrate.UnknownCommitError{Err: cause}
}

// stepIsAbsent reports whether the file was read and does not hold what Guard
// recorded in the transaction whose commit failed.
func (d *DB) stepIsAbsent(ctx context.Context) bool {
	pending := d.batch.between.pending
	if pending == nil {
		return false
	}
	state, err := d.getAfter(context.WithoutCancel(ctx), d.batch.id)
	return err == nil && (state == nil || state.File != pending.File)
}

// Abort undoes the open transaction, and with it a snapshot that was taken in it.
func (d *DB) Abort(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	if d.inTransaction() {
		errs = append(errs, explain("roll back", d.Exec(ctx, "ROLLBACK")))
	}
	errs = append(errs, d.detach(ctx), d.keysBack(ctx))
	if d.batch != nil {
		d.forgetPending()
	}
	if d.batch != nil && !d.batch.committed {
		errs = append(errs, d.home.remove(d.batch.id))
		d.batch = nil
	}
	if d.settings != nil {
		errs = append(errs, d.resetSession(ctx))
	}
	return errors.Join(errs...)
}

// write runs f in a short transaction of its own.
func (l *link) write(ctx context.Context, f func() error) error {
	if err := l.Exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return busy("begin", err)
	}
	err := f()
	if err == nil {
		err = explain("commit", l.Exec(ctx, "COMMIT"))
	}
	if err != nil && l.inTransaction() {
		return errors.Join(err, l.Exec(context.WithoutCancel(ctx), "ROLLBACK"))
	}
	return err
}

// violations counts the rows that break a foreign key.
type violations struct {
	total int64
	by    map[[2]string]int64 // child and parent
}

func (l *link) violations(ctx context.Context) (*violations, error) {
	v := &violations{by: map[[2]string]int64{}}
	err := l.each(ctx, "PRAGMA main.foreign_key_check", func(st *sqlite3.Stmt) error {
		v.total++
		v.by[[2]string{st.ColumnText(0), st.ColumnText(2)}]++
		return nil
	})
	return v, explain("check the foreign keys", err)
}

// violationsByTable is violations without the tables whose foreign keys cannot
// be checked at all, because the parent has no such key: nothing enforces them.
func (l *link) violationsByTable(ctx context.Context, history string) (*violations, error) {
	all := &violations{by: map[[2]string]int64{}}
	names, err := l.tables(ctx, history)
	if err != nil {
		return nil, explain("list the tables", err)
	}
	for _, name := range names {
		found := map[[2]string]int64{}
		err := l.each(ctx, "PRAGMA main.foreign_key_check("+sqlite3.Quote(name)+")", func(st *sqlite3.Stmt) error {
			found[[2]string{st.ColumnText(0), st.ColumnText(2)}]++
			return nil
		})
		if errors.Is(err, sqlite3.ERROR) && ctx.Err() == nil {
			continue
		}
		if err != nil {
			return nil, explain("check the foreign keys of "+name, err)
		}
		for key, n := range found {
			all.by[key] += n
			all.total += n
		}
	}
	return all, nil
}

// new names the violations that were not there before. A table that was
// renamed takes its old ones along, which changes no total.
func (v *violations) new(was *violations) []string {
	var out []string
	for key, n := range v.by {
		before, known := was.by[key]
		if n > before && (known || v.total > was.total) {
			out = append(out, fmt.Sprintf("table %s: %d rows refer to rows of %s that do not exist (%d before)", key[0], n, key[1], before))
		}
	}
	return out
}
