package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// exact are the types of which two values that are equal are the same to the last byte, by
// their fixed OIDs (the server's pg_type.dat): of others, as of numeric, 1.0 is 1.00.
var exact = map[uint32]bool{
	16: true, 17: true, 18: true, 19: true, 20: true, 21: true, 23: true, 25: true, 26: true, 790: true, // bool, bytea, "char", name, int8, int2, int4, text, oid, money
	829: true, 774: true, 869: true, 650: true, 1043: true, 1082: true, 1083: true, 1114: true, 1184: true, 1266: true, // macaddr, macaddr8, inet, cidr, varchar, date, time, timestamp, timestamptz, timetz
	1560: true, 1562: true, 2950: true, 3220: true, 5069: true, // bit, varbit, uuid, pg_lsn, xid8
}

// equalsDiffer says whether a column's values can be equal without being the same.
func (w *work) equalsDiffer(c *catalog.Column) bool {
	if t := w.cur.objects[address{Catalog: "pg_type", OID: c.TypeOID}]; t != nil && t.Kind == catalog.KindEnum {
		return false
	}
	return !exact[c.TypeOID] || c.Collation != ""
}

// rekeyed says whether the batch can have changed primary keys of a table, of which the copy
// then holds whole rows, into equal ones.
func (w *work) rekeyed(a address) bool {
	c, kept := w.in.Copies[a.OID]
	return kept && c.Key == nil && slices.ContainsFunc(w.cur.primaryKey(a), func(num int16) bool { return w.equalsDiffer(column(w.cur.objects[a], num)) })
}

// rekey gives rows whose primary key the batch changed into one that is equal, as a citext in
// other letters, its old key back: the record takes them for changed, or, where the copy has
// keys as text, for one that went and one that came, which cannot both be there.
func (w *work) rekey(a address) []step {
	cur, r, c := w.cur.objects[a], w.in.Records[a.OID], w.in.Copies[a.OID]
	if !w.rekeyed(a) || r.Rows == 0 {
		return nil
	}
	var set, differ []string
	key := keyOf(c, w.cur.primaryKey(a))
	for _, k := range key {
		if col := column(cur, k.Num); w.equalsDiffer(col) {
			was := value("k.", k, col)
			set = append(set, catalog.Quote(col.Name)+" = "+was)
			differ = append(differ, textOf("t."+catalog.Quote(col.Name))+" IS DISTINCT FROM "+textOf(was))
		}
	}
	sql := "UPDATE ONLY " + cur.Identity + " AS t SET " + joined(set) + " FROM " + c.Source + " k JOIN " + r.Source + " r ON " + sameKey(key, "k.", r, "r.") +
		" WHERE r.was IN ('u', 'd') AND " + w.equalKey(cur, key) + " AND (" + strings.Join(differ, " OR ") + ")" + w.spared(r)
	if source, ok := w.in.Spared[r.Table]; ok {
		sql += " AND NOT EXISTS (SELECT FROM " + source + " s WHERE " + sameRow(cur, "t.", r.Key, "s.") + ")"
	}
	return []step{{sql: sql, what: "putting keys of " + label(cur) + " right", runs: true}}
}

// equalKey joins a table's rows t with a copy's rows k, as the table's primary key compares.
func (w *work) equalKey(cur *object, key []CopyColumn) string {
	all := make([]string, len(key))
	for i, k := range key {
		col := column(cur, k.Num)
		all[i] = w.cur.equal(col.TypeOID, "t."+catalog.Quote(col.Name), value("k.", k, col))
	}
	return strings.Join(all, " AND ")
}

// withoutEqual leaves out of rows t that the batch inserted those that get an old key back.
func (w *work) withoutEqual(cur *object) string {
	a := cur.Address
	if !w.rekeyed(a) {
		return ""
	}
	c := w.in.Copies[a.OID]
	return " AND NOT EXISTS (SELECT FROM " + c.Source + " k WHERE " + w.equalKey(cur, keyOf(c, w.cur.primaryKey(a))) + ")"
}

// clearCascades drops the foreign keys that would write to other tables when rows get an
// equal key back: there the letters are another matter. They come back afterwards.
func (w *work) clearCascades() {
	for _, a := range addresses(w.cur) {
		if !w.correct[a] || !w.rekeyed(a) {
			continue
		}
		for i := range w.cur.state.Objects {
			o := &w.cur.state.Objects[i]
			if !isEnforcedKey(o) || !strings.Contains(o.Create, " ON UPDATE ") {
				continue
			}
			if _, _, parent := w.foreignKey(w.cur, o); w.governs(parent, a) {
				w.drop[o.Address] = true
			}
		}
	}
}
