package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// value spells what a column of a copy holds, as a value of the column that it
// was taken from. By way of varchar, for somebody may have made a cast from text
// that is not what the type's input function does.
func value(alias string, k CopyColumn, col *catalog.Column) string {
	name := alias + catalog.Quote(k.Column)
	if k.Text {
		return "CAST(CAST(" + name + " AS varchar) AS " + col.Type + ")"
	}
	return name
}

// keptForm spells a column of a table in the form that a copy has it in.
func keptForm(alias, name string, text bool) string {
	name = alias + catalog.Quote(name)
	if !text {
		return name
	}
	return "pg_catalog.format('%s', " + name + `) COLLATE pg_catalog."default"`
}

// textOf spells the text of any value; NULL stays NULL. It is compared by its bytes: the
// server compares nothing that has two collations.
func textOf(expr string) string {
	return "(CASE WHEN " + expr + " IS NOT DISTINCT FROM NULL THEN NULL ELSE pg_catalog.format('%s', " + expr + `) END COLLATE pg_catalog."C")`
}

// copied finds the column of a copy by its number.
func copied(c Copy, num int16) (CopyColumn, bool) {
	i := slices.IndexFunc(c.Columns, func(k CopyColumn) bool { return k.Num == num })
	if i < 0 {
		return CopyColumn{}, false
	}
	return c.Columns[i], true
}

// wholeRows says whether a copy holds all that the rows of a table consisted of
// before the batch, so that a row that is gone can be brought back from it.
func wholeRows(c Copy, before *object) bool {
	for i := range before.Table.Columns {
		b := &before.Table.Columns[i]
		if _, held := copied(c, b.Num); !held && b.Generated == "" {
			return false
		}
	}
	return true
}

// sameRow joins the rows of a table, under its present names, with those of a copy
// or record by the primary key.
func sameRow(table *object, alias string, key []CopyColumn, other string) string {
	var all []string
	for _, k := range key {
		all = append(all, keptForm(alias, column(table, k.Num).Name, k.Text)+" = "+other+catalog.Quote(k.Column))
	}
	return strings.Join(all, " AND ")
}

// byOwnOperator says whether values of a type may be compared by an operator of an
// extension. It is nowhere where the search path leads while a batch is taken back: for
// ltree there is none then, and for citext that of text, which tells "a" from "A".
func (x *index) byOwnOperator(typ uint32) bool {
	const firstNormal = 16384
	o := x.objects[address{Catalog: "pg_type", OID: typ}]
	return typ >= firstNormal && (o == nil || o.Kind == catalog.KindDomain)
}

// equal compares two values of one type, as the type's own operator class does where that
// may be another thing.
func (x *index) equal(typ uint32, a, b string) string {
	if x.byOwnOperator(typ) {
		return "(" + a + " IS DISTINCT FROM NULL AND ROW(" + a + ")::record OPERATOR(pg_catalog.=) ROW(" + b + ")::record)"
	}
	return a + " = " + b
}

// keyOf lists the columns of a copy that are the primary key.
func keyOf(c Copy, key []int16) []CopyColumn {
	return slices.DeleteFunc(slices.Clone(c.Columns), func(k CopyColumn) bool { return !slices.Contains(key, k.Num) })
}

// sameKey joins a copy with a record.
func sameKey(key []CopyColumn, alias string, r Record, other string) string {
	var all []string
	for _, k := range r.Key {
		for _, c := range key {
			if c.Num == k.Num {
				all = append(all, alias+catalog.Quote(c.Column)+" = "+other+catalog.Quote(k.Column))
			}
		}
	}
	return strings.Join(all, " AND ")
}

// spared says that a row r of a record is not one of those that stay as they are
// because somebody wrote them since.
func (w *work) spared(r Record) string {
	source, ok := w.in.Spared[r.Table]
	if !ok {
		return ""
	}
	return " AND NOT EXISTS (SELECT FROM " + source + " s WHERE " + sameKey(r.Key, "r.", r, "s.") + ")"
}
