package revert

import (
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Way is how a table is brought back.
type Way string

// The ways. Rows that stay in the table stay whatever was written since.
const (
	InPlace     Way = "in place"
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
	NeedsQuarantine bool     // its present rows must be copied away before Apply
}

// table decides how a table gets from cur to want; both exist.
func (w *work) table(want, cur *object, diff []aspect) {
	way := TableWay{OID: cur.Address.OID, Before: want.Identity, Now: cur.Identity, Way: InPlace}
	if why := w.mustRebuild(want, cur); why != "" {
		way.Way, way.Why, way.NeedsQuarantine = Rebuilt, why, true
		w.drop[cur.Address] = true
		w.rebuildable(want)
		w.tables[want.Address] = way
		return
	}
	for i := range cur.Table.Columns {
		c := &cur.Table.Columns[i]
		if column(want, c.Num) != nil {
			continue
		}
		way.DroppedColumns = append(way.DroppedColumns, c.Name)
		a := cur.Address
		a.Column = c.Num
		w.dropColumn[a] = true
	}
	way.NeedsQuarantine = len(way.DroppedColumns) > 0
	if len(diff) > 0 {
		way.Why = list(diff)
		w.tables[want.Address] = way
	}
}

// mustRebuild says why a table cannot stay; "" when it can.
func (w *work) mustRebuild(want, cur *object) string {
	if w.in.RowsChanged[want.Address.OID] && !w.verdicts[want.Address].drift {
		return "the batch changed its rows"
	}
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
	if !w.cmp.texts(want.Table.Parents, cur.Table.Parents) || !w.cmp.ren.explains(want.Table.Partition, cur.Table.Partition) {
		return "its place among other tables changed"
	}
	if want.Table.Method != cur.Table.Method {
		return "its access method changed"
	}
	return ""
}

// rebuildable checks what a table needs that is made anew.
func (w *work) rebuildable(want *object) {
	v := w.verdicts[want.Address]
	if kept := hard(v.keep); len(kept) > 0 {
		w.conflict("%s has to be rebuilt, and its %s was changed since", label(want), list(kept))
	}
	if members := w.in.Members[want.Address.OID]; len(members) > 0 {
		w.conflict("%s has to be rebuilt, and would be lost to: %s", label(want), joined(members))
	}
	w.hasRows(want)
}

// hasRows checks that the rows of a table were kept.
func (w *work) hasRows(want *object) {
	c, ok := w.in.Copies[want.Address.OID]
	if !ok {
		w.conflict("%s: its rows were not kept", label(want))
		return
	}
	for i := range want.Table.Columns {
		b := &want.Table.Columns[i]
		kept := slices.ContainsFunc(c.Columns, func(k CopyColumn) bool { return k.Num == b.Num })
		if b.Generated == "" && !kept {
			w.conflict("%s: its column %s was not kept", label(want), catalog.Quote(b.Name))
		}
	}
}
