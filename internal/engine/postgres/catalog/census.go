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
	named    string // which rows are kept with their names
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
			if err != nil || !r.visible(m.Address) || m.Of.OID != 0 && !r.visible(m.Of) {
				return err
			}
			census = append(census, r.placed(m))
			return nil
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
	return m, err
}

// placed says of a mark what its row belongs to in the end. A definition holds
// the comment of its object, not those of the parts.
func (r *reader) placed(m Mark) Mark {
	switch {
	case m.Address.Catalog == "pg_description" || m.Address.Catalog == "pg_seclabel":
	case m.Of.OID != 0:
		m.Of = r.whole(m.Of)
	case r.whole(m.Address) != m.Address.whole():
		m.Of = r.whole(m.Address)
	}
	return m
}

// sql reads (OID, column, class and OID of what it belongs to, hash, hash of
// the rest, name). The inner query is kept apart so that each row is spelled
// once.
func (s *source) sql() string {
	ofClass, ofOID, _ := strings.Cut(or(s.of, "'', 0"), ", ")
	full, left, group := "h.j::text", "(h.j - "+array(s.covered)+")::text", ""
	if s.grouped {
		full = "string_agg(" + full + ", ',' ORDER BY h.j::text)"
		left = "string_agg(DISTINCT " + left + ", ',')"
		group = " GROUP BY 1, 2, 3, 4"
	}
	rest, name := "''", "''"
	if s.hasRest {
		rest = "left(md5(" + left + "), 16)"
	}
	if s.named != "" {
		name = "CASE WHEN h.named THEN coalesce(pg_describe_object('" + s.catalog + "'::regclass, h.key, 0), '') ELSE '' END"
	}
	return "SELECT h.key, h.col, h.of_class, h.of_oid, md5(" + full + "), " + rest + ", " + name +
		" FROM (SELECT (" + or(s.key, "t.oid") + ")::oid AS key, (" + or(s.column, "0") + ")::int2 AS col, (" +
		ofClass + ")::text AS of_class, (" + ofOID + ")::oid AS of_oid, " + s.row() + " AS j, " +
		or(s.named, "false") + " AS named FROM " + or(s.from, s.catalog+" t") +
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
