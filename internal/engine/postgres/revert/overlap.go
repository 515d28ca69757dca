package revert

import (
	"context"
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Hash spells the hash of a row, as records have it: over the text of the given
// columns, which are qualified and separated by commas.
func Hash(columns string) string {
	return `pg_catalog.hashtextextended((ROW(` + columns + `)::text) COLLATE "C", 0)`
}

func hashOf(table *object, alias string, columns []CopyColumn) string {
	names := make([]string, len(columns))
	for i, k := range columns {
		names[i] = alias + catalog.Quote(column(table, k.Num).Name)
	}
	return Hash(strings.Join(names, ", "))
}

// Overlap is what the batch and somebody since have both written, of a table whose
// rows are corrected or put back.
type Overlap struct {
	Count string // a query for two numbers: rows that were written since, and that are gone since
	Keys  string // a query for their keys, named as in the record

	// Homeless is a query for the number of those that could not stay as they are: they
	// have no value for what comes back, or one that is not to be guessed. "" where all can.
	Homeless string
}

// Overlap says how to find these rows; false where the batch wrote none, or the
// rows are exchanged as a whole. A row that somebody deleted, and of which not all
// is kept, is none of them: it stays deleted, whatever is decided.
func (p *Plan) Overlap(t TableWay) (Overlap, bool) {
	r, recorded := p.in.Records[t.OID]
	a := address{Catalog: "pg_class", OID: t.OID}
	cur, was := newIndex(p.in.Now).objects[a], p.in.Before.Object(a)
	if !recorded || t.Way != Corrected && t.Way != PutBack || cur == nil || was == nil {
		return Overlap{}, false
	}
	gone := either(wholeRows(p.in.Copies[t.OID], was), "r.was = 'u'", "false")
	there := "l." + catalog.Quote(column(cur, r.Key[0].Num).Name) + " IS NOT NULL"
	from := " FROM " + r.Source + " r LEFT JOIN ONLY " + cur.Identity + " l ON " + sameRow(cur, "l.", r.Key, "r.") +
		" WHERE CASE WHEN r.was = 'd' THEN " + there + " WHEN " + there + " THEN r.hash <> CASE r.was WHEN 'i' THEN " +
		hashOf(cur, "l.", r.All) + " ELSE " + hashOf(cur, "l.", r.Of) + " END ELSE " + gone + " END"
	keys := make([]string, len(r.Key))
	for i, k := range r.Key {
		keys[i] = "r." + catalog.Quote(k.Column)
	}
	o := Overlap{
		Count: "SELECT pg_catalog.count(*) FILTER (WHERE " + there + "), pg_catalog.count(*) FILTER (WHERE NOT " + there + ")" + from,
		Keys:  "SELECT " + joined(keys) + from,
	}
	if which := p.homeless(t); which != "" {
		o.Homeless = "SELECT pg_catalog.count(*)" + from + " AND " + there + " AND " + which
	}
	return o, true
}

// homeless is a condition on the record's rows r that cannot stay whatever is decided: those
// that the batch inserted, where present rows need something of the copy, and all where
// the batch made other values of a column.
func (p *Plan) homeless(t TableWay) string {
	if t.Way != PutBack {
		return ""
	}
	w := p.work()
	a := address{Catalog: "pg_class", OID: t.OID}
	want, cur := w.expect[a], w.cur.objects[a]
	if want == nil || cur == nil {
		return ""
	}
	if p.late(t) {
		return "true" // what they break cannot be asked yet
	}
	unfit := w.unfit(want, cur)
	if len(w.needed(want, cur)) == 0 {
		return unfit
	}
	for i := range want.Table.Columns {
		if b := &want.Table.Columns[i]; b.Generated == "" && w.converted(want, cur, b) {
			return "true"
		}
	}
	return either(unfit != "", "(r.was = 'i' OR "+unfit+")", "r.was = 'i'")
}

// Spare has the rows of a table stay as they are whose keys a relation holds.
func (p *Plan) Spare(table uint32, source string) {
	if p.in.Spared == nil {
		p.in.Spared = map[uint32]string{}
	}
	p.in.Spared[table] = source
}

// Bare counts the rows of a table that have come since a column went which must
// have a value, or since its values became other ones, and those with values that the old
// type of a column does not hold; "" where there is no such column, or Prepare counts them.
func (p *Plan) Bare(t TableWay) (query string, columns []string) {
	if p.late(t) {
		return "", nil
	}
	return p.work().bare(t)
}

// late says whether the rows of a table are asked what they break only when everything has
// its old name.
func (p *Plan) late(t TableWay) bool {
	return p.renames && t.Way == PutBack && p.in.Misfits[t.OID].Asked
}

// countLate counts what Bare could not.
func (r *run) countLate(ctx context.Context) error {
	for _, t := range r.plan.Tables {
		if !r.plan.late(t) {
			continue
		}
		query, columns := r.work.bare(t)
		n, err := Count(ctx, r.conn, query)
		if err != nil {
			return fmt.Errorf("counting the rows of %s without %s: %w", t.Now, joined(columns), err)
		}
		r.plan.TakenOut[t.OID] = n
	}
	return nil
}

func (w *work) bare(t TableWay) (query string, columns []string) {
	a := address{Catalog: "pg_class", OID: t.OID}
	want, cur := w.expect[a], w.cur.objects[a]
	if t.Way != PutBack || want == nil || cur == nil {
		return "", nil
	}
	var which []string
	if columns = w.needed(want, cur); len(columns) > 0 {
		c := w.in.Copies[t.OID]
		key := keyOf(c, w.before.primaryKey(a))
		which = append(which, "NOT EXISTS (SELECT FROM "+c.Source+" k WHERE "+sameRow(cur, "l.", key, "k.")+")")
	}
	if unfit := w.unfit(want, cur); unfit != "" {
		which, columns = append(which, unfit), append(columns, w.in.Misfits[t.OID].What)
	}
	if len(which) == 0 {
		return "", nil
	}
	query = "SELECT pg_catalog.count(*) FROM ONLY " + cur.Identity + " l WHERE (" + strings.Join(which, " OR ") + ")"
	if r, ok := w.in.Records[t.OID]; ok {
		query += " AND NOT EXISTS (SELECT FROM " + r.Source + " r WHERE " + sameRow(cur, "l.", r.Key, "r.") + ")"
	}
	return query, columns
}

func comparerOf(in Input) comparer {
	x, y := newIndex(in.Before), newIndex(in.Now)
	return comparer{x: x, y: y, ren: renamed(x, y)}
}

// Wrong counts the rows of a corrected table that are not what they have to be;
// now is the schema as it is by then.
func (p *Plan) Wrong(table uint32, now *catalog.State) string {
	r, c := p.in.Records[table], p.in.Copies[table]
	cur := newIndex(now).objects[address{Catalog: "pg_class", OID: table}]
	there := "t." + catalog.Quote(column(cur, r.Key[0].Num).Name) + " IS NOT NULL"
	spared := (&work{in: p.in}).spared(r)
	if len(c.Columns) == 0 {
		return "SELECT pg_catalog.count(*) FROM " + r.Source + " r LEFT JOIN ONLY " + cur.Identity + " t ON " + sameRow(cur, "t.", r.Key, "r.") +
			" WHERE r.was = 'i' AND " + there + spared
	}
	var key []CopyColumn
	columns := make([]string, len(c.Columns))
	for i, k := range c.Columns {
		columns[i] = "k." + catalog.Quote(k.Column)
		for _, x := range r.Key {
			if x.Num == k.Num {
				key = append(key, k)
			}
		}
	}
	missing := either(wholeRows(c, p.in.Before.Object(cur.Address)), "true", "false") // of some columns no row is brought back
	return "SELECT pg_catalog.count(*) FROM " + r.Source + " r LEFT JOIN " + c.Source + " k ON " + sameKey(key, "k.", r, "r.") +
		" LEFT JOIN ONLY " + cur.Identity + " t ON " + sameRow(cur, "t.", r.Key, "r.") +
		" WHERE CASE WHEN r.was = 'i' THEN " + there + " WHEN " + there + " THEN " + hashOf(cur, "t.", c.Columns) + " <> " +
		Hash(strings.Join(columns, ", ")) + " ELSE " + missing + " END" + spared
}
