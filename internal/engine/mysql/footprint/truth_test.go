package footprint_test

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/footprint"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

func TestMain(m *testing.M) { testmy.Main(m) }

//go:embed testdata/shop.sql
var shopText string

//go:embed testdata/batches.sql
var batchesText string

// rules are those of the server under test.
func rules() sqltext.Rules {
	if testmy.Tested() == testmy.MySQL {
		return sqltext.Rules{Dialect: sqltext.MySQL, Version: 80400}
	}
	return sqltext.Rules{Dialect: sqltext.MariaDB, Version: 101100}
}

// batch is one line of the corpus: statements, and which tables have another
// name afterwards. What ends in [mariadb] MySQL does not know.
type batch struct {
	line  int
	text  string
	moves map[string]string
}

var movesForm = regexp.MustCompile(`^(.*) \[([a-z_= ]+)\]$`)

func corpus(t *testing.T) []batch {
	t.Helper()
	var out []batch
	for i, line := range strings.Split(strings.TrimSpace(batchesText), "\n") {
		if strings.HasPrefix(line, "-- ") || line == "" {
			continue
		}
		b := batch{line: i + 1, text: line, moves: map[string]string{}}
		if m := movesForm.FindStringSubmatch(line); m != nil {
			b.text = m[1]
			for pair := range strings.FieldsSeq(m[2]) {
				if from, to, moved := strings.Cut(pair, "="); moved {
					b.moves[from] = to
				} else if pair != strings.ToLower(string(testmy.Tested())) {
					b.text = ""
				}
			}
		}
		if b.text == "" { // the other product's
			continue
		}
		out = append(out, b)
	}
	return out
}

// TestFootprintHoldsWhatHappened runs every batch of the corpus on the server and
// compares what changed with what the footprint said before.
func TestFootprintHoldsWhatHappened(t *testing.T) { //nolint:tparallel // its lanes are parallel, and the count waits for them
	t.Parallel()
	batches := corpus(t)
	if len(batches) < 200 {
		t.Fatalf("the corpus has %d batches", len(batches))
	}
	larger := make(chan string, len(batches))
	server := testmy.New(t, map[string]string{"innodb_flush_log_at_trx_commit": "0"})
	t.Run("batches", func(t *testing.T) {
		const lanes = 4
		for lane := range lanes {
			t.Run(strconv.Itoa(lane), func(t *testing.T) {
				t.Parallel()
				for i := lane; i < len(batches); i += lanes {
					if batches[i].check(t, server) {
						larger <- batches[i].text
					}
				}
			})
		}
	})
	close(larger)
	var list []string
	for text := range larger {
		list = append(list, text)
	}
	slices.Sort(list)
	t.Logf("%d of %d footprints are larger than needed:\n%s", len(list), len(batches), strings.Join(list, "\n"))
	if most := len(batches) / 5; len(list) > most {
		t.Errorf("more than %d footprints are larger than needed", most)
	}
}

// check reports whether the footprint was larger than needed.
func (b batch) check(t *testing.T, server *testmy.Server) (larger bool) {
	t.Helper()
	t.Run(strconv.Itoa(b.line), func(t *testing.T) {
		d := server.Database(t)
		conn := d.Connect(t)
		defer conn.Close()
		runAll(t, conn, shopText)
		facts, err := footprint.Read(t.Context(), reading{conn})
		if err != nil {
			t.Fatal(err)
		}
		before := observe(t, conn)
		statements, err := rules().Split(b.text)
		if err != nil {
			t.Fatal(err)
		}
		scripts := footprint.Spell([]migrate.Script{{Migration: migrate.Migration{File: "1.sql"}, Statements: statements}}, func(name string) bool {
			_, routine := facts.Routines[name]
			return routine || facts.Tables[name] != nil && facts.Tables[name].View
		})
		foot := footprint.Of(facts, scripts)
		runAll(t, conn, b.text)
		fresh := d.Connect(t) // without the batch's settings and temporary tables
		defer fresh.Close()
		larger = b.compare(t, foot, before, observe(t, fresh))
	})
	return larger
}

// compare holds what happened against the footprint, table by table.
func (b batch) compare(t *testing.T, foot *footprint.Footprint, before, after map[string]table) (larger bool) {
	t.Helper()
	if len(foot.Whole) > 0 { // right where the text of a statement is put together
		return !strings.Contains(b.text, "built(") && !strings.Contains(b.text, "CONCAT('DELETE") && !strings.Contains(b.text, "LOWER('DELETE")
	}
	for name, was := range before {
		to := name
		if moved, ok := b.moves[name]; ok {
			to = moved
		}
		now, there := after[to]
		c := comparison{name: name, was: was, now: now, there: there, said: foot.Tables[name]}
		c.compare(func(format string, args ...any) { t.Errorf("%s: "+format, append([]any{b.text}, args...)...) })
		larger = larger || c.said != nil && c.said.Destroys() && !c.lost
	}
	return larger
}

func runAll(t *testing.T, conn *sql.Conn, text string) {
	t.Helper()
	statements, err := rules().Split(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := (reading{conn}).Query(t.Context(), s.Text); err != nil {
			t.Fatalf("%s: %v", s.Text, err)
		}
	}
}

// reading is a session as the catalogs' reader wants it.
type reading struct{ *sql.Conn }

func (c reading) Query(ctx context.Context, query string, args ...any) ([]migrate.Row, error) {
	_, out, err := c.read(ctx, query, args...)
	return out, err
}

// read returns the columns' names and the rows.
func (c reading) read(ctx context.Context, query string, args ...any) (names []string, out []migrate.Row, err error) {
	rows, err := c.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	if names, err = rows.Columns(); err != nil {
		return nil, nil, err
	}
	for rows.Next() {
		row := make(migrate.Row, len(names))
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		out = append(out, row)
	}
	return names, out, rows.Err()
}

// table is what a table is at one moment.
type table struct {
	create  string
	columns []string
	rows    []map[string]string
}

var counter = regexp.MustCompile(` AUTO_INCREMENT=\d+`)

func observe(t *testing.T, conn *sql.Conn) map[string]table {
	t.Helper()
	names, err := testmy.Query(conn, "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]table{}
	for _, name := range names {
		quoted := "`" + strings.ReplaceAll(name, "`", "``") + "`"
		create, err := reading{conn}.Query(t.Context(), "SHOW CREATE TABLE "+quoted)
		if err != nil {
			t.Fatal(err)
		}
		o := table{create: counter.ReplaceAllString(create[0].Text(1), "")}
		versions := ""
		if strings.Contains(o.create, "WITH SYSTEM VERSIONING") {
			versions = " FOR SYSTEM_TIME ALL"
		}
		var rows []migrate.Row
		if o.columns, rows, err = (reading{conn}).read(t.Context(), "SELECT * FROM "+quoted+versions); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			row := map[string]string{}
			for i, c := range o.columns {
				row[c] = "NULL"
				if r[i] != nil {
					row[c] = "'" + *r[i] + "'"
				}
			}
			o.rows = append(o.rows, row)
		}
		out[name] = o
	}
	return out
}

// comparison holds one table before and after against what was said of it.
type comparison struct {
	name     string
	was, now table
	there    bool
	said     *footprint.Touched
	lost     bool
}

func (c *comparison) compare(wrong func(string, ...any)) {
	switch {
	case c.there && same(c.was, c.now):
		return
	case c.said == nil:
		wrong("%s changed and is not in the footprint", c.name)
		return
	case c.said.Dropped:
		c.lost = true
		return
	case !c.there:
		wrong("%s is gone, and the footprint says %q", c.name, c.said.Rows())
		return
	}
	for _, column := range c.was.columns {
		if !slices.Contains(c.now.columns, column) {
			v := c.said.Columns[column] // CHANGE gives another name, too
			c.lost = c.lost || v == migrate.DroppedAway
			if v == "" || v == migrate.AddedTo {
				wrong("column %s.%s is gone, and the footprint says %q", c.name, column, v)
			}
		}
	}
	c.values(wrong)
}

func same(a, b table) bool {
	return a.create == b.create && slices.Equal(a.columns, b.columns) && slices.EqualFunc(a.rows, b.rows, maps.Equal[map[string]string])
}

// key names a row by its key, or by all of it.
func key(rows []map[string]string) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, r := range rows {
		id, ok := r["id"]
		if !ok {
			if id, ok = r["k"]; !ok {
				id = fmt.Sprint(r)
			}
		}
		for out[id] != nil {
			id += "+"
		}
		out[id] = r
	}
	return out
}

func (c *comparison) values(wrong func(string, ...any)) {
	was, now := key(c.was.rows), key(c.now.rows)
	for id, row := range was {
		there := now[id]
		if there == nil {
			c.lost = true
			if !c.said.Deletes && c.said.Columns["id"] != migrate.LosesRows && (row["id"]+row["k"] != "" || c.said.Rows() != migrate.LosesRows) {
				wrong("row %s of %s is gone, and the footprint says %q", id, c.name, c.said.Rows())
			}
			continue
		}
		for _, column := range c.was.columns {
			value, kept := there[column]
			if !kept || equalValues(value, row[column]) {
				continue
			}
			c.lost = true
			if v := c.said.Columns[column]; !c.said.Deletes && v != migrate.LosesRows && v != migrate.Renamed {
				wrong("%s.%s of row %s changed from %s to %s, and the footprint says %q", c.name, column, id, row[column], value, v)
			}
		}
	}
	for id := range now {
		if was[id] == nil && !c.said.Inserts && !c.said.Updates && !c.said.Deletes {
			wrong("row %s of %s is new, and the footprint says %q", id, c.name, c.said.Rows())
		}
	}
}

// equalValues takes a number, a date or a time with more zeros behind it for the
// same.
func equalValues(a, b string) bool {
	if a == b {
		return true
	}
	a, b = strings.Trim(a, "'"), strings.Trim(b, "'")
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return x == y
	}
	if len(a) < len(b) {
		a, b = b, a
	}
	rest, longer := strings.CutPrefix(a, b)
	return longer && b != "" && (rest[0] == ' ' || rest[0] == '.') && strings.Trim(rest, " 0:.") == ""
}
