package revert

import (
	"regexp"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// mendable says whether a table that has to be made anew can be filled from its
// own present rows, so that whatever was written since stays: columns that are
// gone come from the copy by key, those of another type are cast back, and rows
// that the batch changed get their kept values.
func (w *work) mendable(want, cur *object) bool {
	if want.Table.Key != "" || cur.Table.Key != "" || want.Of != "" || cur.Of != "" || want.Table.ByParents() || cur.Table.ByParents() {
		return false
	}
	if v := w.verdicts[want.Address]; len(hard(v.keep)) > 0 || len(v.shape) > 0 {
		return false
	}
	c, kept := w.in.Copies[want.Address.OID]
	r, recorded := w.in.Records[want.Address.OID]
	changed := w.in.RowsChanged[want.Address.OID]
	byKey := kept && keyStays(w.before, w.cur, want.Address)
	if changed && (!byKey || !recorded || !w.ofPresent(cur, r)) {
		return false
	}
	for i := range want.Table.Columns {
		b := &want.Table.Columns[i]
		_, held := copied(c, b.Num)
		if b.Generated == "" && w.lost(b, cur) && (!byKey || !held) {
			return false
		}
	}
	return true
}

// ofPresent says whether all that a record's hashes are of is still there.
func (w *work) ofPresent(cur *object, r Record) bool {
	return !slices.ContainsFunc(slices.Concat(r.Of, r.All), func(k CopyColumn) bool { return column(cur, k.Num) == nil })
}

// lost says whether the table holds no values of a column any more.
func (w *work) lost(b *catalog.Column, cur *object) bool {
	c := column(cur, b.Num)
	return c == nil || c.Generated != ""
}

// checkMended gives tables the kept rows that could not be filled from their
// present ones: a type of theirs is not yet what it has to be.
func (w *work) checkMended() {
	for _, a := range addresses(w.cur) {
		want := w.expect[a]
		if !w.mend[a] || want != nil && w.drop[a] && w.settled(want) {
			continue
		}
		delete(w.mend, a)
		if way, ok := w.tables[a]; ok && way.Way == PutBack {
			way.Way = Rebuilt
			w.tables[a] = way
			w.rebuildable(want, way.Why)
		}
	}
}

// settled says whether all that an object needs is there already as it has to be.
func (w *work) settled(o *object) bool {
	for a := range w.drop {
		check := w.cur.objects[a]
		if check.Kind == catalog.KindDomainCheck && w.uses(o, check.Parent) {
			return false // held back while rows come
		}
	}
	for a := range w.make {
		check := w.expect[a]
		if check != nil && check.Kind == catalog.KindDomainCheck && w.uses(o, check.Parent) {
			return false // the server adds none to a domain that stands inside of a column's type
		}
	}
	return !slices.ContainsFunc(o.DependsOn, func(d address) bool { return !w.stands(d, o.Parent) })
}

func (w *work) stands(d, table address) bool {
	a := whole(d)
	was, is := w.expect[a], w.cur.objects[a]
	switch {
	case a == table, was == nil && is == nil && w.before.objects[a] == nil:
		return true
	case was == nil || is == nil:
		return false
	case w.drop[a] || w.make[a] || w.alter[a] || w.swap[a] || w.dropColumn[d] || w.retype[d]:
		return false
	}
	for _, set := range []map[address]bool{w.dropColumn, w.retype} {
		for column := range set {
			if d == a && whole(column) == a {
				return false // its rows, as a type, are about to change
			}
		}
	}
	return true
}

// mendSteps fill a table that is made beside the present one, and look at what came
// out. only limits the present rows l that are put in; "" puts in all of them.
func (w *work) mendSteps(want, cur *object, beside, only string) (fill, check []step) {
	c, r := w.in.Copies[want.Address.OID], w.in.Records[want.Address.OID]
	changed := w.in.RowsChanged[want.Address.OID] && r.Rows > 0
	var key []CopyColumn // without one, nothing comes from the copy
	if keyStays(w.before, w.cur, want.Address) {
		key = keyOf(c, w.before.primaryKey(want.Address))
	}
	var into, from, back []string
	for i := range want.Table.Columns {
		b := &want.Table.Columns[i]
		if b.Generated != "" {
			continue
		}
		into = append(into, catalog.Quote(b.Name))
		from = append(from, w.mended(want, cur, b, key, changed))
		if k, held := copied(c, b.Num); held {
			back = append(back, value("k.", k, b))
		}
	}
	head := "INSERT INTO " + beside + " (" + joined(into) + ") OVERRIDING SYSTEM VALUE SELECT "
	if len(into) == 0 {
		head = "INSERT INTO " + beside + " SELECT "
	}
	what := "putting what was lost of " + label(want) + " back"
	fill = []step{{sql: head + joined(from) + w.presentRows(want, cur, key, changed, only), what: what, runs: true, casts: want.Address}}
	if changed && wholeRows(c, want) {
		fill = append(fill, step{sql: head + joined(back) + " FROM " + c.Source + " k JOIN " + r.Source + " r ON " + sameKey(key, "k.", r, "r.") +
			" WHERE r.was IN ('u', 'd') AND NOT EXISTS (SELECT FROM ONLY " + cur.Identity + " l WHERE " + sameRow(cur, "l.", key, "k.") + ")" +
			w.spared(r), what: what, runs: true})
	}
	return fill, w.mendChecks(want, cur, beside, key, changed)
}

// mendChecks look at what came out: every present row is there, with the kept
// values of what was lost, and what was cast back can be cast forth again.
func (w *work) mendChecks(want, cur *object, beside string, key []CopyColumn, changed bool) []step {
	c, r := w.in.Copies[want.Address.OID], w.in.Records[want.Address.OID]
	var steps []step
	add := func(sql, what string) { steps = append(steps, step{none: sql, what: what}) }
	if !changed {
		present := " FROM ONLY " + cur.Identity // the copy has at most one row for each, by its key
		if len(w.needed(want, cur)) > 0 || w.unfit(want, cur) != "" {
			present = w.presentRows(want, cur, key, changed, "")
		}
		add("SELECT pg_catalog.abs((SELECT pg_catalog.count(*) FROM "+beside+") - (SELECT pg_catalog.count(*)"+present+"))",
			"rows of "+label(want)+" would be missing")
	}
	var now, was []string
	same := true // the copy has the types of the table
	for i := range want.Table.Columns {
		b := &want.Table.Columns[i]
		if k, held := copied(c, b.Num); held && w.lost(b, cur) {
			now, was = append(now, "n."+catalog.Quote(b.Name)), append(was, "k."+catalog.Quote(k.Column))
			same = same && !k.Text
		}
	}
	if len(now) > 0 {
		differ := "ROW(" + joined(now) + ")::text IS DISTINCT FROM ROW(" + joined(was) + ")::text"
		if same {
			// What has the same bytes need not be spelled.
			differ = "ROW(" + joined(now) + ")::record OPERATOR(pg_catalog.*<>) ROW(" + joined(was) + ")::record AND " + differ
		}
		add("SELECT pg_catalog.count(*) FROM "+beside+" n JOIN "+c.Source+" k ON "+sameRow(want, "n.", key, "k.")+
			" WHERE "+differ, "rows of "+label(want)+" would not have the values that were kept")
	}
	nums := w.before.primaryKey(want.Address)
	if len(nums) == 0 {
		return steps
	}
	on := w.sameRetyped(want, cur, nums)
	for _, b := range w.recast(want, cur) {
		is := column(cur, b.Num)
		sql := "SELECT pg_catalog.count(*) FROM " + beside + " n JOIN ONLY " + cur.Identity + " l ON " + on + " WHERE " +
			textOf(castForth("n."+catalog.Quote(b.Name), is)) + " IS DISTINCT FROM " + textOf("l."+catalog.Quote(is.Name))
		if slices.Contains(nums, b.Num) { // one that is another now finds no row to differ from
			sql = "SELECT pg_catalog.count(*) FROM ONLY " + cur.Identity + " l WHERE NOT EXISTS (SELECT FROM " + beside + " n WHERE " + on + ")"
			if unfit := w.unfit(want, cur); unfit != "" {
				sql += " AND NOT " + unfit
			}
		}
		if changed {
			sql += " AND NOT EXISTS (SELECT FROM " + r.Source + " r WHERE " + sameRow(cur, "l.", r.Key, "r.") + ")"
		}
		add(sql, "values of column "+catalog.Quote(b.Name)+" of "+want.Identity+" do not fit its type "+b.Type)
		steps[len(steps)-1].casts = want.Address
	}
	return steps
}

// sameRetyped compares the primary keys of a mended row n and a present one l, which can
// be of different types: cast forth again they have to be equal, and of the same text.
func (w *work) sameRetyped(want, cur *object, key []int16) string {
	all := make([]string, len(key))
	for i, num := range key {
		b, is := column(want, num), column(cur, num)
		now := "l." + catalog.Quote(is.Name)
		if !w.cmp.sameShape(b, is) {
			forth := castForth("n."+catalog.Quote(b.Name), is)
			all[i] = forth + " = " + now + " AND " + textOf(forth) + " = " + textOf(now)
		} else {
			all[i] = w.before.equal(b.TypeOID, "n."+catalog.Quote(b.Name), now)
		}
	}
	return strings.Join(all, " AND ")
}

// castForth reads the text of a mended row's value as one of the type that the column has
// now.
func castForth(expr string, is *catalog.Column) string {
	return "CAST(CAST(" + textOf(expr) + " AS varchar) AS " + is.Type + ")"
}

// presentRows spells where the rows of a mended table come from. Without what was
// lost a row cannot be there that has none of it, where the column must have a
// value and no default gives it one. only is a further condition on the rows l.
func (w *work) presentRows(want, cur *object, key []CopyColumn, changed bool, only string) string {
	c, r := w.in.Copies[want.Address.OID], w.in.Records[want.Address.OID]
	sql := " FROM ONLY " + cur.Identity + " l"
	if len(key) > 0 {
		sql += " LEFT JOIN " + c.Source + " k ON " + sameRow(cur, "l.", key, "k.")
	}
	var where []string
	if only != "" {
		where = append(where, "("+only+")")
	}
	if changed {
		sql += " LEFT JOIN " + r.Source + " r ON " + sameRow(cur, "l.", r.Key, "r.") + w.spared(r)
		where = append(where, "r.was IS DISTINCT FROM 'i'")
	}
	if len(w.needed(want, cur)) > 0 {
		where = append(where, "k."+catalog.Quote(key[0].Column)+" IS NOT NULL")
	}
	if unfit := w.unfit(want, cur); unfit != "" {
		where = append(where, either(changed, "(r.was IS NOT NULL OR NOT "+unfit+")", "NOT "+unfit))
	}
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	return sql
}

// needed lists the columns whose old values nobody knows for rows that came since:
// those that are lost, must have a value, and have no default, and those whose
// values the batch made other ones of when it gave them another type. What a new
// value would have been before, 17.25 of a price that was 1725, is not to be
// guessed. A constraint that these rows were found to break is one of them.
func (w *work) needed(want, cur *object) []string {
	var all []string
	for i := range want.Table.Columns {
		b := &want.Table.Columns[i]
		if b.Generated != "" {
			continue
		}
		if w.lost(b, cur) && b.NotNull && w.standard(want, b) == "" || w.converted(want, cur, b) {
			all = append(all, b.Name)
		}
	}
	if m := w.in.Misfits[want.Address.OID]; m.Later {
		all = append(all, m.What)
	}
	return all
}

// converted says whether the batch gave a column another type and its rows other
// values.
func (w *work) converted(want, cur *object, b *catalog.Column) bool {
	_, held := copied(w.in.Copies[want.Address.OID], b.Num)
	return held && w.in.RowsChanged[want.Address.OID] && !w.lost(b, cur) && !w.cmp.sameShape(b, column(cur, b.Num))
}

// mended spells the value that a column gets of a present row l, of which the copy
// holds k, if it was there before, and the record r, if the batch wrote it.
func (w *work) mended(want, cur *object, b *catalog.Column, key []CopyColumn, changed bool) string {
	k, held := copied(w.in.Copies[want.Address.OID], b.Num)
	c := column(cur, b.Num)
	var now string
	switch {
	case w.lost(b, cur):
		now = value("k.", k, b)
		if std := w.standard(want, b); std != "" {
			return "CASE WHEN k." + catalog.Quote(key[0].Column) + " IS NULL THEN " + std + " ELSE " + now + " END"
		}
		return now
	case w.cmp.sameShape(b, c):
		now = "l." + catalog.Quote(c.Name)
	default:
		now = castBack("l."+catalog.Quote(c.Name), b)
	}
	if changed && held && (w.equalsDiffer(b) || !slices.ContainsFunc(key, func(x CopyColumn) bool { return x.Num == b.Num })) {
		return "CASE WHEN r.was IN ('u', 'd') THEN " + value("k.", k, b) + " ELSE " + now + " END"
	}
	return now
}

// standard is the default of a column before the batch; "" where it has none that
// could be computed now.
func (w *work) standard(want *object, b *catalog.Column) string {
	head := "ALTER TABLE ONLY " + want.Identity + " ALTER COLUMN " + catalog.Quote(b.Name) + " SET DEFAULT "
	for i := range w.before.state.Objects {
		o := &w.before.state.Objects[i]
		if o.Kind != catalog.KindDefault || o.Parent != want.Address || !w.settled(o) {
			continue
		}
		if expr, ok := strings.CutPrefix(o.Create, head); ok {
			return "(" + expr + ")"
		}
	}
	return ""
}

var modifier = regexp.MustCompile(`\([0-9, -]+\)`)

// castBack reads a value's text as one of the old type, without the limits that a
// cast would cut it to: assignment, which refuses what does not fit, applies them.
func castBack(expr string, b *catalog.Column) string {
	typ := b.Type
	if bare := modifier.ReplaceAllString(typ, ""); bare != typ {
		typ = strings.Replace(bare, "character varying", "varchar", 1)
		typ = strings.Replace(typ, "character", "bpchar", 1)
		typ = strings.Replace(typ, "bit varying", "varbit", 1)
		if name, array, _ := strings.Cut(typ, "["); name == "bit" {
			typ = "varbit" + either(array == "", "", "["+array)
		}
	}
	return "CAST(CAST(" + textOf(expr) + " AS varchar) AS " + typ + ")"
}

// retyped lists the columns of a mended table whose values are cast back.
func (w *work) retyped(want, cur *object) []*catalog.Column {
	var all []*catalog.Column
	for i := range want.Table.Columns {
		b := &want.Table.Columns[i]
		if b.Generated == "" && !w.lost(b, cur) && !w.cmp.sameShape(b, column(cur, b.Num)) {
			all = append(all, b)
		}
	}
	return all
}
