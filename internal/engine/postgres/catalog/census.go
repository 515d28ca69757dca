package catalog

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// source is one catalog, or one part of it, as the census reads it. Texts are
// SQL; the row is called t.
type source struct {
	catalog  string
	from     string // instead of the catalog itself
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
	grouped  bool   // rows with the same key share a mark
	since    int    // first server version that has it
	nameless bool   // pg_describe_object does not know it
}

// readCensus reads all sources.
func (r *reader) readCensus(ctx context.Context) ([]Mark, error) {
	var census []Mark
	for i := range sources {
		s := &sources[i]
		if s.since > r.server {
			continue
		}
		err := r.each(ctx, "the census of "+s.catalog, s.sql(), func(rows pgx.Rows) error {
			m, err := r.scanMark(rows, s.catalog)
			if err == nil && r.visible(m.Address) && (m.Of.OID == 0 || r.visible(m.Of)) {
				census = append(census, m)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return census, nil
}

func (r *reader) scanMark(rows pgx.Rows, catalog string) (Mark, error) {
	m := Mark{Address: Address{Catalog: catalog}}
	err := rows.Scan(&m.Address.OID, &m.Address.Column, &m.Of.Catalog, &m.Of.OID, &m.Hash, &m.Rest, &m.Name)
	m.Of.Catalog, m.Rest = r.text(m.Of.Catalog), r.text(m.Rest)
	switch {
	case err != nil || catalog == "pg_description" || catalog == "pg_seclabel":
		// A definition holds the comment of its object, not those of the parts.
	case m.Of.OID != 0:
		m.Of = r.whole(m.Of)
	case r.whole(m.Address) != m.Address.whole():
		m.Of = r.whole(m.Address)
	}
	return m, err
}

// sql reads (OID, column, class and OID of what it belongs to, hash, hash of
// the rest, name).
func (s *source) sql() string {
	key, column, of := or(s.key, "t.oid"), or(s.column, "0"), or(s.of, "'', 0")
	ofClass, ofOID, _ := strings.Cut(of, ", ")
	rest := "''"
	full, left := "h.j::text", "(h.j - "+array(s.covered)+")::text"
	group := ""
	if s.grouped {
		full = "string_agg(h.j::text, ',' ORDER BY h.j::text)"
		left = "string_agg(DISTINCT (h.j - " + array(s.covered) + ")::text, ',')"
		group = " GROUP BY 1, 2, 3, 4"
	}
	if s.hasRest {
		rest = "left(md5(" + left + "), 16)"
	}
	name := "''"
	if !s.hasRest && !s.nameless && !s.grouped {
		name = "CASE WHEN h.key >= 16384 THEN coalesce(pg_describe_object('" + s.catalog +
			"'::regclass, h.key, 0), '') ELSE '' END"
	}
	return "SELECT h.key, h.col, h.ofclass, h.ofoid, md5(" + full + "), " + rest + ", " + name +
		" FROM (SELECT (" + key + ")::oid AS key, (" + column + ")::int2 AS col, (" + ofClass + ")::text AS ofclass, (" +
		ofOID + ")::oid AS ofoid, " + s.row() + " AS j FROM " + or(s.from, s.catalog+" t") +
		" WHERE " + or(s.where, "true") + " OFFSET 0) h" + group
}

// row spells the row as jsonb without what changes by itself, and with its
// privileges in one form: absent where they are those that absence means.
func (s *source) row() string {
	if s.only != "" {
		return "jsonb_build_object(" + s.only + ")"
	}
	j := "to_jsonb(t) - " + array(s.volatile)
	if s.acl == "" {
		return j
	}
	acl, owner := "t."+s.acl, "t."+s.owner
	return "(" + j + ") || jsonb_build_object('" + s.acl + "', CASE WHEN " + acl + " IS NOT NULL THEN nullif(" +
		sortedACL(acl) + ", " + sortedACL("acldefault(("+s.aclClass+")::\"char\", "+owner+")") + ") END)"
}

func sortedACL(acl string) string {
	return `coalesce((SELECT array_agg(x::text ORDER BY x::text COLLATE "C") FROM unnest(` + acl + `) x), '{}')`
}

func array(columns string) string {
	return "'{" + strings.Join(strings.Fields(columns), ",") + "}'::text[]"
}

func or(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}
