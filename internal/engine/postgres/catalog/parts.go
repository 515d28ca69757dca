package catalog

import (
	"context"
	"slices"
	"strings"
)

// membersSQL lists the members of extensions with what hangs on their tables:
// extension scripts make indexes and constraints that are no members
// themselves.
const membersSQL = `
WITH members AS (SELECT classid, objid, refobjid AS extension FROM pg_depend
  WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass),
tables AS (SELECT objid AS oid, extension FROM members WHERE classid = 'pg_class'::regclass),
types AS (SELECT objid AS oid, extension FROM members WHERE classid = 'pg_type'::regclass)
SELECT classid::regclass::text, objid, extension FROM members
UNION ALL SELECT 'pg_class', x.indexrelid, t.extension FROM pg_index x JOIN tables t ON t.oid = x.indrelid
UNION ALL SELECT 'pg_constraint', k.oid, t.extension FROM pg_constraint k JOIN tables t ON t.oid = k.conrelid
UNION ALL SELECT 'pg_constraint', k.oid, t.extension FROM pg_constraint k JOIN types t ON t.oid = k.contypid
UNION ALL SELECT 'pg_attrdef', d.oid, t.extension FROM pg_attrdef d JOIN tables t ON t.oid = d.adrelid
UNION ALL SELECT 'pg_trigger', g.oid, t.extension FROM pg_trigger g JOIN tables t ON t.oid = g.tgrelid
UNION ALL SELECT 'pg_rewrite', w.oid, t.extension FROM pg_rewrite w JOIN tables t ON t.oid = w.ev_class
UNION ALL SELECT 'pg_policy', p.oid, t.extension FROM pg_policy p JOIN tables t ON t.oid = p.polrelid`

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
   AND (contype = 'n' OR contype = 'f' AND conparentid <> 0 OR contype = 'c' AND NOT conislocal AND coninhcount > 0
     AND NOT (SELECT relispartition FROM pg_class WHERE oid = conrelid))
-- the functions and the cast that come with a range type
UNION ALL SELECT classid::regclass::text, objid, 'pg_type', refobjid FROM pg_depend
 WHERE classid IN ('pg_proc'::regclass, 'pg_cast'::regclass) AND refclassid = 'pg_type'::regclass AND deptype = 'i' AND objid >= 16384
UNION ALL SELECT 'pg_constraint', g.tgconstraint, 'pg_trigger', g.oid
 FROM pg_trigger g JOIN pg_constraint k ON k.oid = g.tgconstraint WHERE k.contype = 't' AND g.oid >= 16384
UNION ALL SELECT 'pg_trigger', oid, 'pg_constraint', tgconstraint FROM pg_trigger
 WHERE tgisinternal AND tgconstraint <> 0 AND tgparentid = 0 AND oid >= 16384
UNION ALL SELECT 'pg_trigger', oid, 'pg_class', tgrelid FROM pg_trigger WHERE tgparentid <> 0 AND oid >= 16384
UNION ALL SELECT 'pg_attrdef', d.oid, 'pg_class', d.adrelid FROM pg_attrdef d
 JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE a.attgenerated <> '' AND d.oid >= 16384
-- identity sequences belong to their table
UNION ALL SELECT 'pg_class', d.objid, 'pg_class', d.refobjid FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
 WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i'
   AND d.refobjsubid <> 0 AND c.relkind = 'S' AND d.objid >= 16384
-- members of operator families go with the class that they were made with, if there is one
UNION ALL SELECT 'pg_amop', o.oid, CASE WHEN d.refobjid IS NULL THEN 'pg_opfamily' ELSE 'pg_opclass' END, coalesce(d.refobjid, o.amopfamily)
 FROM pg_amop o LEFT JOIN pg_depend d ON d.classid = 'pg_amop'::regclass AND d.objid = o.oid AND d.refclassid = 'pg_opclass'::regclass
 WHERE o.oid >= 16384
UNION ALL SELECT 'pg_amproc', p.oid, CASE WHEN d.refobjid IS NULL THEN 'pg_opfamily' ELSE 'pg_opclass' END, coalesce(d.refobjid, p.amprocfamily)
 FROM pg_amproc p LEFT JOIN pg_depend d ON d.classid = 'pg_amproc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_opclass'::regclass
 WHERE p.oid >= 16384
-- an operator without a function belongs to the one that names it
UNION ALL SELECT 'pg_operator', s.oid, 'pg_operator', min(o.oid) FROM pg_operator s JOIN pg_operator o ON s.oid IN (o.oprcom, o.oprnegate)
 WHERE s.oprcode = 0 AND s.oid >= 16384 AND o.oprcode <> 0 GROUP BY s.oid`

func (r *reader) readCatalogs(ctx context.Context) error {
	// With a cast to what can be hashed, where the type itself cannot.
	const sql = `SELECT c.oid, c.relname::text, ARRAY(SELECT a.attname || CASE
			WHEN a.atttypid IN ('oid'::regtype, 'name'::regtype, 'bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype,
				'"char"'::regtype, 'float4'::regtype, 'text'::regtype, 'text[]'::regtype, 'oidvector'::regtype, 'regproc'::regtype,
				'oid[]'::regtype, 'int2[]'::regtype, '"char"[]'::regtype, 'bytea'::regtype) THEN ''
			WHEN a.atttypid = 'int2vector'::regtype THEN '::int2[]' ELSE '::text' END FROM pg_attribute a
		WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
		FROM pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace
		AND (c.relkind = 'r' OR c.relname = 'pg_user_mappings')`
	return r.each(ctx, "the columns of the catalogs", sql, func(rows row) error {
		var oid uint32
		var name string
		var columns []string
		err := rows.Scan(&oid, &name, &columns)
		r.catalogs[oid], r.columns[name] = name, columns
		return err
	})
}

// has tells whether a catalog has a column on this server.
func (r *reader) has(catalog, column string) bool {
	return slices.ContainsFunc(r.columns[catalog], func(c string) bool {
		name, _, _ := strings.Cut(c, "::")
		return name == column
	})
}

func (r *reader) readParts(ctx context.Context) error {
	err := r.each(ctx, "what belongs together", partsSQL, func(rows row) error {
		var part, whole Address
		if err := rows.Scan(&part.Catalog, &part.OID, &whole.Catalog, &whole.OID); err != nil {
			return err
		}
		part.Catalog, whole.Catalog = r.text(part.Catalog), r.text(whole.Catalog)
		r.parts[part] = whole
		return nil
	})
	if err != nil {
		return err
	}
	// Membership comes last: it outweighs all else.
	return r.each(ctx, "the members of extensions", membersSQL, func(rows row) error {
		member, extension := Address{}, Address{Catalog: "pg_extension"}
		if err := rows.Scan(&member.Catalog, &member.OID, &extension.OID); err != nil {
			return err
		}
		member.Catalog = r.text(member.Catalog)
		r.parts[member] = extension
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

// leftOut tells whether something, or what it is a part of, is no part of the
// schema that is read.
func (r *reader) leftOut(a Address) bool {
	a = a.whole()
	for {
		if _, out := r.hidden[a]; out {
			return true
		}
		up, ok := r.parts[a]
		if !ok {
			return false
		}
		a = up
	}
}

// member tells whether something belongs to an extension.
func (r *reader) member(a Address) bool {
	return a.Catalog != "pg_extension" && r.whole(a).Catalog == "pg_extension"
}

// defined tells whether something may be an object of its own: what is a part of
// another, of an extension too, has no definition itself.
func (r *reader) defined(a Address) bool { return !r.leftOut(a) && r.whole(a) == a }
