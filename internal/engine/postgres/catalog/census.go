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
	hasRest  bool
	acl      string // column that holds privileges …
	aclClass string // … their object class (SQL) …
	owner    string // … and the owner's column
	only     string // hash these columns alone
	grouped  bool   // rows with the same key share a mark …
	order    string // … and stand in it in the order of this, "" their own
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
	var census []Mark
	err := r.each(ctx, "the census", strings.Join(parts, "\nUNION ALL "), func(rows row) error {
		m, err := r.scanMark(rows)
		if err != nil || r.leftOut(m.Address) || m.Of.OID != 0 && r.leftOut(m.Of) {
			return err
		}
		census = append(census, r.placed(m))
		return nil
	})
	return census, err
}

func (r *reader) scanMark(rows row) (m Mark, err error) {
	var source int
	err = rows.Scan(&source, &m.Address.OID, &m.Address.Column, &m.Of.Catalog, &m.Of.OID, &m.Hash, &m.Rest, &m.Name)
	m.Address.Catalog = sources[source].catalog
	m.Of.Catalog, m.Rest = r.text(m.Of.Catalog), r.text(m.Rest)
	return m, err
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

// sql reads (position in sources, OID, column, class and OID of what it belongs to, hash, hash of
// the rest, name). columns are those that the catalog has on this server.
func (s *source) sql(position int, columns []string) string {
	ofClass, ofOID, _ := strings.Cut(cmp.Or(s.of, "'', 0"), ", ")
	full := s.row(columns, s.volatile)
	rest, name, group := "''", "''", ""
	if s.hasRest {
		rest = s.row(columns, s.volatile+" "+s.covered)
	}
	if s.grouped {
		full = "string_agg(" + full + ", ',' ORDER BY " + cmp.Or(s.order, full) + ")"
		rest = "coalesce(string_agg(DISTINCT " + rest + ", ','), '')"
		group = " GROUP BY 1, 2, 3, 4, 5"
	}
	if s.hasRest {
		rest = "left(md5(" + rest + "), 16)"
	}
	if s.named != "" {
		name = "CASE WHEN " + s.named + " THEN coalesce(pg_describe_object('" + s.catalog + "'::regclass, " +
			cmp.Or(s.key, "t.oid") + ", 0), '') ELSE '' END"
	}
	return "SELECT " + strconv.Itoa(position) + ", (" + cmp.Or(s.key, "t.oid") + ")::oid, (" + cmp.Or(s.column, "0") + ")::int2, (" + ofClass + ")::text, (" +
		ofOID + ")::oid, md5(" + full + "), " + rest + ", " + name +
		" FROM " + cmp.Or(s.from, s.catalog+" t") + " WHERE " + cmp.Or(s.where, "true") + group
}

// row spells a row as text without some of its columns, and with its privileges
// in one form: absent where they are those that absence means.
func (s *source) row(columns []string, without string) string {
	if s.only != "" {
		return "ROW(" + s.only + ")::text"
	}
	left := strings.Fields(without)
	var kept []string
	for _, c := range columns {
		switch {
		case slices.Contains(left, c):
		case c == s.acl:
			kept = append(kept, s.privileges())
		default:
			kept = append(kept, "t."+c)
		}
	}
	return "ROW(" + strings.Join(kept, ", ") + ")::text"
}

func (s *source) privileges() string {
	acl := "t." + s.acl
	implied := "acldefault((" + s.aclClass + ")::\"char\", t." + s.owner + ")"
	return "CASE WHEN " + acl + " IS NOT NULL THEN nullif(" + sortedACL(acl) + ", " + sortedACL(implied) + ") END"
}

func sortedACL(acl string) string {
	return `coalesce((SELECT array_agg(x::text ORDER BY x::text COLLATE "C") FROM unnest(` + acl + `) x), '{}')`
}
