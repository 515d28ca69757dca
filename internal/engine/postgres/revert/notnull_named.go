package revert

import (
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// namedNotNulls is the first version whose NOT NULLs are constraints.
const namedNotNulls = 180000

func (w *work) namesNotNulls() bool { return w.cur.state.Server >= namedNotNulls }

// notNull is that of one column of a table that stays: as it has to be, and as it
// is once tables have left their parents. One that comes from parents alone is
// made, renamed and dropped with theirs.
type notNull struct {
	at      address // the column
	want, c catalog.Column
	table   *object   // as it is
	from    []address // the columns of parents that give it what they have
	drop    bool      // it has to be dropped before it can be made as it was
}

// notNulls lists those of all tables that stay, parents first.
func (w *work) notNulls() []*notNull {
	if !w.namesNotNulls() {
		return nil
	}
	tables := addresses(w.cur)
	w.byDepth(tables)
	var all []*notNull
	found := map[address]*notNull{}
	for _, a := range tables {
		want, cur := w.expect[a], w.cur.objects[a]
		if want == nil || want.Table == nil || cur.Table == nil || w.drop[a] {
			continue
		}
		for i := range want.Table.Columns {
			c := column(cur, want.Table.Columns[i].Num)
			if c == nil || !c.NotNull && !want.Table.Columns[i].NotNull {
				continue
			}
			n := &notNull{at: address{Catalog: a.Catalog, OID: a.OID, Column: c.Num}, want: want.Table.Columns[i], c: *c, table: cur}
			n.from = w.givers(a, c.Name)
			n.c.NotNullOver = c.NotNullOver && len(n.from) > 0
			n.want.NotNullOver = n.want.NotNullOver && !w.join[a]
			n.want.Name = c.Name
			found[n.at] = n
			all = append(all, n)
		}
	}
	for _, n := range slices.Backward(all) {
		if n.drop = n.drop || n.c.NotNull && w.hasToGo(n); n.drop {
			for _, p := range n.from {
				if above := found[p]; above != nil {
					above.drop = true
				}
			}
		}
	}
	return all
}

// givers lists the columns of parents from which one has its NOT NULL.
func (w *work) givers(table address, name string) []address {
	var all []address
	for _, p := range w.cur.parents(w.cur.objects[table]) {
		parent := w.cur.objects[p]
		if w.drop[p] || slices.Contains(w.leave[table], parent.Identity) {
			continue
		}
		for i := range parent.Table.Columns {
			if c := &parent.Table.Columns[i]; c.Name == name && c.NotNull && !c.NoInherit {
				all = append(all, address{Catalog: p.Catalog, OID: p.OID, Column: c.Num})
			}
		}
	}
	return all
}

// hasToGo finds what no ALTER turns into what it was: one that the table declares
// and did not, one that has been validated, one that would refuse kept rows.
func (w *work) hasToGo(n *notNull) bool {
	return n.want.NotNullOver && !n.c.NotNullOver || n.want.NotNullBad && (!n.c.NotNullBad || w.refill[whole(n.at)])
}

// checkNotNulls finds those that cannot be dropped, and those that could only be
// made again before kept rows are there that they would refuse.
func (w *work) checkNotNulls() {
	for _, n := range w.notNulls() {
		column := func() string { return w.describe(n.at) }
		if n.drop && w.inKey(n) {
			w.conflictf("the NOT NULL of %s cannot be put back: it belongs to a primary key", column())
		}
		if w.refill[whole(n.at)] && n.want.NotNullBad && (n.want.NotNullOver || len(w.cur.children[whole(n.at)]) > 0) {
			w.conflictf("%s has to be refilled, which the NOT NULL of its column %s may refuse: it is NOT VALID", label(n.table), catalog.Quote(n.c.Name))
		}
	}
}

func (w *work) inKey(n *notNull) bool {
	return slices.ContainsFunc(w.cur.state.Objects, func(o object) bool {
		list, key := slices.Clone(tokens(o.Create)), false
		for i := range list {
			key = key || i > 0 && list[i-1] == "PRIMARY" && list[i] == "KEY"
		}
		return o.Kind == catalog.KindConstraint && o.Parent == whole(n.at) && key && !w.drop[o.Address] && slices.Contains(list, catalog.Quote(n.c.Name))
	})
}

// notNullSteps give columns their NOT NULL back. What has to make room comes first. What
// is made follows when the rows are gone that break it, from the leaves upwards, for what a
// table gets goes on to all below that have none yet. What goes comes last, for an identity
// column never is without.
func (w *work) notNullSteps() (first, made, last []step) {
	all := w.notNulls()
	add := func(steps *[]step, n *notNull, sqls ...string) {
		for _, sql := range sqls {
			*steps = append(*steps, step{sql: "ALTER TABLE " + n.table.Identity + " " + sql, what: "putting " + label(n.table) + " back"})
		}
	}
	for _, n := range freeNotNullNames(all) {
		add(&first, n.notNull, "RENAME CONSTRAINT "+catalog.Quote(n.name)+" TO "+catalog.Quote(n.c.NotNullName))
	}
	for _, n := range all {
		drop := "ALTER COLUMN " + catalog.Quote(n.c.Name) + " DROP NOT NULL"
		switch {
		case n.drop && !n.c.NotNullOver:
			add(&first, n, drop)
		case !n.drop && !n.want.NotNull && (!n.c.NotNullOver || w.keptAbove(n)):
			add(&last, n, drop)
		}
	}
	for _, n := range slices.Backward(all) {
		if !w.refill[whole(n.at)] || !n.want.NotNullBad {
			add(&made, n, n.alter()...)
		}
	}
	return first, made, last
}

// keptAbove: a parent stops giving what it keeps, which leaves the child its own.
func (w *work) keptAbove(n *notNull) bool {
	return slices.ContainsFunc(n.from, func(p address) bool {
		was := column(w.expect[whole(p)], p.Column)
		return was != nil && was.NotNull
	})
}

// alter lists what makes, or changes in place, what a table declares itself.
func (n *notNull) alter() []string {
	name := catalog.Quote(n.want.NotNullName)
	switch {
	case !n.want.NotNull || n.want.NotNullOver:
		return nil
	case !n.c.NotNull || n.c.NotNullOver || n.drop:
		return []string{"ADD " + n.want.NotNullConstraint()}
	}
	var out []string
	if n.want.NotNullName != n.c.NotNullName && len(n.from) == 0 {
		out = append(out, "RENAME CONSTRAINT "+catalog.Quote(n.c.NotNullName)+" TO "+name)
	}
	if n.want.NoInherit != n.c.NoInherit {
		out = append(out, "ALTER CONSTRAINT "+name+either(n.want.NoInherit, " NO INHERIT", " INHERIT"))
	}
	if !n.want.NotNullBad && n.c.NotNullBad {
		out = append(out, "VALIDATE CONSTRAINT "+name)
	}
	return out
}

// aside is a constraint that has another name for a while.
type aside struct {
	*notNull
	name string // until now
}

// freeNotNullNames takes the names that the NOT NULL constraints of other columns of
// the same table are to have. What is given goes by the name of what gives it.
func freeNotNullNames(all []*notNull) []aside {
	wanted := map[string]int16{}
	key := func(n *notNull, name string) string { return fmt.Sprint(n.at.OID, " ", name) }
	for _, n := range all {
		if n.want.NotNull {
			wanted[key(n, n.want.NotNullName)] = n.at.Column
		}
	}
	var out []aside
	renamed := map[address][2]string{}
	for _, n := range all {
		if !n.c.NotNull {
			continue
		}
		was := n.c.NotNullName
		if by, taken := wanted[key(n, was)]; taken && by != n.at.Column && len(n.from) == 0 {
			n.c.NotNullName = fmt.Sprintf("safemigrate_not_null_%d", n.at.Column)
			out = append(out, aside{n, was})
		}
		for _, p := range n.from {
			if above := renamed[p]; above[0] == was {
				n.c.NotNullName = above[1]
			}
		}
		renamed[n.at] = [2]string{was, n.c.NotNullName}
	}
	return out
}

// ownNotNulls finds a partition that was attached with a NOT NULL of a name of its
// own and has lost it: that of the partitioned table would not give it this name.
func (w *work) ownNotNulls(want, cur *object) bool {
	if want.Table.Partition == "" || !w.namesNotNulls() {
		return false
	}
	return slices.ContainsFunc(want.Table.Columns, func(c catalog.Column) bool {
		is := column(cur, c.Num)
		return c.NotNullOver && is != nil && !is.NotNull && !slices.ContainsFunc(w.wantedParents(want.Address), func(p address) bool {
			parent := w.before.objects[p]
			return parent != nil && slices.ContainsFunc(parent.Table.Columns, func(above catalog.Column) bool { return above.NotNullName == c.NotNullName })
		})
	})
}
