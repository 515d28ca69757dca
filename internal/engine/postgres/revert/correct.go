package revert

import (
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// correctable says whether the rows of a table that stays can be put right one by
// one: the batch's work on them is recorded, and nothing of what the table is made
// of has to change before they fit.
func (w *work) correctable(want, cur *object, diff []aspect) bool {
	r, recorded := w.in.Records[want.Address.OID]
	c, kept := w.in.Copies[want.Address.OID]
	key := w.cur.primaryKey(cur.Address)
	switch {
	case !recorded || !keyStays(w.before, w.cur, want.Address) || len(key) != len(r.Key):
		return false
	case want.Table.Key != "" || len(w.verdicts[want.Address].shape) > 0:
		return false
	case kept && (len(keyOf(c, key)) != len(key) || w.loose(cur)):
		return false
	case w.untold(cur) && w.listed(cur):
		return false
	}
	for _, d := range diff {
		if d.part == partNotNull {
			return false
		}
	}
	for _, k := range slices.Concat(c.Columns, r.Of, r.All) {
		if column(cur, k.Num) == nil {
			return false
		}
	}
	return w.fitting(want, cur) && !w.inCircle(cur.Address) && !w.hiddenBelow(cur.Address) && !w.unwritableBelow(cur.Address) && !w.boundAbove(cur.Address)
}

// loose says whether a table has a foreign key that rows of it never had to pass: it would
// refuse them when they are put back one by one.
func (w *work) loose(cur *object) bool {
	return slices.ContainsFunc(w.cur.state.Objects, func(o object) bool {
		return o.Parent == cur.Address && o.Kind == catalog.KindConstraint && isForeignKey(&o) && notValid(&o)
	})
}

// hiddenBelow says whether a table refers to this one whose rows its own owner may
// not see, so that nobody could tell which of them refer to a row that goes.
func (w *work) hiddenBelow(a address) bool {
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if o.Kind != catalog.KindConstraint || !isForeignKey(o) {
			continue
		}
		child := w.cur.objects[o.Parent]
		if _, _, parent := w.foreignKey(w.cur, o); w.governs(parent, a) && child.Table != nil && child.Table.ForceRLS && child != parent {
			return true
		}
	}
	return false
}

// inCircle says whether a table with rows to correct refers, by way of others like
// it, to itself: in no order of statements would all its foreign keys hold.
func (w *work) inCircle(start address) bool {
	seen := map[address]bool{}
	var reaches func(a address) bool
	reaches = func(a address) bool {
		for _, p := range w.refersTo(a) {
			if p == start && a != start {
				return true
			}
			if p != a && !seen[p] && w.in.RowsChanged[p.OID] {
				seen[p] = true
				if reaches(p) {
					return true
				}
			}
		}
		return false
	}
	return reaches(start)
}

// correctSteps put the rows right that the batch wrote. Order: what it deleted
// comes back, parents first; what it changed is put back; what it inserted goes,
// children first. Foreign keys hold all the while, and nothing cascades: rows that
// still refer to what goes are a conflict.
func (w *work) correctSteps() []step {
	set := make([]address, 0, len(w.correct))
	for a := range w.correct {
		set = append(set, a)
	}
	slices.SortFunc(set, func(a, b address) int { return int(a.OID) - int(b.OID) })
	order := sorted(set, func(address) int { return 0 }, w.refersTo)
	if len(order) == 0 {
		return nil
	}
	steps := []step{{sql: "SET CONSTRAINTS ALL DEFERRED", what: "correcting rows"}}
	for _, a := range order {
		steps = append(steps, w.hush(w.cur.objects[a], "INSERT", "UPDATE", "DELETE")...)
	}
	for _, a := range order {
		steps = append(steps, w.rekey(a)...)
	}
	for _, a := range order {
		if w.exchanges(a) {
			steps = append(steps, w.delete(a, either(w.in.Copies[a.OID].Key == nil, "r.was <> 'd'", "r.was = 'i'")))
		}
	}
	for _, a := range order {
		if w.exchanges(a) && w.in.Copies[a.OID].Key != nil {
			steps = append(steps, w.exchange(a)...)
			continue
		}
		steps = append(steps, w.bringBack(a)...)
	}
	for _, a := range order {
		if !w.exchanges(a) {
			steps = append(steps, w.putRight(a)...)
		}
	}
	slices.Reverse(order)
	for _, a := range order {
		steps = append(steps, w.takeOut(a)...)
	}
	steps = append(steps, step{sql: "SET CONSTRAINTS ALL IMMEDIATE", what: "correcting rows"})
	for _, a := range order {
		steps = append(steps, w.unhush(w.cur.objects[a])...)
	}
	return steps
}

// bringBack inserts the rows that are gone, where the copy holds all of them. A copy
// of some columns need not: it is kept where the batch deletes no row.
func (w *work) bringBack(a address) []step {
	cur, r := w.cur.objects[a], w.in.Records[a.OID]
	c, kept := w.in.Copies[a.OID]
	if !kept || !wholeRows(c, w.before.objects[a]) || r.Rows == 0 {
		return nil
	}
	var into, from []string
	for _, k := range c.Columns {
		col := column(cur, k.Num)
		into, from = append(into, catalog.Quote(col.Name)), append(from, value("k.", k, col))
	}
	key := keyOf(c, w.cur.primaryKey(a))
	sql := "INSERT INTO " + cur.Identity + " (" + joined(into) + ") OVERRIDING SYSTEM VALUE SELECT " + joined(from) +
		" FROM " + c.Source + " k JOIN " + r.Source + " r ON " + sameKey(key, "k.", r, "r.") +
		" WHERE r.was IN ('u', 'd') AND NOT EXISTS (SELECT FROM ONLY " + cur.Identity + " t WHERE " + sameRow(cur, "t.", key, "k.") + ")" +
		w.spared(r)
	return []step{{sql: sql, what: "bringing rows of " + label(cur) + " back", runs: true}}
}

// putRight gives the rows that the batch changed their kept values.
func (w *work) putRight(a address) []step {
	cur, r := w.cur.objects[a], w.in.Records[a.OID]
	c, kept := w.in.Copies[a.OID]
	if !kept || r.Rows == 0 {
		return nil
	}
	var set []string
	key := w.cur.primaryKey(a)
	for _, k := range c.Columns {
		col := column(cur, k.Num)
		if slices.Contains(key, k.Num) || col.Identity == "a" {
			continue
		}
		set = append(set, catalog.Quote(col.Name)+" = "+value("k.", k, col))
	}
	if len(set) == 0 {
		return nil
	}
	kc := keyOf(c, key)
	sql := "UPDATE ONLY " + cur.Identity + " AS t SET " + joined(set) + " FROM " + c.Source + " k JOIN " + r.Source + " r ON " +
		sameKey(kc, "k.", r, "r.") + " WHERE r.was IN ('u', 'd') AND " + sameRow(cur, "t.", kc, "k.") + w.spared(r)
	return []step{{sql: sql, what: "putting rows of " + label(cur) + " right", runs: true}}
}

// takeOut deletes the rows that the batch inserted, once nothing refers to them.
func (w *work) takeOut(a address) []step {
	cur, r := w.cur.objects[a], w.in.Records[a.OID]
	if r.Rows == 0 {
		return nil
	}
	var steps []step
	for _, q := range w.orphansOf(cur, r) {
		steps = append(steps, step{none: q.SQL, what: q.what()})
	}
	return append(steps, w.delete(a, "r.was = 'i'"))
}

func (w *work) delete(a address, which string) step {
	cur, r := w.cur.objects[a], w.in.Records[a.OID]
	return step{sql: "DELETE FROM ONLY " + cur.Identity + " AS t USING " + r.Source + " r WHERE " + which + " AND " +
		sameRow(cur, "t.", r.Key, "r.") + w.spared(r), what: "taking the batch's rows out of " + label(cur), runs: true}
}
