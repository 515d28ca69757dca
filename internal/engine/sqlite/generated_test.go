package sqlite_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/migrate"
)

// generator makes random schemas, rows, batches and later writes.
type generator struct {
	*rand.Rand
	tables []generated
	n      int // for names
}

// generated is a table with its columns; key columns come first.
type generated struct {
	name    string
	columns []string
	keys    int
	quiet   bool // the batch leaves it alone
}

func (g *generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g *generator) name(prefix string) string {
	g.n++
	return prefix + strconv.Itoa(g.n)
}

func (g *generator) value() string {
	return g.pick("NULL", "0", "1", "-7", "1.5", "-0.0", "9e99", "''", "'a'", "'A'", "'äö'", "x''", "x'00ff'", "'1'", "'2.0'", "zeroblob(5000)", strconv.Itoa(g.IntN(100)))
}

// schema makes the tables and what hangs on them.
func (g *generator) schema() []string {
	var out []string
	for range 2 + g.IntN(4) {
		out = append(out, g.table(g.IntN(3) == 0))
	}
	out = append(out, g.table(true), g.table(false))
	for range g.IntN(5) {
		t := g.tables[g.IntN(len(g.tables))]
		out = append(out, g.object(t))
	}
	if g.IntN(3) == 0 {
		out = append(out, `CREATE VIRTUAL TABLE ft USING fts5(a, b)`, `INSERT INTO ft VALUES ('one two', 'three'), ('four', 'five')`)
	}
	if g.IntN(4) == 0 {
		out = append(out, `CREATE VIRTUAL TABLE rt USING rtree(id, low, high)`, `INSERT INTO rt VALUES (1, 2, 3), (2, 5, 9)`)
	}
	for _, t := range g.tables {
		for i := range g.IntN(12) {
			out = append(out, g.insert(t, i))
		}
	}
	if g.IntN(5) == 0 {
		out = append(out, "ANALYZE")
	}
	return append(out, "PRAGMA user_version = "+strconv.Itoa(g.IntN(5)))
}

func (g *generator) table(quiet bool) string {
	t := generated{name: g.name("t"), quiet: quiet}
	if g.IntN(6) == 0 {
		t.name += " x"
	}
	var parts []string
	column := func(definition string) {
		c := g.name("c")
		t.columns = append(t.columns, c)
		parts = append(parts, c+" "+definition)
	}
	tail := ""
	switch g.IntN(6) {
	case 0:
		column("INTEGER PRIMARY KEY")
		t.keys = 1
	case 1:
		column("INTEGER PRIMARY KEY AUTOINCREMENT")
		t.keys = 1
	case 2:
		column("TEXT PRIMARY KEY" + g.pick("", " COLLATE NOCASE"))
		t.keys = 1
	case 3:
		column("INT")
		column("TEXT")
		parts = append(parts, "PRIMARY KEY ("+t.columns[1]+", "+t.columns[0]+")")
		t.keys, tail = 2, g.pick("", " WITHOUT ROWID")
	default:
	}
	constraints := parts[t.keys:]
	parts = append([]string{}, parts[:t.keys]...)
	strict := tail == "" && g.IntN(6) == 0
	for range 1 + g.IntN(4) {
		if strict {
			column(g.pick("ANY", "TEXT", "INTEGER", "REAL", "BLOB"))
			continue
		}
		column(g.pick("", "TEXT", "INTEGER", "REAL", "BLOB", "NUMERIC", "VARCHAR(10) DEFAULT 'd'", "INT NOT NULL DEFAULT 3", "TEXT COLLATE NOCASE", "UNIQUE"))
	}
	if last := t.columns[len(t.columns)-1]; g.IntN(5) == 0 {
		parts = append(parts, g.name("g")+" "+g.pick("TEXT", "ANY")+" AS (typeof("+last+")) "+g.pick("STORED", "VIRTUAL"))
	}
	if len(g.tables) > 0 && g.IntN(4) == 0 {
		if p := g.tables[g.IntN(len(g.tables))]; p.keys == 1 && p.quiet == quiet {
			constraints = append(constraints, "FOREIGN KEY ("+t.columns[len(t.columns)-1]+") REFERENCES "+sqlite3.QuoteIdentifier(p.name)+g.pick("", " ON DELETE CASCADE", " ON DELETE SET NULL"))
		}
	}
	if strict {
		tail = " STRICT"
	}
	g.tables = append(g.tables, t)
	return "CREATE TABLE " + sqlite3.QuoteIdentifier(t.name) + " (" + strings.Join(append(parts, constraints...), ",\n  ") + ")" + tail
}

func (g *generator) column(t generated) string { return t.columns[g.IntN(len(t.columns))] }

func (g *generator) object(t generated) string {
	q := sqlite3.QuoteIdentifier(t.name)
	switch g.IntN(4) {
	case 0:
		return "CREATE VIEW " + g.name("v") + " AS SELECT * FROM " + q
	case 1:
		if !t.quiet {
			return "CREATE TRIGGER " + g.name("tr") + " AFTER UPDATE ON " + q + " BEGIN DELETE FROM " + sqlite3.QuoteIdentifier(g.loud().name) + " WHERE rowid = 3; END"
		}
		return "CREATE VIEW " + g.name("v") + " AS SELECT count(*) AS n FROM " + q
	case 2:
		return "CREATE INDEX " + g.name("i") + " ON " + q + " (lower(" + g.column(t) + ")) WHERE " + g.column(t) + " IS NOT NULL"
	}
	return "CREATE INDEX " + g.name("i") + " ON " + q + " (" + g.column(t) + " DESC)"
}

// loud is a table that the batch may touch.
func (g *generator) loud() generated {
	for {
		if t := g.tables[g.IntN(len(g.tables))]; !t.quiet {
			return t
		}
	}
}

func (g *generator) insert(t generated, i int) string {
	values := make([]string, len(t.columns))
	for k := range values {
		values[k] = g.value()
		if k < t.keys && (k == 0 || g.IntN(2) == 0) {
			values[k] = strconv.Itoa(i)
		}
	}
	return "INSERT INTO " + sqlite3.QuoteIdentifier(t.name) + " (" + strings.Join(t.columns, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
}

func (g *generator) write(t generated, i int) string {
	q := sqlite3.QuoteIdentifier(t.name)
	switch g.IntN(4) {
	case 0:
		return "UPDATE " + q + " SET " + g.column(t) + " = " + g.value() + " WHERE " + g.column(t) + " " + g.pick("IS NOT NULL", "= "+g.value(), "> 3")
	case 1:
		return "DELETE FROM " + q + " WHERE " + g.column(t) + " " + g.pick("IS NULL", "= "+g.value(), "< 4")
	}
	return g.insert(t, i)
}

// change is one statement of a batch.
func (g *generator) change() string {
	t := g.loud()
	q := sqlite3.QuoteIdentifier(t.name)
	switch g.IntN(16) {
	case 0:
		return "ALTER TABLE " + q + " ADD COLUMN " + g.name("a") + " " + g.pick("", "TEXT", "INT NOT NULL DEFAULT 7", "TEXT DEFAULT 'x' CHECK (1)")
	case 1:
		return "ALTER TABLE " + q + " DROP COLUMN " + g.column(t)
	case 2:
		return "ALTER TABLE " + q + " RENAME COLUMN " + g.column(t) + " TO " + g.name("r")
	case 3:
		return "ALTER TABLE " + q + " RENAME TO " + g.name("n")
	case 4:
		return "DROP TABLE " + q
	case 5:
		n := g.name("n")
		return "CREATE TABLE " + n + " (id INTEGER PRIMARY KEY" + g.pick("", " AUTOINCREMENT") + ", x); INSERT INTO " + n + " (x) VALUES (1), ('b')"
	case 6:
		return g.object(t)
	case 7:
		return "CREATE TABLE fresh AS SELECT * FROM " + q + "; DROP TABLE " + q + "; ALTER TABLE fresh RENAME TO " + q
	case 8:
		return g.pick("INSERT INTO ft VALUES ('six', 'seven')", "DELETE FROM ft", "DROP TABLE ft", "DROP TABLE rt", "UPDATE rt SET high = 10",
			"CREATE VIRTUAL TABLE ft2 USING fts5(z)", "INSERT INTO ft(ft) VALUES ('optimize')", "ALTER TABLE ft RENAME TO ft3")
	case 9:
		return g.pick("DROP VIEW v"+strconv.Itoa(g.IntN(g.n)), "DROP INDEX i"+strconv.Itoa(g.IntN(g.n)), "DROP TRIGGER tr"+strconv.Itoa(g.IntN(g.n)))
	case 10:
		return g.pick("PRAGMA user_version = 77", "PRAGMA application_id = 5", "ANALYZE")
	case 11:
		return "UPDATE " + q + " SET " + g.column(t) + " = " + g.column(t) + " || 'x'"
	}
	return g.write(t, 20+g.IntN(10))
}

// works runs statements one by one on a connection, and keeps those that it takes.
func works(c *sqlite3.Conn, statements []string) []string {
	var out []string
	for _, s := range statements {
		if c.Exec("SAVEPOINT s; "+s+"; RELEASE s") == nil {
			out = append(out, s)
			continue
		}
		_ = c.Exec("ROLLBACK TO s; RELEASE s") // of a statement that failed
	}
	return out
}

// trial finds out which statements a copy of a file takes.
func trialRun(t *testing.T, path string, statements []string) []string {
	t.Helper()
	c, err := sqlite3.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.Restore("main", path); err != nil {
		t.Fatal(err)
	}
	return works(c, statements)
}

// TestGenerated takes random batches up and back: what was there before comes
// back to the last byte of the schema and the last row, what an application
// wrote meanwhile stays, and an undo brings the newer state back.
func TestGenerated(t *testing.T) {
	t.Parallel()
	rounds, first := 40, uint64(1)
	if text := os.Getenv("SAFEMIGRATE_ROUNDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		rounds = n
	}
	if text := os.Getenv("SAFEMIGRATE_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		rounds, first = 1, n
	}
	tally := map[string]int{}
	for i := range rounds {
		generatedRound(t, first+uint64(i), tally)
		if t.Failed() {
			t.Fatalf("again with SAFEMIGRATE_SEED=%d", first+uint64(i))
		}
	}
	t.Logf("%v", tally)
}

func generatedRound(t *testing.T, seed uint64, tally map[string]int) {
	t.Helper()
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 9))}
	path := newFile(t, g.pick("PRAGMA journal_mode=WAL", "PRAGMA journal_mode=DELETE", "PRAGMA auto_vacuum=FULL", "PRAGMA encoding='UTF-16le'"))
	c := app(t, path)
	schema := works(c, g.schema())
	before := contents(t, path)
	var changes []string
	for range 1 + g.IntN(8) {
		changes = append(changes, g.change())
	}
	changes = trialRun(t, path, changes)
	d := openDB(t, path)
	if _, err := up(t.Context(), d, "b1", migrate.Step{Transaction: true}, strings.Join(changes, ";\n")); err != nil {
		same(t, contents(t, path), before)
		tally["refused by the guard"]++
		return
	}
	var writes []string
	for i := range g.IntN(6) {
		for _, x := range g.tables {
			if x.quiet {
				writes = append(writes, g.write(x, 40+i))
			}
		}
	}
	c = app(t, path)
	writes = works(c, trialRun(t, path, writes))
	now := contents(t, path)
	want := before
	if len(writes) > 0 {
		// What the application wrote, to a file that the batch never saw.
		twin := app(t, path+".safemigrate/b1/database")
		fresh, err := sqlite3.Open(path + ".twin")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(fresh.Restore("main", "file:"+path+".safemigrate/b1/database?immutable=1"), twin.Close()); err != nil {
			t.Fatal(err)
		}
		must(t, fresh, writes...)
		if err := fresh.Close(); err != nil {
			t.Fatal(err)
		}
		want = contents(t, path+".twin")
	}
	r := request(d, "r1", "b1")
	report, err := d.Revert(t.Context(), r)
	undecided := errors.As(err, new(*migrate.UndecidedError))
	if undecided && report.Whole != "" {
		tally["whole file, undecided: "+report.Whole]++
		r.Decide, want = migrate.Discard, before
		report, err = d.Revert(t.Context(), r)
	}
	if err != nil {
		t.Fatalf("%v\n%+v\nschema:\n%s\nbatch:\n%s\nwrites:\n%s", err, report, strings.Join(schema, ";\n"), strings.Join(changes, ";\n"), strings.Join(writes, ";\n"))
	}
	tally["taken back"]++
	if report.Whole != "" {
		tally["whole file: "+report.Whole]++
	}
	back := contents(t, path)
	if _, err := d.Revert(t.Context(), request(d, "u1", "r1")); err != nil {
		t.Errorf("undo: %v", err)
	}
	if got := contents(t, path); withoutSequence(back) != withoutSequence(want) || withoutStatistics(got) != withoutStatistics(now) {
		same(t, withoutSequence(back), withoutSequence(want))
		same(t, withoutStatistics(got), withoutStatistics(now))
		t.Errorf("%s\nschema:\n%s\nbatch:\n%s\nwrites:\n%s", fmt.Sprint(report), strings.Join(schema, ";\n"), strings.Join(changes, ";\n"), strings.Join(writes, ";\n"))
	}
}

// withoutSequence leaves out an empty table of counters, which nothing can drop.
func withoutSequence(all string) string {
	all = strings.Replace(withoutStatistics(all), "table,sqlite_sequence,sqlite_sequence,CREATE TABLE sqlite_sequence(name,seq) ", "", 1)
	return strings.Replace(all, "sqlite_sequence: \n", "", 1)
}
