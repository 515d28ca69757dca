//go:build unix

package footprint_test

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
	"github.com/safemigrate/safemigrate/migrate"
)

// seen is what one table is like at a moment.
type seen struct {
	oid                        uint32
	schema, name               string
	file                       uint32
	inserted, updated, deleted int64
	columns                    map[int16]seenColumn
	key                        []int16
	rows                       map[string]map[int16]string // by the key's values, or by number without a key
	bags                       map[int16]map[string]int    // values of each column, counted
}

type seenColumn struct {
	name, typ string
	of        uint32
	modifier  int32
}

// look reads every table of the user's schemas.
func look(tb testing.TB, conn *pgx.Conn, context string) map[uint32]*seen {
	tb.Helper()
	fail := func(err error) {
		if err != nil {
			tb.Fatalf("looking %s: %v", context, err)
		}
	}
	out := map[uint32]*seen{}
	found, err := conn.Query(tb.Context(), `SELECT c.oid, n.nspname::text, c.relname::text, c.relfilenode, coalesce(pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid), 0),
			coalesce(pg_catalog.pg_stat_get_xact_tuples_updated(c.oid), 0), coalesce(pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid), 0),
			coalesce((SELECT i.indkey::int2[] FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary), '{}')
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`)
	fail(err)
	var s seen
	_, err = pgx.ForEachRow(found, []any{&s.oid, &s.schema, &s.name, &s.file, &s.inserted, &s.updated, &s.deleted, &s.key}, func() error {
		one := s
		one.columns, one.rows, one.bags = map[int16]seenColumn{}, map[string]map[int16]string{}, map[int16]map[string]int{}
		s.key = nil
		out[one.oid] = &one
		return nil
	})
	fail(err)
	for _, table := range out {
		lookColumns(tb, conn, table)
		lookRows(tb, conn, table)
	}
	return out
}

func lookColumns(tb testing.TB, conn *pgx.Conn, s *seen) {
	tb.Helper()
	found, err := conn.Query(tb.Context(), `SELECT attnum, attname::text, pg_catalog.format_type(atttypid, atttypmod), atttypid, atttypmod
		FROM pg_catalog.pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped`, s.oid)
	if err != nil {
		tb.Fatal(err)
	}
	var num int16
	var c seenColumn
	if _, err := pgx.ForEachRow(found, []any{&num, &c.name, &c.typ, &c.of, &c.modifier}, func() error {
		s.columns[num] = c
		return nil
	}); err != nil {
		tb.Fatal(err)
	}
}

func lookRows(tb testing.TB, conn *pgx.Conn, s *seen) {
	tb.Helper()
	if len(s.columns) == 0 {
		return
	}
	var nums []int16
	var list []string
	for num := range s.columns {
		nums = append(nums, num)
	}
	slices.Sort(nums)
	for _, num := range nums {
		list = append(list, "coalesce("+pgx.Identifier{s.columns[num].name}.Sanitize()+"::text, '∅')")
	}
	found, err := conn.Query(tb.Context(), "SELECT ARRAY["+strings.Join(list, ", ")+"] FROM ONLY "+pgx.Identifier{s.schema, s.name}.Sanitize())
	if err != nil {
		tb.Fatal(err)
	}
	var values []string
	n := 0
	if _, err := pgx.ForEachRow(found, []any{&values}, func() error {
		row := map[int16]string{}
		key := ""
		for i, num := range nums {
			row[num] = values[i]
			if s.bags[num] == nil {
				s.bags[num] = map[string]int{}
			}
			s.bags[num][values[i]]++
			if slices.Contains(s.key, num) {
				key += values[i] + "\x00"
			}
		}
		if len(s.key) == 0 {
			key = strconv.Itoa(n)
		}
		n++
		s.rows[key], values = row, nil
		return nil
	}); err != nil {
		tb.Fatal(err)
	}
}

// truth is what happened to a table, in the footprint's own words.
func truth(before, after *seen) *footprint.Table {
	t := &footprint.Table{OID: before.oid, Schema: before.schema, Name: before.name, Columns: map[int16]footprint.Column{}}
	if after == nil {
		t.Dropped = true
		return t
	}
	t.Inserts, t.Updates, t.Deletes = after.inserted > before.inserted, after.updated > before.updated, after.deleted > before.deleted
	t.Rewrites = after.file != before.file
	t.Renamed = after.schema != before.schema || after.name != before.name
	if t.Rewrites && len(before.rows) > len(after.rows) {
		t.Deletes = true
	}
	for num, was := range before.columns {
		is, ok := after.columns[num]
		retyped := was.of != is.of || was.modifier != is.modifier
		switch {
		case !ok:
			t.Columns[num] = footprint.Column{Name: was.name, Verdict: migrate.DroppedAway}
		case !t.Deletes && lost(before, after, num):
			v := migrate.LosesRows
			if !t.Updates && !t.Rewrites {
				v = migrate.AddedTo // what its values mean has changed, and no row
			} else if retyped && sameCount(before, after, num) {
				v = migrate.Rewritten
			}
			t.Columns[num] = footprint.Column{Name: was.name, Verdict: v}
		case retyped:
			t.Columns[num] = footprint.Column{Name: was.name, Verdict: migrate.Rewritten}
		case was.name != is.name:
			t.Columns[num] = footprint.Column{Name: was.name, Verdict: migrate.Renamed}
		}
	}
	for num, is := range after.columns {
		if _, ok := before.columns[num]; !ok {
			t.Columns[num] = footprint.Column{Name: is.name, Verdict: migrate.AddedTo}
		}
	}
	return t
}

// lost reports whether a value of a column that was there is no more there.
func lost(before, after *seen, num int16) bool {
	if slices.Contains(before.key, num) || len(before.key) == 0 {
		for value, n := range before.bags[num] {
			if after.bags[num][value] < n {
				return true
			}
		}
		return false
	}
	for key, row := range before.rows {
		if is, ok := after.rows[key]; ok && is[num] != row[num] {
			return true
		}
	}
	return false
}

// sameCount: a change of type that only spells values differently keeps as many of them.
func sameCount(before, after *seen, num int16) bool {
	return len(before.bags[num]) == len(after.bags[num]) && slices.Contains([]string{"real", "date"}, before.columns[num].typ)
}

// touched reports whether anything happened.
func touched(t *footprint.Table) bool {
	return t.Rows() != migrate.Untouched
}

var order = []migrate.Verdict{migrate.Untouched, migrate.AddedTo, migrate.Renamed, migrate.Rewritten, migrate.LosesColumns, migrate.LosesRows, migrate.DroppedAway}

func worse(a, b migrate.Verdict) bool { return slices.Index(order, a) > slices.Index(order, b) }

// outside lists what happened and is not in the footprint.
func outside(f *footprint.Footprint, happened map[uint32]*footprint.Table) []string {
	var out []string
	if len(f.Whole) > 0 {
		return nil
	}
	for oid, t := range happened {
		if !touched(t) && !t.Updates {
			continue
		}
		said := f.Tables[oid]
		if said == nil {
			out = append(out, fmt.Sprintf("%s.%s is not in it: %s", t.Schema, t.Name, spell(t)))
			continue
		}
		if said.Dropped {
			continue
		}
		check := func(happened, allowed bool, what string) {
			if happened && !allowed {
				out = append(out, fmt.Sprintf("%s.%s: %s", t.Schema, t.Name, what))
			}
		}
		check(t.Dropped, false, "dropped")
		check(t.Inserts, said.Inserts, "rows inserted")
		check(t.Updates, said.Updates, "rows updated")
		check(t.Deletes, said.Deletes, "rows deleted")
		check(t.Renamed, said.Renamed, "renamed")
		check(t.Rewrites, said.Rewrites || said.Deletes, "written to a new file")
		for num, c := range t.Columns {
			check(worse(c.Verdict, said.Columns[num].Verdict), false, fmt.Sprintf("column %s (%d) %s, not %q", c.Name, num, c.Verdict, said.Columns[num].Verdict))
		}
	}
	sort.Strings(out)
	return out
}

// larger lists where the footprint says more than happened.
func larger(f *footprint.Footprint, happened map[uint32]*footprint.Table) []string {
	var out []string
	for _, w := range f.Whole {
		out = append(out, "whole: "+w.Why)
	}
	for oid, said := range f.Tables {
		t := happened[oid]
		if t == nil {
			continue
		}
		is := t.Rows()
		if worse(said.Rows(), is) {
			out = append(out, fmt.Sprintf("%s.%s %s, only %s", said.Schema, said.Name, said.Rows(), is))
			continue
		}
		if t.Dropped || t.Deletes {
			continue
		}
		for num, c := range said.Columns {
			if c.Verdict == migrate.LosesRows && worse(c.Verdict, t.Columns[num].Verdict) {
				out = append(out, fmt.Sprintf("%s.%s column %s %s, only %q", said.Schema, said.Name, c.Name, c.Verdict, t.Columns[num].Verdict))
			}
		}
	}
	sort.Strings(out)
	return out
}

func spell(t *footprint.Table) string {
	return fmt.Sprintf("%s inserts=%t updates=%t deletes=%t rewrites=%t renamed=%t columns=%v", t.Rows(), t.Inserts, t.Updates, t.Deletes, t.Rewrites, t.Renamed, t.Columns)
}

func compared(before, after map[uint32]*seen) map[uint32]*footprint.Table {
	out := map[uint32]*footprint.Table{}
	for oid, was := range before {
		out[oid] = truth(was, after[oid])
	}
	return out
}

// play runs a batch's statements.
func play(ctx context.Context, conn *pgx.Conn, batch []migrate.Script) error {
	for i, script := range batch {
		if i > 0 {
			if _, err := conn.Exec(ctx, "RESET ROLE; RESET ALL"); err != nil {
				return err
			}
		}
		for _, s := range script.Statements {
			var err error
			if s.Data != nil {
				_, err = conn.PgConn().CopyFrom(ctx, strings.NewReader(string(s.Data)), s.Text)
			} else {
				_, err = conn.PgConn().Exec(ctx, s.Text).ReadAll()
			}
			if err != nil {
				return fmt.Errorf("%.200s: %w", s.Text, err)
			}
		}
	}
	return nil
}
