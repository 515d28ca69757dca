package catalog

// aggregatesSQL leaves out every option that has its default value.
var aggregatesSQL = `
SELECT p.oid, n.nspname::text, p.proname::text, ` + signatureOf("p.proargtypes") + `, p.proowner,
  format('CREATE OR REPLACE AGGREGATE %I.%I(%s) (', n.nspname, p.proname, coalesce(nullif(pg_get_function_arguments(p.oid), ''), '*'))
  || E'\n  ' || concat_ws(E',\n  ',
    'SFUNC = ' || ` + routineNamed("a.aggtransfn") + `,
    'STYPE = ' || format_type(a.aggtranstype, NULL),
    'SSPACE = ' || nullif(a.aggtransspace, 0),
    'FINALFUNC = ' || ` + routineNamed("a.aggfinalfn") + `,
    CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
    'FINALFUNC_MODIFY = ' || ` + modifyNamed("a.aggfinalmodify") + `,
    'COMBINEFUNC = ' || ` + routineNamed("a.aggcombinefn") + `,
    'SERIALFUNC = ' || ` + routineNamed("a.aggserialfn") + `,
    'DESERIALFUNC = ' || ` + routineNamed("a.aggdeserialfn") + `,
    'INITCOND = ' || quote_literal(a.agginitval),
    'MSFUNC = ' || ` + routineNamed("a.aggmtransfn") + `,
    'MINVFUNC = ' || ` + routineNamed("a.aggminvtransfn") + `,
    'MSTYPE = ' || format_type(nullif(a.aggmtranstype, 0), NULL),
    'MSSPACE = ' || nullif(a.aggmtransspace, 0),
    'MFINALFUNC = ' || ` + routineNamed("a.aggmfinalfn") + `,
    CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
    'MFINALFUNC_MODIFY = ' || ` + modifyNamed("a.aggmfinalmodify") + `,
    'MINITCOND = ' || quote_literal(a.aggminitval),
    'SORTOP = ' || ` + operatorNamed("a.aggsortop") + `,
    'PARALLEL = ' || CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END,
    CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END) || E'\n)',
  '{}'::text[], CASE WHEN 'internal'::regtype IN (a.aggtranstype, a.aggmtranstype) THEN ` + forSuperusers + ` ELSE '' END
FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.oid >= 16384`

// modifyNamed spells what a final function may do to the state, where that is
// not what it may do by default.
func modifyNamed(column string) string {
	return `CASE WHEN ` + column + ` <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END::"char"
      THEN (CASE ` + column + ` WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END) END`
}
