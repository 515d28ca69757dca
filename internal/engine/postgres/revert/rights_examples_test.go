package revert_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

func TestRights(t *testing.T) {
	const all = people + `CREATE SCHEMA s; CREATE VIEW v AS SELECT * FROM people; CREATE SEQUENCE q; CREATE TYPE e AS ENUM ('a'); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; `
	const granted = all + `GRANT SELECT, INSERT ON people TO PUBLIC; GRANT UPDATE (age, name) ON people TO PUBLIC; GRANT SELECT ON v TO PUBLIC; GRANT SELECT (name) ON v TO PUBLIC; GRANT USAGE ON SEQUENCE q TO PUBLIC; GRANT USAGE, CREATE ON SCHEMA s TO PUBLIC; REVOKE USAGE ON TYPE e FROM PUBLIC; REVOKE EXECUTE ON FUNCTION f FROM PUBLIC; REVOKE DELETE ON people FROM CURRENT_USER; `
	const revoke = `REVOKE ALL ON people, v FROM PUBLIC; REVOKE ALL ON SEQUENCE q FROM PUBLIC; REVOKE ALL ON SCHEMA s FROM PUBLIC; GRANT USAGE ON TYPE e TO PUBLIC; GRANT EXECUTE ON FUNCTION f TO PUBLIC; GRANT DELETE ON people TO CURRENT_USER`
	const commented = all + `COMMENT ON TABLE people IS 'p''s'; COMMENT ON COLUMN people.age IS 'a\b'; COMMENT ON VIEW v IS 'v'; COMMENT ON COLUMN v.age IS 'va'; COMMENT ON SCHEMA s IS 's'; COMMENT ON TYPE e IS 'e'; COMMENT ON FUNCTION f IS 'f'; COMMENT ON SEQUENCE q IS 'q'; COMMENT ON CONSTRAINT people_pkey ON people IS 'key'; `
	const uncomment = `COMMENT ON TABLE people IS NULL; COMMENT ON COLUMN people.age IS 'other'; COMMENT ON VIEW v IS NULL; COMMENT ON COLUMN v.age IS NULL; COMMENT ON SCHEMA s IS NULL; COMMENT ON TYPE e IS 'x'; COMMENT ON FUNCTION f IS NULL; COMMENT ON SEQUENCE q IS NULL; COMMENT ON CONSTRAINT people_pkey ON people IS NULL`
	const defaults = `ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO PUBLIC; ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC; ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO PUBLIC`
	const rebuild = `DROP VIEW v; ALTER TABLE people DROP age; DROP SEQUENCE q; DROP TYPE e; DROP FUNCTION f; DROP SCHEMA s`
	runExamples(t, []example{
		{name: "privileges granted", setup: all, batch: `GRANT SELECT ON people, v TO PUBLIC; GRANT UPDATE (age) ON people TO PUBLIC; GRANT USAGE ON SEQUENCE q TO PUBLIC; GRANT CREATE ON SCHEMA s TO PUBLIC; REVOKE USAGE ON TYPE e FROM PUBLIC; REVOKE EXECUTE ON FUNCTION f FROM PUBLIC; REVOKE TRUNCATE ON people FROM CURRENT_USER`},
		{name: "privileges revoked", setup: granted, batch: revoke},
		{name: "privileges on what was dropped", setup: granted, batch: rebuild},
		{name: "privileges under default privileges made before", setup: granted + defaults, batch: rebuild},
		{name: "privileges under default privileges, the batch's own objects", setup: all + defaults, batch: `CREATE TABLE n (a serial); ALTER TABLE people DROP age CASCADE`},
		{name: "grant option", setup: all + `GRANT SELECT ON people TO CURRENT_USER WITH GRANT OPTION; GRANT UPDATE ON people TO pg_monitor WITH GRANT OPTION; GRANT INSERT ON people TO pg_monitor`, batch: `REVOKE GRANT OPTION FOR UPDATE ON people FROM pg_monitor; GRANT INSERT, DELETE ON people TO pg_monitor WITH GRANT OPTION`},
		{name: "comments set", setup: all, batch: strings.ReplaceAll(uncomment, "NULL", "'new'")},
		{name: "comments taken away", setup: commented, batch: uncomment},
		{name: "comments on what was dropped", setup: commented, batch: rebuild},
		{name: "comments on a rebuilt table and its key", setup: commented, batch: `ALTER TABLE people DROP note CASCADE`},
	})
}

func TestOwners(t *testing.T) {
	t.Parallel()
	const setup = people + `CREATE TABLE ser (a serial PRIMARY KEY, b int); CREATE VIEW v AS SELECT * FROM people; CREATE SCHEMA s; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE e AS ENUM ('a'); CREATE SEQUENCE q; CREATE MATERIALIZED VIEW m AS SELECT * FROM people; CREATE STATISTICS st ON name, age FROM people;
		GRANT SELECT ON people, v TO PUBLIC; `
	const give = `ALTER TABLE people OWNER TO %[1]s; ALTER TABLE ser OWNER TO %[1]s; ALTER VIEW v OWNER TO %[1]s; ALTER SCHEMA s OWNER TO %[1]s; ALTER FUNCTION f OWNER TO %[1]s; ALTER TYPE e OWNER TO %[1]s; ALTER SEQUENCE q OWNER TO %[1]s; ALTER MATERIALIZED VIEW m OWNER TO %[1]s; ALTER STATISTICS st OWNER TO %[1]s; `
	const apart = `CREATE SCHEMA z; GRANT CREATE ON SCHEMA z TO %[1]s; CREATE TABLE z.t (a int, b int); ALTER TABLE z.t OWNER TO %[1]s; `
	for name, e := range map[string]example{
		"dropped with the schema that lets its owner in":     {setup: apart, batch: `DROP SCHEMA z CASCADE`},
		"rebuilt in a schema that lets its owner in no more": {setup: apart + `REVOKE CREATE ON SCHEMA z FROM %[1]s`, batch: `ALTER TABLE z.t DROP a`},
		"sequence of another's table, dropped":               {setup: setup + give, batch: `DROP SEQUENCE ser_a_seq CASCADE`},
		"sequence of another's table, set free":              {setup: setup + give, batch: `ALTER SEQUENCE ser_a_seq OWNED BY NONE; ALTER SEQUENCE ser_a_seq OWNER TO CURRENT_USER`},
		"owners changed":                                     {setup: setup, batch: give},
		"owned by another, dropped":                          {setup: setup + give, batch: `DROP MATERIALIZED VIEW m; DROP VIEW v; DROP STATISTICS st; ALTER TABLE people DROP age; ALTER TABLE ser DROP b; DROP FUNCTION f; DROP TYPE e; DROP SEQUENCE q; DROP SCHEMA s`},
		"owned by another, altered":                          {setup: setup + give, batch: `ALTER TABLE people ADD x int; ALTER TABLE people RENAME name TO label; ALTER FUNCTION f RENAME TO g`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testpg.Start(t).Database(t)
			other := db.Role + "_other"
			db.AdminExec(t, "CREATE ROLE "+other+"; GRANT "+other+" TO "+db.Role+"; GRANT CREATE ON SCHEMA public TO "+other+"; GRANT CREATE ON DATABASE "+db.Name+" TO "+other)
			t.Cleanup(func() { db.AdminExec(t, "DROP OWNED BY "+other+" CASCADE; DROP ROLE "+other) })
			e.setup, e.batch = strings.ReplaceAll(e.setup, "%[1]s", other), strings.ReplaceAll(e.batch, "%[1]s", other)
			e.runIn(t, db)
		})
	}
}

func TestForeignGrantor(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t).Database(t)
	other := db.Role + "_other"
	db.Exec(t, people)
	db.AdminExec(t, "CREATE ROLE "+other+"; GRANT SELECT ON people TO "+other+" WITH GRANT OPTION; SET ROLE "+other+"; GRANT SELECT ON people TO pg_monitor; RESET ROLE")
	t.Cleanup(func() { db.AdminExec(t, "DROP OWNED BY "+other+" CASCADE; DROP ROLE "+other) })
	e := example{batch: `ALTER TABLE people DROP age`, conflict: "a privilege that " + other + " granted to pg_monitor"}
	e.runIn(t, db)
}
