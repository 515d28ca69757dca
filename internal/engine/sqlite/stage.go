package sqlite

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// stage takes one batch back, from its snapshot.
type stage struct {
	*narrow
	file     string // the snapshot, as it is attached
	dir      string
	manifest *snapshot.Manifest
	state    *after
	was, now schema
	parents  map[string]string // object → its table, in the snapshot and now
	diff     map[string]bool   // objects that the batch changed
	tables   []*tableBack
	rebuilt  map[string]bool // tables that are made anew, so that indexes and triggers follow
	counters map[string]int64
	analyzed string
	fromFile bool // what ANALYZE wrote comes from the snapshot
}

// compare finds what the batch changed in the schema, and what somebody changed
// since. The first goes back, the second stays; a thing of both is a conflict.
func (s *stage) compare(ctx context.Context) (err error) {
	if s.now, err = s.readSchema(ctx, s.history); err != nil {
		return err
	}
	s.diff, s.parents, s.rebuilt = map[string]bool{}, map[string]string{}, map[string]bool{}
	for _, key := range sortedKeys(bothSchemas(s.was, s.state.Schema)) {
		if s.was[key] != s.state.Schema[key] {
			s.diff[key] = true
		}
	}
	for _, file := range []string{s.file, "main"} {
		err := s.each(ctx, "SELECT type || ' ' || name, tbl_name FROM "+file+".sqlite_schema", func(st *sqlite3.Stmt) error {
			s.parents[st.ColumnText(0)] = st.ColumnText(1)
			return nil
		})
		if err != nil {
			return explain("read the schema", err)
		}
	}
	changed := map[string]bool{}
	for _, t := range s.state.Changes.Tables {
		if t.After != "" {
			changed[fold(t.After)] = true
		}
	}
	var conflicts []string
	for _, key := range sortedKeys(bothSchemas(s.state.Schema, s.now)) {
		if s.state.Schema[key] == s.now[key] {
			continue
		}
		parent, known := s.parents[key]
		single := schema{}
		other := schema{}
		if d, ok := s.state.Schema[key]; ok {
			single[key] = d
		}
		if d, ok := s.now[key]; ok {
			other[key] = d
		}
		line := single.difference(other, "was created", "was dropped", "was changed")[0]
		if s.diff[key] || changed[fold(parent)] || !known && !strings.HasPrefix(key, "setting ") {
			conflicts = append(conflicts, line)
			continue
		}
		s.drift[line] = true
	}
	if len(conflicts) > 0 {
		return &migrate.ConflictError{Conflicts: conflicts}
	}
	return nil
}

func bothSchemas(a, b schema) map[string]bool {
	out := map[string]bool{}
	for key := range a {
		out[key] = true
	}
	for key := range b {
		out[key] = true
	}
	return out
}

// takeBack changes what the batch changed, and proves the result.
func (s *stage) takeBack(ctx context.Context) error {
	s.objects = append(s.objects, s.state.Schema.difference(s.was, "is brought back", "is taken out", "is put back")...)
	if err := s.readCounters(ctx); err != nil {
		return err
	}
	for i := range s.state.Changes.Tables {
		if err := s.look(ctx, &s.state.Changes.Tables[i]); err != nil {
			return err
		}
	}
	for _, act := range []func(context.Context) error{
		s.dropObjects, s.shrinkTables, s.moveTables, s.createTables, s.fillTables, s.createObjects,
		s.settings, s.writeCounters, s.writeStatistics, s.verify,
	} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	s.inherit()
	return nil
}

// dropObjects drops the triggers, views and indexes that the batch made or changed.
func (s *stage) dropObjects(ctx context.Context) error {
	var drops []string
	err := s.each(ctx, `SELECT type, name FROM main.sqlite_schema WHERE type IN ('trigger', 'view', 'index') AND sql IS NOT NULL
		ORDER BY type DESC, rowid DESC`, func(st *sqlite3.Stmt) error {
		if s.diff[st.ColumnText(0)+" "+st.ColumnText(1)] {
			drops = append(drops, "DROP "+st.ColumnText(0)+" IF EXISTS main."+sqlite3.QuoteIdentifier(st.ColumnText(1)))
		}
		return nil
	})
	if err != nil {
		return explain("read the schema", err)
	}
	return s.execAll(ctx, drops)
}

// createObjects brings back the indexes, views and triggers of the snapshot
// that the batch took out or changed, or that went with a table.
func (s *stage) createObjects(ctx context.Context) error {
	there, err := s.readSchema(ctx, s.history)
	if err != nil {
		return err
	}
	var creates []string
	err = s.each(ctx, `SELECT type, name, tbl_name, sql FROM `+s.file+`.sqlite_schema
		WHERE type IN ('index', 'view', 'trigger') AND sql IS NOT NULL
		ORDER BY type = 'trigger', type = 'view', rowid`, func(st *sqlite3.Stmt) error {
		key := st.ColumnText(0) + " " + st.ColumnText(1)
		if _, ok := there[key]; !ok && (s.diff[key] || s.rebuilt[fold(st.ColumnText(2))]) && kept(st.ColumnText(2), s.history) {
			creates = append(creates, st.ColumnText(3))
		}
		return nil
	})
	if err != nil {
		return explain("read the snapshot's schema", err)
	}
	return s.execAll(ctx, creates)
}

func (n *narrow) execAll(ctx context.Context, statements []string) error {
	for _, sql := range statements {
		if err := n.Exec(ctx, sql); err != nil {
			return explain("take back", err)
		}
	}
	return nil
}

// settings puts back what the file keeps for the application.
func (s *stage) settings(ctx context.Context) error {
	for _, name := range []string{"user_version", "application_id"} {
		if s.diff["setting "+name] {
			if err := s.Exec(ctx, "PRAGMA main."+name+"="+s.was["setting "+name]); err != nil {
				return explain("put back "+name, err)
			}
		}
	}
	return nil
}

// verify compares the schema, to the last byte of its text, with what has to
// be there: of what the batch changed, the snapshot's; of all else, today's.
func (s *stage) verify(ctx context.Context) error {
	got, err := s.readSchema(ctx, s.history)
	if err != nil {
		return err
	}
	want := schema{}
	for key := range bothSchemas(s.was, s.now) {
		from := s.now
		if s.diff[key] {
			from = s.was
		}
		if text, ok := from[key]; ok {
			want[key] = text
		}
	}
	if d := want.difference(got, "is there, too", "is missing", "differs"); len(d) > 0 {
		return &inexact{"the schema would not be as it was: " + migrate.FirstFew(d)}
	}
	for _, t := range s.tables {
		if err := t.verify(ctx); err != nil {
			return &tableError{t.id(), t.change.Before, err}
		}
	}
	return s.verifySequenceTable(ctx)
}

// verifySequenceTable finds the one thing that no statement can take out again:
// SQLite's own table of counters, made with the first AUTOINCREMENT. Where
// nothing was written since, the whole file serves as well, and is exact.
func (s *stage) verifySequenceTable(ctx context.Context) error {
	was, err := s.has(ctx, s.file, "sqlite_sequence")
	if err != nil || was {
		return err
	}
	is, err := s.has(ctx, "main", "sqlite_sequence")
	if err != nil || !is {
		return err
	}
	for _, t := range s.state.Tables {
		if !sameCount(s.state.Tables, s.start, t.Name) {
			return nil
		}
	}
	if len(s.drift) == 0 && len(s.start) == len(s.state.Tables) && len(s.states) == 1 {
		return &inexact{"SQLite's own table of counters, which the batch brought, cannot be dropped"}
	}
	return nil
}

// inherit follows the tables through this batch's taking back, so that an undo
// knows which is which.
func (s *stage) inherit() {
	next := lineage{}
	maps.Copy(next, s.lineage)
	for _, t := range s.state.Changes.Tables {
		if t.After != "" {
			delete(next, fold(t.After))
		}
	}
	for _, t := range s.state.Changes.Tables {
		switch {
		case t.Virtual || t.Before == "":
		case t.After == "":
			next[fold(t.Before)] = &origin{}
		default:
			old := s.lineage.of(t.After, side(t.Columns, 1))
			o := &origin{table: old.table}
			for _, c := range t.Columns {
				i := slices.IndexFunc(old.columns, func(x inherited) bool { return fold(x.name) == fold(c[1]) })
				if i >= 0 {
					o.columns = append(o.columns, inherited{c[0], old.columns[i].was})
				}
			}
			next[fold(t.Before)] = o
		}
	}
	s.lineage = next
}

// readCounters remembers what SQLite keeps of tables beside their rows, before
// a table that is made anew loses it.
func (s *stage) readCounters(ctx context.Context) (err error) {
	if s.counters, err = s.sequences(ctx, "main"); err != nil {
		return err
	}
	if s.analyzed, err = s.statistics(ctx, "main"); err != nil {
		return err
	}
	was, err := s.statistics(ctx, s.file)
	if err != nil {
		return err
	}
	s.fromFile = was != s.state.Changes.Statistics && s.analyzed == s.state.Changes.Statistics
	if s.fromFile {
		return nil
	}
	for table := range statisticsTables {
		ok, err := s.has(ctx, "main", table)
		if err != nil {
			return err
		}
		if ok {
			if err := s.Exec(ctx, "CREATE TEMP TABLE "+ours+table+" AS SELECT * FROM main."+table); err != nil {
				return explain("keep the statistics", err)
			}
		}
	}
	return nil
}

// writeCounters gives each touched table the counter that it had, unless rows
// were numbered since: a number that was given out is not given out again.
func (s *stage) writeCounters(ctx context.Context) error {
	was, err := s.sequences(ctx, s.file)
	if err != nil {
		return err
	}
	ok, err := s.has(ctx, "main", "sqlite_sequence")
	if err != nil || !ok {
		return err
	}
	want := map[string]int64{}
	maps.Copy(want, s.counters)
	for _, t := range s.state.Changes.Tables {
		delete(want, t.After)
	}
	for _, t := range s.state.Changes.Tables {
		if t.Before == "" || t.Virtual {
			continue
		}
		now, counted := s.counters[t.After]
		after, had := s.state.Changes.Sequences[t.After]
		before, known := was[t.Before]
		switch {
		case now != after || counted != had:
			if counted {
				want[t.Before] = now
			}
		case known:
			want[t.Before] = before
		}
	}
	if err := s.Exec(ctx, "DELETE FROM main.sqlite_sequence"); err != nil {
		return explain("put back the counters", err)
	}
	for _, name := range sortedKeys(want) {
		if err := s.Exec(ctx, "INSERT INTO main.sqlite_sequence (name, seq) VALUES ($1, $2)", name, want[name]); err != nil {
			return explain("put back the counters", err)
		}
	}
	return nil
}

// writeStatistics puts back what ANALYZE had written: as the snapshot has it
// where only the batch ran it, and otherwise what there was a moment ago.
func (s *stage) writeStatistics(ctx context.Context) error {
	for _, table := range sortedKeys(statisticsTables) {
		source := "temp." + ours + table
		var want bool
		var err error
		if s.fromFile {
			source = s.file + "." + table
			want, err = s.has(ctx, s.file, table)
		} else {
			want = strings.Contains(s.analyzed, table)
		}
		if err != nil {
			return err
		}
		if err := s.writeStatisticsTable(ctx, table, source, want); err != nil {
			return explain("put back the statistics", err)
		}
	}
	return nil
}

func (s *stage) writeStatisticsTable(ctx context.Context, table, source string, want bool) error {
	is, err := s.has(ctx, "main", table)
	if err != nil {
		return err
	}
	switch {
	case !want && is:
		return s.Exec(ctx, "DROP TABLE main."+table)
	case !want:
		return nil
	case !is: // what it makes beside the wanted one goes again in its turn
		if err := s.Exec(ctx, "ANALYZE main.sqlite_schema"); err != nil {
			return err
		}
	}
	statements := []string{"DELETE FROM main." + table,
		"INSERT INTO main." + table + " SELECT " + statisticsTables[table] + " FROM " + source}
	if !s.fromFile {
		statements = append(statements, "DROP TABLE "+source)
	}
	return s.execAll(ctx, statements)
}
