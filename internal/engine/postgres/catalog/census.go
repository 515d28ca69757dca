package catalog

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
)

// source is one catalog, or one part of it, as the census reads it. Texts are
// SQL; the row is called t.
type source struct {
	catalog  string
	from     string // instead of the catalog itself
	view     string // that the columns are those of, instead of the catalog
	where    string
	key      string // OID for the address, "t.oid" where empty
	column   string // column for the address
	of       string // "class expression, OID expression" of what a row belongs to
	volatile string // columns that change by themselves, separated by blanks
	covered  string // columns that definitions say; only where hasRest
	hasRest  bool   // definitions say something of the rows
	acl      string // column that holds privileges …
	aclClass string // … their object class (SQL) …
	owner    string // … and the owner's column
	only     string // hash these columns alone
	grouped  bool   // rows with the same key share a mark; no two are equal
	since    int    // first server version that has it
	named    string // which rows are kept with their names
}

// readCensus reads all sources in one statement: there are many, and most are
// small.
func (r *reader) readCensus(ctx context.Context) ([]Mark, error) {
	var parts []string
	for i := range sources {
		if s := &sources[i]; s.since <= r.server && !r.idle[s.catalog] {
			parts = append(parts, s.sql(i, r.columns[cmp.Or(s.view, s.catalog)]))
		}
	}
	census := make([]Mark, 0, 2*len(r.objects))
	var m Mark
	var position int
	into := []any{&position, &m.Address.OID, &m.Address.Column, &m.Of.Catalog, &m.Of.OID, &m.Hash, &m.Rest, &m.Name}
	err := r.each(ctx, "the census", strings.Join(parts, "\nUNION ALL "), func(rows row) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		m.Address.Catalog = sources[position].catalog
		if m.Of.Catalog == "" {
			m.Of.Catalog, _ = sources[position].belongsTo()
		}
		m.Of.Catalog = r.text(m.Of.Catalog)
		if !r.leftOut(m.Address) && (m.Of.OID == 0 || !r.leftOut(m.Of)) {
			census = append(census, r.placed(m))
		}
		return nil
	})
	return census, err
}

// placed says of a mark what its row belongs to in the end. A definition holds
// the comment of its object, not those of the parts.
func (r *reader) placed(m Mark) Mark {
	described := m.Address.Catalog == "pg_description" || m.Address.Catalog == "pg_seclabel"
	switch {
	case described && !r.member(m.Of):
		// An array type, or a multirange, has no mark of its own.
		if up := r.parts[m.Of.whole()]; m.Of.Catalog == "pg_type" && up.Catalog == "pg_type" {
			m.Of = up
		}
	case m.Of.OID != 0:
		m.Of = r.whole(m.Of)
	case r.whole(m.Address) != m.Address.whole():
		m.Of = r.whole(m.Address)
	}
	return m
}

// belongsTo names the catalog of what a row belongs to, "" where that differs
// from row to row; rest is how to find it there.
func (s *source) belongsTo() (class, rest string) {
	expression, oid, _ := strings.Cut(s.of, ", ")
	if literal, ok := strings.CutPrefix(expression, "'"); ok {
		return strings.TrimSuffix(literal, "'"), oid
	}
	return "", oid
}

// sql reads (position in sources, OID, column, class and OID of what it belongs to, hash, hash of
// the rest, name). columns are those that the catalog has on this server.
func (s *source) sql(position int, columns []string) string {
	class, ofOID := s.belongsTo()
	ofClass := "''"
	if class == "" && s.of != "" {
		ofClass, _, _ = strings.Cut(s.of, ", ")
	}
	full := s.hash(columns, s.volatile)
	rest, name, group := "0", "''", ""
	if s.hasRest {
		rest = s.hash(columns, s.volatile+" "+s.covered)
	}
	if s.grouped {
		full, group = "bit_xor("+full+")", " GROUP BY 1, 2, 3, 4, 5"
		if rest != "0" {
			rest = "bit_xor(DISTINCT " + rest + ")"
		}
	}
	if s.hasRest {
		rest += " | 1" // never 0, which is that there is none
	}
	if s.named != "" {
		name = "CASE WHEN " + s.named + " THEN coalesce(pg_describe_object('" + s.catalog + "'::regclass, " +
			cmp.Or(s.key, "t.oid") + ", 0), '') ELSE '' END"
	}
	return "SELECT " + strconv.Itoa(position) + ", (" + cmp.Or(s.key, "t.oid") + ")::oid, (" + cmp.Or(s.column, "0") + ")::int2, (" + ofClass + ")::text, (" +
		cmp.Or(ofOID, "0") + ")::oid, (" + full + ")::int8, (" + rest + ")::int8, " + name +
		" FROM " + cmp.Or(s.from, s.catalog+" t") + " WHERE " + cmp.Or(s.where, "true") + group
}

// hash spells a hash of a row without some of its columns, and with its
// privileges in one form: absent where they are those that absence means. The
// server hashes the values as they lie in memory, which takes a fifth of the time
// of spelling them; 64 bits are enough to tell one row from its own next version.
func (s *source) hash(columns []string, without string) string {
	if s.only != "" {
		return "hashtextextended(ROW(" + s.only + ")::text, 0)"
	}
	left := strings.Fields(without)
	var kept []string
	for _, c := range columns {
		name, _, _ := strings.Cut(c, "::")
		switch {
		case slices.Contains(left, name):
		case name == s.acl:
			kept = append(kept, s.privileges())
		default:
			kept = append(kept, "t."+c)
		}
	}
	if len(kept) == 0 {
		return "0"
	}
	return "hash_record_extended(ROW(" + strings.Join(kept, ", ") + "), 0)"
}

func (s *source) privileges() string {
	acl := "t." + s.acl
	implied := "acldefault((" + s.aclClass + ")::\"char\", t." + s.owner + ")"
	return "CASE WHEN " + acl + " IS NOT NULL THEN nullif(" + sortedACL(acl) + ", " + sortedACL(implied) + ") END"
}

func sortedACL(acl string) string {
	return `coalesce((SELECT array_agg(x::text ORDER BY x::text COLLATE "C") FROM unnest(` + acl + `) x), '{}')`
}
