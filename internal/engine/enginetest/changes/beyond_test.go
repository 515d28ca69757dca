//go:build unix

package changes_test

import "testing"

func TestLargeObjects(t *testing.T) { runCases(t, "large objects", largeObjectCases) }

const largeObjectBase = "SELECT lo_from_bytea(471147, 'abc'); CREATE TABLE t (id integer PRIMARY KEY, o oid); INSERT INTO t VALUES (1, 471147); "

var largeObjectCases = []change{
	{name: "left alone", setup: largeObjectBase, batch: "ALTER TABLE t ADD x integer; UPDATE t SET id = 2;"},
	{name: "created", setup: largeObjectBase, batch: "SELECT lo_create(0);", refused: "large objects"},
	{name: "written to", setup: largeObjectBase, batch: "SELECT lo_put(471147, 1, 'x');", refused: "contents of large objects"},
	{name: "cut short", setup: largeObjectBase, batch: "SELECT lo_truncate(lo_open(471147, 131072), 1);", refused: "contents of large objects"},
	{name: "written to in a block", setup: largeObjectBase, batch: "DO $$ BEGIN PERFORM lowrite(lo_open(471147, 131072), 'xyz'); END $$;", refused: "contents of large objects"},
	{name: "unlinked", setup: largeObjectBase, batch: "SELECT lo_unlink(471147);", refused: "large objects"},
	{name: "privileges", setup: largeObjectBase, batch: "GRANT SELECT ON LARGE OBJECT 471147 TO alice;", refused: "large objects"},
	{name: "comment", setup: largeObjectBase, batch: "COMMENT ON LARGE OBJECT 471147 IS 'x';", refused: "large object 471147"},
}

func TestDatabase(t *testing.T) { runCases(t, "database", databaseCases) }

// here runs a statement in which %I is this database.
func here(sql string) string {
	return "DO $do$ BEGIN EXECUTE format('" + sql + "', current_database()); END $do$;"
}

var databaseCases = []change{
	{name: "comment", batch: here("COMMENT ON DATABASE %I IS ''new''")},
	{name: "comment taken away", setup: here("COMMENT ON DATABASE %I IS ''old''"), batch: here("COMMENT ON DATABASE %I IS NULL")},
	{name: "settings", setup: here("ALTER DATABASE %I SET search_path = public, \"$user\""), batch: here("ALTER DATABASE %I SET work_mem = ''1MB''")},
	{name: "setting changed", setup: here("ALTER DATABASE %I SET search_path = public, \"$user\""), batch: here("ALTER DATABASE %I SET search_path = \"$user\", public, pg_temp")},
	{name: "settings taken away", setup: here("ALTER DATABASE %I SET application_name = ''it is''"), batch: here("ALTER DATABASE %I RESET ALL")},
	{name: "setting of a role", superuser: true, batch: here("ALTER ROLE alice IN DATABASE %I SET work_mem = ''1MB''")},
	{name: "setting of a role changed", superuser: true, setup: "SELECT 1", admin: here("ALTER ROLE alice IN DATABASE %I SET work_mem = ''1MB''"), batch: here("ALTER ROLE alice IN DATABASE %I RESET ALL")},
	{name: "privileges", setup: here("GRANT TEMP ON DATABASE %I TO bob"), batch: here("GRANT CONNECT ON DATABASE %I TO alice WITH GRANT OPTION") + here("REVOKE ALL ON DATABASE %I FROM bob, PUBLIC")},
	{name: "owner", superuser: true, batch: here("ALTER DATABASE %I OWNER TO alice")},
	{name: "connection limit", superuser: true, batch: here("ALTER DATABASE %I CONNECTION LIMIT 7"), refused: "database db_"},
	{name: "label", superuser: true, setup: "CREATE TABLE t (a integer)", admin: "SET allow_system_table_mods = on",
		batch: "INSERT INTO pg_seclabel VALUES ('t'::regclass, 'pg_class'::regclass, 0, 'p', 'x');", refused: "table public.t (its security label)"},
	{name: "privileges on what the server owns", superuser: true, batch: "REVOKE EXECUTE ON FUNCTION pg_sleep(float8) FROM PUBLIC;", refused: "pg_sleep"},
	{name: "role", superuser: true, batch: "CREATE ROLE never_made;", refused: "never_made"},
}
