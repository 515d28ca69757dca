package catalog

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// secret are names of options that may hold what not everybody who reads a
// snapshot may know.
var secret = regexp.MustCompile(`(?i)pass|pwd|secret|token|cred|(api|access|private|shared|account|encryption|ssl|auth)_?key`)

// harmless are the options of user mappings that hold no secret. A wrapper can
// have any option, so that all others may.
var harmless = []string{"user", "username", "user_name", "password_required", "use_scram_passthrough"}

const secretOptions = "options that may hold a secret, which is not kept"

// HiddenOptions is why a user mapping is not supported whose options this role
// may not read.
const HiddenOptions = "options that this role may not read"

// keepOptions adds the options to a definition, or says why they are not kept.
func keepOptions(o *Object, options []string, secret func(name string) bool) {
	for _, option := range options {
		if name, _, _ := strings.Cut(option, "="); secret(name) {
			o.Unsupported = secretOptions
			return
		}
	}
	o.Options = options
	o.Create += OptionList(options)
}

func bySecretName(name string) bool { return secret.MatchString(name) && name != "password_required" }

// OptionList spells OPTIONS (…) with its blank; "" where there are none.
func OptionList(options []string) string {
	if len(options) == 0 {
		return ""
	}
	spelled := make([]string, len(options))
	for i, option := range options {
		name, value, _ := strings.Cut(option, "=")
		spelled[i] = Quote(name) + " " + Literal(value)
	}
	return " OPTIONS (" + strings.Join(spelled, ", ") + ")"
}

// readWrappers spells handler and validator also where there are none, so that
// ALTER takes the same words.
func (r *reader) readWrappers(ctx context.Context) error {
	const sql = `SELECT oid, fdwname::text, fdwowner,
		CASE WHEN fdwhandler = 0 THEN 'NO HANDLER' ELSE 'HANDLER ' || fdwhandler::regproc::text END ||
		CASE WHEN fdwvalidator = 0 THEN ' NO VALIDATOR' ELSE ' VALIDATOR ' || fdwvalidator::regproc::text END,
		coalesce(fdwoptions, '{}') FROM pg_foreign_data_wrapper`
	return r.each(ctx, "foreign data wrappers", sql, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_foreign_data_wrapper"}, Kind: KindWrapper}
		var owner uint32
		var functions string
		var options []string
		err := rows.Scan(&o.Address.OID, &o.Name, &owner, &functions, &options)
		if err != nil || !r.defined(o.Address) {
			return err
		}
		o.Identity = Quote(o.Name)
		o.Create = "CREATE FOREIGN DATA WRAPPER " + o.Identity + " " + functions
		keepOptions(&o, options, bySecretName)
		r.add(o, owner, 'F')
		return nil
	})
}

func (r *reader) readServers(ctx context.Context) error {
	const sql = `SELECT s.oid, s.srvname::text, s.srvowner, s.srvtype, s.srvversion, w.fdwname::text, coalesce(s.srvoptions, '{}')
		FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw`
	return r.each(ctx, "foreign servers", sql, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_foreign_server"}, Kind: KindServer}
		var owner uint32
		var typ, version *string
		var wrapper string
		var options []string
		err := rows.Scan(&o.Address.OID, &o.Name, &owner, &typ, &version, &wrapper, &options)
		if err != nil || !r.defined(o.Address) {
			return err
		}
		o.Identity = Quote(o.Name)
		o.Create = "CREATE SERVER " + o.Identity
		if typ != nil {
			o.Create += " TYPE " + Literal(*typ)
		}
		if version != nil {
			o.Version = *version
			o.Create += " VERSION " + Literal(*version)
		}
		o.Create += " FOREIGN DATA WRAPPER " + Quote(wrapper)
		keepOptions(&o, options, bySecretName)
		r.add(o, owner, 'S')
		return nil
	})
}

// userMappingsSQL tells options that are hidden from options that are not there,
// by the rule of pg_user_mappings.
const userMappingsSQL = `
SELECT m.umid, m.srvid, quote_ident(m.srvname), CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE quote_ident(m.usename) END,
  coalesce(m.umoptions, '{}'),
  (m.umuser <> 0 AND m.usename = current_user AND (pg_has_role(s.srvowner, 'USAGE') OR has_server_privilege(s.oid, 'USAGE')))
  OR (m.umuser = 0 AND pg_has_role(s.srvowner, 'USAGE'))
  OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
FROM pg_user_mappings m JOIN pg_foreign_server s ON s.oid = m.srvid`

func (r *reader) readUserMappings(ctx context.Context) error {
	return r.each(ctx, "user mappings", userMappingsSQL, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_user_mapping"}, Kind: KindUserMapping}
		at := Address{Catalog: "pg_foreign_server"}
		var server, user string
		var options []string
		var visible bool
		err := rows.Scan(&o.Address.OID, &at.OID, &server, &user, &options, &visible)
		if err != nil || !r.defined(o.Address) {
			return err
		}
		o.Identity = "FOR " + user + " SERVER " + server
		o.Create = "CREATE USER MAPPING " + o.Identity
		keepOptions(&o, options, func(name string) bool { return !slices.Contains(harmless, name) })
		if !visible {
			o.Unsupported = HiddenOptions
		}
		o.DependsOn = append(o.DependsOn, at)
		r.add(o, 0, 0)
		return nil
	})
}

// defineForeign completes a foreign table once its columns are known. It has no
// rows of its own, so that it is made anew whatever changes.
func (row *relationRow) defineForeign(columns []Column) {
	o := &row.object
	row.table.Columns = columns
	o.Kind = KindForeignTable
	o.Create = "CREATE FOREIGN TABLE " + o.Identity + " (" + row.list() + ")"
	o.After = completeColumns("ALTER FOREIGN TABLE "+o.Identity+" ", columns)
	o.Columns = extras(columns)
	for i := range columns {
		o.Columns[i].Num = columns[i].Num
		if columns[i].Identity != "" {
			o.Unsupported = "identity column"
		}
	}
	if len(row.table.Options) > 0 || row.table.RowSecurity || row.table.ForceRLS {
		o.Unsupported = "storage options or row security of a foreign table"
	}
	if len(row.table.Parents) > 0 {
		o.Unsupported = "partition, or inherited"
	}
}

// readForeignTables completes foreign tables with their servers and options.
func (r *reader) readForeignTables(ctx context.Context) error {
	const sql = `SELECT f.ftrelid, s.srvname::text, coalesce(f.ftoptions, '{}') FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver`
	err := r.each(ctx, "foreign tables", sql, func(rows row) error {
		var table uint32
		var server string
		var options []string
		if err := rows.Scan(&table, &server, &options); err != nil {
			return err
		}
		if o := r.object(relation(table)); o != nil {
			o.Create += " SERVER " + Quote(server)
			keepOptions(o, options, bySecretName)
		}
		return nil
	})
	if err != nil {
		return err
	}
	const columns = `SELECT attrelid, attname::text, attfdwoptions FROM pg_attribute
		WHERE attfdwoptions IS NOT NULL AND NOT attisdropped ORDER BY attrelid, attnum`
	return r.each(ctx, "options of foreign columns", columns, func(rows row) error {
		var table uint32
		var column string
		var options []string
		if err := rows.Scan(&table, &column, &options); err != nil {
			return err
		}
		if o := r.object(relation(table)); o != nil && len(options) > 0 {
			o.After = append(o.After, "ALTER FOREIGN TABLE "+o.Identity+" ALTER COLUMN "+Quote(column)+OptionList(options))
		}
		return nil
	})
}
