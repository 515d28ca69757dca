package footprint_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/footprint"
	"github.com/safemigrate/safemigrate/migrate"
)

// shop is a small database without a server.
func shop() *footprint.Facts {
	return &footprint.Facts{
		Database: "shop", Strict: true,
		Tables: map[string]*footprint.Table{
			"orders": {Name: "orders", Strict: true, Charset: "utf8mb4", Columns: []footprint.Column{
				{Name: "id", Type: "int(11)"}, {Name: "total", Type: "decimal(10,2)"}, {Name: "note", Type: "varchar(20)", Charset: "utf8mb4", Nullable: true}}},
			"items":  {Name: "items", Columns: []footprint.Column{{Name: "id", Type: "int(11)"}, {Name: "order_id", Type: "int(11)"}}},
			"hidden": {Name: "hidden", View: true},
		},
		Keys: []footprint.ForeignKey{
			{Child: "items", Parent: "orders", Columns: []string{"order_id"}, Refers: []string{"id"}, OnDelete: "CASCADE"},
			{Child: "other.lines", Parent: "items", Columns: []string{"item"}, Refers: []string{"id"}, OnDelete: "CASCADE"},
		},
		Routines: map[string]string{"unreadable": ""},
		Events:   map[string]string{"nightly": "DELETE FROM items", "hidden": ""},
	}
}

func of(t *testing.T, text string) *footprint.Footprint {
	t.Helper()
	statements, err := rules().Split(text)
	if err != nil {
		t.Fatal(err)
	}
	return footprint.Of(shop(), []migrate.Script{{Migration: migrate.Migration{File: "1.sql"}, Statements: statements}})
}

func TestWhatMakesItWhole(t *testing.T) {
	t.Parallel()
	cases := []struct{ text, why string }{
		{"EXECUTE IMMEDIATE @x", "EXECUTE IMMEDIATE of a text that is not a literal"},
		{"SELECT 1;\nPREPARE s FROM @x;\nEXECUTE s", "EXECUTE of a text that is not a literal"},
		{"EXECUTE never_prepared", "EXECUTE of a text"},
		{"BEGIN NOT ATOMIC IF @a THEN PREPARE s FROM 'SELECT 1'; ELSE PREPARE s FROM 'DELETE FROM orders'; END IF; END; EXECUTE s", "EXECUTE of a text"},
		{"CALL nobody_knows()", "a call of procedure nobody_knows"},
		{"CALL unreadable()", "whose text cannot be read"},
		{"SELECT unreadable()", "whose text cannot be read"},
		{"UPDATE hidden SET a = 1", "a write through view hidden"},
		{"DROP DATABASE shop", "DROP DATABASE"},
		{"CREATE TEMPORARY TABLE orders (a INT); DROP TABLE orders; DELETE FROM orders", "a temporary table that hides table orders"},
		{"SELECT unreadable.f(1)", "a call into package unreadable"},
		{"BEGIN NOT ATOMIC RENAME TABLE orders TO x; END", "that renames or makes tables"},
		{"ALTER EVENT hidden ENABLE", "event hidden, whose text cannot be read"},
		{"PURIFY orders", "a statement that is not understood"},
		{"CREATE THING x", "a statement that is not understood"},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			whole := of(t, c.text).Whole
			if len(whole) == 0 || !strings.Contains(whole[0].Why, c.why) || whole[0].File != "1.sql" || whole[0].Line < 1 {
				t.Errorf("got %+v, want %q", whole, c.why)
			}
		})
	}
}

func TestOutside(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"UPDATE other.t SET a = 1":               "other.t",
		"USE other; DELETE FROM t":               "other.t",
		"DELETE FROM items":                      "other.lines",
		"DELETE FROM orders":                     "other.lines",
		"CREATE TABLE other.t (a INT)":           "other.t",
		"RENAME TABLE orders TO other.orders":    "other.orders",
		"UPDATE shop.orders SET total = 1":       "",
		"SELECT * FROM other.t":                  "",
		"UPDATE orders SET total = 1":            "",
		"USE other; UPDATE shop.orders SET id=1": "",
	} {
		outside := of(t, text).Outside
		if want == "" && len(outside) > 0 || want != "" && !slices.ContainsFunc(outside, func(w migrate.WholeReason) bool { return strings.Contains(w.Why, want) }) {
			t.Errorf("%s: got %+v, want %q", text, outside, want)
		}
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	got := of(t, "ALTER TABLE orders MODIFY total DECIMAL(12,2), ADD paid INT, RENAME COLUMN note TO remark; INSERT INTO items VALUES (1, 1); DROP VIEW hidden").Report()
	want := &migrate.Footprint{
		Tables: []migrate.TableFootprint{
			{Name: "items", Rows: migrate.AddedTo, Files: []string{"1.sql"}},
			{Name: "orders", Rows: migrate.Rewritten, Files: []string{"1.sql"}, Columns: []migrate.ColumnFootprint{
				{Name: "total", Verdict: migrate.Rewritten}, {Name: "note", Verdict: migrate.Renamed}, {Name: "paid", Verdict: migrate.AddedTo}}},
		},
		Objects: []string{"view hidden dropped"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// FuzzOf looks for a text that the walk does not come through.
func FuzzOf(f *testing.F) {
	for line := range strings.Lines(batchesText) {
		f.Add(line)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		statements, err := rules().Split(text)
		if err != nil {
			return
		}
		footprint.Of(shop(), []migrate.Script{{Migration: migrate.Migration{File: "1.sql"}, Statements: statements}}).Report()
	})
}

// TestEvents: an event that is on may run at once, whichever statement has said so.
func TestEvents(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ALTER EVENT nightly ENABLE":                                                       "items",
		"ALTER EVENT NIGHTLY ON SCHEDULE AT now()":                                         "items",
		"ALTER EVENT nightly DISABLE":                                                      "",
		"ALTER EVENT hidden DISABLE COMMENT 'x'":                                           "",
		"DROP EVENT nightly":                                                               "",
		"ALTER EVENT nightly RENAME TO daily DISABLE; ALTER EVENT daily ENABLE":            "items",
		"ALTER EVENT nightly DISABLE DO UPDATE orders SET note = ''":                       "",
		"ALTER EVENT nightly ENABLE DO UPDATE orders SET note = ''":                        "orders",
		"ALTER EVENT nightly DISABLE DO DELETE FROM orders; ALTER EVENT nightly ENABLE":    "items orders",
		"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM items":              "",
		"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO ALTER TABLE orders DISABLE KEYS":        "orders",
		"CREATE EVENT IF NOT EXISTS nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM orders": "items orders",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			f := of(t, text)
			if got := strings.Join(slices.Sorted(maps.Keys(f.Tables)), " "); got != want || len(f.Whole) > 0 {
				t.Errorf("touches %q, want %q; whole %v", got, want, f.Whole)
			}
		})
	}
}
