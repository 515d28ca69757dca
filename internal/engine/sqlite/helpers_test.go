package sqlite_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/internal/engine/sqlite"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// history is the table that the batches of these tests leave to their convention.
var history = migrate.TableID{Table: "schema_migrations"}

// openDB opens a database for a test.
func openDB(t *testing.T, path string, pragmas ...string) *sqlite.DB {
	t.Helper()
	d, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Create: true, Pragmas: pragmas})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

// app is the application beside us: a connection of its own, by the driver alone.
func app(t *testing.T, path string) *sqlite3.Conn {
	t.Helper()
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := c.Exec("PRAGMA busy_timeout=5000"); err != nil {
		t.Fatal(err)
	}
	return c
}

// newFile makes a database file with content.
func newFile(t *testing.T, sql ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.db")
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	must(t, c, sql...)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func must(t *testing.T, c *sqlite3.Conn, sql ...string) {
	t.Helper()
	for _, s := range sql {
		if err := c.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// text gives all rows of a query in one line, for comparing.
func text(t *testing.T, c *sqlite3.Conn, sql string) string {
	t.Helper()
	var rows []string
	query(t, c, sql, func(st *sqlite3.Stmt) {
		var row []string
		for i := range st.ColumnCount() {
			row = append(row, value(st, i))
		}
		rows = append(rows, strings.Join(row, ","))
	})
	return strings.Join(rows, " ")
}

// value shows text as it is where it can be read, and all else by type and hash.
func value(st *sqlite3.Stmt, i int) string {
	raw := st.ColumnText(i)
	if plain := len(raw) < 500 && strconv.CanBackquote(strings.ReplaceAll(raw, "\n", " ")); plain && st.ColumnType(i) != sqlite3.BLOB {
		return raw
	}
	return fmt.Sprintf("%v of %d bytes %x", st.ColumnType(i), len(raw), sha256.Sum256([]byte(raw)))
}

// column gives the first value of every row.
func column(t *testing.T, c *sqlite3.Conn, sql string) []string {
	t.Helper()
	var rows []string
	query(t, c, sql, func(st *sqlite3.Stmt) { rows = append(rows, st.ColumnText(0)) })
	return rows
}

func query(t *testing.T, c *sqlite3.Conn, sql string, row func(*sqlite3.Stmt)) {
	t.Helper()
	st, _, err := c.Prepare(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	for st.Step() {
		row(st)
	}
	if err := st.Close(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// contents is all of a database but safemigrate's own tables and the history.
func contents(t *testing.T, path string) string {
	t.Helper()
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	var all strings.Builder
	const foreign = `tbl_name NOT LIKE 'safemigrate%' AND tbl_name <> 'schema_migrations'`
	all.WriteString(text(t, c, `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE `+foreign+` ORDER BY 1, 2`))
	for _, name := range column(t, c, `SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 AND `+foreign+` ORDER BY 1`) {
		all.WriteString("\n" + name + ": " + text(t, c, `SELECT * FROM `+sqlite3.QuoteIdentifier(name)+` ORDER BY 1`))
	}
	for _, p := range []string{"user_version", "application_id", "page_size", "auto_vacuum", "encoding"} {
		all.WriteString("\n" + p + "=" + text(t, c, "PRAGMA "+p))
	}
	if check := text(t, c, "PRAGMA integrity_check"); check != "ok" {
		t.Errorf("integrity_check: %s", check)
	}
	return all.String()
}

func dbIdentity(t *testing.T, d *sqlite.DB) snapshot.Database {
	t.Helper()
	db, err := d.Identify(t.Context(), "ledger-1")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// up applies SQL as one batch of one step, as the runner does.
func up(ctx context.Context, d *sqlite.DB, id string, s migrate.Step, sql string) (migrate.Effect, error) {
	none := migrate.Effect{}
	if err := d.Begin(ctx, s); err != nil {
		return none, err
	}
	abort := func(err error) (migrate.Effect, error) { return none, errors.Join(err, d.Abort(ctx)) }
	db, err := d.Identify(ctx, "ledger-1")
	if err != nil {
		return abort(err)
	}
	if _, err := d.Take(ctx, migrate.SnapshotRequest{ID: id, Tag: "before " + id, Database: db, History: history}); err != nil {
		return abort(err)
	}
	if err := runAll(ctx, d, sql); err != nil {
		return abort(err)
	}
	if err := d.EndFile(ctx); err != nil {
		return abort(err)
	}
	effect, err := d.Guard(ctx, id, true)
	if err != nil {
		return abort(err)
	}
	if err := ledger(ctx, d, id); err != nil {
		return abort(err)
	}
	return effect, d.Commit(ctx)
}

func runAll(ctx context.Context, d *sqlite.DB, sql string) error {
	statements, err := d.Split(migrate.Migration{Text: sql})
	if err != nil {
		return err
	}
	for _, st := range statements {
		if err := d.Run(ctx, st); err != nil {
			return err
		}
	}
	return nil
}

// ledger stands for what the runner writes with each batch.
func ledger(ctx context.Context, c migrate.Conn, id string) error {
	return errors.Join(
		c.Exec(ctx, `CREATE TABLE IF NOT EXISTS safemigrate_batch (id text PRIMARY KEY)`),
		c.Exec(ctx, `INSERT INTO safemigrate_batch VALUES ($1) ON CONFLICT DO NOTHING`, id),
		c.Exec(ctx, `CREATE TABLE IF NOT EXISTS schema_migrations (version uint64, dirty bool)`),
		c.Exec(ctx, `DELETE FROM schema_migrations`),
		c.Exec(ctx, `INSERT INTO schema_migrations VALUES ($1, $2)`, int64(len(id)), false),
	)
}

func mustUp(t *testing.T, d *sqlite.DB, id, sql string) migrate.Effect {
	t.Helper()
	effect, err := up(t.Context(), d, id, migrate.Step{Transaction: true}, sql)
	if err != nil {
		t.Fatalf("up %s: %v", id, err)
	}
	return effect
}

// request takes batches back, newest first.
func request(d migrate.Session, id string, batches ...string) migrate.RevertRequest {
	db, err := d.Identify(context.Background(), "ledger-1")
	if err != nil {
		panic(err)
	}
	r := migrate.RevertRequest{ID: id, Database: db, History: history, Seal: func(ctx context.Context, c migrate.Conn) error {
		return ledger(ctx, c, id)
	}}
	for _, b := range batches {
		r.Batches = append(r.Batches, migrate.Batch{ID: b, Target: "after " + b})
	}
	return r
}

// noLeftovers checks that nothing half-made lies beside the database.
func noLeftovers(t *testing.T, path string) {
	t.Helper()
	for _, pattern := range []string{"*.tmp", "*/*.tmp"} {
		found, err := filepath.Glob(filepath.Join(escapeGlob(path)+".safemigrate", pattern))
		if err != nil || len(found) > 0 {
			t.Errorf("leftovers: %v, %v", found, err)
		}
	}
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// forgetChanges damages what is recorded of the changes of a batch, so that its
// way back is the whole file.
func forgetChanges(t *testing.T, path, id string) {
	t.Helper()
	found, err := filepath.Glob(escapeGlob(path) + ".safemigrate/" + id + "/changes-*")
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	if err := os.Remove(found[0]); err != nil {
		t.Fatal(err)
	}
}
