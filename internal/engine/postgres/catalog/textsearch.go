package catalog

var textParsersSQL = `
SELECT p.oid, n.nspname::text, p.prsname::text, '', 0::oid,
  format('CREATE TEXT SEARCH PARSER %I.%I (', n.nspname, p.prsname) || concat_ws(', ',
    'START = ' || ` + routineNamed("p.prsstart") + `, 'GETTOKEN = ' || ` + routineNamed("p.prstoken") + `,
    'END = ' || ` + routineNamed("p.prsend") + `, 'HEADLINE = ' || ` + routineNamed("p.prsheadline") + `,
    'LEXTYPES = ' || ` + routineNamed("p.prslextype") + `) || ')', '{}'::text[], ` + forSuperusers + `
FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = p.prsnamespace WHERE p.oid >= 16384`

var textTemplatesSQL = `
SELECT t.oid, n.nspname::text, t.tmplname::text, '', 0::oid,
  format('CREATE TEXT SEARCH TEMPLATE %I.%I (', n.nspname, t.tmplname) || concat_ws(', ',
    'INIT = ' || ` + routineNamed("t.tmplinit") + `, 'LEXIZE = ' || ` + routineNamed("t.tmpllexize") + `) || ')', '{}'::text[], ` + forSuperusers + `
FROM pg_ts_template t JOIN pg_namespace n ON n.oid = t.tmplnamespace WHERE t.oid >= 16384`

// textDictionariesSQL copies the options as the server keeps them, which is as
// it reads them.
const textDictionariesSQL = `
SELECT d.oid, n.nspname::text, d.dictname::text, '', d.dictowner,
  format('CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %I.%I', n.nspname, d.dictname, s.nspname, t.tmplname)
  || coalesce(', ' || nullif(d.dictinitoption, ''), '') || ')', '{}'::text[], ''
FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace
JOIN pg_ts_template t ON t.oid = d.dicttemplate JOIN pg_namespace s ON s.oid = t.tmplnamespace WHERE d.oid >= 16384`

// textConfigurationsSQL completes a configuration by one statement for each type
// of token that it maps.
const textConfigurationsSQL = `
SELECT c.oid, n.nspname::text, c.cfgname::text, '', c.cfgowner,
  format('CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %I.%I)', n.nspname, c.cfgname, s.nspname, p.prsname),
  ARRAY(SELECT format('ALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %I WITH %s', n.nspname, c.cfgname, k.alias,
      string_agg(format('%I.%I', dn.nspname, d.dictname), ', ' ORDER BY m.mapseqno))
    FROM pg_ts_config_map m JOIN ts_token_type(c.cfgparser) k ON k.tokid = m.maptokentype
    JOIN pg_ts_dict d ON d.oid = m.mapdict JOIN pg_namespace dn ON dn.oid = d.dictnamespace
    WHERE m.mapcfg = c.oid GROUP BY k.alias ORDER BY k.alias COLLATE "C"), ''
FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace
JOIN pg_ts_parser p ON p.oid = c.cfgparser JOIN pg_namespace s ON s.oid = p.prsnamespace WHERE c.oid >= 16384`
