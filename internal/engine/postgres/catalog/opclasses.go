package catalog

// Operators and functions that hang on the family itself complete the family;
// those that hang on a class are in the definition of the class.
var operatorFamiliesSQL = `
SELECT f.oid, n.nspname::text, f.opfname::text, ' USING ' || quote_ident(m.amname), f.opfowner,
  format('CREATE OPERATOR FAMILY %I.%I USING %I', n.nspname, f.opfname, m.amname),
  ARRAY(SELECT format('ALTER OPERATOR FAMILY %I.%I USING %I ADD ', n.nspname, f.opfname, m.amname) || x.item
    FROM (` + operatorItems + ` AND o.amopfamily = f.oid AND NOT EXISTS (` + classOf("pg_amop", "o.oid") + `)
      UNION ALL ` + functionItems + ` AND p.amprocfamily = f.oid AND NOT EXISTS (` + classOf("pg_amproc", "p.oid") + `)) x
    ORDER BY x.item COLLATE "C"), ` + forSuperusers + `
FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod WHERE f.oid >= 16384`

var operatorClassesSQL = `
SELECT c.oid, n.nspname::text, c.opcname::text, ' USING ' || quote_ident(m.amname), c.opcowner,
  format(E'CREATE OPERATOR CLASS %I.%I%s FOR TYPE %s USING %I FAMILY %I.%I AS\n  ', n.nspname, c.opcname,
    CASE WHEN c.opcdefault THEN ' DEFAULT' ELSE '' END, format_type(c.opcintype, NULL), m.amname, fn.nspname, f.opfname)
  || array_to_string(ARRAY['STORAGE ' || format_type(coalesce(nullif(c.opckeytype, 0), c.opcintype), NULL)]
    || ARRAY(SELECT x.item FROM (` + operatorItems + ` AND c.oid IN (` + classOf("pg_amop", "o.oid") + `)
      UNION ALL ` + functionItems + ` AND c.oid IN (` + classOf("pg_amproc", "p.oid") + `)) x
      ORDER BY x.item COLLATE "C"), E',\n  '),
  '{}'::text[], ` + forSuperusers + `
FROM pg_opclass c JOIN pg_namespace n ON n.oid = c.opcnamespace JOIN pg_am m ON m.oid = c.opcmethod
JOIN pg_opfamily f ON f.oid = c.opcfamily JOIN pg_namespace fn ON fn.oid = f.opfnamespace WHERE c.oid >= 16384`

const (
	operatorItems = `SELECT format('OPERATOR %s %s', o.amopstrategy, o.amopopr::regoperator)
      || coalesce((SELECT format(' FOR ORDER BY %I.%I', s.nspname, b.opfname) FROM pg_opfamily b
        JOIN pg_namespace s ON s.oid = b.opfnamespace WHERE b.oid = o.amopsortfamily), '') AS item
      FROM pg_amop o WHERE o.oid >= 16384`
	functionItems = `SELECT format('FUNCTION %s (%s, %s) %s', p.amprocnum, format_type(p.amproclefttype, NULL),
      format_type(p.amprocrighttype, NULL), p.amproc::oid::regprocedure) AS item FROM pg_amproc p WHERE p.oid >= 16384`
)

// classOf finds the operator class that an operator or function of a family goes
// with; none where it goes with the family.
func classOf(catalog, oid string) string {
	return `SELECT d.refobjid FROM pg_depend d WHERE d.classid = '` + catalog + `'::regclass AND d.objid = ` + oid + `
      AND d.refclassid = 'pg_opclass'::regclass`
}
