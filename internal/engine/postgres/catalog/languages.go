package catalog

var languagesSQL = `
SELECT l.oid, '', l.lanname::text, '', l.lanowner,
  format('CREATE%s LANGUAGE %I HANDLER %s', CASE WHEN l.lanpltrusted THEN ' TRUSTED' ELSE '' END, l.lanname, ` + routineNamed("l.lanplcallfoid") + `)
  || coalesce(' INLINE ' || ` + routineNamed("l.laninline") + `, '') || coalesce(' VALIDATOR ' || ` + routineNamed("l.lanvalidator") + `, ''),
  '{}'::text[], ` + forSuperusers + `
FROM pg_language l WHERE l.oid >= 16384`

var accessMethodsSQL = `
SELECT a.oid, '', a.amname::text, '', 0::oid,
  format('CREATE ACCESS METHOD %I TYPE %s HANDLER %s', a.amname, CASE a.amtype WHEN 't' THEN 'TABLE' ELSE 'INDEX' END, ` + routineNamed("a.amhandler") + `),
  '{}'::text[], ` + forSuperusers + `
FROM pg_am a WHERE a.oid >= 16384`
