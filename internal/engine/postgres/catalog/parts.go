package catalog

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// partsSQL lists what has no life of its own: (catalog, OID) belongs to
// (catalog, OID). OIDs below 16384 are the server's own objects.
const partsSQL = `
-- row types belong to their tables, composite types' relations to their types
SELECT 'pg_type', t.oid, 'pg_class', c.oid FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid
 WHERE c.relkind <> 'c' AND t.oid >= 16384 AND c.relkind <> 't'
UNION ALL SELECT 'pg_class', c.oid, 'pg_type', c.reltype FROM pg_class c WHERE c.relkind = 'c' AND c.oid >= 16384
UNION ALL SELECT 'pg_type', typarray, 'pg_type', oid FROM pg_type WHERE typarray >= 16384
UNION ALL SELECT 'pg_type', rngmultitypid, 'pg_type', rngtypid FROM pg_range WHERE rngmultitypid >= 16384
UNION ALL SELECT 'pg_rewrite', oid, 'pg_class', ev_class FROM pg_rewrite WHERE rulename = '_RETURN' AND oid >= 16384
UNION ALL SELECT 'pg_class', conindid, 'pg_constraint', oid FROM pg_constraint
 WHERE contype IN ('p', 'u', 'x') AND conindid >= 16384
-- constraints that their table's definition holds, or that come from a parent
UNION ALL SELECT 'pg_constraint', oid, 'pg_class', conrelid FROM pg_constraint
 WHERE conrelid <> 0 AND contype <> 't' AND oid >= 16384
   AND (contype = 'n' OR conparentid <> 0 OR (NOT conislocal AND coninhcount > 0))
UNION ALL SELECT 'pg_constraint', oid, 'pg_type', contypid FROM pg_constraint WHERE contypid <> 0 AND oid >= 16384
UNION ALL SELECT 'pg_constraint', g.tgconstraint, 'pg_trigger', g.oid
 FROM pg_trigger g JOIN pg_constraint k ON k.oid = g.tgconstraint WHERE k.contype = 't' AND g.oid >= 16384
UNION ALL SELECT 'pg_trigger', oid, 'pg_constraint', tgconstraint FROM pg_trigger
 WHERE tgisinternal AND tgconstraint <> 0 AND tgparentid = 0 AND oid >= 16384
UNION ALL SELECT 'pg_trigger', oid, 'pg_class', tgrelid FROM pg_trigger WHERE tgparentid <> 0 AND oid >= 16384
UNION ALL SELECT 'pg_attrdef', d.oid, 'pg_class', d.adrelid FROM pg_attrdef d
 JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE a.attgenerated <> '' AND d.oid >= 16384
-- identity sequences belong to their table, members to their extension
UNION ALL SELECT 'pg_class', d.objid, 'pg_class', d.refobjid FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
 WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i'
   AND d.refobjsubid <> 0 AND c.relkind = 'S' AND d.objid >= 16384
UNION ALL SELECT 'pg_amop', oid, 'pg_opfamily', amopfamily FROM pg_amop WHERE oid >= 16384
UNION ALL SELECT 'pg_amproc', oid, 'pg_opfamily', amprocfamily FROM pg_amproc WHERE oid >= 16384
UNION ALL SELECT classid::regclass::text, objid, 'pg_extension', refobjid FROM pg_depend
 WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass`

func (r *reader) readCatalogs(ctx context.Context) error {
	const sql = `SELECT c.oid, c.relname::text, ARRAY(SELECT a.attname::text FROM pg_attribute a
		WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
		FROM pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace
		AND (c.relkind = 'r' OR c.relname = 'pg_user_mappings')`
	return r.each(ctx, "the columns of the catalogs", sql, func(rows pgx.Rows) error {
		var oid uint32
		var name string
		var columns []string
		err := rows.Scan(&oid, &name, &columns)
		r.catalogs[oid], r.columns[name] = name, columns
		return err
	})
}

func (r *reader) readParts(ctx context.Context) error {
	return r.each(ctx, "what belongs together", partsSQL, func(rows pgx.Rows) error {
		var part, whole Address
		if err := rows.Scan(&part.Catalog, &part.OID, &whole.Catalog, &whole.OID); err != nil {
			return err
		}
		part.Catalog, whole.Catalog = r.text(part.Catalog), r.text(whole.Catalog)
		// Membership of an extension outweighs any other: nothing below it is the user's.
		if held, ok := r.parts[part]; !ok || held.Catalog != "pg_extension" {
			r.parts[part] = whole
		}
		return nil
	})
}

// whole follows parts upwards to the thing that stands for itself.
func (r *reader) whole(a Address) Address {
	a = a.whole()
	for {
		up, ok := r.parts[a]
		if !ok {
			return a
		}
		a = up
	}
}

// visible tells whether something belongs to what is read: neither left out
// nor a member of an extension, directly or through what it is a part of.
func (r *reader) visible(a Address) bool {
	a = a.whole()
	for {
		if _, out := r.hidden[a]; out {
			return false
		}
		up, ok := r.parts[a]
		if !ok {
			return true
		}
		if up.Catalog == "pg_extension" {
			return false
		}
		a = up
	}
}
