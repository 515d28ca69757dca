package catalog

var conversionsSQL = `
SELECT c.oid, n.nspname::text, c.conname::text, '', c.conowner,
  format('CREATE%s CONVERSION %I.%I FOR %L TO %L FROM %s', CASE WHEN c.condefault THEN ' DEFAULT' ELSE '' END, n.nspname, c.conname,
    pg_encoding_to_char(c.conforencoding), pg_encoding_to_char(c.contoencoding), ` + routineNamed("c.conproc") + `),
  '{}'::text[], ''
FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace WHERE c.oid >= 16384`

// collationsSQL reads collations without the version of their provider, which a
// collation made anew takes from the system. The catalog's columns differ
// between server versions, hence the way by JSON.
//
// Which encoding a collation is for cannot be said; the server's choice follows
// from the rest, but for copies of the server's own collations.
const collationsSQL = `
SELECT c.oid, n.nspname::text, c.collname::text, '', c.collowner,
  format('CREATE COLLATION %I.%I ', n.nspname, c.collname) ||
  CASE WHEN c.collprovider = 'c' AND c.collencoding = -1 THEN format('FROM pg_catalog.%I', c.collcollate)
  ELSE '(' || concat_ws(', ',
    'PROVIDER = ' || CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
    CASE WHEN c.collprovider <> 'c' THEN 'LOCALE = ' || quote_literal(coalesce(j.c ->> 'colllocale', j.c ->> 'colliculocale', j.c ->> 'collcollate'))
      WHEN c.collcollate = c.collctype THEN 'LOCALE = ' || quote_literal(c.collcollate::text)
      ELSE format('LC_COLLATE = %L, LC_CTYPE = %L', c.collcollate, c.collctype) END,
    CASE WHEN NOT c.collisdeterministic THEN 'DETERMINISTIC = false' END,
    'RULES = ' || quote_literal(j.c ->> 'collicurules')) || ')' END,
  '{}'::text[],
  CASE WHEN c.collencoding = CASE WHEN c.collprovider = 'c' AND c.collcollate = c.collctype AND c.collcollate IN ('C', 'POSIX') AND c.collencoding = -1 THEN -1
      WHEN c.collprovider = 'c' THEN (SELECT d.encoding FROM pg_database d WHERE d.datname = current_database())
      WHEN c.collprovider = 'b' AND j.c ->> 'colllocale' <> 'C' THEN 6 ELSE -1 END
    THEN '' ELSE 'a copy of a collation of the server, for an encoding of its own' END
FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace, to_jsonb(c) j (c) WHERE c.oid >= 16384`
