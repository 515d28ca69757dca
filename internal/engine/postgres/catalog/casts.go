package catalog

// Casts and transforms have no names: what they are for is their identity.
var castsSQL = `
SELECT c.oid, '', '', ` + castIdentity + `, 0::oid,
  'CREATE CAST ' || ` + castIdentity + ` || CASE c.castmethod WHEN 'b' THEN ' WITHOUT FUNCTION' WHEN 'i' THEN ' WITH INOUT'
    ELSE ' WITH FUNCTION ' || ` + routineNamed("c.castfunc") + ` ||
      (SELECT ` + signatureOf("g.proargtypes") + ` FROM pg_proc g WHERE g.oid = c.castfunc) END
  || CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END,
  '{}'::text[], CASE WHEN c.castmethod = 'b' THEN ` + forSuperusers + ` ELSE '' END
FROM pg_cast c WHERE c.oid >= 16384`

const castIdentity = `format('(%s AS %s)', format_type(c.castsource, NULL), format_type(c.casttarget, NULL))`

var transformsSQL = `
SELECT t.oid, '', '', ` + transformIdentity + `, 0::oid,
  'CREATE TRANSFORM ' || ` + transformIdentity + ` || ' (' || concat_ws(', ',
    'FROM SQL WITH FUNCTION ' || ` + routineNamed("t.trffromsql") + ` || '(internal)',
    'TO SQL WITH FUNCTION ' || ` + routineNamed("t.trftosql") + ` || '(internal)') || ')',
  '{}'::text[], ` + forSuperusers + `
FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang WHERE t.oid >= 16384`

const transformIdentity = `format('FOR %s LANGUAGE %I', format_type(t.trftype, NULL), l.lanname)`
