package footprint_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/footprint"
	"github.com/safemigrate/safemigrate/migrate"
)

// unless is how a batch adds a column that may be there.
const unless = "SET @s = (SELECT IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_name = 'orders') > 0, 'SELECT 1', 'ALTER TABLE orders ADD paid INT'));"

const runs = "PREPARE s FROM @s; EXECUTE s; DEALLOCATE PREPARE s"

// TestSpell: what is prepared stands where it is run, where the literals tell it,
// and nowhere else.
func TestSpell(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, want string }{
		{"a literal", "PREPARE s FROM 'DELETE FROM items'; EXECUTE s", "DELETE FROM items"},
		{"one of two", unless + runs, "SET…; SELECT 1; ALTER TABLE orders ADD paid INT"},
		{"with its semicolon", "SET @s = (SELECT IF(\n(SELECT COUNT(*) FROM INFORMATION_SCHEMA.COLUMNS WHERE table_schema = DATABASE()) > 0,\n'ALTER TABLE orders DROP COLUMN note;',\n'SELECT 1'\n));" + runs, "SET…; ALTER TABLE orders DROP COLUMN note; SELECT 1"},
		{"one of two over rows", "SET @s := (SELECT IF(COUNT(*) > 0, 'SELECT 1', 'ALTER TABLE orders DROP note') AS x FROM information_schema.columns);" + runs, "SET…; SELECT 1; ALTER TABLE orders DROP note"},
		{"by a condition of its own", "SELECT COUNT(*) INTO @n FROM information_schema.tables; SET @s = IF(@n, 'DROP INDEX a ON orders', 'SELECT ''none'''); " + runs, "SELECT…; SET…; DROP INDEX a ON orders; SELECT 'none'"},
		{"put together", "SET @t = 'orders', @c = 'paid'; SET @S = CONCAT('ALTER TABLE ', @T, ' ADD ', IFNULL(@c, NULL), ' INT'); " + runs, "SET…; SET…; ALTER TABLE orders ADD paid INT"},
		{"selected", "SELECT CONCAT('DELETE FROM ', 'items') INTO @s; " + runs, "SELECT…; DELETE FROM items"},
		{"run twice", "PREPARE s FROM 'DELETE FROM items'; EXECUTE s; PREPARE s FROM 'DELETE FROM orders'; EXECUTE s", "DELETE FROM items; DELETE FROM orders"},
		{"a name that another meaning waits for", "PREPARE s FROM 'DROP TABLE items'; EXECUTE s", "DROP TABLE items"},

		{"behind a procedure of the batch", "CREATE PROCEDURE moves() BEGIN IF (SELECT COUNT(*) FROM orders) > 0 THEN UPDATE orders SET note = 1; END IF; END; CALL moves(); DROP PROCEDURE IF EXISTS moves; " + unless + runs, "CREATE…; CALL…; DROP…; SET…; SELECT 1; ALTER TABLE orders ADD paid INT"},
		{"a function of the batch in its database", "CREATE FUNCTION IF NOT EXISTS shop.g() RETURNS INT RETURN 1; SET @s = 'SELECT 1'; SET @x = shop.g(); PREPARE s FROM @s; EXECUTE s", "CREATE…; SET…; SET…; PREPARE…; EXECUTE…"},
		{"a view of the batch", "CREATE OR REPLACE VIEW `v` AS SELECT 1; SET @s = 'SELECT 1'; SET @x = (SELECT 1 FROM v); PREPARE s FROM @s; EXECUTE s", "CREATE…; SET…; SET…; PREPARE…; EXECUTE…"},

		{"a table that may go", "SET @s = IF(@n, 'SELECT 1', 'DROP TABLE items'); PREPARE s FROM @s; EXECUTE s", "SET…; PREPARE…; EXECUTE…"},
		{"a table that may be renamed", "SET @s = IF(@n, 'SELECT 1', 'ALTER TABLE items ADD x INT, RENAME TO things'); PREPARE s FROM @s; EXECUTE s", "SET…; PREPARE…; EXECUTE…"},
		{"from a table", "SELECT 'DELETE FROM items' INTO @s FROM orders; PREPARE s FROM @s; EXECUTE s", "SELECT…; PREPARE…; EXECUTE…"},
		{"by a function", "SET @s = LOWER('DELETE FROM items'); PREPARE s FROM @s; EXECUTE s", "SET…; PREPARE…; EXECUTE…"},
		{"two strings", "SET @s = 'DELETE FROM items' ' WHERE 1'; PREPARE s FROM @s; EXECUTE s", "SET…; PREPARE…; EXECUTE…"},
		{"of one of two queries", "SET @s = (SELECT 'SELECT 1' UNION SELECT name FROM orders); PREPARE s FROM @s; EXECUTE s", "SET…; PREPARE…; EXECUTE…"},
		{"assigned on the way", "SET @s = 'SELECT 1'; SELECT @s := note FROM orders; PREPARE s FROM @s; EXECUTE s", "SET…; SELECT…; PREPARE…; EXECUTE…"},
		{"assigned by a condition", "SET @s = 'SELECT 1'; SET @x = IF((SELECT @s := 'x'), 1, 2); PREPARE s FROM @s; EXECUTE s", "SET…; SET…; PREPARE…; EXECUTE…"},
		{"read from rows on the way", "SET @s = 'SELECT 1'; SELECT note, id INTO @a, @s FROM orders; PREPARE s FROM @s; EXECUTE s", "SET…; SELECT…; PREPARE…; EXECUTE…"},
		{"a trigger on the way", "SET @s = 'SELECT 1'; INSERT INTO orders VALUES (1); PREPARE s FROM @s; EXECUTE s", "SET…; INSERT…; PREPARE…; EXECUTE…"},
		{"a trigger of what was run", "PREPARE s FROM 'SELECT 1'; PREPARE r FROM 'DELETE FROM items'; EXECUTE r; EXECUTE s", "DELETE FROM items; EXECUTE ?"},
		{"a program on the way", "PREPARE s FROM 'SELECT 1'; CALL unreadable(); EXECUTE s", "CALL…; EXECUTE ?"},
		{"a stored function on the way", "SET @s = 'SELECT 1'; SET @x = unreadable(); PREPARE s FROM @s; EXECUTE s", "SET…; SET…; PREPARE…; EXECUTE…"},
		{"another database's function", "SET @s = 'SELECT 1'; SET @x = other.f(); PREPARE s FROM @s; EXECUTE s", "SET…; SET…; PREPARE…; EXECUTE…"},
		{"a function of the batch", "CREATE FUNCTION g() RETURNS INT RETURN 1; SET @s = 'SELECT 1'; SET @x = g(); PREPARE s FROM @s; EXECUTE s", "CREATE…; SET…; SET…; PREPARE…; EXECUTE…"},
		{"a view on the way", "SET @s = 'SELECT 1'; SELECT * FROM hidden; PREPARE s FROM @s; EXECUTE s", "SET…; SELECT…; PREPARE…; EXECUTE…"},
		{"after USE", "USE other; SET @s = 'SELECT 1'; PREPARE s FROM @s; EXECUTE s", "USE…; SET…; PREPARE…; EXECUTE…"},
		{"a prepared PREPARE", "PREPARE s FROM 'SET @x = 1'; EXECUTE s", "PREPARE…; EXECUTE…"},
		{"a variable of the server", "SET @@s = 'SELECT 1'; PREPARE s FROM @s; EXECUTE s", "SET…; PREPARE…; EXECUTE…"},
		{"prepared anew of nothing known", "PREPARE s FROM 'SELECT 1'; PREPARE s FROM @x; EXECUTE s", "PREPARE…; EXECUTE ?"},
		{"an older one of the name", "PREPARE s FROM 'SET @x = 1'; PREPARE s FROM 'DELETE FROM items'; INSERT INTO orders VALUES (1); EXECUTE s", "PREPARE…; INSERT…; EXECUTE ?"},
		{"given back", "PREPARE s FROM 'SELECT 1'; EXECUTE s; DROP PREPARE s; EXECUTE s", "SELECT 1; EXECUTE ?"},
		{"a table called prepare", "DROP TABLE prepare; DROP TABLE IF EXISTS items, prepare; DROP INDEX prepare ON orders", "DROP…; DROP…; DROP…"},
		{"all worked out before the first is assigned", "SET @s = 'DELETE FROM items'; SET @s = 'SELECT 1', @r = @s; PREPARE s FROM @r; EXECUTE s", "SET…; SET…; DELETE FROM items"},
		{"assigned by a table's query", "SET @s = 'SELECT 1'; CREATE TABLE x AS SELECT @s := note FROM orders; PREPARE s FROM @s; EXECUTE s", "SET…; CREATE…; PREPARE…; EXECUTE…"},
		{"assigned by what was run", "SET @s = 'SELECT 1'; PREPARE r FROM 'SELECT @s := note FROM orders'; EXECUTE r; PREPARE s FROM @s; EXECUTE s", "SET…; SELECT @s := note FROM orders; PREPARE…; EXECUTE…"},
		{"assigned by a parameter", "SET @s = 'SELECT 1'; PREPARE r FROM 'SELECT ?'; EXECUTE r USING (@s := 'x'); PREPARE s FROM @s; EXECUTE s", "SET…; SELECT ?; PREPARE…; EXECUTE…"},
		{"assigned by PREPARE", "SET @s = 'SELECT 1'; PREPARE r FROM (@s := 'SELECT 2'); PREPARE s FROM @s; EXECUTE s", "SET…; PREPARE…; PREPARE…; EXECUTE…"},
		{"a variable's name with an accent", "SET @s = 'SELECT 1'; SELECT note INTO @ş FROM orders; PREPARE s FROM @s; EXECUTE s", "SET…; SELECT…; PREPARE…; EXECUTE…"},
		{"a statement's name with an accent", "PREPARE s FROM 'SELECT 1'; PREPARE ş FROM 'DELETE FROM items'; EXECUTE s", "PREPARE…; EXECUTE ?"},
		{"a query that may have no row", "SET @s = 'DELETE FROM items', sql_select_limit = 0; SELECT 'SELECT 1' INTO @s; PREPARE s FROM @s; EXECUTE s", "SET…; SELECT…; PREPARE…; EXECUTE…"},
		{"another database's view", "SET @s = 'SELECT 1'; SELECT COUNT(*) INTO @n FROM other.v; PREPARE s FROM @s; EXECUTE s", "SET…; SELECT…; PREPARE…; EXECUTE…"},
		{"another database's function in rows", "SET @s = 'SELECT 1'; CREATE TABLE x AS (VALUES (other.f())); PREPARE s FROM @s; EXECUTE s", "SET…; CREATE…; PREPARE…; EXECUTE…"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := spelled(t, c.text); got != c.want {
				t.Errorf("%s:\ngot  %s\nwant %s", c.text, got, c.want)
			}
		})
	}
}

// spelled writes the statements that stand for those of a text: what stood there
// before by its first word.
func spelled(t *testing.T, text string) string {
	t.Helper()
	statements, err := rules().Split(text)
	if err != nil {
		t.Fatal(err)
	}
	before := map[string]bool{}
	for _, s := range statements {
		before[s.Text] = true
	}
	hides := func(name string) bool { return name == "hidden" || name == "unreadable" }
	var out []string
	for _, s := range footprint.Spell([]migrate.Script{{Statements: statements}}, hides)[0].Statements {
		if word, _, _ := strings.Cut(s.Text, " "); before[s.Text] {
			out = append(out, word+"…")
		} else {
			out = append(out, s.Text)
		}
	}
	return strings.Join(out, "; ")
}

// TestSpelledFootprint: what is spelled is followed as if it stood there.
func TestSpelledFootprint(t *testing.T) {
	t.Parallel()
	statements, err := rules().Split(unless + runs)
	if err != nil {
		t.Fatal(err)
	}
	scripts := footprint.Spell([]migrate.Script{{Migration: migrate.Migration{File: "1.sql"}, Statements: statements}}, func(string) bool { return false })
	f := footprint.Of(shop(), scripts)
	if len(f.Whole) > 0 || f.Tables["orders"] == nil || f.Tables["orders"].Columns["paid"] != migrate.AddedTo {
		t.Errorf("whole %v, orders %+v", f.Whole, f.Tables["orders"])
	}
	again, err := rules().Split("PREPARE s FROM 'SET @x = 1'; PREPARE s FROM 'DELETE FROM items'; INSERT INTO orders (id) VALUES (1); EXECUTE s")
	if err != nil {
		t.Fatal(err)
	}
	if f := footprint.Of(shop(), footprint.Spell([]migrate.Script{{Statements: again}}, func(string) bool { return false })); len(f.Whole) == 0 {
		t.Error("what an older PREPARE of the name says is taken for the statement that runs")
	}
	if last := scripts[0].Statements[len(scripts[0].Statements)-1]; last.Line != 1 || last.Offset < len(unless) {
		t.Errorf("it stands at %d:%d, offset %d", last.Line, last.Column, last.Offset)
	}
}
