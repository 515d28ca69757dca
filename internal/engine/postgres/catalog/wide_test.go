package catalog_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

const published = `CREATE TABLE t (a int PRIMARY KEY, b text, "C" int); CREATE SCHEMA "S 1"; `

func TestPublicationsAreMadeAgain(t *testing.T) {
	p := func(name, sql string) making {
		return making{name, published + sql, catalog.KindPublication, "p"}
	}
	rebuildAll(t, []making{
		p("of nothing", `CREATE PUBLICATION p`),
		p("some actions", `CREATE PUBLICATION p WITH (publish = 'insert, truncate', publish_via_partition_root)`),
		p("no action", `CREATE PUBLICATION p WITH (publish = '')`),
		{"table", published + `CREATE PUBLICATION p FOR TABLE t`, catalog.KindPublishedTable, "public.t in p"},
		{"columns and rows of a table (newer)", published + `CREATE PUBLICATION p FOR TABLE t ("C", a) WHERE (a > 1 AND "C" = 2)`, catalog.KindPublishedTable, "public.t in p"},
		{"rows of a table by one column (newer)", published + `CREATE PUBLICATION "P p" FOR TABLE t WHERE (a IS NOT NULL)`, catalog.KindPublishedTable, `public.t in "P p"`},
		{"table of two publications", published + `CREATE PUBLICATION p FOR TABLE t; CREATE PUBLICATION q FOR TABLE t`, catalog.KindPublishedTable, "public.t in q"},
	})
}

func TestDefaultPrivilegesAreMadeAgain(t *testing.T) {
	d := func(name, sql, identity string) making {
		return making{name, sql, catalog.KindDefaultPrivileges, identity}
	}
	rebuildDefaults(t, func(role string) []making {
		alter := "ALTER DEFAULT PRIVILEGES "
		all := "FOR ROLE " + role
		return []making{
			d("on tables", alter+`GRANT SELECT, UPDATE ON TABLES TO PUBLIC`, all+" ON TABLES"),
			d("in a schema", `CREATE SCHEMA s; `+alter+`IN SCHEMA s GRANT SELECT ON TABLES TO PUBLIC`, all+" IN SCHEMA s ON TABLES"),
			d("functions taken away from everybody", alter+`REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`, all+" ON FUNCTIONS"),
			d("types taken away from everybody", alter+`REVOKE USAGE ON TYPES FROM PUBLIC`, all+" ON TYPES"),
			d("owner loses some", alter+`REVOKE DELETE ON TABLES FROM CURRENT_USER`, all+" ON TABLES"),
			d("owner loses all", alter+`REVOKE ALL ON SEQUENCES FROM CURRENT_USER`, all+" ON SEQUENCES"),
			d("nobody has anything", alter+`REVOKE ALL ON FUNCTIONS FROM PUBLIC, CURRENT_USER`, all+" ON FUNCTIONS"),
			d("grant option", alter+`GRANT USAGE ON SCHEMAS TO pg_monitor WITH GRANT OPTION`, all+" ON SCHEMAS"),
			d("grant option of the owner", alter+`GRANT USAGE ON TYPES TO CURRENT_USER WITH GRANT OPTION`, all+" ON TYPES"),
		}
	})
}

// rebuildDefaults is rebuildAll for what names the role that runs it.
func rebuildDefaults(t *testing.T, makings func(role string) []making) {
	t.Helper()
	db := testpg.Start(t).Database(t)
	conn := db.Connect(t)
	for _, m := range makings(db.Role) {
		t.Run(m.name, func(t *testing.T) { inTx(t, conn, func(tx pgx.Tx) { m.again(t, tx) }) })
	}
}

func TestMadeAgainBySuperuser(t *testing.T) {
	const w = `CREATE FOREIGN DATA WRAPPER w; `
	const s = w + `CREATE SERVER s FOREIGN DATA WRAPPER w; `
	const e = `CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; `
	db := testpg.Start(t).Database(t)
	conn, err := pgx.Connect(t.Context(), db.AdminURL)
	if err != nil {
		t.Fatalf("connecting as superuser: %v", err)
	}
	defer conn.Close(t.Context())
	for _, m := range []making{
		{"wrapper", w, catalog.KindWrapper, "w"},
		{"wrapper with a function", `CREATE FOREIGN DATA WRAPPER w VALIDATOR postgresql_fdw_validator`, catalog.KindWrapper, "w"},
		{"wrapper with options", `CREATE FOREIGN DATA WRAPPER w OPTIONS (dbname 'it''s', "Port" '1')`, catalog.KindWrapper, "w"},
		{"server", s, catalog.KindServer, "s"},
		{"server with all", w + `CREATE SERVER "s ""1" TYPE 'a' VERSION 'b''c' FOREIGN DATA WRAPPER w OPTIONS (a '1', b '')`, catalog.KindServer, `"s ""1"`},
		{"mapping", s + `CREATE USER MAPPING FOR PUBLIC SERVER s`, catalog.KindUserMapping, "FOR PUBLIC SERVER s"},
		{"mapping with a user", s + `CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (user 'x''y')`, catalog.KindUserMapping, "FOR PUBLIC SERVER s"},
		{"foreign table", s + `CREATE FOREIGN TABLE t (a int NOT NULL DEFAULT 3, x int, b text OPTIONS (o 'p') COLLATE "C", g int GENERATED ALWAYS AS (a + 1) STORED, CHECK (a > 0)) SERVER s OPTIONS (q 'r', "S" 't');
			ALTER FOREIGN TABLE t DROP x; ALTER FOREIGN TABLE t ALTER b SET STATISTICS 7`, catalog.KindForeignTable, "public.t"},
		{"foreign table with a trigger and a view", s + `CREATE FOREIGN TABLE t (a int) SERVER s; CREATE VIEW v AS SELECT a FROM t;
			CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf(); ALTER TABLE t DISABLE TRIGGER g`, catalog.KindForeignTable, "public.t"},
		{"event trigger", e + `CREATE EVENT TRIGGER x ON ddl_command_end EXECUTE FUNCTION f()`, catalog.KindEventTrigger, "x"},
		{"event trigger with tags", e + `CREATE EVENT TRIGGER x ON ddl_command_start WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION f()`, catalog.KindEventTrigger, "x"},
		{"event trigger for replicas", e + `CREATE EVENT TRIGGER x ON sql_drop EXECUTE FUNCTION f(); ALTER EVENT TRIGGER x ENABLE REPLICA`, catalog.KindEventTrigger, "x"},
		{"publication of all", published + `CREATE PUBLICATION p FOR ALL TABLES`, catalog.KindPublication, "p"},
		{"publication of a schema", published + `CREATE PUBLICATION p FOR TABLES IN SCHEMA "S 1"`, catalog.KindPublishedSchema, `"S 1" in p`},
	} {
		if known(t, conn, m.sql) {
			t.Run(m.name, func(t *testing.T) { inTx(t, conn, func(tx pgx.Tx) { m.again(t, tx) }) })
		}
	}
}

func TestSettingsAreMadeAgain(t *testing.T) {
	db := testpg.Start(t).Database(t)
	conn := db.Connect(t)
	inTx(t, conn, func(tx pgx.Tx) {
		m := making{"settings", strings.ReplaceAll(`ALTER DATABASE @ SET search_path = "$user", public, "A, ""b"""; ALTER DATABASE @ SET work_mem = '1MB';
			ALTER DATABASE @ SET application_name = 'it''s, so'`, "@", db.Name), catalog.KindSettings, "of database " + db.Name}
		m.again(t, tx)
	})
}
