package sqlite_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/migrate"
)

// TestCommitRefused has a commit fail in ways after which nothing is true: the
// error does not say that the result is not known.
func TestCommitRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, sql string
		reader    bool
		want      error
	}{
		{"deferred foreign key", `PRAGMA defer_foreign_keys = 1; INSERT INTO child VALUES (77, 77)`, false, sqlite3.CONSTRAINT},
		{"a reader that stays", `DELETE FROM grandchild`, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, family("")...)
			before := contents(t, path)
			d, other := openDB(t, path, "foreign_keys=1", "busy_timeout=50"), app(t, path)
			if c.reader {
				must(t, other, `BEGIN; SELECT count(*) FROM parent`)
			}
			s := stepwise{t, d}
			s.take()
			s.do(runAll(t.Context(), d, c.sql))
			_, err := d.Guard(t.Context(), "b1", true)
			s.do(err)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.reader { // which would be waited for
				time.AfterFunc(300*time.Millisecond, cancel)
			}
			err = d.Commit(ctx)
			if _, unknown := errors.AsType[*migrate.UnknownCommitError](err); err == nil || unknown {
				t.Fatalf("got %v", err)
			}
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			s.do(d.Abort(t.Context()))
			if c.reader {
				must(t, other, `COMMIT`)
			}
			same(t, contents(t, path), before)
			if exists(path + ".safemigrate/b1") {
				t.Error("the snapshot of an undone batch stays")
			}
			mustUp(t, d, "b2", `DELETE FROM grandchild`)
		})
	}
}

// TestErrorsOnce wants an error in one line, without words that only repeat it.
func TestErrorsOnce(t *testing.T) {
	t.Parallel()
	d := openDB(t, newFile(t, shop, `CREATE UNIQUE INDEX one ON customer (name)`))
	for sql, want := range map[string]string{
		`INSERT INTO customer (name) VALUES ('Ada')`:           "UNIQUE constraint failed: customer.name",
		`INSERT INTO customer (name) VALUES (NULL)`:            "NOT NULL constraint failed: customer.name",
		`INSERT INTO nowhere VALUES (1)`:                       "no such table: nowhere",
		`SELEKT 1`:                                             `near "SELEKT": syntax error`,
		`INSERT INTO log SELECT abs(-9223372036854775807 - 1)`: "integer overflow",
	} {
		err := runAll(t.Context(), d, sql)
		if _, ok := errors.AsType[*migrate.StatementError](err); !ok || err.Error() != want {
			t.Errorf("%s: got %q, want %q", sql, err, want)
		}
		if err := d.Exec(t.Context(), sql); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %q", sql, err)
		}
	}
}
