package revert

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// overlapping is a query for where the rows are that have to go for an exclusion constraint:
// of two that it forbids together the one that somebody wrote since the batch, else the later by
// the primary key, but none that only such a one is against that goes itself. "" where it is
// not known which rows that can be.
func (w *work) overlapping(o *object) string {
	if _, _, _, ok := exclusionOf(o); !ok || w.in.Written == "" {
		return ""
	}
	at := w.in.Answers[o.Address].SQL
	return "SELECT x.at FROM pg_catalog.unnest(" + catalog.Literal(either(at == "", "{}", at)) + "::pg_catalog.tid[]) x (at)"
}

// overlap has the server find these rows, with an index as that of the constraint: those that
// nobody wrote since come first, and then each of the others that nothing of all that is there
// is against, before all those that a snapshot showed when the batch ended.
func (w *work) overlap(ctx context.Context, conn Conn, cur, o *object) (string, error) {
	all, method, among, _ := exclusionOf(o)
	var values, keys, rules, clash []string
	order := []string{w.in.Unseen}
	for i, e := range all {
		v := "v" + strconv.Itoa(i)
		values, keys = append(values, e.of+" AS "+v), append(keys, v+e.class)
		rules = append(rules, v+e.class+" WITH "+e.operator)
		clash = append(clash, "c."+v+" "+e.operator+" l."+v+collates.FindString(e.class))
	}
	for _, num := range w.cur.primaryKey(cur.Address) {
		order = append(order, "c."+catalog.Quote(column(cur, num).Name))
	}
	order = append(order, "c.ctid")
	rows := func(more, which string) string {
		return "SELECT " + more + joined(values) + " FROM ONLY " + cur.Identity + " c WHERE " + which + " (" + w.in.Written + ")" + either(among == "", "", " AND ("+among+")")
	}
	table := func(name string) string { return fmt.Sprintf("safemigrate.%s_%d", name, o.Address.OID) }
	later, against, kept := table("later"), table("against"), table("kept")
	err := script(ctx, conn, []string{
		"CREATE TABLE " + later + " AS " + rows("c.ctid AS at, pg_catalog.row_number() OVER (ORDER BY "+joined(order)+") AS nth, ", ""),
		"CREATE INDEX ON " + later + " USING " + method + " (" + joined(keys) + ")",
		"ANALYZE " + later,
		"CREATE TABLE " + against + " AS SELECT l.nth FROM " + later + " l, (" + rows("", "NOT") + ") c WHERE " + strings.Join(clash, " AND "),
		"CREATE TABLE " + kept + " (LIKE " + later + ", EXCLUDE USING " + method + " (" + joined(rules) + "))",
		"INSERT INTO " + kept + " SELECT * FROM " + later + " l WHERE NOT EXISTS (SELECT FROM " + against + " a WHERE a.nth = l.nth) ORDER BY l.nth ON CONFLICT DO NOTHING",
	})
	if err != nil {
		return "", err
	}
	var at string
	err = conn.QueryRow(ctx, "SELECT coalesce(pg_catalog.array_agg(l.at), '{}')::text FROM "+later+" l WHERE NOT EXISTS (SELECT FROM "+kept+" k WHERE k.nth = l.nth)").Scan(&at)
	return at, err
}

// excluded is one entry of an exclusion constraint: a column or expression, its collation and
// operator class, where they are not the usual ones, and the operator.
type excluded struct{ of, class, operator string }

var collates = regexp.MustCompile(`^ COLLATE ("([^"]|"")*"|\w+)(\.("([^"]|"")*"|\w+))?`)

// exclusionOf reads an exclusion constraint from its definition, or a key without overlaps.
func exclusionOf(o *object) (all []excluded, method, among string, ok bool) {
	if !isExclusion(o) {
		all = withoutOverlaps(o)
		return all, "gist", "", len(all) > 0
	}
	_, text, _ := strings.Cut(o.Create, " EXCLUDE USING ")
	method, text, _ = strings.Cut(text, " ")
	parts, rest, ok := cutList(text)
	for _, part := range parts {
		i := strings.LastIndex(part, " WITH ")
		if i < 0 {
			return nil, "", "", false
		}
		entry := strings.TrimSpace(part[:i])
		class := entry[len(keyNames.FindString(entry)):]
		if strings.HasPrefix(class, "(") {
			if _, class, ok = cutList(class); !ok {
				return nil, "", "", false
			}
		}
		all = append(all, excluded{strings.TrimSuffix(entry, class), class, part[i+len(" WITH "):]})
	}
	rest = skipList(skipList(rest, " INCLUDE "), " WITH ")
	if condition, found := strings.CutPrefix(rest, " WHERE "); found {
		one, _, listed := cutList(condition)
		among, ok = strings.Join(one, ","), listed
	}
	return all, method, among, ok && len(all) > 0
}

// withoutOverlaps reads such a key (of PostgreSQL 18): rows that are equal in all columns but
// the last do not overlap in that.
func withoutOverlaps(o *object) []excluded {
	_, text, _ := strings.Cut(o.Create, " ADD CONSTRAINT "+catalog.Quote(o.Name)+" ")
	text, isKey := cutWord(text, "PRIMARY KEY", "UNIQUE")
	parts, _, listed := cutList(text)
	if !isKey || !listed || !strings.HasSuffix(parts[len(parts)-1], " WITHOUT OVERLAPS") {
		return nil
	}
	all := make([]excluded, len(parts))
	for i, part := range parts {
		of, last := strings.CutSuffix(strings.TrimSpace(part), " WITHOUT OVERLAPS")
		all[i] = excluded{of: of, operator: either(last, "&&", "=")}
	}
	return all
}
