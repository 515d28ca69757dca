package revert_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

// TestDependentsOfARebuiltTable: whatever is made anew along with a table keeps
// what stands beside its definition.
func TestDependentsOfARebuiltTable(t *testing.T) {
	const setup = people + `CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; `
	const view = setup + `CREATE VIEW v AS SELECT id, name FROM people; `
	rebuilt := func(name, setup string) example {
		return example{name: name, setup: setup, batch: `ALTER TABLE people DROP note`, ways: "public.people put back"}
	}
	runExamples(t, []example{
		rebuilt("policy", setup+`CREATE POLICY p ON people AS RESTRICTIVE FOR UPDATE TO pg_monitor USING (age > 1) WITH CHECK (age > 2); COMMENT ON POLICY p ON people IS 'it''s'`),
		rebuilt("rule", setup+`CREATE RULE r AS ON DELETE TO people DO INSTEAD NOTHING; COMMENT ON RULE r ON people IS 'r'; ALTER TABLE people ENABLE REPLICA RULE r`),
		rebuilt("trigger", setup+`CREATE TRIGGER g BEFORE UPDATE OF age ON people FOR EACH ROW WHEN (NEW.age > 1) EXECUTE FUNCTION tf('x'); COMMENT ON TRIGGER g ON people IS 'g'; ALTER TABLE people ENABLE ALWAYS TRIGGER g`),
		rebuilt("constraint trigger", setup+`CREATE CONSTRAINT TRIGGER g AFTER INSERT ON people DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tf(); COMMENT ON TRIGGER g ON people IS 'g'`),
		rebuilt("statistics", setup+`CREATE STATISTICS st (ndistinct, mcv) ON name, (age + 1) FROM people; COMMENT ON STATISTICS st IS 'st'; ALTER STATISTICS st SET STATISTICS 7`),
		rebuilt("index", setup+`CREATE INDEX i ON people ((age + 1), name) WITH (fillfactor = 50); COMMENT ON INDEX i IS 'i'; ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 9; ALTER TABLE people CLUSTER ON i`),
		rebuilt("columns", setup+`ALTER TABLE people ALTER name SET STATISTICS 0, ALTER age SET (n_distinct = -0.5, n_distinct_inherited = 3), ALTER name SET STORAGE MAIN, SET (toast.autovacuum_enabled = off, parallel_workers = 2)`),
		rebuilt("check constraint", setup+`ALTER TABLE people ADD CONSTRAINT c CHECK (age > 0) NOT VALID; COMMENT ON CONSTRAINT c ON people IS 'c'`),
		rebuilt("foreign key of another table", setup+`CREATE TABLE o (p int CONSTRAINT f REFERENCES people); COMMENT ON CONSTRAINT f ON o IS 'f'`),
		rebuilt("owned sequence", setup+`CREATE SEQUENCE q OWNED BY people.age; COMMENT ON SEQUENCE q IS 'q'; GRANT USAGE ON SEQUENCE q TO PUBLIC`),
		rebuilt("view", view+`COMMENT ON VIEW v IS 'v'; COMMENT ON COLUMN v.name IS 'n'; GRANT SELECT ON v TO PUBLIC; GRANT UPDATE (name) ON v TO pg_monitor WITH GRANT OPTION; REVOKE DELETE ON v FROM CURRENT_USER`),
		rebuilt("view's options and defaults", view+`ALTER VIEW v SET (security_barrier, check_option = local); ALTER VIEW v ALTER name SET DEFAULT 'x'; ALTER VIEW v RENAME id TO "Id"`),
		rebuilt("view's trigger and rule", view+`CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION tf(); COMMENT ON TRIGGER g ON v IS 'g'; CREATE RULE r AS ON DELETE TO v DO INSTEAD NOTHING; COMMENT ON RULE r ON v IS 'r'`),
		rebuilt("views over views", view+`CREATE VIEW w AS SELECT name FROM v; COMMENT ON COLUMN w.name IS 'w'; GRANT SELECT ON w TO PUBLIC`),
		rebuilt("materialized view", setup+`CREATE MATERIALIZED VIEW m AS SELECT id, name FROM people; CREATE UNIQUE INDEX mi ON m (id); COMMENT ON INDEX mi IS 'mi'; COMMENT ON MATERIALIZED VIEW m IS 'm'; COMMENT ON COLUMN m.name IS 'n';
			GRANT SELECT ON m TO PUBLIC; ALTER MATERIALIZED VIEW m ALTER name SET STATISTICS 5; ALTER MATERIALIZED VIEW m SET (fillfactor = 60); ALTER MATERIALIZED VIEW m CLUSTER ON mi`),
		rebuilt("ties to an extension", setup+`CREATE EXTENSION citext; CREATE INDEX i ON people (age); ALTER INDEX i DEPENDS ON EXTENSION citext; ALTER INDEX people_pkey DEPENDS ON EXTENSION citext;
			CREATE TRIGGER g BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION tf(); ALTER TRIGGER g ON people DEPENDS ON EXTENSION citext; CREATE MATERIALIZED VIEW m AS SELECT id FROM people;
			ALTER MATERIALIZED VIEW m DEPENDS ON EXTENSION citext; CREATE FUNCTION f(people) RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION f DEPENDS ON EXTENSION citext`),
		{name: "ties to an extension changed", setup: setup + `CREATE EXTENSION citext; CREATE INDEX i ON people (age); ALTER INDEX i DEPENDS ON EXTENSION citext; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
			batch: `ALTER INDEX i NO DEPENDS ON EXTENSION citext; ALTER FUNCTION f DEPENDS ON EXTENSION citext; ALTER INDEX people_pkey DEPENDS ON EXTENSION citext`, ways: "-"},
		rebuilt("function", setup+`CREATE FUNCTION f(people) RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMENT ON FUNCTION f IS 'f'; REVOKE EXECUTE ON FUNCTION f FROM PUBLIC; ALTER FUNCTION f SET work_mem = '1MB'`),
	})
}

// TestOwnersOfDependents: what is made anew along with a table may be somebody
// else's.
func TestOwnersOfDependents(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t).Database(t)
	other := db.Role + "_other"
	db.AdminExec(t, "CREATE ROLE "+other+"; GRANT "+other+" TO "+db.Role+"; GRANT CREATE ON SCHEMA public TO "+other)
	t.Cleanup(func() { db.AdminExec(t, "DROP OWNED BY "+other+" CASCADE; DROP ROLE "+other) })
	e := example{
		setup: strings.ReplaceAll(people+`CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, x int); GRANT SELECT ON people TO %s; CREATE STATISTICS st ON name, age FROM people; CREATE VIEW v AS SELECT id FROM people; GRANT SELECT ON v TO PUBLIC; CREATE MATERIALIZED VIEW m AS SELECT id FROM people;
			CREATE FUNCTION f(people) RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT USAGE ON SEQUENCE t_id_seq TO PUBLIC; COMMENT ON SEQUENCE t_id_seq IS 'x';
			ALTER STATISTICS st OWNER TO %s; ALTER VIEW v OWNER TO %s; ALTER MATERIALIZED VIEW m OWNER TO %s; ALTER FUNCTION f OWNER TO %s; ALTER TABLE t OWNER TO %s`, "%s", other),
		batch: `ALTER TABLE people DROP note; ALTER TABLE t DROP x`,
		ways:  "public.people put back, public.t rebuilt",
	}
	e.runIn(t, db)
}
