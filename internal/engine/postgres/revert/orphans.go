package revert

import (
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Orphans lists the foreign keys of tables that keep their rows to tables of which
// rows would go, and how to count the rows that would refer to nothing.
func (p *Plan) Orphans() []Orphans {
	w := p.work()
	var all []Orphans
	for _, t := range p.Tables {
		a := address{Catalog: "pg_class", OID: t.OID}
		switch t.Way {
		case Corrected:
			for _, o := range w.orphansOf(w.cur.objects[a], p.in.Records[t.OID]) {
				if child := w.cur.tables[o.Table]; w.keepsRows(child) {
					all = append(all, o)
				}
			}
		case Refilled, Rebuilt, BroughtBack:
			all = append(all, w.orphansOfCopy(w.before.objects[a])...)
		}
	}
	return all
}

// isEnforcedKey says whether an object is a foreign key that the server looks after.
func isEnforcedKey(o *object) bool {
	return o.Kind == catalog.KindConstraint && isForeignKey(o) && !unenforced(o)
}

// keepsRows says whether a table's rows are not touched.
func (w *work) keepsRows(table address) bool {
	way, ok := w.tables[table]
	return !ok || way.Way == InPlace
}

// orphansOfCopy counts the rows that refer to what the kept rows of a table do not
// hold.
func (w *work) orphansOfCopy(parent *object) []Orphans {
	var all []Orphans
	c, kept := w.in.Copies[parent.Address.OID]
	for i := range w.before.state.Objects {
		o := &w.before.state.Objects[i]
		if !kept || !isEnforcedKey(o) || notValid(o) || w.expect[o.Address] == nil || !w.keepsRows(o.Parent) {
			continue
		}
		if isTemporal(o) {
			continue // the server tells when it comes back
		}
		from, to, referred := w.foreignKey(w.before, o)
		child := w.cur.objects[o.Parent]
		if referred == nil || referred.Address != parent.Address || child == nil || child.Table == nil || child.Table.ForceRLS {
			continue
		}
		var filled, same []string
		for j := range from {
			mine := column(child, numberOf(w.before.objects[o.Parent], from[j]))
			theirs, held := copied(c, numberOf(parent, to[j]))
			if mine == nil || !held {
				break
			}
			filled = append(filled, "c."+catalog.Quote(mine.Name)+" IS NOT NULL")
			same = append(same, w.refersToKept(mine, theirs))
		}
		if len(same) < len(from) {
			continue
		}
		all = append(all, Orphans{Table: child.Identity, Constraint: catalog.Quote(o.Name),
			SQL: "SELECT pg_catalog.count(*) FROM " + child.Identity + " c WHERE " + strings.Join(filled, " AND ") +
				" AND NOT EXISTS (SELECT FROM " + c.Source + " k WHERE " + strings.Join(same, " AND ") + ")"})
	}
	return all
}

// numberOf finds the attnum of a column by its quoted name; 0 where there is none.
func numberOf(table *object, quoted string) int16 {
	if table == nil {
		return 0
	}
	for _, c := range table.LiveColumns() {
		if catalog.Quote(c.Name) == quoted {
			return c.Num
		}
	}
	return 0
}

// Orphans are rows of another table that refer to rows which would go.
type Orphans struct {
	Table, Constraint string // whose rows they are, and which foreign key
	SQL               string // counts them
}

func (o Orphans) what() string {
	return fmt.Sprintf("rows of %s refer, by %s, to rows that have to go", o.Table, o.Constraint)
}

// orphansOf lists the foreign keys to a table and how to count the rows that refer
// to what the batch inserted into it, and do not go with it.
func (w *work) orphansOf(cur *object, r Record) []Orphans {
	var all []Orphans
	for _, x := range w.referring(cur) {
		sql := "SELECT pg_catalog.count(*) FROM " + x.child.Identity + " c JOIN ONLY " + cur.Identity + " t ON " + x.on +
			" JOIN " + r.Source + " r ON " + sameRow(cur, "t.", r.Key, "r.") + " WHERE r.was = 'i'" + w.spared(r)
		sql += w.withoutEqual(cur) + w.staying(x.child)
		all = append(all, Orphans{Table: x.child.Identity, Constraint: catalog.Quote(x.key.Name), SQL: sql})
	}
	return all
}

// reference is a foreign key that is in force for the rows of a table, and stays.
type reference struct {
	key, child *object
	on         string // that a row c of the child refers to a row t of the table
}

// referring lists those to a table.
func (w *work) referring(cur *object) []reference {
	var all []reference
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if !isEnforcedKey(o) || w.drop[o.Address] || w.drop[o.Parent] {
			continue
		}
		from, to, parent := w.foreignKey(w.cur, o)
		child := w.cur.objects[o.Parent]
		if child == nil || !w.governs(parent, cur.Address) {
			continue
		}
		on := make([]string, len(from))
		for j := range from {
			on[j] = w.refers(child, parent, from[j], to[j])
		}
		if last := len(from) - 1; isTemporal(o) {
			on[last] = "c." + from[last] + " OPERATOR(pg_catalog.&&) t." + to[last]
		}
		all = append(all, reference{o, child, strings.Join(on, " AND ")})
	}
	return all
}

// refersToKept spells that a column of a row c holds what one of a copy's row k does. Text
// that differs can be the same to the operator of an extension.
func (w *work) refersToKept(mine *catalog.Column, theirs CopyColumn) string {
	if theirs.Text && w.cur.byOwnOperator(mine.TypeOID) {
		return w.cur.equal(mine.TypeOID, "c."+catalog.Quote(mine.Name), value("k.", theirs, mine))
	}
	return keptForm("c.", mine.Name, theirs.Text) + " = k." + catalog.Quote(theirs.Column)
}

// refers spells that a column of a row c holds what one of a row t does, as a foreign key
// compares them.
func (w *work) refers(child, parent *object, from, to string) string {
	mine, theirs := column(child, numberOf(child, from)), column(parent, numberOf(parent, to))
	if mine == nil || theirs == nil || mine.TypeOID != theirs.TypeOID {
		return "c." + from + " = t." + to
	}
	return w.cur.equal(mine.TypeOID, "c."+from, "t."+to)
}

// staying leaves out, of the rows c that refer to what goes, those that the batch
// wrote itself: they go too, or get their kept values.
func (w *work) staying(child *object) string {
	var sql strings.Builder
	w.cur.below(child.Address, func(a address) {
		own, recorded := w.in.Records[a.OID]
		if !recorded || !w.correct[a] {
			return
		}
		sql.WriteString(" AND NOT EXISTS (SELECT FROM " + own.Source + " r WHERE " + sameRow(w.cur.objects[a], "c.", own.Key, "r.") + w.spared(own))
		if a != child.Address {
			fmt.Fprintf(&sql, " AND c.tableoid = %d", a.OID)
		}
		sql.WriteString(")")
	})
	return sql.String()
}
