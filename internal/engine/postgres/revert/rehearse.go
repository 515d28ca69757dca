package revert

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Rehearsal is what trying a way back takes, without moving rows.
type Rehearsal struct {
	// Due is set where the way back makes or replaces something that the server
	// reads anew, and may refuse or print in other words than before.
	Due bool
	// Tables are those that stay, and whose rows the way back reads or writes for
	// other things than to exchange them: by their OID.
	Tables []uint32
}

// foreseen says what a rehearsal of the planned work takes.
func (w *work) foreseen() Rehearsal {
	var r Rehearsal
	stays := map[uint32]bool{}
	busy := func(a address) {
		w.cur.below(a, func(t address) {
			if o := w.cur.objects[t]; o != nil && o.Table != nil && o.Table.Key == "" && !w.drop[t] && w.expect[t] != nil {
				stays[t.OID] = true
			}
		})
	}
	for a, made := range w.make {
		o := w.expect[a]
		if !made || o == nil {
			continue
		}
		r.Due = r.Due || reread(o)
		if o.Kind == catalog.KindIndex || o.Kind == catalog.KindConstraint && hasIndex(o) {
			busy(o.Parent)
		}
		if o.Kind == catalog.KindConstraint && notValid(o) && w.in.RowsChanged[o.Parent.OID] {
			busy(o.Parent) // it goes for the sake of the rows
		}
	}
	for a, altered := range w.alter {
		r.Due = r.Due || altered && reread(w.expect[a])
	}
	r.Due = r.Due || len(w.swap) > 0
	for a := range w.retype {
		busy(whole(a))
	}
	for a, joins := range w.join {
		if joins {
			w.busyWithJoining(a, busy)
		}
	}
	now, was := w.cur.castKeys(), w.before.castKeys()
	for oid := range w.in.RowsChanged {
		a := address{Catalog: "pg_class", OID: oid}
		if len(w.inForce(w.cur, now, a)) > 0 || len(w.inForce(w.before, was, a)) > 0 {
			r.Due = true
			busy(a)
		}
	}
	w.busyInPlace(busy)
	r.Tables = slices.Sorted(maps.Keys(stays))
	return r
}

// busyWithJoining finds the tables whose rows the server looks through when a
// table comes back under its parents: its own, and the default partition's.
func (w *work) busyWithJoining(a address, busy func(address)) {
	busy(a)
	for _, p := range w.wantedParents(a) {
		for _, sibling := range w.cur.children[p] {
			if o := w.cur.objects[sibling]; o.Table.Partition == "DEFAULT" {
				busy(sibling)
			}
		}
	}
}

// busyInPlace finds the tables whose rows are read, or written anew, to alter
// the table in place.
func (w *work) busyInPlace(busy func(address)) {
	for a := range w.tables {
		want, cur := w.expect[a], w.cur.objects[a]
		if want == nil || cur == nil || want.Table == nil || cur.Table == nil {
			continue
		}
		if want.Table.Persistence != cur.Table.Persistence || want.Table.Tablespace != cur.Table.Tablespace {
			busy(a)
		}
		for i := range want.Table.Columns {
			c := &want.Table.Columns[i]
			if is := column(cur, c.Num); is != nil && c.NotNull && !sameNotNull(c, is) {
				busy(a)
			}
		}
	}
}

// plainIndex matches the definition of an index of columns alone.
var plainIndex = regexp.MustCompile(` USING \w+ \([^()]*\)( INCLUDE \([^()]*\))?( NULLS NOT DISTINCT)?$`)

// reread says whether making an object has the server read an expression, a
// query or a body, or can fail for what the definition names. What consists of
// names and numbers alone comes back as it was.
func reread(o *object) bool {
	switch o.Kind {
	case catalog.KindSequence, catalog.KindSchema, catalog.KindDatabase, catalog.KindSettings, catalog.KindDefaultPrivileges,
		catalog.KindPublishedSchema, catalog.KindEnum:
		return false
	case catalog.KindConstraint:
		return !isForeignKey(o) && (!hasIndex(o) || strings.Contains(o.Create, catalog.Quote(o.Name)+" EXCLUDE"))
	case catalog.KindIndex:
		return !plainIndex.MatchString(o.Create)
	}
	return true
}

// Rehearse carries the way back out without rows, in the caller's transaction,
// and lists what would not come back as it was. Tables made anew stay empty, so
// do materialized views, and what rows are checked against counts as true. The
// plan has to be one of its own, made with Input.Rehearsal; the caller takes back
// all that happened. An error means that the way back failed.
func (p *Plan) Rehearse(ctx context.Context, conn Conn) ([]string, error) {
	if err := p.compare(ctx, conn, newIndex(p.in.Now)); err != nil {
		return nil, err
	}
	r, err := p.apply(ctx, conn)
	if err != nil {
		return nil, err
	}
	if err := p.compare(ctx, conn, newIndex(p.in.Before)); err != nil {
		return nil, err
	}
	return p.unlike(r.cur), nil
}

// compare has the server choose the operators of foreign keys that rows have to pass when
// they are put right, which is done while some of the rest is as it was, and some as it is.
func (p *Plan) compare(ctx context.Context, conn Conn, x *index) error {
	keys := x.castKeys()
	if len(keys) == 0 {
		return nil
	}
	w := p.work()
	for oid := range p.in.RowsChanged {
		for _, key := range w.inForce(x, keys, address{Catalog: "pg_class", OID: oid}) {
			if err := compared(ctx, conn, x, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// unlike compares like Verify, but for what a rehearsal leaves out.
func (p *Plan) unlike(got *catalog.State) []string {
	var out []string
	x := newIndex(got)
	expected := map[address]bool{}
	for _, w := range p.expected {
		expected[w.address] = true
		now := x.objects[w.address]
		if now == nil {
			out = append(out, label(w.object)+" would be missing")
			continue
		}
		want, is := withoutRows(w.object), withoutRows(now)
		if p.same(wish{w.address, want, w.mixed}, is) {
			continue
		}
		if want.Create != is.Create || !slices.Equal(want.After, is.After) {
			out = append(out, label(w.object)+" would not be what it was: the server reads its definition in another way by now")
			continue
		}
		out = append(out, difference(want, is))
	}
	for i := range got.Objects {
		if o := &got.Objects[i]; !expected[o.Address] && !p.untried[o.Address] {
			out = append(out, label(o)+" would be there and should not be")
		}
	}
	return out
}

// withoutRows is an object as a rehearsal leaves it behind: nothing checked, and
// nothing filled.
func withoutRows(o *object) *object {
	bare := *o
	bare.Byproducts = nil // those of foreign keys that it does not make
	switch o.Kind {
	case catalog.KindConstraint, catalog.KindDomainCheck:
		bare.Create = strings.TrimSuffix(o.Create, unchecked)
	case catalog.KindTable:
		t := *o.Table
		t.Checks = slices.Clone(t.Checks)
		for i := range t.Checks {
			t.Checks[i] = strings.TrimSuffix(t.Checks[i], unchecked)
		}
		bare.Table = &t
	case catalog.KindMatview:
		bare.After = slices.DeleteFunc(slices.Clone(o.After), fills)
	}
	return &bare
}

// unchecked ends the definition of a constraint that no row was checked against.
const unchecked = " NOT VALID"

// fills says whether a statement that completes an object fills it.
func fills(sql string) bool { return strings.HasPrefix(sql, "REFRESH MATERIALIZED VIEW ") }

// rehearsed is the step that a rehearsal takes instead of one that makes an
// object: it reads no rows. No step at all where the server has none such.
func (w *work) rehearsed(o *object, s step) (step, bool) {
	stays := w.cur.objects[o.Parent] != nil && !w.drop[o.Parent]
	check := strings.Contains(o.Create, " CONSTRAINT "+catalog.Quote(o.Name)+" CHECK ")
	switch {
	case o.Kind == catalog.KindDomainCheck && !check:
		return s, false
	case o.Kind == catalog.KindIndex && stays && w.cur.objects[o.Parent].Kind == catalog.KindMatview:
		return s, false // nothing empties it for the time
	case o.Kind == catalog.KindConstraint && isForeignKey(o):
		t := w.expect[o.Parent]
		if t == nil || t.Table == nil || t.Table.Key != "" {
			return s, false // none of a partitioned table can be NOT VALID
		}
	case o.Kind == catalog.KindConstraint && check && stays && !w.refill[o.Parent]:
	case o.Kind == catalog.KindDomainCheck && stays:
	default:
		return s, true
	}
	if s.sql == o.Create && !notValid(o) && !unenforced(o) {
		s.sql += unchecked
	}
	return s, true
}
