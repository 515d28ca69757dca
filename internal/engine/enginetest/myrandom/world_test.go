//go:build unix

package myrandom

import (
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// world is what there is, as the server tells it.
type world struct {
	tables   []*table // base tables
	views    []*table
	triggers []string
	routines []routine
	events   []string
	sequence []string
}

type table struct {
	name, engine string
	columns      []column
	indexes      []index
	keys         []string // names of foreign keys
	checks       []string
	parts        []string // names of partitions
	method       string   // how it is cut into them
	versioned    bool
}

type column struct {
	name, kind string // kind: its type as the server writes it
	null       bool
	computed   bool
	counts     bool // AUTO_INCREMENT
}

type index struct {
	name, kind string
	unique     bool
	columns    []string
}

type routine struct{ name, kind string }

// separator stands between the values of a row, and in no name.
const separator = "\x01"

// ask runs a query of which each row is one text.
func (s *session) ask(t *testing.T, columns, rest string) (rows [][]string) {
	t.Helper()
	lines, err := testmy.Query(s.Conn, "SELECT CONCAT_WS(x'01', "+columns+") FROM information_schema."+rest)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		rows = append(rows, strings.Split(l, separator))
	}
	return rows
}

func (s *session) look(t *testing.T) *world {
	t.Helper()
	w := &world{}
	all := map[string]*table{}
	for _, r := range s.ask(t, "table_name, table_type, ifnull(engine, '')", "tables WHERE table_schema = database() ORDER BY table_name") {
		one := &table{name: r[0], engine: r[2], versioned: r[1] == "SYSTEM VERSIONED"}
		switch r[1] {
		case "SEQUENCE":
			w.sequence = append(w.sequence, r[0])
			continue
		case "VIEW":
			w.views = append(w.views, one)
		default:
			w.tables = append(w.tables, one)
		}
		all[r[0]] = one
	}
	for _, r := range s.ask(t, "table_name, column_name, column_type, is_nullable, ifnull(generation_expression, ''), extra", "columns WHERE table_schema = database() ORDER BY table_name, ordinal_position") {
		if one := all[r[0]]; one != nil {
			one.columns = append(one.columns, column{r[1], r[2], r[3] == "YES", r[4] != "", strings.Contains(r[5], "auto_increment")})
		}
	}
	for _, r := range s.ask(t, "table_name, index_name, index_type, non_unique, ifnull(column_name, '')", "statistics WHERE table_schema = database() ORDER BY table_name, index_name, seq_in_index") {
		one := all[r[0]]
		if one == nil {
			continue
		}
		if n := len(one.indexes); n == 0 || one.indexes[n-1].name != r[1] {
			one.indexes = append(one.indexes, index{name: r[1], kind: r[2], unique: r[3] == "0"})
		}
		last := &one.indexes[len(one.indexes)-1]
		last.columns = append(last.columns, r[4])
	}
	for _, r := range s.ask(t, "table_name, constraint_name, constraint_type", "table_constraints WHERE table_schema = database() ORDER BY table_name, constraint_name") {
		switch one := all[r[0]]; {
		case one == nil:
		case r[2] == "FOREIGN KEY":
			one.keys = append(one.keys, r[1])
		case r[2] == "CHECK":
			one.checks = append(one.checks, r[1])
		}
	}
	for _, r := range s.ask(t, "table_name, partition_name, partition_method", "partitions WHERE table_schema = database() AND partition_name IS NOT NULL ORDER BY table_name, partition_ordinal_position") {
		if one := all[r[0]]; one != nil && !slices.Contains(one.parts, r[1]) {
			one.parts, one.method = append(one.parts, r[1]), r[2]
		}
	}
	for _, r := range s.ask(t, "trigger_name", "triggers WHERE trigger_schema = database() ORDER BY trigger_name") {
		w.triggers = append(w.triggers, r[0])
	}
	for _, r := range s.ask(t, "routine_name, routine_type", "routines WHERE routine_schema = database() ORDER BY routine_name") {
		w.routines = append(w.routines, routine{r[0], r[1]})
	}
	for _, r := range s.ask(t, "event_name", "events WHERE event_schema = database() ORDER BY event_name") {
		w.events = append(w.events, r[0])
	}
	return w
}

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func quoteAll(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quote(n)
	}
	return strings.Join(out, ", ")
}
