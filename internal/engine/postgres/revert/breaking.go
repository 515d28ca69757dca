package revert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// breaking is something that a table which stays gets back, and the condition on its rows,
// by their alias, that they break it.
type breaking struct {
	what    string
	rows    func(alias string) string
	unasked error // why the server could not say which rows break it
}

// misfitting has the present rows of tables kept that stay, and of which rows go.
func (w *work) misfitting() {
	for oid, m := range w.in.Misfits {
		a := address{Catalog: "pg_class", OID: oid}
		want, cur := w.expect[a], w.cur.objects[a]
		way, told := w.tables[a]
		if want == nil || cur == nil || told && way.Way != InPlace {
			continue
		}
		if !told {
			way = TableWay{OID: oid, Before: want.Identity, Now: cur.Identity, Way: InPlace, Why: m.What + " comes back"}
		}
		way.NeedsQuarantine = true
		w.tables[a] = way
	}
}

// breakable lists what later rows of a table that stays can break, as far as it can be asked
// before it is back: labels of enums, what domains allow, and what is forbidden.
func (w *work) breakable(cur *object) []breaking {
	want := w.expect[cur.Address]
	if want == nil || want.Table == nil || cur.Table == nil || w.drop[cur.Address] {
		return nil
	}
	if cur.Table.Key != "" || want.Table.Key != "" {
		return nil // its partitions have its rows
	}
	var all []breaking
	for i := range cur.Table.Columns {
		c := &cur.Table.Columns[i]
		if !w.ownRows(want, cur) {
			break // the type changes with that of others, and whose rows are against it is not told
		}
		if rows := w.relabelled(cur, c); rows != nil {
			all = append(all, breaking{what: "the type " + c.Type + " of column " + catalog.Quote(c.Name), rows: rows})
		}
	}
	return slices.Concat(all, w.againstDomains(cur), w.forbidden(want, cur))
}

// ownRows says whether a table has rows, and they are its own alone: it has neither parents
// nor children.
func (w *work) ownRows(want, cur *object) bool {
	return want != nil && want.Table != nil && cur.Table != nil && cur.Table.Key == "" && len(cur.Table.Parents) == 0 && len(w.cur.children[cur.Address]) == 0
}

// forbidden lists what comes back and can forbid rows: the bounds of a partition, NOT NULL,
// checks, foreign keys, and what is unique.
func (w *work) forbidden(want, cur *object) []breaking {
	all := w.outside(want, cur)
	for i := range cur.Table.Columns {
		c := &cur.Table.Columns[i]
		name := catalog.Quote(c.Name)
		if b := column(want, c.Num); b != nil && b.NotNull && !b.NotNullBad && !c.NotNull {
			all = append(all, breaking{what: "NOT NULL of column " + catalog.Quote(b.Name), rows: func(alias string) string { return alias + name + " IS NOT DISTINCT FROM NULL" }})
		}
	}
	for _, o := range w.returning(want, cur) {
		among := w.failing(cur, o)
		if among == "" {
			continue
		}
		all = append(all, breaking{label(o), func(alias string) string { return alias + "ctid IN (" + among + ")" }, w.in.Answers[o.Address].Err})
	}
	return all
}

// returning lists what comes back to a table that rows have to satisfy: foreign keys of those
// that it is a partition of, too, which are no objects of its own.
func (w *work) returning(want, cur *object) []*object {
	var all []*object
	for _, a := range addresses(w.before) {
		o := w.expect[a]
		if o == nil || !w.make[a] || notValid(o) || unenforced(o) || !w.askable(o) || w.binds(o) {
			continue
		}
		above := w.cur.objects[o.Parent]
		switch {
		case o.Parent == cur.Address && w.shaped(o, want, cur):
			all = append(all, o)
		case isForeignKey(o) && above != nil && w.governs(above, cur.Address) && w.shaped(o, w.expect[o.Parent], above):
			all = append(all, o)
		}
	}
	return all
}

// binds says whether present rows have to satisfy what comes back already.
func (w *work) binds(o *object) bool {
	is := w.cur.objects[o.Address]
	return is != nil && len(w.cmp.differences(o, is)) == 0
}

// shaped says whether the columns that an object of a table needs are there as they were.
func (w *work) shaped(o, want, cur *object) bool {
	return !slices.ContainsFunc(o.DependsOn, func(d address) bool {
		b, c := column(want, d.Column), column(cur, d.Column)
		return d.Column != 0 && whole(d) == cur.Address && (b == nil || c == nil || !w.cmp.sameShape(b, c))
	})
}

// askable says whether rows can be asked before an object is back whether they break it: all
// that it needs is there as it has to be, but for the unique key that a foreign key refers to,
// and the index of which it is a part.
func (w *work) askable(o *object) bool {
	bare := *o
	bare.DependsOn = slices.DeleteFunc(slices.Clone(o.DependsOn), func(d address) bool {
		k := w.before.objects[d]
		return k != nil && (k.Kind == catalog.KindIndex || k.Kind == catalog.KindConstraint) && (isForeignKey(o) || o.Part != nil)
	})
	return w.settled(&bare)
}

// Breaking is a table that stays, and what its present rows may break of what comes back.
type Breaking struct {
	Before string // the table
	Misfit Misfit

	table string
	by    []breaking
}

// Parts are the single things that rows may break.
func (b Breaking) Parts() []Breaking {
	parts := make([]Breaking, len(b.by))
	for i := range b.by {
		parts[i] = Breaking{b.Before, Misfit{What: b.by[i].what, Whole: true}, b.table, b.by[i : i+1]}
	}
	return parts
}

// Only is any of some parts.
func (b Breaking) Only(parts []Breaking) Breaking {
	b.by = nil
	for _, p := range parts {
		b.by = append(b.by, p.by...)
	}
	b.Misfit.What = inOrder(b.by)
	return b
}

// Unasked is why the server could not say which rows break one of them; nil where it could.
func (b Breaking) Unasked() error {
	for _, x := range b.by {
		if x.unasked != nil {
			return x.unasked
		}
	}
	return nil
}

// Count is a query for how many rows break one of them.
func (b Breaking) Count() string {
	return "SELECT pg_catalog.count(*) FROM ONLY " + b.table + " t WHERE " + brokenBy(b.by, "t.")
}

// inOrder names several things.
func inOrder(all []breaking) string {
	what := make([]string, len(all))
	for i, b := range all {
		what[i] = b.what
	}
	return strings.Join(what, ", ")
}

// Breaking lists the tables that stay and whose present rows may break what comes back. One
// whose columns have other names by now is left out: what comes back names them as they were.
func (p *Plan) Breaking() []Breaking {
	w := p.work()
	var all []Breaking
	for _, a := range addresses(w.before) {
		o := w.before.objects[a]
		if o.Table == nil || p.in.Misfits[a.OID].What != "" {
			continue
		}
		cur := w.cur.objects[a]
		if table, m := p.stays(w, o); table != "" && sameNames(w.expect[a], cur) {
			all = append(all, Breaking{table, m, cur.Identity, w.breakable(cur)})
		}
	}
	return all
}

func sameNames(want, cur *object) bool {
	return !slices.ContainsFunc(cur.Table.Columns, func(c catalog.Column) bool {
		was := column(want, c.Num)
		return was != nil && was.Name != c.Name
	})
}

// relabelled is the condition that a column holds a label which its enum loses; nil where
// it loses none.
func (w *work) relabelled(cur *object, c *catalog.Column) func(alias string) string {
	a := cur.Address
	a.Column = c.Num
	enum, array, _ := w.cur.typeOf(c.Type)
	if !w.retype[a] {
		return nil
	}
	var gone []string
	for _, s := range w.cur.objects[enum].Labels {
		if !slices.Contains(w.expect[enum].Labels, s) {
			gone = append(gone, catalog.Literal(s))
		}
	}
	if len(gone) == 0 {
		return nil
	}
	name := catalog.Quote(c.Name)
	return func(alias string) string {
		if array == "" {
			return textOf(alias+name) + " IN (" + joined(gone) + ")"
		}
		return "EXISTS (SELECT FROM pg_catalog.unnest(" + alias + name + ") AS x (v) WHERE " + textOf("x.v") + " IN (" + joined(gone) + "))"
	}
}

// brokenBy is the condition on rows, by their alias, that they break one of several things.
func brokenBy(all []breaking, alias string) string {
	rows := make([]string, len(all))
	for i, b := range all {
		rows[i] = b.rows(alias)
	}
	return "(" + strings.Join(rows, " OR ") + ")"
}

func isCheck(o *object) bool {
	return o.Kind == catalog.KindConstraint && strings.Contains(o.Create, checkHead(o))
}

func checkHead(o *object) string { return " ADD CONSTRAINT " + catalog.Quote(o.Name) + " CHECK " }

// failing is a query for where the rows are that a constraint or an index forbids; "" where
// none is known.
func (w *work) failing(cur, o *object) string {
	if o.Kind != catalog.KindConstraint && o.Kind != catalog.KindIndex {
		return ""
	}
	if isCheck(o) {
		_, check, _ := strings.Cut(o.Create, checkHead(o))
		return "SELECT c.ctid FROM ONLY " + cur.Identity + " c WHERE " + strings.TrimSuffix(check, " NO INHERIT") + " IS FALSE"
	}
	if _, _, _, ok := exclusionOf(o); ok {
		return w.overlapping(o)
	}
	if !isForeignKey(o) {
		return w.duplicates(cur, o)
	}
	from, to, parent := w.foreignKey(w.before, o)
	if parent == nil || w.cur.objects[parent.Address] == nil || isTemporal(o) {
		return ""
	}
	filled, on := make([]string, len(from)), make([]string, len(from))
	for i := range from {
		filled[i] = "c." + from[i] + " IS NOT NULL"
		on[i] = w.refers(cur, w.cur.objects[parent.Address], from[i], to[i])
	}
	refers := "EXISTS (SELECT FROM " + w.cur.objects[parent.Address].Identity + " t WHERE " + strings.Join(on, " AND ") + ")"
	if strings.Contains(o.Create, " MATCH FULL") {
		return "SELECT c.ctid FROM ONLY " + cur.Identity + " c WHERE (" + strings.Join(filled, " OR ") + ") AND NOT (" + strings.Join(filled, " AND ") + " AND " + refers + ")"
	}
	return "SELECT c.ctid FROM ONLY " + cur.Identity + " c WHERE " + strings.Join(filled, " AND ") + " AND NOT " + refers
}

// takeOutBreaking deletes the rows of tables that stay which break what comes back, where
// some were found to, once nothing refers to them: they are in the quarantine.
func (w *work) takeOutBreaking() []step {
	var steps []step
	for _, a := range addresses(w.cur) {
		cur := w.cur.objects[a]
		if t, ok := w.tables[a]; !ok || t.Way != InPlace || w.in.Misfits[a.OID].What == "" {
			continue
		}
		which, alike := brokenBy(w.breakable(cur), "t."), brokenBy(w.breakable(cur), "c.")
		steps = append(steps, step{sql: "SET CONSTRAINTS ALL IMMEDIATE", what: "taking rows out of " + label(cur)})
		steps = append(steps, w.hush(cur, "DELETE")...)
		for _, r := range w.referring(cur) {
			o := Orphans{Table: r.child.Identity, Constraint: catalog.Quote(r.key.Name), SQL: "SELECT pg_catalog.count(*) FROM " + r.child.Identity +
				" c JOIN ONLY " + cur.Identity + " t ON " + r.on + " WHERE " + which}
			if r.child == cur {
				o.SQL += " AND NOT " + alike
			}
			steps = append(steps, step{none: o.SQL, what: o.what()})
		}
		steps = append(steps, step{sql: "DELETE FROM ONLY " + cur.Identity + " AS t WHERE " + which, runs: true, takes: a,
			what: fmt.Sprintf("taking rows that break %s out of %s", w.in.Misfits[a.OID].What, label(cur))})
		steps = append(steps, w.unhush(cur)...)
	}
	return steps
}
