package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// exchanges says whether the rows that the batch wrote are all taken out before
// any comes back: values that changed places among them would collide in a unique
// index on their way. Nothing may refer to the table.
func (w *work) exchanges(a address) bool {
	return w.mayCollide(a) && !w.isReferred(a)
}

// mayCollide says whether values that are put back can be in the way of each other.
func (w *work) mayCollide(a address) bool {
	return slices.ContainsFunc(w.uniques(a), func(o *object) bool { return !w.drop[o.Address] })
}

// uniques lists the indexes of a table, beside that of its primary key, that are
// over kept columns and refuse a row at once.
func (w *work) uniques(a address) []*object {
	c, kept := w.in.Copies[a.OID]
	if !kept {
		return nil
	}
	over := func(d address) bool {
		col := column(w.cur.objects[a], d.Column)
		_, held := copied(c, d.Column)
		return whole(d) == a && (col == nil || col.Generated != "" || held)
	}
	var all []*object
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		unique := strings.HasPrefix(o.Create, "CREATE UNIQUE INDEX ") || o.Kind == catalog.KindConstraint && hasIndex(o) &&
			!strings.Contains(o.Create, " PRIMARY KEY ") && !strings.Contains(o.Create, " DEFERRABLE")
		if o.Parent == a && unique && (c.Key == nil || slices.ContainsFunc(o.DependsOn, over)) {
			all = append(all, o)
		}
	}
	return all
}

// isReferred says whether a foreign key may refer to rows of a table.
func (w *work) isReferred(a address) bool {
	return slices.ContainsFunc(w.cur.state.Objects, func(o catalog.Object) bool {
		if o.Kind != catalog.KindConstraint || !isForeignKey(&o) {
			return false
		}
		_, _, parent := w.foreignKey(w.cur, &o)
		return parent == nil || w.governs(parent, a)
	})
}

// boundAbove says whether values of a table can collide that others refer to, in
// an index that it has from a parent, so that it cannot be made anew by itself.
func (w *work) boundAbove(a address) bool {
	return w.isReferred(a) && slices.ContainsFunc(w.uniques(a), func(o *object) bool { return o.Part != nil })
}

// clearUniques drops the indexes of tables that others refer to in which values
// could collide while rows are put right. They come back afterwards.
func (w *work) clearUniques() {
	for _, a := range addresses(w.cur) {
		if !w.correct[a] || !w.isReferred(a) {
			continue
		}
		for _, o := range w.uniques(a) {
			w.drop[o.Address] = true
		}
	}
}

// exchange takes rows out of which the copy holds some columns, and puts them in
// again with the kept values, in one statement: the offset reads all that go
// before the first one comes.
func (w *work) exchange(a address) []step {
	cur, r, c := w.cur.objects[a], w.in.Records[a.OID], w.in.Copies[a.OID]
	if r.Rows == 0 {
		return nil
	}
	key := keyOf(c, w.cur.primaryKey(a))
	var into, from []string
	for _, col := range cur.LiveColumns() {
		if there := (address{Catalog: a.Catalog, OID: a.OID, Column: col.Num}); col.Generated != "" || w.dropColumn[there] {
			continue // the batch's own columns are gone by then
		}
		name := catalog.Quote(col.Name)
		into = append(into, name)
		if k, held := copied(c, col.Num); held && !slices.Contains(c.Key, col.Num) {
			from = append(from, value("k.", k, column(cur, col.Num)))
		} else {
			from = append(from, "gone."+name)
		}
	}
	sql := "WITH gone AS (DELETE FROM ONLY " + cur.Identity + " AS t USING " + c.Source + " k JOIN " + r.Source + " r ON " + sameKey(key, "k.", r, "r.") +
		" WHERE r.was IN ('u', 'd') AND " + sameRow(cur, "t.", key, "k.") + w.spared(r) + " RETURNING t.*) INSERT INTO " + cur.Identity +
		" (" + joined(into) + ") OVERRIDING SYSTEM VALUE SELECT " + joined(from) + " FROM gone JOIN " + c.Source + " k ON " + sameRow(cur, "gone.", key, "k.") +
		" OFFSET (SELECT 0 * pg_catalog.count(*) FROM gone)"
	return []step{{sql: sql, what: "putting rows of " + label(cur) + " right", runs: true}}
}
