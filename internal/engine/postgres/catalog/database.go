package catalog

import (
	"context"
	"strings"
)

// readDatabase reads the database itself, which no definition makes: it has an
// owner, privileges and a comment.
func (r *reader) readDatabase(ctx context.Context) error {
	const sql = `SELECT oid, datname::text, datdba FROM pg_database WHERE oid = ` + thisDatabase
	return r.each(ctx, "the database", sql, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_database"}, Kind: KindDatabase}
		var owner uint32
		err := rows.Scan(&o.Address.OID, &o.Name, &owner)
		o.Identity = Quote(o.Name)
		r.add(o, owner, 'd')
		return err
	})
}

// readSettings reads what ALTER DATABASE … SET and ALTER ROLE … IN DATABASE … SET
// left, one object for each role.
func (r *reader) readSettings(ctx context.Context) error {
	const sql = `SELECT setrole, CASE WHEN setrole = 0 THEN '' ELSE pg_get_userbyid(setrole)::text END,
		current_database()::text, setconfig FROM pg_db_role_setting WHERE setdatabase = ` + thisDatabase
	return r.each(ctx, "settings of the database", sql, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_db_role_setting"}, Kind: KindSettings}
		var role, database string
		var settings []string
		if err := rows.Scan(&o.Address.OID, &role, &database, &settings); err != nil {
			return err
		}
		o.Identity = "of database " + Quote(database)
		alter := "ALTER DATABASE " + Quote(database)
		if o.Address.OID != 0 {
			o.Identity = "of role " + Quote(role) + " in database " + Quote(database)
			alter = "ALTER ROLE " + Quote(role) + " IN DATABASE " + Quote(database)
		}
		for _, s := range settings {
			o.After = append(o.After, alter+" SET "+setting(s))
		}
		if len(o.After) == 0 {
			return nil
		}
		o.Create, o.After = o.After[0], o.After[1:]
		o.Drop = alter + " RESET ALL"
		r.add(o, 0, 0)
		return nil
	})
}

// lists are the settings whose value is a list of quoted names.
const lists = " search_path temp_tablespaces local_preload_libraries session_preload_libraries " +
	"shared_preload_libraries unix_socket_directories "

// setting spells "name=value" of a setconfig for SET.
func setting(s string) string {
	name, value, _ := strings.Cut(s, "=")
	values := []string{value}
	if strings.Contains(lists, " "+strings.ToLower(name)+" ") {
		values = listed(value)
	}
	parts := strings.Split(name, ".")
	for i := range parts {
		parts[i] = Quote(parts[i])
	}
	for i := range values {
		values[i] = Literal(values[i])
	}
	return strings.Join(parts, ".") + " TO " + strings.Join(values, ", ")
}

// listed takes a list of names apart that the server has joined: names stand in
// double quotes where they need them.
func listed(value string) []string {
	var names []string
	var name strings.Builder
	quoted := false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '"' && quoted && i+1 < len(value) && value[i+1] == '"':
			name.WriteByte(c)
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			names = append(names, name.String())
			name.Reset()
		case c == ' ' && !quoted:
		default:
			name.WriteByte(c)
		}
	}
	return append(names, name.String())
}
