package postgres

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// scope is what a snapshot keeps of a batch's tables, and what the batch is
// expected to touch.
type scope struct {
	mode    migrate.ScopeMode
	whole   []migrate.WholeReason // why the batch may touch anything; nil: it touches foot only
	foot    *footprint.Footprint  // nil where every table is kept
	facts   *footprint.Facts
	choices []choice          // the tables that are kept, or whose rows the batch touches
	unfit   map[uint32]string // why single rows cannot be put right in a table
	barred  map[uint32]bool   // tables that --tables and --exclude leave out
	lost    []string          // what the batch can destroy and nothing keeps, as was asked for
}

// choice is what is kept of one table.
type choice struct {
	table
	keep    bool    // rows of it are copied
	columns []int16 // of each row the key and these; nil: whole rows
	names   []string
	key     []int16
	record  bool // rows only come: those that the batch inserts are recorded by key
	why     string
}

// keeps says what is kept, for people.
func (c choice) keeps() string {
	switch {
	case !c.keep:
		return ""
	case c.columns == nil:
		return "whole rows"
	}
	return "columns " + strings.Join(c.names, ", ")
}

// scopeRequest is what a scope depends on.
type scopeRequest struct {
	scope   migrate.Scope
	scripts []migrate.Script
	outside []sqltext.Statement
	steps   int
	history migrate.TableID
}

// choose decides what a snapshot keeps. It runs in a transaction.
func (d *DB) choose(ctx context.Context, r scopeRequest) (*scope, error) {
	all, err := d.tables(ctx, r.history)
	if err != nil {
		return nil, err
	}
	counting, err := d.Query(ctx, `SELECT pg_catalog.current_setting('track_counts')`)
	if err != nil {
		return nil, fmt.Errorf("ask what the server counts: %w", err)
	}
	allowed, err := within(all, r.scope)
	if err != nil {
		return nil, err
	}
	s := &scope{mode: r.scope.Mode, barred: map[uint32]bool{}}
	for _, t := range all {
		s.barred[t.oid] = !slices.ContainsFunc(allowed, func(a table) bool { return a.oid == t.oid })
	}
	if s.facts, err = footprint.Read(ctx, d.conn); err != nil {
		return nil, plain(err)
	}
	d.own = false // reading the facts has set the search path
	s.foot = footprint.Of(s.facts, r.scripts)
	s.foot.Whole = append(s.foot.Whole, s.uncheckable(r.outside)...)
	s.whole = slices.Clone(s.foot.Whole)
	if counting[0].Text(0) != "on" {
		s.whole = append(s.whole, migrate.WholeReason{Why: "the server counts no rows that are written (track_counts is off)"})
	}
	outside := slices.ContainsFunc(r.outside, func(st sqltext.Statement) bool { return mayWrite(st.Verb) })
	generated, err := d.generatedColumns(ctx, s.foot)
	if err != nil {
		return nil, err
	}
	if s.unfit, err = d.unfitTables(ctx, s.foot); err != nil {
		return nil, err
	}
	for _, t := range all {
		c := s.judge(t, outside, r.steps > 1, generated[t.oid])
		s.add(c)
	}
	return s, d.measure(ctx, s.choices)
}

// add puts a table into the scope, if anything of it is kept or touched.
func (s *scope) add(c choice) {
	if c.keep && s.mode == migrate.ScopeNone {
		s.lost = append(s.lost, c.label()+": "+c.why)
		c.keep = false
	}
	if s.barred[c.oid] {
		c.keep, c.record = false, false
	}
	if c.keep || c.record {
		s.choices = append(s.choices, c)
	}
}

// judge says what is to be kept of one table, whoever asks. outside: a statement
// that no transaction can hold may write, and what it did cannot be told from
// its counters. steps: others can write between two commits of the batch, and
// their changes cannot be told from its own.
func (s *scope) judge(t table, outside, steps bool, generated []int16) choice {
	c := choice{table: t, keep: true}
	f := s.foot.Tables[t.oid]
	switch {
	case s.mode == migrate.ScopeAll:
		c.why = "--scope all"
	case len(s.whole) > 0:
		c.why = "anything may be touched: " + s.whole[0].Why
	case f == nil:
		c.keep = false
	case f.Dropped:
		c.why = string(migrate.DroppedAway)
	case f.Deletes:
		c.why = string(migrate.LosesRows)
	case outside && (f.Inserts || f.Updates):
		c.why = "a statement outside a transaction may write to it"
	case steps && changes(f):
		c.why = "its rows change, and the batch has several commits"
	default:
		s.byColumns(&c, f, generated, steps)
	}
	return c
}

// byColumns chooses between columns, whole rows and nothing for a table whose
// rows stay. Of a partition in which single rows could not be put right nothing is
// kept because a row might come into it: most likely none does, and if so the guard
// has the step run once more, unless it is one of several.
func (s *scope) byColumns(c *choice, f *footprint.Table, generated []int16, steps bool) {
	var reasons []string
	keyStays := len(f.Key) > 0 && !slices.ContainsFunc(f.Key, func(num int16) bool { return slices.Contains(generated, num) })
	for _, num := range slices.Sorted(maps.Keys(f.Columns)) {
		column := f.Columns[num]
		if !destroys(column.Verdict) || slices.Contains(generated, num) {
			continue // the values of a generated column come back by themselves
		}
		c.columns, c.names = append(c.columns, num), append(c.names, column.Name)
		reasons = append(reasons, column.Name+" "+string(column.Verdict))
		keyStays = keyStays && !slices.Contains(f.Key, num)
	}
	c.why = strings.Join(reasons, ", ")
	switch {
	case len(c.columns) == 0 && !f.Inserts:
		c.keep = false
	case !keyStays:
		*c = c.inFull("no primary key that stays")
	case f.Inserts && len(c.columns) == 0 && anew(f):
		// In a new file every row is of the batch's transaction: those that came are not to be told from those that were there.
		*c = c.inFull("rows come, and the table is written anew")
	case s.unfit[c.oid] != "" && (changes(f) || f.Inserts && (steps || !s.facts.Relations[c.oid].Partition)):
		*c = c.inFull(s.unfit[c.oid])
	default:
		c.key, c.record = f.Key, f.Inserts
		c.keep = len(c.columns) > 0
		if !c.keep {
			c.why = "rows come"
		}
	}
}

// inFull is the choice with whole rows kept.
func (c choice) inFull(why string) choice {
	c.columns, c.names = nil, nil
	c.why = strings.TrimPrefix(c.why+"; "+why, "; ")
	return c
}

// destroys reports whether values of a column can be lost.
func destroys(v migrate.Verdict) bool {
	switch v {
	case migrate.DroppedAway, migrate.LosesRows, migrate.LosesColumns:
		return true
	}
	return false
}

// generatedColumns lists, of the tables of a footprint, the columns that hold no
// value of their own.
func (d *DB) generatedColumns(ctx context.Context, f *footprint.Footprint) (map[uint32][]int16, error) {
	found, err := d.conn.Query(ctx, `SELECT attrelid, attnum FROM pg_catalog.pg_attribute
		WHERE attrelid = ANY ($1::text::oid[]) AND attnum > 0 AND attgenerated <> '' AND NOT attisdropped`,
		oidList(slices.Sorted(maps.Keys(f.Tables))))
	if err != nil {
		return nil, fmt.Errorf("read the generated columns: %w", plain(err))
	}
	defer found.Close()
	out := map[uint32][]int16{}
	for found.Next() {
		var oid uint32
		var num int16
		if err := found.Scan(&oid, &num); err != nil {
			return nil, fmt.Errorf("read the generated columns: %w", err)
		}
		out[oid] = append(out[oid], num)
	}
	return out, found.Err()
}

// tables lists the tables of a scope.
func (s *scope) tables() []table {
	all := make([]table, len(s.choices))
	for i, c := range s.choices {
		all[i] = c.table
	}
	return all
}

// choice finds a table of the scope, or returns nil.
func (s *scope) choice(oid uint32) *choice {
	for i := range s.choices {
		if s.choices[i].oid == oid {
			return &s.choices[i]
		}
	}
	return nil
}

// same reports whether two readings chose the same.
func (s *scope) same(o *scope) bool {
	return slices.EqualFunc(s.choices, o.choices, func(a, b choice) bool {
		return a.oid == b.oid && a.label() == b.label() && a.keep == b.keep && a.record == b.record &&
			(a.columns == nil) == (b.columns == nil) && slices.Equal(a.columns, b.columns) && slices.Equal(a.key, b.key)
	})
}

// foreseen is the scope of an estimate, for the snapshot that follows it.
type foreseen struct {
	request scopeRequest
	scope   *scope
}

// take returns the scope once, if it was chosen for the same request.
func (f *foreseen) take(r scopeRequest) *scope {
	s := f.scope
	f.scope = nil
	if !reflect.DeepEqual(f.request, r) {
		return nil
	}
	return s
}

// lockScope locks the tables that are kept or touched, and looks again whether
// meanwhile it would choose others: a table may have been made or altered. Where
// nothing has to be locked nothing is kept, and the guard alone judges.
func (d *DB) lockScope(ctx context.Context, r scopeRequest) (*scope, error) {
	s := d.foreseen.take(r)
	if s == nil {
		var err error
		if s, err = d.choose(ctx, r); err != nil {
			return nil, err
		}
	}
	for len(s.choices) > 0 {
		if err := d.lockTables(ctx, s.tables()); err != nil {
			return nil, err
		}
		again, err := d.choose(ctx, r)
		if err != nil {
			return nil, err
		}
		if s.same(again) {
			return again, nil
		}
		s = again
	}
	return s, nil
}
