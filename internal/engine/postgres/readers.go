package postgres

import (
	"maps"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
	"github.com/safemigrate/safemigrate/migrate"
)

// readers finds what a view reads, however far down.
type readers struct {
	state    *catalog.State
	children map[catalog.Address][]catalog.Address // of tables: those under them
	reads    map[catalog.Address]bool              // what was found so far
}

func newReaders(s *catalog.State) *readers {
	r := &readers{state: s, children: map[catalog.Address][]catalog.Address{}}
	named := map[string]catalog.Address{}
	for i := range s.Objects {
		if o := &s.Objects[i]; o.Table != nil {
			named[o.Identity] = o.Address
		}
	}
	for i := range s.Objects {
		o := &s.Objects[i]
		if o.Table == nil {
			continue
		}
		for _, parent := range o.Table.Parents {
			r.children[named[parent]] = append(r.children[named[parent]], o.Address)
		}
	}
	return r
}

// any reports whether an object depends on one of the tables, be it through
// other views, functions or partitions.
func (r *readers) any(a catalog.Address, tables map[uint32]bool) bool {
	return r.anyOf(a, func(a catalog.Address) bool { return a.Catalog == "pg_class" && tables[a.OID] })
}

// anyOf does the same for objects of every kind, itself among them.
func (r *readers) anyOf(a catalog.Address, wanted func(catalog.Address) bool) bool {
	r.reads = map[catalog.Address]bool{}
	return r.reach(a, wanted)
}

func (r *readers) reach(a catalog.Address, wanted func(catalog.Address) bool) bool {
	a.Column = 0
	if r.reads[a] {
		return false
	}
	r.reads[a] = true
	if wanted(a) {
		return true
	}
	for _, child := range r.children[a] {
		if r.reach(child, wanted) {
			return true
		}
	}
	if o := r.state.Object(a); o != nil {
		for _, d := range o.DependsOn {
			if r.reach(d, wanted) {
				return true
			}
		}
	}
	return false
}

// names reports whether the footprint names an object that is no table.
func (s *scope) names(o *catalog.Object) bool {
	for _, line := range s.foot.Objects {
		if strings.Contains(line, o.Schema+"."+o.Name) || strings.Contains(line, o.Identity) {
			return true
		}
	}
	return false
}

// concernedViews tells the materialized views whose rows a rollback may have to
// know: those that the footprint names, and those over tables whose rows or
// columns it can change.
func (d *DB) concernedViews(s *catalog.State) func(*catalog.Object) bool {
	sc := d.batch.scope
	if len(sc.whole) > 0 || sc.mode == migrate.ScopeAll {
		return every
	}
	reads := newReaders(s)
	touched := map[uint32]bool{}
	for oid, t := range sc.foot.Tables {
		touched[oid] = t.Dropped || t.Inserts || t.Updates || t.Deletes || slices.ContainsFunc(slices.Collect(maps.Values(t.Columns)),
			func(c footprint.Column) bool { return destroys(c.Verdict) })
	}
	return func(o *catalog.Object) bool {
		return sc.names(o) || reads.any(o.Address, touched)
	}
}

// every concerns everything.
func every(*catalog.Object) bool { return true }
