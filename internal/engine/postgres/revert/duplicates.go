package revert

import (
	"regexp"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// uniqueKey is what rows of a table may not have in common.
type uniqueKey struct {
	of       []string // columns and expressions
	among    string   // the condition of a partial index; "" for none
	withNull bool     // NULL is like NULL
}

// duplicates is a query for where the rows are that have what a unique constraint or index
// allows once, but for one of each: one that nobody wrote since the batch, as far as that
// is known, else the first by the primary key. "" where the key cannot be told.
func (w *work) duplicates(cur, o *object) string {
	key, ok := uniqueKeyOf(o, w.expect[o.Parent])
	if !ok {
		return ""
	}
	where, first := []string{}, []string{}
	if key.among != "" {
		where = append(where, "("+key.among+")")
	}
	for _, k := range key.of {
		if !key.withNull {
			where = append(where, k+" IS DISTINCT FROM NULL")
		}
	}
	if w.in.Written != "" {
		first = append(first, w.in.Unseen, w.in.Written)
	}
	for _, num := range w.cur.primaryKey(cur.Address) {
		first = append(first, "c."+catalog.Quote(column(cur, num).Name))
	}
	sql := "SELECT d.at FROM (SELECT c.ctid, pg_catalog.row_number() OVER (PARTITION BY " + joined(key.of) +
		" ORDER BY " + joined(append(first, "c.ctid")) + ") FROM ONLY " + cur.Identity + " c"
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	return sql + ") d (at, nth) WHERE d.nth > 1"
}

// uniqueKeyOf reads the key of a unique constraint or index of a table from its definition;
// false where the server's equality of a column is not the one that the key goes by, or
// that is not known.
func uniqueKeyOf(o, table *object) (k uniqueKey, ok bool) {
	_, text, found := strings.Cut(o.Create, " ADD CONSTRAINT "+catalog.Quote(o.Name)+" ")
	if found {
		text, found = cutWord(text, "PRIMARY KEY", "UNIQUE")
		text, k.withNull = strings.CutPrefix(text, "NULLS NOT DISTINCT ")
	} else if o.Kind == catalog.KindIndex {
		text, found = strings.CutPrefix(o.Create, "CREATE UNIQUE INDEX "+catalog.Quote(o.Name)+" ON "+table.Identity+" USING btree ")
	}
	parts, rest, listed := cutList(text)
	if !found || !listed {
		return k, false
	}
	for _, part := range parts {
		expr, ok := keyExpression(strings.TrimSpace(part))
		if !ok {
			return k, false
		}
		k.of = append(k.of, expr)
	}
	if o.Kind != catalog.KindIndex {
		return k, true
	}
	rest = skipList(rest, " INCLUDE ")
	rest, k.withNull = strings.CutPrefix(rest, " NULLS NOT DISTINCT")
	k.among, _ = strings.CutPrefix(skipList(rest, " WITH "), " WHERE ")
	return k, true
}

// cutWord takes one of some words off the head of a text.
func cutWord(text string, words ...string) (rest string, found bool) {
	for _, word := range words {
		if rest, found = strings.CutPrefix(text, word+" "); found {
			return rest, true
		}
	}
	return text, false
}

// skipList takes a word and the list that follows it off the head of a text, if it is there.
func skipList(text, word string) string {
	if after, found := strings.CutPrefix(text, word); found {
		if _, rest, ok := cutList(after); ok {
			return rest
		}
	}
	return text
}

// cutList cuts what stands in parentheses at the head of a text at its commas. What follows
// is the rest.
func cutList(text string) (parts []string, rest string, ok bool) {
	depth, from := 0, 1
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\'', '"': // a doubled one ends a text and begins another
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				return nil, "", false
			}
			i += end + 1
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 1 {
				parts, from = append(parts, text[from:i]), i+1
			}
		}
		if depth == 0 {
			return append(parts, text[min(from, i):i]), text[i+1:], i > 0
		}
	}
	return nil, "", false
}

var (
	keyNames = regexp.MustCompile(`^(?:(?:"(?:[^"]|"")*"|\w+)\.?)*`)
	keyOrder = regexp.MustCompile(`( DESC| ASC)?( NULLS (FIRST|LAST))?$`)
	keyRules = regexp.MustCompile(`^( COLLATE ("([^"]|"")*"|\w+)(\.("([^"]|"")*"|\w+))?)?$`)
)

// keyExpression is one entry of an index's list without its order; false where an operator
// class is named, whose equality may be another one than the type's.
func keyExpression(part string) (expr string, ok bool) {
	part = keyOrder.ReplaceAllString(part, "")
	rest := part[len(keyNames.FindString(part)):]
	if strings.HasPrefix(rest, "(") {
		if _, rest, ok = cutList(rest); !ok {
			return "", false
		}
	}
	return part, keyRules.MatchString(rest)
}
