package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// watched runs a statement. Where a directive says what it touches, what it did is compared
// with that at once: behind other statements it could not be told from what they do.
func (d *DB) watched(ctx context.Context, st sqltext.Statement, within bool) error {
	tables, told := d.told(st)
	if !within || !told {
		return d.dispatch(ctx, st, within)
	}
	before, err := d.look(ctx)
	if err != nil {
		return err
	}
	if err := d.dispatch(ctx, st, within); err != nil || d.conn.PgConn().TxStatus() == 'I' {
		return err
	}
	after, err := d.look(ctx)
	if err != nil {
		return err
	}
	for oid := range after.writes {
		if asTold(tables, oid, before, after) || !d.batch.exposed(oid) {
			continue
		}
		d.batch.suspect[oid], d.batch.beyond[oid] = true, "a statement wrote to it whose directive does not name it"
	}
	return nil
}

// asTold reports whether what happened to a table is no more than a directive says.
func asTold(tables map[uint32]bool, oid uint32, before, after sight) bool {
	anyhow, named := tables[oid]
	if anyhow {
		return true
	}
	did := after.writes[oid].minus(before.writes[oid])
	if named {
		did.inserted = 0
	}
	emptied := after.sizes[oid] < before.sizes[oid] || before.sizes[oid] > 0 && after.files[oid] != before.files[oid]
	return did == counts{} && !emptied
}

// told lists the tables that a statement touches as its directive has it. Statements that
// are alike in several files touch what the directives of all have in common.
func (d *DB) told(st sqltext.Statement) (tables map[uint32]bool, told bool) {
	if d.batch == nil || d.batch.scope == nil || d.batch.kept.Clone != nil {
		return nil, false
	}
	for _, t := range d.batch.scope.directed(st) {
		if !told {
			tables, told = maps.Clone(t.Tables), true
			continue
		}
		for oid, anyhow := range tables {
			if also, named := t.Tables[oid]; named {
				tables[oid] = anyhow && also
			} else {
				delete(tables, oid)
			}
		}
	}
	return tables, told
}

// directed lists the directives of a statement.
func (s *scope) directed(st sqltext.Statement) []footprint.Told {
	return slices.DeleteFunc(slices.Clone(s.foot.Told), func(t footprint.Told) bool {
		return t.Statement.Offset != st.Offset || t.Statement.Text != st.Text
	})
}

// uncheckable lists the statements with a directive that no transaction can hold: what they
// did cannot be told from their counters, nor be undone.
func (s *scope) uncheckable(outside []sqltext.Statement) []migrate.WholeReason {
	var all []migrate.WholeReason
	for _, st := range outside {
		for _, t := range s.directed(st) {
			if mayWrite(st.Verb) {
				all = append(all, migrate.WholeReason{File: t.File, Line: st.Line, Why: "no transaction can hold this statement, so that its directive cannot be checked"})
			}
		}
	}
	return all
}

// sight is what a statement may change unseen by what comes before or after it.
type sight struct {
	base
	sizes map[uint32]int64 // of tables that the batch writes anew: TRUNCATE empties the new file
}

func (d *DB) look(ctx context.Context) (sight, error) {
	s := sight{sizes: map[uint32]int64{}}
	var err error
	if s.base, err = d.readCounters(ctx); err != nil {
		return s, err
	}
	var anew []uint32
	for oid, f := range d.batch.scope.foot.Tables {
		if f.Rewrites && d.batch.exposed(oid) {
			anew = append(anew, oid)
		}
	}
	if len(anew) == 0 {
		return s, nil
	}
	found, err := d.conn.Query(ctx, `SELECT c.oid, pg_catalog.pg_relation_size(c.oid) FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::text::oid[])`, oidList(anew))
	if err != nil {
		return s, fmt.Errorf("look how large tables are: %w", plain(err))
	}
	defer found.Close()
	for found.Next() {
		var oid uint32
		var size int64
		if err := found.Scan(&oid, &size); err != nil {
			return s, fmt.Errorf("look how large tables are: %w", err)
		}
		s.sizes[oid] = size
	}
	return s, found.Err()
}
