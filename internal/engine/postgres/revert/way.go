package revert

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Way is how a table is brought back.
type Way string

// The ways. Rows that stay in the table stay whatever was written since.
const (
	InPlace     Way = "in place"
	Corrected   Way = "corrected"    // the rows that the batch wrote are put right by key
	PutBack     Way = "put back"     // made anew from its present rows, with the kept values of what was lost
	Refilled    Way = "refilled"     // emptied and filled from the kept rows
	Rebuilt     Way = "rebuilt"      // made anew, filled from the kept rows
	BroughtBack Way = "brought back" // the batch had dropped it
	Dropped     Way = "dropped"      // the batch had made it
)

// TableWay is what happens to one table.
type TableWay struct {
	OID             uint32 // now, or at Before when it is gone
	Before, Now     string // identities, "" if there is none
	Way             Way
	Why             string
	DroppedColumns  []string // in place: columns that the batch had added
	Readers         string   // "go on", "wait briefly", "wait": sessions that read it
	NeedsQuarantine bool     // its present rows must be copied away before Apply
}

// table decides how a table gets from cur to want; both exist.
func (w *work) table(want, cur *object, diff []aspect) {
	way := TableWay{OID: cur.Address.OID, Before: want.Identity, Now: cur.Identity, Way: InPlace}
	if why := w.mustRebuild(want, cur); why != "" {
		w.rebuild(want, cur, why)
		return
	}
	if w.placeDiffers(want, cur) || w.ownNotNulls(want, cur) {
		w.move(want, cur)
	}
	refill := w.in.RowsChanged[want.Address.OID]
	if len(diff) == 0 && !refill {
		return
	}
	if why := either(want.Unsupported == "", cur.Unsupported, want.Unsupported); why != "" && len(deep(diff)) > 0 {
		w.conflictf("%s changed, and cannot be put back: %s", label(cur), why)
	}
	var others []aspect
	for _, d := range diff {
		if d.part != partShape {
			others = append(others, d)
			continue
		}
		a := cur.Address
		a.Column = d.column
		w.dropColumn[a] = true
		way.DroppedColumns = append(way.DroppedColumns, columnName(cur, d.column))
	}
	way.Why, way.NeedsQuarantine = list(cur, others), len(way.DroppedColumns) > 0
	switch {
	case refill && w.correctable(want, cur, diff):
		way.Way, way.Why, way.NeedsQuarantine = Corrected, "the batch changed rows of it, which are known by their key", true
		w.correct[want.Address] = true
	case refill:
		way.Way, way.Why, way.NeedsQuarantine = Refilled, "the batch changed its rows", true
		w.refill[want.Address] = true
		w.refillable(want, way.Why)
	}
	w.tables[want.Address] = way
}

// rebuild makes a table anew.
func (w *work) rebuild(want, cur *object, why string) {
	delete(w.refill, cur.Address)
	delete(w.correct, cur.Address)
	w.drop[cur.Address] = true
	way := TableWay{OID: cur.Address.OID, Before: want.Identity, Now: cur.Identity, Way: Rebuilt, Why: why, NeedsQuarantine: true}
	if w.mendable(want, cur) {
		way.Way, w.mend[cur.Address] = PutBack, true
	} else {
		w.rebuildable(want, why)
	}
	w.tables[want.Address] = way
}

// deep leaves out what is soft, and the object's own name and schema.
func deep(all []aspect) []aspect {
	return slices.DeleteFunc(hard(all), func(a aspect) bool {
		return a.column == 0 && (a.part == partName || a.part == partSchema)
	})
}

// mustRebuild says why a table cannot stay; "" when it can.
func (w *work) mustRebuild(want, cur *object) string {
	for i := range want.Table.Columns {
		b := &want.Table.Columns[i]
		c := column(cur, b.Num)
		switch {
		case c == nil:
			return fmt.Sprintf("column %s is gone", catalog.Quote(b.Name))
		case !w.cmp.sameShape(b, c):
			return fmt.Sprintf("column %s is of another type, collation or expression", catalog.Quote(b.Name))
		}
	}
	if w.placeDiffers(want, cur) && !joins(want) && w.extraParents(want, cur) == nil {
		return "its place among other tables changed"
	}
	if own := cmp.Or(w.ownSince(want, cur), w.straySince(want, cur)); own != "" {
		return own
	}
	if want.Table.Method != cur.Table.Method {
		return "its access method changed"
	}
	return ""
}

// ownSince names a column or check that a table had from its parents alone, and that
// is its own as well now, as after NO INHERIT and INHERIT: no statement takes that back.
func (w *work) ownSince(want, cur *object) string {
	if !want.Table.ByParents() {
		return ""
	}
	for i := range want.Table.Columns {
		b := &want.Table.Columns[i]
		if c := column(cur, b.Num); b.Inherited > 0 && !b.Local && c.Local {
			return fmt.Sprintf("column %s is its own now", catalog.Quote(b.Name))
		}
	}
	if len(want.Table.Checks) <= len(cur.Table.Checks) {
		return ""
	}
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		named := func(check string) bool { return strings.HasPrefix(check, catalog.Quote(o.Name)+" ") }
		if o.Parent == cur.Address && o.Inherited && w.before.objects[o.Address] == nil && slices.ContainsFunc(want.Table.Checks, named) {
			return fmt.Sprintf("its check %s is its own now", catalog.Quote(o.Name))
		}
	}
	return ""
}

// rebuildable checks what a table needs that is made anew.
func (w *work) rebuildable(want *object, why string) {
	v := w.verdicts[want.Address]
	if kept := hard(v.keep); len(kept) > 0 {
		w.conflictf("%s has to be rebuilt (%s), and its %s since", label(want), why, changed(v.now, kept))
	}
	w.hasRows(want)
}

// hasRows checks that the rows of a table were kept.
func (w *work) hasRows(want *object) {
	if want.Table.Key != "" || w.in.Rehearsal {
		return // its partitions hold them; a rehearsal needs none
	}
	c, ok := w.in.Copies[want.Address.OID]
	if !ok {
		w.conflictf("%s: its rows were not kept", label(want))
		return
	}
	for i := range want.Table.Columns {
		b := &want.Table.Columns[i]
		kept := slices.ContainsFunc(c.Columns, func(k CopyColumn) bool { return k.Num == b.Num })
		if b.Generated == "" && !kept {
			w.conflictf("%s: its column %s was not kept", label(want), catalog.Quote(b.Name))
		}
	}
}
