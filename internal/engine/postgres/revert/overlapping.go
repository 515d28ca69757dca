package revert

import (
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// overlapping is a query for where the rows are that an exclusion constraint forbids beside
// another one: of two that do not go together the one that somebody wrote since the batch,
// else the later by the primary key. "" where it is not known which rows that can be, for to
// compare each row with each takes too long.
func (w *work) overlapping(cur, o *object) string {
	all, among, ok := exclusionOf(o)
	if !ok || w.in.Since == "" {
		return ""
	}
	order := []string{"(" + w.in.Since + ")"}
	for _, num := range w.cur.primaryKey(cur.Address) {
		order = append(order, "c."+catalog.Quote(column(cur, num).Name))
	}
	var values, clash []string
	for i, e := range all {
		name := "v" + strconv.Itoa(i)
		values, clash = append(values, e.of+" AS "+name), append(clash, "e."+name+" "+e.operator+" l."+name)
	}
	row := "(SELECT c.ctid AS at, (" + w.in.Since + ") AS since, pg_catalog.row_number() OVER (ORDER BY " + joined(append(order, "c.ctid")) + ") AS nth, " + joined(values) +
		" FROM ONLY " + cur.Identity + " c"
	if among != "" {
		row += " WHERE (" + among + ")"
	}
	return "SELECT l.at FROM " + row + ") l WHERE l.since AND EXISTS (SELECT FROM " + row + ") e WHERE e.nth < l.nth AND " + strings.Join(clash, " AND ") + ")"
}

// excluded is one entry of an exclusion constraint.
type excluded struct{ of, operator string }

// exclusionOf reads an exclusion constraint from its definition; false where it compares by
// another collation than the values have.
func exclusionOf(o *object) (all []excluded, among string, ok bool) {
	if !isExclusion(o) {
		return nil, "", false
	}
	_, text, _ := strings.Cut(o.Create, " EXCLUDE USING ")
	_, text, _ = strings.Cut(text, " ") // the method
	parts, rest, ok := cutList(text)
	for _, part := range parts {
		i := strings.LastIndex(part, " WITH ")
		if i < 0 {
			return nil, "", false
		}
		entry := strings.TrimSpace(part[:i])
		after := entry[len(keyNames.FindString(entry)):]
		if strings.HasPrefix(after, "(") {
			if _, after, ok = cutList(after); !ok {
				return nil, "", false
			}
		}
		if strings.Contains(after, "COLLATE") {
			return nil, "", false
		}
		all = append(all, excluded{strings.TrimSuffix(entry, after), part[i+len(" WITH "):]})
	}
	rest = skipList(skipList(rest, " INCLUDE "), " WITH ")
	if condition, found := strings.CutPrefix(rest, " WHERE "); found {
		one, _, listed := cutList(condition)
		among, ok = strings.Join(one, ","), listed
	}
	return all, among, ok && len(all) > 0
}
