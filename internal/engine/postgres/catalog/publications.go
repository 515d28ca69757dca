package catalog

import (
	"context"
	"fmt"
)

// readPublications reads publications without what is published: memberships are
// objects of their own, for they go with the table or schema.
func (r *reader) readPublications(ctx context.Context) error {
	generated := `''`
	if r.server >= 180000 {
		generated = `pubgencols::text`
	}
	sql := `SELECT oid, pubname::text, pubowner, puballtables,
		concat_ws(', ', CASE WHEN pubinsert THEN 'insert' END, CASE WHEN pubupdate THEN 'update' END,
		  CASE WHEN pubdelete THEN 'delete' END, CASE WHEN pubtruncate THEN 'truncate' END),
		pubviaroot, ` + generated + ` FROM pg_publication`
	return r.each(ctx, "publications", sql, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_publication"}, Kind: KindPublication}
		var owner uint32
		var all, viaRoot bool
		var actions, generated string
		err := rows.Scan(&o.Address.OID, &o.Name, &owner, &all, &actions, &viaRoot, &generated)
		if err != nil || !r.defined(o.Address) {
			return err
		}
		o.Identity = Quote(o.Name)
		o.Create = "CREATE PUBLICATION " + o.Identity
		if all {
			o.Create += " FOR ALL TABLES"
		}
		o.Create += fmt.Sprintf(" WITH (publish = %s, publish_via_partition_root = %t", Literal(actions), viaRoot)
		if word := publishedColumns[generated]; word != "" {
			o.Create += ", publish_generated_columns = " + word
		}
		o.Create += ")"
		r.add(o, owner, 0)
		return nil
	})
}

// publishedColumns spells pubgencols.
var publishedColumns = map[string]string{"n": "none", "s": "stored"}

// readPublishedTables reads which tables a publication names, with columns and
// row filter (15 and newer).
func (r *reader) readPublishedTables(ctx context.Context) error {
	columns, filter := `'{}'::text[]`, `''`
	if r.server >= 150000 {
		columns = `ARRAY(SELECT a.attname::text FROM unnest(m.prattrs) WITH ORDINALITY u (num, n)
			JOIN pg_attribute a ON a.attrelid = m.prrelid AND a.attnum = u.num ORDER BY u.n)`
		filter = `coalesce(pg_get_expr(m.prqual, m.prrelid), '')`
	}
	sql := `SELECT m.oid, m.prrelid, p.pubname::text, ` + columns + `, ` + filter + `
		FROM pg_publication_rel m JOIN pg_publication p ON p.oid = m.prpubid`
	return r.each(ctx, "published tables", sql, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_publication_rel"}, Kind: KindPublishedTable}
		var publication, filter string
		var columns []string
		var table uint32
		if err := rows.Scan(&o.Address.OID, &table, &publication, &columns, &filter); err != nil {
			return err
		}
		parent := r.object(relation(table))
		if parent == nil || !r.defined(o.Address) {
			return nil
		}
		o.Parent = parent.Address
		o.Identity = parent.Identity + " in " + Quote(publication)
		o.Create = "ALTER PUBLICATION " + Quote(publication) + " ADD TABLE ONLY " + parent.Identity
		o.Drop = "ALTER PUBLICATION " + Quote(publication) + " DROP TABLE ONLY " + parent.Identity
		if len(columns) > 0 {
			o.Create += " (" + quoteAll(columns) + ")"
		}
		if filter != "" {
			o.Create += " WHERE (" + filter + ")"
		}
		r.add(o, 0, 0)
		return nil
	})
}

// readPublishedSchemas reads of which schemas a publication has all tables.
func (r *reader) readPublishedSchemas(ctx context.Context) error {
	if r.server < 150000 {
		return nil
	}
	const sql = `SELECT m.oid, n.oid, n.nspname::text, p.pubname::text FROM pg_publication_namespace m
		JOIN pg_publication p ON p.oid = m.pnpubid JOIN pg_namespace n ON n.oid = m.pnnspid`
	return r.each(ctx, "published schemas", sql, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_publication_namespace"}, Kind: KindPublishedSchema}
		at := Address{Catalog: "pg_namespace"}
		var schema, publication string
		if err := rows.Scan(&o.Address.OID, &at.OID, &schema, &publication); err != nil {
			return err
		}
		if r.leftOut(at) {
			return nil
		}
		alter, what := "ALTER PUBLICATION "+Quote(publication), " TABLES IN SCHEMA "+Quote(schema)
		o.Identity = Quote(schema) + " in " + Quote(publication)
		o.Create, o.Drop = alter+" ADD"+what, alter+" DROP"+what
		r.add(o, 0, 0)
		return nil
	})
}
