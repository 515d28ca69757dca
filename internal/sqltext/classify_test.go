package sqltext

import (
	"testing"
)

type classCase struct {
	text   string
	verb   string
	traits Traits
}

func checkClasses(t *testing.T, d Dialect, cases []classCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			got, err := Split(d, c.text+";")
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 {
				t.Fatalf("got %d statements, want 1", len(got))
			}
			if got[0].Verb != c.verb || got[0].Traits != c.traits {
				t.Errorf("got %q %b, want %q %b", got[0].Verb, got[0].Traits, c.verb, c.traits)
			}
		})
	}
}

func TestPostgreSQLTransactions(t *testing.T) {
	t.Parallel()
	checkClasses(t, PostgreSQL, []classCase{
		{"BEGIN", "BEGIN", Begin},
		{"begin work", "BEGIN", Begin},
		{"BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE", "BEGIN", Begin},
		{"BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY", "BEGIN", Begin},
		{"START /* a */ TRANSACTION READ WRITE", "START TRANSACTION", Begin},
		{"COMMIT", "COMMIT", Commit},
		{"COMMIT TRANSACTION", "COMMIT", Commit},
		{"COMMIT WORK AND CHAIN", "COMMIT", Commit | Chain},
		{"COMMIT AND NO CHAIN", "COMMIT", Commit},
		{"END", "END", Commit},
		{"END AND CHAIN", "END", Commit | Chain},
		{"ROLLBACK", "ROLLBACK", Rollback},
		{"ROLLBACK AND -- x\n CHAIN", "ROLLBACK", Rollback | Chain},
		{"ABORT TRANSACTION", "ABORT", Rollback},
		{"ROLLBACK TO a", "ROLLBACK TO", Savepoint},
		{"ROLLBACK WORK TO SAVEPOINT a", "ROLLBACK TO", Savepoint},
		{"SAVEPOINT a", "SAVEPOINT", Savepoint},
		{"RELEASE SAVEPOINT a", "RELEASE", Savepoint},
		{"PREPARE TRANSACTION 'x'", "PREPARE TRANSACTION", TwoPhase},
		{"PREPARE transaction AS SELECT 1", "PREPARE", 0},
		{"PREPARE q AS SELECT 1", "PREPARE", 0},
		{"COMMIT PREPARED 'x'", "COMMIT PREPARED", TwoPhase | Outside},
		{"ROLLBACK PREPARED 'x'", "ROLLBACK PREPARED", TwoPhase | Outside},
		{`"BEGIN"`, "", 0},
		{"begin$", "BEGIN$", 0},
	})
}

func TestPostgreSQLOutsideTransactions(t *testing.T) {
	t.Parallel()
	checkClasses(t, PostgreSQL, []classCase{
		{"CREATE INDEX i ON t (a)", "CREATE INDEX", 0},
		{"CREATE /* x */ INDEX CONCURRENTLY ON t (a)", "CREATE INDEX", Outside},
		{"create unique -- y\n index concurrently if not exists i on t (a)", "CREATE INDEX", Outside},
		{`CREATE INDEX "concurrently" ON t (a)`, "CREATE INDEX", 0},
		{"CREATE INDEX i ON t (concurrently)", "CREATE INDEX", 0},
		{"DROP INDEX CONCURRENTLY i", "DROP INDEX", Outside},
		{"DROP INDEX i", "DROP INDEX", 0},
		{"REINDEX TABLE t", "REINDEX", 0},
		{"REINDEX TABLE CONCURRENTLY t", "REINDEX", Outside},
		{"REINDEX (VERBOSE, CONCURRENTLY) INDEX i", "REINDEX", Outside},
		{"REINDEX (CONCURRENTLY false) INDEX i", "REINDEX", 0},
		{"REINDEX (CONCURRENTLY 'off', VERBOSE) INDEX i", "REINDEX", 0},
		{"REINDEX (VERBOSE) SCHEMA s", "REINDEX", Outside},
		{"REINDEX DATABASE d", "REINDEX", Outside},
		{"REINDEX SYSTEM d", "REINDEX", Outside},
		{"VACUUM", "VACUUM", Outside},
		{"VACUUM (FULL) t", "VACUUM", Outside},
		{"ANALYZE t", "ANALYZE", 0},
		{"CLUSTER", "CLUSTER", Outside},
		{"CLUSTER VERBOSE", "CLUSTER", Outside},
		{"CLUSTER (VERBOSE)", "CLUSTER", Outside},
		{"CLUSTER (VERBOSE) t USING i", "CLUSTER", 0},
		{"CLUSTER t", "CLUSTER", 0},
		{"ALTER TABLE t DETACH PARTITION s.p CONCURRENTLY", "ALTER TABLE", Outside},
		{`ALTER TABLE IF EXISTS ONLY s."t" DETACH PARTITION p FINALIZE`, "ALTER TABLE", Outside},
		{"ALTER TABLE t DETACH PARTITION p", "ALTER TABLE", 0},
		{"ALTER TABLE detach ADD concurrently int", "ALTER TABLE", 0},
		{"REFRESH MATERIALIZED VIEW CONCURRENTLY v", "REFRESH MATERIALIZED VIEW", 0},
		{"ALTER TYPE s.e ADD VALUE IF NOT EXISTS 'x' BEFORE 'y'", "ALTER TYPE", CommitAfter},
		{`ALTER TYPE "a.b" ADD /**/ VALUE 'x'`, "ALTER TYPE", CommitAfter},
		{"ALTER TYPE add ADD ATTRIBUTE value int", "ALTER TYPE", 0},
		{"ALTER TYPE e RENAME VALUE 'a' TO 'b'", "ALTER TYPE", 0},
		{"DISCARD ALL", "DISCARD ALL", SessionSetting | Outside},
	})
}

func TestPostgreSQLBeyondTheDatabase(t *testing.T) {
	t.Parallel()
	checkClasses(t, PostgreSQL, []classCase{
		{"ALTER SYSTEM SET work_mem = '1GB'", "ALTER SYSTEM", Outside | NoWayBack},
		{"CREATE DATABASE d", "CREATE DATABASE", Outside | NoWayBack},
		{"DROP DATABASE IF EXISTS d WITH (FORCE)", "DROP DATABASE", Outside | NoWayBack},
		{"ALTER DATABASE d SET work_mem TO '1MB'", "ALTER DATABASE", NoWayBack},
		{`ALTER DATABASE "d" SET TABLESPACE t`, "ALTER DATABASE", NoWayBack | Outside},
		{"CREATE TABLESPACE t LOCATION '/x'", "CREATE TABLESPACE", Outside | NoWayBack},
		{"ALTER TABLESPACE t RENAME TO u", "ALTER TABLESPACE", NoWayBack},
		{"CREATE ROLE r", "CREATE ROLE", NoWayBack},
		{"ALTER USER u PASSWORD 'x'", "ALTER USER", NoWayBack},
		{"DROP GROUP g", "DROP GROUP", NoWayBack},
		{"CREATE USER MAPPING FOR u SERVER s", "CREATE USER MAPPING", 0},
		{"CREATE USER MAPPING IF NOT EXISTS FOR u SERVER s", "CREATE USER MAPPING", 0},
		{"DROP USER mapping", "DROP USER", NoWayBack},
		{"DROP USER mapping, other", "DROP USER", NoWayBack},
		{"GRANT a, b TO c WITH ADMIN OPTION", "GRANT", NoWayBack},
		{"REVOKE ADMIN OPTION FOR a FROM b", "REVOKE", NoWayBack},
		{"GRANT SELECT (a, b), UPDATE ON t TO c", "GRANT", 0},
		{"REVOKE ALL ON ALL TABLES IN SCHEMA s FROM c", "REVOKE", 0},
		{"GRANT CONNECT ON DATABASE d TO c", "GRANT", NoWayBack},
		{`GRANT CREATE ON TABLESPACE "t" TO c`, "GRANT", NoWayBack},
		{"GRANT SELECT ON database TO c", "GRANT", 0},
		{"GRANT SELECT ON database.t TO c", "GRANT", 0},
		{"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO c", "ALTER DEFAULT PRIVILEGES", 0},
		{"COMMENT ON DATABASE d IS 'x'", "COMMENT ON DATABASE", NoWayBack},
		{"COMMENT ON TABLE d IS 'x'", "COMMENT ON TABLE", 0},
		{"SECURITY LABEL FOR p ON ROLE r IS 'x'", "SECURITY LABEL ON ROLE", NoWayBack},
		{"SECURITY LABEL ON TABLE r IS 'x'", "SECURITY LABEL ON TABLE", 0},
		{"LOAD 'auto_explain'", "LOAD", NoWayBack},
		{"CHECKPOINT", "CHECKPOINT", 0},
		{"NOTIFY a, 'b'", "NOTIFY", 0},
		{"DROP OWNED BY r", "DROP OWNED", 0},
		{"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", "CREATE SUBSCRIPTION", Outside | NoWayBack},
		{"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)", "CREATE SUBSCRIPTION", NoWayBack},
		{"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (enabled, create_slot = 'off')", "CREATE SUBSCRIPTION", NoWayBack},
		{"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot)", "CREATE SUBSCRIPTION", Outside | NoWayBack},
		{"DROP SUBSCRIPTION s", "DROP SUBSCRIPTION", Outside | NoWayBack},
		{"ALTER SUBSCRIPTION s REFRESH PUBLICATION", "ALTER SUBSCRIPTION", Outside | NoWayBack},
		{"ALTER SUBSCRIPTION s SET PUBLICATION p", "ALTER SUBSCRIPTION", Outside | NoWayBack},
		{"ALTER SUBSCRIPTION s ADD PUBLICATION p WITH (refresh = false)", "ALTER SUBSCRIPTION", NoWayBack},
		{"ALTER SUBSCRIPTION s SET (failover = true)", "ALTER SUBSCRIPTION", Outside | NoWayBack},
		{"ALTER SUBSCRIPTION s SET (slot_name = NONE)", "ALTER SUBSCRIPTION", NoWayBack},
		{"ALTER SUBSCRIPTION s DISABLE", "ALTER SUBSCRIPTION", NoWayBack},
		{"COPY t TO '/x'", "COPY", NoWayBack},
		{"COPY (SELECT a FROM stdin) TO PROGRAM 'x'", "COPY", NoWayBack},
		{"COPY t FROM PROGRAM 'x'", "COPY", NoWayBack},
		{"COPY t FROM '/x'", "COPY", 0},
		{"COPY t TO STDOUT", "COPY", 0},
		{"COPY t TO STDIN", "COPY", 0},
	})
}

func TestPostgreSQLSettings(t *testing.T) {
	t.Parallel()
	checkClasses(t, PostgreSQL, []classCase{
		{"SET search_path TO a, b", "SET", SessionSetting},
		{"SET LOCAL lock_timeout = 0", "SET", SessionSetting},
		{"SET TIME ZONE 'UTC'", "SET", SessionSetting},
		{"SET ROLE r", "SET ROLE", SessionSetting},
		{"SET role = 'r'", "SET", SessionSetting},
		{"SET LOCAL ROLE NONE", "SET ROLE", SessionSetting},
		{"SET SESSION AUTHORIZATION r", "SET SESSION AUTHORIZATION", SessionSetting},
		{"SET LOCAL SESSION AUTHORIZATION r", "SET SESSION AUTHORIZATION", SessionSetting},
		{"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET SESSION CHARACTERISTICS", SessionSetting},
		{"SET CONSTRAINTS ALL DEFERRED", "SET CONSTRAINTS", SessionSetting},
		{"SET TRANSACTION READ ONLY", "SET TRANSACTION", SessionSetting},
		{"RESET ALL", "RESET", SessionSetting},
		{"DISCARD PLANS", "DISCARD PLANS", SessionSetting},
		{"ſET a = 1", "ſET", 0},
		{"SHOW search_path", "SHOW", Harmless},
		{"EXPLAIN DELETE FROM t", "EXPLAIN", Harmless},
		{"EXPLAIN VERBOSE SELECT 1", "EXPLAIN", Harmless},
		{"EXPLAIN (COSTS off, FORMAT json) SELECT 1", "EXPLAIN", Harmless},
		{"EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN", 0},
		{"EXPLAIN /* x */ analyse DELETE FROM t", "EXPLAIN", 0},
		{"EXPLAIN (COSTS off, ANALYZE) DELETE FROM t", "EXPLAIN", 0},
		{`EXPLAIN (U&"\0061nalyze" true) DELETE FROM t`, "EXPLAIN", 0},
	})
}

func TestPostgreSQLVerbs(t *testing.T) {
	t.Parallel()
	checkClasses(t, PostgreSQL, []classCase{
		{"CREATE GLOBAL TEMPORARY TABLE t ()", "CREATE TABLE", 0},
		{"CREATE OR REPLACE RECURSIVE VIEW v (a) AS SELECT 1", "CREATE VIEW", 0},
		{"CREATE UNLOGGED TABLE t ()", "CREATE TABLE", 0},
		{"CREATE CONSTRAINT TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f()", "CREATE TRIGGER", 0},
		{"CREATE OR REPLACE TRUSTED PROCEDURAL LANGUAGE x", "CREATE LANGUAGE", 0},
		{"CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()", "CREATE EVENT TRIGGER", 0},
		{"DROP FOREIGN DATA WRAPPER w", "DROP FOREIGN DATA WRAPPER", 0},
		{"CREATE FOREIGN TABLE f () SERVER s", "CREATE FOREIGN TABLE", 0},
		{"DROP TEXT SEARCH CONFIGURATION c", "DROP TEXT SEARCH CONFIGURATION", 0},
		{"CREATE OPERATOR CLASS c FOR TYPE int USING btree AS STORAGE int", "CREATE OPERATOR CLASS", 0},
		{"CREATE OPERATOR === (FUNCTION = f)", "CREATE OPERATOR", 0},
		{"DROP MATERIALIZED VIEW v", "DROP MATERIALIZED VIEW", 0},
		{"IMPORT FOREIGN SCHEMA s FROM SERVER x INTO y", "IMPORT FOREIGN SCHEMA", 0},
		{"ALTER LARGE OBJECT 1 OWNER TO r", "ALTER LARGE OBJECT", 0},
		{"COMMENT ON MATERIALIZED VIEW v IS NULL", "COMMENT ON MATERIALIZED VIEW", 0},
		{"((select 1) union select 2)", "SELECT", 0},
		{"with a as (select 1) select * from a", "WITH", 0},
		{"DO $$ BEGIN COMMIT; END $$", "DO", 0},
		{"CREATE", "CREATE", 0},
		{"1", "", 0},
	})
}

func TestSQLiteClasses(t *testing.T) {
	t.Parallel()
	checkClasses(t, SQLite, []classCase{
		{"BEGIN", "BEGIN", Begin},
		{"BEGIN IMMEDIATE", "BEGIN", Begin},
		{"begin exclusive transaction", "BEGIN", Begin},
		{"BEGIN DEFERRED TRANSACTION", "BEGIN", Begin},
		{"COMMIT TRANSACTION", "COMMIT", Commit},
		{"END", "END", Commit},
		{"ROLLBACK TRANSACTION", "ROLLBACK", Rollback},
		{"ROLLBACK TRANSACTION a TO SAVEPOINT b", "ROLLBACK TO", Savepoint},
		{"ROLLBACK TO b", "ROLLBACK TO", Savepoint},
		{"SAVEPOINT b", "SAVEPOINT", Savepoint},
		{"RELEASE b", "RELEASE", Savepoint},
		{"VACUUM", "VACUUM", Outside},
		{"VACUUM main INTO 'x'", "VACUUM", Outside | NoWayBack},
		{"ATTACH 'x' AS y", "ATTACH", Outside | NoWayBack},
		{"DETACH y", "DETACH", Outside},
		{"PRAGMA journal_mode = WAL", "PRAGMA", SessionSetting | Outside},
		{"PRAGMA main.journal_mode(DELETE)", "PRAGMA", SessionSetting | Outside},
		{"PRAGMA journal_mode", "PRAGMA", SessionSetting},
		{"PRAGMA user_version = 3", "PRAGMA", SessionSetting},
		{"PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA", SessionSetting | Outside},
		{"PRAGMA foreign_keys", "PRAGMA", SessionSetting | ForeignKeysPragma},
		{"PRAGMA foreign_keys = OFF", "PRAGMA", SessionSetting | ForeignKeysPragma | Outside},
		{"PRAGMA /* x */ main . [Foreign_Keys] (1)", "PRAGMA", SessionSetting | ForeignKeysPragma | Outside},
		{"PRAGMA defer_foreign_keys = ON", "PRAGMA", SessionSetting},
		{"EXPLAIN DELETE FROM t", "EXPLAIN", Harmless},
		{"EXPLAIN QUERY PLAN SELECT 1", "EXPLAIN", Harmless},
		{"EXPLAIN PRAGMA foreign_keys = ON", "EXPLAIN", SessionSetting | ForeignKeysPragma | Outside},
		{"CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END", "CREATE TRIGGER", 0},
		{"CREATE VIRTUAL TABLE f USING fts5(a)", "CREATE VIRTUAL TABLE", 0},
		{"CREATE UNIQUE INDEX i ON t (a)", "CREATE INDEX", 0},
		{"CREATE INDEX concurrently ON t (a)", "CREATE INDEX", 0},
		{"REINDEX", "REINDEX", 0},
		{"ABORT", "ABORT", 0},
		{"REPLACE INTO t VALUES (1)", "REPLACE", 0},
	})
}

func TestMySQLClasses(t *testing.T) {
	t.Parallel()
	checkClasses(t, MySQL, []classCase{
		{"BEGIN", "BEGIN", Begin},
		{"start transaction read only", "START TRANSACTION", Begin},
		{"COMMIT AND CHAIN", "COMMIT", Commit | Chain},
		{"ROLLBACK WORK", "ROLLBACK", Rollback},
		{"ROLLBACK WORK TO SAVEPOINT a", "ROLLBACK TO", Savepoint},
		{"SAVEPOINT a", "SAVEPOINT", Savepoint},
		{"XA START 'a'", "XA START", TwoPhase},
		{"CREATE TABLE t (a int)", "CREATE TABLE", CommitsItself},
		{"create or replace temporary table t (a int)", "CREATE TABLE", 0},
		{"DROP TEMPORARY TABLE t", "DROP TABLE", 0},
		{"DROP TABLES temporary", "DROP TABLE", CommitsItself},
		{"/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET @a = 1 */", "CREATE TRIGGER", CommitsItself},
		{"CREATE DEFINER = current_user() SQL SECURITY INVOKER VIEW v AS SELECT 1", "CREATE VIEW", CommitsItself},
		{"CREATE ALGORITHM=MERGE VIEW v AS SELECT 1", "CREATE VIEW", CommitsItself},
		{"CREATE FULLTEXT INDEX i ON t (a)", "CREATE INDEX", CommitsItself},
		{"ALTER IGNORE TABLE t ADD a int", "ALTER TABLE", CommitsItself},
		{"ALTER TABLE t ADD a int", "ALTER TABLE", CommitsItself},
		{"RENAME TABLE a TO b", "RENAME TABLE", CommitsItself},
		{"TRUNCATE t", "TRUNCATE TABLE", CommitsItself},
		{"TRUNCATE TABLE t", "TRUNCATE TABLE", CommitsItself},
		{"OPTIMIZE LOCAL TABLE t", "OPTIMIZE TABLE", CommitsItself},
		{"LOCK TABLES t READ", "LOCK TABLE", CommitsItself | SessionSetting},
		{"UNLOCK TABLES", "UNLOCK TABLE", CommitsItself | SessionSetting},
		{"CREATE FUNCTION f RETURNS STRING SONAME 'f.so'", "CREATE FUNCTION", CommitsItself | NoWayBack},
		{"DROP PREPARE s", "DROP PREPARE", 0},
		{"DEALLOCATE PREPARE s", "DEALLOCATE PREPARE", 0},
		{"CREATE SCHEMA d", "CREATE DATABASE", NoWayBack | CommitsItself},
		{"DROP DATABASE d", "DROP DATABASE", NoWayBack | CommitsItself},
		{"CREATE USER a", "CREATE USER", NoWayBack | CommitsItself},
		{"GRANT SELECT ON t TO a", "GRANT", NoWayBack | CommitsItself},
		{"CREATE SPATIAL REFERENCE SYSTEM 4120 NAME 'x'", "CREATE SPATIAL REFERENCE SYSTEM", NoWayBack | CommitsItself},
		{"CREATE SPATIAL INDEX i ON t (a)", "CREATE INDEX", CommitsItself},
		{"SET GLOBAL a = 1", "SET", SessionSetting | NoWayBack},
		{"SET a = 1, @@persist.b = 2", "SET", SessionSetting | NoWayBack},
		{"SET SESSION a = 1, @b = @@global.c", "SET", SessionSetting},
		{"SET NAMES utf8mb4", "SET", SessionSetting},
		{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET TRANSACTION", SessionSetting},
		{"SET PASSWORD = 'x'", "SET PASSWORD", NoWayBack | CommitsItself},
		{"USE d", "USE", SessionSetting},
		{"SHOW TABLES", "SHOW", Harmless},
		{"EXPLAIN DELETE FROM t", "EXPLAIN", Harmless},
		{"SELECT 1 INTO @a", "SELECT", 0},
		{"SELECT a FROM t INTO OUTFILE '/x'", "SELECT", NoWayBack},
		{"WITH a AS (SELECT 1) SELECT * FROM a INTO DUMPFILE '/x'", "WITH", NoWayBack},
		{"INSTALL PLUGIN p SONAME 'p.so'", "INSTALL PLUGIN", NoWayBack | CommitsItself},
		{"REPLACE INTO t VALUES (1)", "REPLACE", 0},
		{"LOAD DATA INFILE 'x' INTO TABLE t", "LOAD DATA", 0},
		{"CALL p()", "CALL", 0},
		{"EXECUTE IMMEDIATE 'SELECT 1'", "EXECUTE IMMEDIATE", 0},
	})
	checkClasses(t, MariaDB, []classCase{
		{"BEGIN NOT ATOMIC SELECT 1; END", "BEGIN NOT ATOMIC", 0},
		{"x: LOOP LEAVE x; END LOOP", "LOOP", 0},
		{"CREATE OR REPLACE SEQUENCE s", "CREATE SEQUENCE", CommitsItself},
		{"SET STATEMENT max_statement_time = 1 FOR SELECT 1", "SET STATEMENT", 0},
		{"ANALYZE UPDATE t SET a = 1", "ANALYZE", 0},
	})
}

func TestForeignKeysValue(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text    string
		on, set bool
	}{
		{"PRAGMA foreign_keys", false, false},
		{"PRAGMA foreign_keys = ON", true, true},
		{"PRAGMA foreign_keys=off", false, true},
		{"PRAGMA foreign_keys(yes)", true, true},
		{"PRAGMA main.foreign_keys('true')", true, true},
		{`PRAGMA "foreign_keys" = "no"`, false, true},
		{"PRAGMA foreign_keys = 1", true, true},
		{"PRAGMA foreign_keys = +1", true, true},
		{"PRAGMA foreign_keys = -1", false, true},
		{"PRAGMA foreign_keys = 256", false, true},
		{"PRAGMA foreign_keys = 0x1", true, true},
		{"PRAGMA foreign_keys = 99999999999", false, true},
		{"PRAGMA foreign_keys = full", false, true},
		{"EXPLAIN QUERY PLAN PRAGMA foreign_keys = on", true, true},
		{"PRAGMA journal_mode = WAL", false, false},
		{"SELECT 'PRAGMA foreign_keys = on'", false, false},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			s, err := Split(SQLite, c.text)
			if err != nil {
				t.Fatal(err)
			}
			if on, set := s[0].ForeignKeysValue(); on != c.on || set != c.set {
				t.Errorf("got on=%v set=%v, want on=%v set=%v", on, set, c.on, c.set)
			}
		})
	}
}
