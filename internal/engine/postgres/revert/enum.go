package revert

import (
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// swapEnums replaces enums that have too many labels: PostgreSQL can add labels
// to a type, but not take them away.
func (w *work) swapEnums() []step {
	var steps []step
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if !w.swap[o.Address] {
			continue
		}
		aside := fmt.Sprintf("safemigrate_aside_%d", o.Address.OID)
		what := "taking labels out of " + label(o)
		want := w.expect[o.Address]
		steps = append(steps,
			step{sql: "ALTER TYPE " + o.Identity + " RENAME TO " + aside, what: what},
			step{sql: want.Create, what: what})
		steps = append(steps, w.retypeSteps(o)...)
		steps = append(steps, step{sql: "DROP TYPE " + catalog.Qualified(o.Schema, aside), what: what})
	}
	return steps
}

func (w *work) retypeSteps(enum *object) []step {
	var steps []step
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if o.Table == nil || w.drop[o.Address] {
			continue
		}
		for j := range o.Table.Columns {
			c := &o.Table.Columns[j]
			a := o.Address
			a.Column = c.Num
			e, array, _ := w.cur.typeOf(c.Type)
			if !w.retype[a] || e != enum.Address || c.Inherited > 0 {
				continue // an inherited column follows its parent's
			}
			name := catalog.Quote(c.Name)
			steps = append(steps, step{
				sql:  fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %s::text%s::%s", o.Identity, name, c.Type, name, array, c.Type),
				what: fmt.Sprintf("taking labels that the batch added out of column %s of %s (rows that hold one would have to be taken out first)", name, o.Identity),
				runs: true, casts: o.Address,
			})
		}
	}
	return steps
}
