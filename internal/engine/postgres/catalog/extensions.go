package catalog

import (
	"context"
	"fmt"
)

// extensionsSQL reads extensions, and why one that is installed anew would not be
// what it was: the script makes its members, but not what came to them later.
const extensionsSQL = `
WITH members AS (SELECT d.classid, d.objid, d.refobjid AS extension FROM pg_depend d
  WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass),
lists AS (
  SELECT 'pg_proc'::regclass AS class, oid, proowner AS owner, proacl AS acl FROM pg_proc
  UNION ALL SELECT 'pg_class'::regclass, oid, relowner, relacl FROM pg_class
  UNION ALL SELECT 'pg_type'::regclass, oid, typowner, typacl FROM pg_type
  UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner, nspacl FROM pg_namespace
  UNION ALL SELECT 'pg_language'::regclass, oid, lanowner, lanacl FROM pg_language
  UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, fdwowner, fdwacl FROM pg_foreign_data_wrapper
  UNION ALL SELECT 'pg_foreign_server'::regclass, oid, srvowner, srvacl FROM pg_foreign_server),
held AS (SELECT m.*, l.owner, l.acl, i.initprivs FROM members m JOIN lists l ON l.class = m.classid AND l.oid = m.objid
  LEFT JOIN pg_init_privs i ON i.classoid = m.classid AND i.objoid = m.objid AND i.objsubid = 0)
SELECT e.oid, e.extname::text, n.nspname::text, e.extversion, e.extowner, CASE
  WHEN EXISTS (SELECT FROM members m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
    WHERE m.extension = e.oid AND c.relkind IN ('r', 'p', 'm', 'S')) THEN 'it has tables or sequences, whose rows and values are not kept'
  WHEN EXISTS (SELECT FROM held h WHERE h.extension = e.oid AND ` + membersACL + `) THEN 'privileges on what belongs to it were changed'
  WHEN (SELECT count(DISTINCT h.owner) > 1 OR bool_or(h.owner NOT IN (e.extowner, 10)) FROM held h WHERE h.extension = e.oid)
    THEN 'what belongs to it has other owners'
  WHEN EXISTS (SELECT FROM members m JOIN pg_description d ON d.classoid = m.classid AND d.objoid = m.objid
    WHERE m.extension = e.oid AND e.oid >= 16384) THEN 'there are comments on what belongs to it'
  WHEN EXISTS (SELECT FROM members m JOIN pg_seclabel s ON s.classoid = m.classid AND s.objoid = m.objid
    WHERE m.extension = e.oid) THEN 'there are security labels on what belongs to it'
  ELSE '' END
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace`

// membersACL compares two access lists whatever their order.
const membersACL = `ARRAY(SELECT x::text FROM unnest(h.acl) x ORDER BY 1) <> ARRAY(SELECT x::text FROM unnest(h.initprivs) x ORDER BY 1)`

func (r *reader) readExtensions(ctx context.Context) error {
	return r.each(ctx, "extensions", extensionsSQL, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_extension"}, Kind: KindExtension}
		var owner uint32
		var schema string
		if err := rows.Scan(&o.Address.OID, &o.Name, &schema, &o.Version, &owner, &o.Unsupported); err != nil {
			return err
		}
		o.Identity = Quote(o.Name)
		o.Create = "CREATE EXTENSION " + o.Identity + " WITH SCHEMA " + Quote(schema) + " VERSION " + Literal(o.Version)
		r.add(o, owner, 0)
		return nil
	})
}

// noteUninstallable finds extensions that the batch dropped in a version that the
// server's files do not hold.
func (c *comparison) noteUninstallable(ctx context.Context, conn Conn) error {
	for i := range c.before.Objects {
		o := &c.before.Objects[i]
		if o.Kind != KindExtension || c.after.Object(o.Address) != nil {
			continue
		}
		const sql = `SELECT EXISTS (SELECT FROM pg_catalog.pg_available_extension_versions() v WHERE v.name = $1 AND v.version = $2)`
		var there bool
		if err := conn.QueryRow(ctx, sql, o.Name, o.Version).Scan(&there); err != nil {
			return fmt.Errorf("looking for extension %s: %w", o.Identity, err)
		}
		if !there {
			c.found[o.Address] = &finding{known: o, why: "version " + o.Version + " of it is not to be had any more"}
		}
	}
	return nil
}
