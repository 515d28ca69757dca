package mysql

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// Estimate tells what Take would keep, and what stands in its way.
func (d *DB) Estimate(ctx context.Context, r migrate.EstimateRequest) (migrate.Estimate, error) {
	e, err := d.estimate(ctx, r)
	return e, held(err, "a table whose definition is read")
}

func (d *DB) estimate(ctx context.Context, r migrate.EstimateRequest) (migrate.Estimate, error) {
	e := migrate.Estimate{Strategy: snapshot.Copy, Tables: []migrate.TableEstimate{}}
	now, err := d.shown(ctx, r.History.Table)
	if err != nil {
		return e, err
	}
	if r.Scripts, err = d.spelled(ctx, r.Scripts); err != nil {
		return e, err
	}
	b, f, err := d.foresight(ctx, now, r.Scripts)
	if err != nil {
		return e, err
	}
	e.Footprint = f.Report()
	scope, err := d.scope(now, b, r.Scope)
	if err != nil {
		return e, err
	}
	b.narrow(scope, r.Scope)
	doubtful, err := b.doubtful(r.Scope)
	if err != nil {
		return e, err
	}
	if err := d.cost(ctx, &e, now, b, scope, doubtful); err != nil {
		return e, err
	}
	replica, err := d.replica(ctx)
	if err != nil {
		return e, err
	}
	e.Warnings = append(append(e.Warnings, replica...), d.windows(f, now)...)
	for _, w := range f.Outside {
		e.Warnings = append(e.Warnings, fmt.Sprintf("%s:%d: %s: no snapshot holds that", w.File, w.Line, w.Why))
	}
	if b.Any != "" && len(f.Whole) == 0 {
		e.Warnings = append(e.Warnings, b.Any+", so every table is kept")
	}
	if e.Blockers, err = d.missingPrivileges(ctx, neededFor(f, now, b.Any != "")); err != nil {
		return e, err
	}
	err = d.blockers(ctx, &e, now, b, scope, r)
	return e, err
}

// doubtful lists the tables of which, as far as the text tells, whole rows need not be kept, and
// that are kept whole where the proof of that fails.
func (b *before) doubtful(want migrate.Scope) ([]string, error) {
	if want.Mode == migrate.ScopeNone {
		return nil, nil
	}
	return within(slices.Sorted(slices.Values(slices.Concat(b.Spared, slices.Collect(maps.Keys(b.Partly))))), want)
}

// cost tells what is kept, and what is not.
func (d *DB) cost(ctx context.Context, e *migrate.Estimate, now catalog.State, b before, scope, doubtful []string) error {
	for _, name := range leftOut(now, b, scope) {
		e.Lost = append(e.Lost, "rows of "+name)
	}
	if err := d.estimateTables(ctx, e, scope, doubtful); err != nil {
		return err
	}
	if err := d.estimateParts(ctx, e, b); err != nil {
		return err
	}
	return d.duration(ctx, e)
}

// affords refuses a snapshot that costs more than plan could tell, since what it was to spare or to
// keep in part has to be kept whole.
func (d *DB) affords(ctx context.Context, r migrate.SnapshotRequest, now catalog.State, b before, scope []string) error {
	if len(b.unproved) == 0 {
		return nil
	}
	e := migrate.Estimate{Strategy: snapshot.Copy}
	if err := d.cost(ctx, &e, now, b, scope, nil); err != nil {
		return err
	}
	over := r.Budget.Refuse(e, r.AcceptLoss)
	if over == nil {
		return nil
	}
	over.Err = fmt.Errorf("that the definition of %s comes back in place cannot be proved: %w", migrate.FirstFew(b.unproved), over.Err)
	return over
}

func (d *DB) estimateTables(ctx context.Context, e *migrate.Estimate, scope, doubtful []string) error {
	rows, err := d.ledger.query(ctx, `SELECT table_name, coalesce(table_rows, -1), coalesce(data_length + if(engine = 'InnoDB', 0, index_length), 0)
		FROM information_schema.tables WHERE table_schema = $1 ORDER BY table_name`, d.name)
	if err != nil {
		return fmt.Errorf("measure the tables: %w", err)
	}
	for _, r := range rows {
		kept, may := slices.Contains(scope, r.Text(0)), slices.Contains(doubtful, r.Text(0))
		if !kept && !may {
			continue
		}
		t := migrate.TableEstimate{Name: r.Text(0), Keeps: "whole rows"}
		if t.Rows, err = strconv.ParseInt(r.Text(1), 10, 64); err != nil {
			t.Rows = -1
		}
		if t.Bytes, err = strconv.ParseInt(r.Text(2), 10, 64); err != nil {
			return fmt.Errorf("measure the tables: %w", err)
		}
		if may {
			e.UnlessProved = append(e.UnlessProved, t)
		}
		if kept {
			e.Tables = append(e.Tables, t)
			e.Bytes += t.Bytes
		}
	}
	return nil
}

// estimateParts takes off what is not kept of a table, as far as the types of its columns
// bound what is.
func (d *DB) estimateParts(ctx context.Context, e *migrate.Estimate, b before) error {
	for i := range e.Tables {
		t := &e.Tables[i]
		lost := b.Partly[t.Name]
		if lost == nil {
			continue
		}
		of, err := d.shapeOf(ctx, t.Name)
		if err != nil {
			return err
		}
		part := of.part(lost)
		if len(part.values().columns) == 0 {
			t.Keeps = "no row, for what goes is computed"
			e.Bytes -= t.Bytes
			t.Rows, t.Bytes = 0, 0
			continue
		}
		t.Keeps = "columns " + strings.Join(part.names(), ", ")
		if most := part.width(); t.Rows >= 0 && most < t.Bytes/max(t.Rows, 1) {
			e.Bytes -= t.Bytes - most*t.Rows
			t.Bytes = most * t.Rows
		}
	}
	return nil
}

// width bounds the bytes of a row.
func (s shape) width() int64 {
	const ofRow, ofValue, ofLetter = 24, 16, 4
	n := int64(ofRow)
	for _, c := range s.columns {
		n += ofValue + ofLetter*c.size
	}
	return n
}

// engines keep rows in a way that a copy of them is exact.
var engines = []string{"InnoDB", "MyISAM", "Aria", "MEMORY", "ARCHIVE", "CSV", "ROCKSDB"}

// blockers lists why the batch could not be taken back.
func (d *DB) blockers(ctx context.Context, e *migrate.Estimate, s catalog.State, b before, scope []string, r migrate.EstimateRequest) error {
	if err := d.writable(ctx); err != nil {
		e.Blockers = append(e.Blockers, err.Error())
	}
	said := mentioned(s, r.Scripts)
	e.Blockers = append(e.Blockers, unreadable(s, func(key string) bool { return said[key] || b.Any != "" })...)
	e.Blockers = append(e.Blockers, hides(s, r.Scripts)...)
	for _, name := range tablesOf(s) {
		o := s.Objects[catalog.Table+" "+name]
		if !slices.Contains(scope, name) && !said[o.Key()] {
			continue
		}
		if why := d.unkept(o); why != "" {
			e.Blockers = append(e.Blockers, fmt.Sprintf("table %s %s: leave it out of the batch, or of the snapshot with --exclude %s --accept-loss", name, why, name))
		}
	}
	if err := d.keyless(ctx, e, s, scope); err != nil {
		return err
	}
	others, err := d.foreignDefiners(ctx, s)
	if err != nil {
		return err
	}
	unmakeable, err := d.unmakeable(ctx, s)
	if err != nil {
		return err
	}
	garbled, err := d.garbled(ctx)
	if err != nil {
		return err
	}
	needed := func(o catalog.Object) bool { return said[o.Key()] || o.Table != "" && slices.Contains(scope, o.Table) }
	if err := d.overlong(ctx, e, s, needed, r.Scripts); err != nil {
		return err
	}
	for _, key := range catalog.Keys(s) {
		o := s.Objects[key]
		if !needed(o) {
			continue
		}
		if unmakeable[key] {
			e.Blockers = append(e.Blockers, key+" could not be made again: the server writes a binary log, and takes triggers and functions from administrators alone (log_bin_trust_function_creators)")
		}
		if garbled[key] {
			e.Blockers = append(e.Blockers, fmt.Sprintf("%s was made by a client of the character set %s, and its comment has characters outside ASCII: the server shows that wrongly, so it could not be made again", key, o.Settings.Client))
		}
		why, err := d.blind(ctx, o)
		if err != nil {
			return err
		}
		if why != "" {
			e.Blockers = append(e.Blockers, key+" "+why+", so it could not be made again: drop it before, or put right what it refers to")
		}
		if others[key] != "" {
			e.Blockers = append(e.Blockers, fmt.Sprintf("%s runs as %s, and this user (%s) may not make it again as such", key, others[key], d.user))
		}
	}
	d.histories(e, r.Scripts)
	return d.otherDatabases(ctx, e, r.Scripts)
}

// keyless finds tables that the server would not let us copy, or make again as
// they are.
func (d *DB) keyless(ctx context.Context, e *migrate.Estimate, s catalog.State, scope []string) error {
	settings := map[string]string{"innodb_force_primary_key": keylessRefused, "sql_require_primary_key": keylessRefused, "sql_generate_invisible_primary_key": keylessGetsOne}
	rows, err := d.own.query(ctx, "SHOW VARIABLES WHERE variable_name IN ('innodb_force_primary_key', 'sql_require_primary_key', 'sql_generate_invisible_primary_key')")
	if err != nil {
		return fmt.Errorf("ask whether tables need a primary key: %w", err)
	}
	for _, r := range rows {
		if r.Text(1) != "ON" {
			continue
		}
		for _, name := range scope {
			if !strings.Contains(s.Objects[catalog.Table+" "+name].Create, "PRIMARY KEY (") {
				e.Blockers = append(e.Blockers, fmt.Sprintf("table %s has no primary key, and the server %s (%s)", name, settings[r.Text(0)], r.Text(0)))
			}
		}
	}
	return nil
}

const (
	keylessRefused = "takes no copy without one"
	keylessGetsOne = "would give it one where it is made again"
)

// otherDatabases finds statements that name another database: what they do there
// is outside any snapshot.
func (d *DB) otherDatabases(ctx context.Context, e *migrate.Estimate, scripts []migrate.Script) error {
	// Those that this user does not see can be named, too.
	rows, err := d.ledger.query(ctx, `SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN ($1, 'information_schema', 'mysql', 'sys', 'performance_schema')
		UNION ALL SELECT 'mysql' UNION ALL SELECT 'sys' UNION ALL SELECT 'performance_schema'`, d.name)
	if err != nil {
		return fmt.Errorf("list the databases: %w", err)
	}
	for _, script := range scripts {
		for _, st := range script.Statements {
			text := strings.ToLower(strings.ReplaceAll(st.Text, "`", ""))
			for _, r := range rows {
				if i := strings.Index(text, strings.ToLower(r.Text(0))+"."); i >= 0 && (i == 0 || !partOfName(text[i-1])) {
					e.Blockers = append(e.Blockers, fmt.Sprintf("%s:%d: it names the database %s: what it does there is outside the snapshot",
						script.Migration.File, st.Line, r.Text(0)))
				}
			}
		}
	}
	return nil
}

func partOfName(b byte) bool {
	return b == '_' || b == '$' || b == '.' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 0x80
}
