//go:build failpoint && unix

package killtest

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/migrate"
)

type sqliteWorld struct{ path string }

// sqliteSecret is a word that a SQLite run has no use for; it stands in the
// environment, where another tool's URL may well be.
const sqliteSecret = "canary-5fd0c1b7e2"

func newSQLite(t *testing.T, journal string) world {
	t.Helper()
	w := sqliteWorld{filepath.Join(t.TempDir(), "app.db")}
	w.exec(t, "PRAGMA journal_mode="+journal+";"+sqliteBase)
	return w
}

func (w sqliteWorld) access() (address, secret string) { return "sqlite://" + w.path, sqliteSecret }

func (w sqliteWorld) connect(t *testing.T) *sqlite3.Conn {
	t.Helper()
	c, err := sqlite3.Open((&url.URL{Scheme: "file", Path: w.path, RawQuery: "_pragma=busy_timeout(10000)"}).String())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w sqliteWorld) exec(t *testing.T, sql string) {
	t.Helper()
	c := w.connect(t)
	defer c.Close()
	if err := c.Exec(sql); err != nil {
		t.Fatalf("running %.200q: %v", sql, err)
	}
}

// fingerprint opens the file as any application does: what a journal left by a
// dead process says is part of the file.
func (w sqliteWorld) fingerprint(t *testing.T) string {
	t.Helper()
	c := w.connect(t)
	defer c.Close()
	var all strings.Builder
	for _, pragma := range []string{"journal_mode", "user_version", "application_id", "integrity_check", "foreign_key_check"} {
		fmt.Fprintln(&all, pragma, query(t, c, "PRAGMA "+pragma))
	}
	const mine = `name NOT LIKE 'safemigrate\_%' ESCAPE '\' AND tbl_name NOT LIKE 'safemigrate\_%' ESCAPE '\'`
	for _, line := range query(t, c, `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE `+mine+` ORDER BY type, name`) {
		fmt.Fprintln(&all, line)
	}
	for _, cell := range query(t, c, `SELECT name FROM sqlite_schema WHERE type = 'table' AND `+mine+` ORDER BY name`) {
		_, name, _ := strings.Cut(cell, ":")
		rows := query(t, c, "SELECT * FROM "+sqlite3.QuoteIdentifier(name))
		sort.Strings(rows)
		fmt.Fprintf(&all, "%s\n\t%s\n", name, strings.Join(rows, "\n\t"))
	}
	return all.String()
}

func query(t *testing.T, c *sqlite3.Conn, sql string) []string {
	t.Helper()
	st, _, err := c.Prepare(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer st.Close()
	var rows []string
	for st.Step() {
		cells := make([]string, st.ColumnCount())
		for i := range cells {
			cells[i] = fmt.Sprintf("%d:%s", st.ColumnType(i), st.ColumnText(i))
		}
		rows = append(rows, strings.Join(cells, "|"))
	}
	if err := st.Err(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return rows
}

// remains has nothing to wait for: the operating system ends a dead process's
// locks with it. A writer that is kept out says so.
func (w sqliteWorld) remains(t *testing.T) []string {
	t.Helper()
	c := w.connect(t)
	defer c.Close()
	if err := c.BusyTimeout(time.Second); err != nil {
		t.Fatal(err)
	}
	if err := c.Exec("BEGIN IMMEDIATE; ROLLBACK"); err != nil {
		return []string{"a lock on the file: " + err.Error()}
	}
	return nil
}

func (w sqliteWorld) ledger(t *testing.T) (docs, version []string) {
	t.Helper()
	c := w.connect(t)
	defer c.Close()
	read := func(table, sql string) (found []string) {
		if len(query(t, c, "SELECT 1 FROM sqlite_schema WHERE name = '"+table+"'")) == 0 {
			return nil
		}
		for _, cell := range query(t, c, sql) {
			_, text, _ := strings.Cut(cell, ":")
			found = append(found, text)
		}
		return found
	}
	return read("safemigrate_batch", "SELECT doc FROM safemigrate_batch ORDER BY n"), read("schema_migrations", "SELECT version FROM schema_migrations")
}

func (w sqliteWorld) home() string { return w.path + ".safemigrate" }

func (w sqliteWorld) strays(t *testing.T, batches []migrate.Batch) []string {
	t.Helper()
	kept := explained(batches)
	var found []string
	entries, err := os.ReadDir(w.home())
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "lock" && !kept[e.Name()] {
			found = append(found, e.Name())
		}
	}
	beside, err := os.ReadDir(filepath.Dir(w.path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range beside {
		switch strings.TrimPrefix(e.Name(), "app.db") {
		case "", ".safemigrate", "-wal", "-shm", "-journal":
		default:
			found = append(found, "file "+e.Name()+" beside the database")
		}
	}
	return append(found, w.loose(t)...)
}

// loose names what others could read.
func (w sqliteWorld) loose(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(w.home(), func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			found = append(found, fmt.Sprintf("%s has mode %04o", path, info.Mode().Perm()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func (w sqliteWorld) own(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	add := func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		all.Write(content)
		return err
	}
	if err := filepath.WalkDir(filepath.Dir(w.path), add); err != nil {
		t.Fatal(err)
	}
	return all.String()
}
