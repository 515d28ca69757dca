package catalog

import "context"

// OwnSchemas is a regular expression, also to pg_dump, for the names of safemigrate's own
// schemas: of the ledger, of copies, and of tables that are made beside others. All others are
// the user's, whatever their names begin with.
const OwnSchemas = `^(` + OwnSchemaNames + `)$`

// OwnSchemaNames is the same for a whole name.
const OwnSchemaNames = `safemigrate|safemigrate_[0-9]{8}_[0-9]{6}_[0-9a-f]+|safemigrate_beside_[0-9]+`

// hiddenSQL lists what is left out: everything in the schemas that are not the
// user's, and the excluded tables ($1, a text[] literal) with what hangs on them.
const hiddenSQL = `
WITH spaces AS (SELECT oid FROM pg_namespace
  WHERE nspname ~ '` + OwnSchemas + `' OR nspname LIKE 'pg\_%' OR nspname = 'information_schema'),
tables AS (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname || '.' || c.relname = ANY ($1::text[]) AND c.relkind IN ('r', 'p')),
rels AS (SELECT oid FROM pg_class
  WHERE relnamespace IN (SELECT oid FROM spaces) AND oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace
  UNION SELECT oid FROM tables
  UNION SELECT indexrelid FROM pg_index WHERE indrelid IN (SELECT oid FROM tables)
  UNION SELECT objid FROM pg_depend WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass
    AND deptype IN ('a', 'i') AND refobjsubid <> 0 AND refobjid IN (SELECT oid FROM tables))
SELECT 'pg_namespace', oid FROM spaces WHERE oid >= 16384
UNION ALL SELECT 'pg_class', oid FROM rels
UNION ALL SELECT 'pg_constraint', oid FROM pg_constraint WHERE oid >= 16384 AND conrelid IN (SELECT oid FROM rels)
UNION ALL SELECT 'pg_constraint', k.oid FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid
  WHERE t.typnamespace IN (SELECT oid FROM spaces) AND k.oid >= 16384
UNION ALL SELECT 'pg_attrdef', oid FROM pg_attrdef WHERE adrelid IN (SELECT oid FROM rels)
UNION ALL SELECT 'pg_trigger', oid FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM rels)
UNION ALL SELECT 'pg_rewrite', oid FROM pg_rewrite WHERE ev_class IN (SELECT oid FROM rels)
UNION ALL SELECT 'pg_policy', oid FROM pg_policy WHERE polrelid IN (SELECT oid FROM rels)
UNION ALL SELECT 'pg_publication_rel', oid FROM pg_publication_rel WHERE prrelid IN (SELECT oid FROM rels)
UNION ALL SELECT 'pg_statistic_ext', oid FROM pg_statistic_ext
  WHERE stxrelid IN (SELECT oid FROM rels) OR stxnamespace IN (SELECT oid FROM spaces)
UNION ALL SELECT 'pg_type', oid FROM pg_type WHERE oid >= 16384 AND typnamespace IN (SELECT oid FROM spaces)
  AND typnamespace <> 'pg_toast'::regnamespace
UNION ALL SELECT 'pg_proc', oid FROM pg_proc WHERE oid >= 16384 AND pronamespace IN (SELECT oid FROM spaces)
UNION ALL SELECT 'pg_operator', oid FROM pg_operator WHERE oid >= 16384 AND oprnamespace IN (SELECT oid FROM spaces)
UNION ALL SELECT 'pg_opclass', oid FROM pg_opclass WHERE oid >= 16384 AND opcnamespace IN (SELECT oid FROM spaces)
UNION ALL SELECT 'pg_opfamily', oid FROM pg_opfamily WHERE oid >= 16384 AND opfnamespace IN (SELECT oid FROM spaces)
UNION ALL SELECT 'pg_collation', oid FROM pg_collation WHERE oid >= 16384 AND collnamespace IN (SELECT oid FROM spaces)
UNION ALL SELECT 'pg_conversion', oid FROM pg_conversion WHERE oid >= 16384 AND connamespace IN (SELECT oid FROM spaces)
UNION ALL SELECT 'pg_ts_config', oid FROM pg_ts_config WHERE oid >= 16384 AND cfgnamespace IN (SELECT oid FROM spaces)
UNION ALL SELECT 'pg_ts_dict', oid FROM pg_ts_dict WHERE oid >= 16384 AND dictnamespace IN (SELECT oid FROM spaces)
UNION ALL SELECT 'pg_ts_parser', oid FROM pg_ts_parser WHERE oid >= 16384 AND prsnamespace IN (SELECT oid FROM spaces)
UNION ALL SELECT 'pg_ts_template', oid FROM pg_ts_template WHERE oid >= 16384 AND tmplnamespace IN (SELECT oid FROM spaces)`

func (r *reader) readHidden(ctx context.Context) error {
	exclude := r.opts.ExcludeTables
	if exclude == nil {
		exclude = []string{}
	}
	return r.each(ctx, "what is left out", hiddenSQL, func(rows row) error {
		var a Address
		if err := rows.Scan(&a.Catalog, &a.OID); err != nil {
			return err
		}
		a.Catalog = r.text(a.Catalog)
		r.hidden[a] = struct{}{}
		return nil
	}, exclude)
}
