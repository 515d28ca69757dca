//go:build unix

package enginetest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// SQLite is the engine on files in directories of the tests.
func SQLite() Engine {
	keeps := map[string]int64{"customers": 3, "orders": 3, "audit": 3}
	return Engine{Name: "sqlite", Rehearses: true, Keeps: keeps, Wrong: wrongInFile, Fresh: func(tb testing.TB) Database {
		tb.Helper()
		return &SQLiteDatabase{Path: filepath.Join(tb.TempDir(), "app.db")}
	}}
}

// wrongInFile does nothing in a copy in memory.
const wrongInFile = "INSERT INTO customers (id) SELECT 1 FROM pragma_database_list WHERE name = 'main' AND file <> '';"

// SQLiteDatabase is a Database in a file.
type SQLiteDatabase struct{ Path string }

// URL is for safemigrate.
func (d *SQLiteDatabase) URL() string { return "sqlite://" + d.Path }

// ToolURL is for the plain golang-migrate.
func (d *SQLiteDatabase) ToolURL() string { return "sqlite://" + d.Path }

// Secret is nothing: a file has no password.
func (*SQLiteDatabase) Secret() string { return "" }

// Connect opens the file by the driver alone.
func (d *SQLiteDatabase) Connect(tb testing.TB) Session {
	tb.Helper()
	c, err := sqlite3.Open(d.Path)
	if err != nil {
		tb.Fatalf("opening %s: %v", filepath.Base(d.Path), err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	if err := c.Exec("PRAGMA busy_timeout = 20000; PRAGMA foreign_keys = ON"); err != nil {
		tb.Fatal(err)
	}
	return &fileSession{c}
}

// Fingerprint is the schema's text, all rows, and the settings in the file.
func (d *SQLiteDatabase) Fingerprint(tb testing.TB) string {
	tb.Helper()
	if _, err := os.Stat(d.Path); errors.Is(err, os.ErrNotExist) {
		return "" // as if it were empty
	}
	c, err := sqlite3.Open(d.Path)
	if err != nil {
		tb.Fatalf("opening %s: %v", filepath.Base(d.Path), err)
	}
	text, err := fingerprint(&fileSession{c})
	if err := errors.Join(err, c.Close()); err != nil {
		tb.Fatalf("reading %s: %v", filepath.Base(d.Path), err)
	}
	return text
}

func fingerprint(s *fileSession) (string, error) {
	var all strings.Builder
	section := func(title, sql string, sorted bool) error {
		rows, err := s.Rows(sql)
		if err != nil {
			return fmt.Errorf("%s: %w", title, err)
		}
		if sorted {
			slices.Sort(rows)
		}
		if len(rows) > 0 {
			all.WriteString(title + "\n\t" + strings.Join(rows, "\n\t") + "\n")
		}
		return nil
	}
	errs := []error{
		s.Run("BEGIN"),
		section("schema", `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'safemigrate_%' ORDER BY 1, 2`, false),
	}
	tables, err := s.Rows(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'safemigrate_%' ORDER BY 1`)
	errs = append(errs, err)
	for _, name := range tables {
		quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		columns, err := s.Rows("SELECT 'quote(\"' || replace(name, '\"', '\"\"') || '\")' FROM pragma_table_info('" + strings.ReplaceAll(name, "'", "''") + "')")
		errs = append(errs, err, section(name, "SELECT "+strings.Join(columns, ", ")+" FROM "+quoted, true))
	}
	for _, p := range []string{"user_version", "application_id", "integrity_check", "foreign_key_check"} {
		rows, err := s.Rows("PRAGMA " + p)
		if text := strings.Join(rows, " "); text != "0" && text != "ok" && text != "" {
			all.WriteString(p + " " + text + "\n")
		}
		errs = append(errs, err)
	}
	return all.String(), errors.Join(append(errs, s.Run("COMMIT"))...)
}

// Store is the directory beside the file.
func (d *SQLiteDatabase) Store() Store { return fileStore{d} }

type fileSession struct{ conn *sqlite3.Conn }

func (s *fileSession) Close() { _ = s.conn.Close() }

func (s *fileSession) Run(sql string) error {
	if err := s.conn.Exec(sql); err != nil {
		return fmt.Errorf("the application: %w", err)
	}
	return nil
}

func (s *fileSession) Rows(sql string) (rows []string, err error) {
	st, _, err := s.conn.Prepare(sql)
	if err != nil {
		return nil, fmt.Errorf("the application: %w", err)
	}
	for st.Step() {
		values := make([]string, st.ColumnCount())
		for i := range values {
			values[i] = st.ColumnText(i)
		}
		rows = append(rows, strings.Join(values, "|"))
	}
	return rows, errors.Join(st.Err(), st.Close())
}

type fileStore struct{ d *SQLiteDatabase }

func (s fileStore) dir(id string) string { return filepath.Join(s.d.Path+".safemigrate", id) }

func (s fileStore) Damages() []Damage {
	edit := func(name, file string, change func(text []byte) []byte) Damage {
		return Damage{Name: name, Do: func(tb testing.TB, id string) {
			tb.Helper()
			path := filepath.Join(s.dir(id), file)
			text, err := os.ReadFile(path)
			if err == nil {
				err = os.Chmod(path, 0o600)
			}
			if err == nil {
				err = os.WriteFile(path, change(text), 0o600)
			}
			if err != nil {
				tb.Fatal(err)
			}
		}}
	}
	remove := func(name, file string) Damage {
		return Damage{Name: name, Do: func(tb testing.TB, id string) {
			tb.Helper()
			if err := os.Remove(filepath.Join(s.dir(id), file)); err != nil {
				tb.Fatal(err)
			}
		}}
	}
	return []Damage{
		edit("one bit of the clone flipped", "database", func(b []byte) []byte { b[len(b)-5] ^= 1; return b }),
		edit("the clone cut short", "database", func(b []byte) []byte { return b[:len(b)/2] }),
		edit("the clone empty", "database", func([]byte) []byte { return nil }),
		edit("the clone longer", "database", func(b []byte) []byte { return append(b, make([]byte, 4096)...) }),
		remove("the clone removed", "database"),
		edit("the manifest edited", "manifest.json", func(b []byte) []byte {
			return []byte(strings.Replace(string(b), `"rows":`, `"rows":1`, 1))
		}),
		edit("the manifest cut short", "manifest.json", func(b []byte) []byte { return b[:100] }),
		edit("the manifest empty", "manifest.json", func([]byte) []byte { return nil }),
		edit("the manifest of a newer version", "manifest.json", func(b []byte) []byte {
			return []byte(strings.Replace(strings.Replace(string(b), `"format": 2`, `"format": 99`, 1), `"format":2`, `"format":99`, 1))
		}),
		remove("the manifest removed", "manifest.json"),
	}
}

// BecomeForeign gives the database a ledger identity of its own, as a database
// has that somebody put snapshots of another one beside.
func (s fileStore) BecomeForeign(tb testing.TB) string {
	tb.Helper()
	session := s.d.Connect(tb)
	defer session.Close()
	if err := session.Run("UPDATE safemigrate_meta SET value = 'another' WHERE name = 'identity'"); err != nil {
		tb.Fatal(err)
	}
	return s.d.URL()
}

func (s fileStore) Leftovers(tb testing.TB) []string {
	tb.Helper()
	entries, err := os.ReadDir(s.d.Path + ".safemigrate")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		tb.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		if e.Name() == "lock" {
			continue
		}
		if _, err := os.Stat(filepath.Join(s.dir(e.Name()), "manifest.json")); err != nil || strings.HasSuffix(e.Name(), ".tmp") {
			found = append(found, e.Name())
		}
	}
	return found
}
