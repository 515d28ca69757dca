//go:build unix

package enginetest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// statementCase is one batch on a database of its own: it works, and can be taken
// back and forth, or it fails and leaves nothing.
type statementCase struct {
	name    string
	setup   string   // what is there before, as the owner
	files   []string // versions 1, 2, …
	options safemigrate.UpOptions
	fails   migrate.Outcome // Done: it works
	words   []string        // of the error
	steps   int             // 0: any number
	rows    string          // a query after up …
	want    string          // … and its rows
}

func (c statementCase) run(t *testing.T) {
	t.Parallel()
	p := enginetest.NewProject(t, enginetest.Postgres(), nil)
	for i, text := range c.files {
		p.Add(map[string]string{fmt.Sprintf("%06d_case.up.sql", i+1): text})
	}
	if c.setup != "" {
		p.Exec(t, c.setup)
	}
	before := p.DB.Fingerprint(t)
	report, err := p.TryUp(t, c.options)
	if c.fails != migrate.Done {
		enginetest.Fails(t, err, c.fails, c.words...)
		p.Is(t, before, "after the failure")
		return
	}
	if err != nil {
		t.Fatalf("up: %v", err)
	}
	if c.steps > 0 && report.Steps != c.steps {
		t.Errorf("%d steps, want %d", report.Steps, c.steps)
	}
	if c.rows != "" {
		if got := strings.Join(p.Rows(t, c.rows), "\n"); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.rows, got, c.want)
		}
	}
	after := p.DB.Fingerprint(t)
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after the rollback")
	p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
	p.Is(t, after, "after its undo")
}

const table = "CREATE TABLE t (id integer PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'one'), (2, 'two');"

const deferred = `CREATE TABLE parent (id integer PRIMARY KEY);
CREATE TABLE child (id integer, parent integer REFERENCES parent DEFERRABLE INITIALLY DEFERRED);`

func TestPostgresStatements(t *testing.T) {
	t.Parallel()
	cases := []statementCase{
		{name: "enum value used in the next file", setup: "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (m mood); INSERT INTO t VALUES ('sad')",
			files: []string{"ALTER TYPE mood ADD VALUE 'happy' BEFORE 'ok';", "INSERT INTO t VALUES ('happy');"}, steps: 2,
			rows: "SELECT m FROM t ORDER BY m", want: "sad\nhappy"},
		{name: "enum value used in the same file", setup: "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (m mood)",
			files: []string{"ALTER TYPE mood ADD VALUE 'happy';\nINSERT INTO t VALUES ('happy');"},
			fails: migrate.Restored, words: []string{"000001_case.up.sql:2:", "55P04"}},
		{name: "index built concurrently", setup: table,
			files: []string{"CREATE TABLE u (id integer);", "CREATE INDEX CONCURRENTLY t_a ON t (a);", "CREATE INDEX u_id ON u (id);"}, steps: 3,
			rows: "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_a'::regclass", want: "t"},
		{name: "index built concurrently fails", setup: "CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (1)",
			files: []string{"CREATE TABLE u (id integer);", "CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);"},
			fails: migrate.Restored, words: []string{"000002_case.up.sql:1:1", "23505", "restored from the snapshot"}},
		{name: "index dropped concurrently", setup: table + "CREATE INDEX t_a ON t (a)",
			files: []string{"DROP INDEX CONCURRENTLY t_a;"}},
		{name: "vacuum", setup: table, files: []string{"UPDATE t SET a = 'x';", "VACUUM ANALYZE t;", "UPDATE t SET a = 'y';"}, steps: 3},
		{name: "reindex concurrently", setup: table, files: []string{"REINDEX TABLE CONCURRENTLY t;"}},
		{name: "reindex of a partitioned table", setup: "CREATE TABLE p (k integer PRIMARY KEY) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
			files: []string{"CREATE TABLE u (id integer);\nREINDEX TABLE p;\nCREATE TABLE v (id integer);"}},
		{name: "a procedure that commits", setup: table + "CREATE PROCEDURE renew() LANGUAGE plpgsql AS $$ BEGIN UPDATE t SET a = 'x' WHERE id = 1; COMMIT; UPDATE t SET a = 'y' WHERE id = 2; END $$",
			files: []string{"CREATE TABLE u (id integer);", "CALL renew();"}, rows: "SELECT a FROM t ORDER BY id", want: "x\ny"},
		{name: "a procedure that commits and fails", setup: table + "CREATE PROCEDURE renew() LANGUAGE plpgsql AS $$ BEGIN UPDATE t SET a = 'x'; COMMIT; INSERT INTO t VALUES (1, 'again'); END $$",
			files: []string{"CALL renew();"}, fails: migrate.Restored, words: []string{"23505"}},
		{name: "copy with inline data", setup: table,
			files: []string{"COPY t (id, a) FROM stdin;\n3\tth;ree\n4\t\\N\n5\t'it''s\n\\.\n\nINSERT INTO t VALUES (6, 'six');\n"},
			rows:  "SELECT id, coalesce(a, 'null') FROM t ORDER BY id", want: "1|one\n2|two\n3|th;ree\n4|null\n5|'it''s\n6|six"},
		{name: "copy with wrong inline data", setup: table,
			files: []string{"SELECT 1;\nCOPY t (id, a) FROM stdin;\n3\tthree\nx\tfour\n\\.\n"}, fails: migrate.Restored, words: []string{"000001_case.up.sql:2:", "22P02"}},
		{name: "its own transaction", setup: table, files: []string{"BEGIN;\nDELETE FROM t;\nCOMMIT;", "DROP TABLE t;"}, steps: 1},
		{name: "several transactions of its own", setup: table,
			files: []string{"BEGIN; DELETE FROM t WHERE id = 1; COMMIT; START TRANSACTION; ALTER TABLE t DROP COLUMN a; END; CREATE TABLE u (id integer);"}, steps: 3},
		{name: "the last of several transactions fails", setup: table,
			files: []string{"BEGIN; DELETE FROM t WHERE id = 1; COMMIT; BEGIN; ALTER TABLE t DROP COLUMN a; COMMIT;\nSELECT 1/0;"},
			fails: migrate.Restored, words: []string{"000001_case.up.sql:2:", "22012", "restored from the snapshot"}},
		{name: "psql's commands", setup: table, files: []string{"DROP TABLE t;", "SELECT 1;\n\\connect other\n"},
			fails: migrate.Unchanged, words: []string{"000002_case.up.sql:2:1", `\connect`}},
		{name: "settings do not reach the next file", setup: table + "CREATE SCHEMA s",
			files: []string{"SET search_path = s; SET lock_timeout = 1; SET client_min_messages = error; SET statement_timeout = '500ms';", "SELECT pg_sleep(0.6); CREATE TABLE u (id integer);"},
			rows:  "SELECT count(*) FROM pg_class WHERE relname IN ('u', 'schema_migrations') AND relnamespace = 'public'::regnamespace", want: "2"},
		{name: "settings stay for the rest of the file", setup: "CREATE SCHEMA s",
			files: []string{"SET search_path = s; CREATE TABLE a (id integer); BEGIN; CREATE TABLE b (id integer); COMMIT; CREATE TABLE c (id integer); VACUUM a; CREATE TABLE d (id integer);", "CREATE TABLE e (id integer);"},
			rows:  "SELECT relname, relnamespace::regnamespace FROM pg_class WHERE relname ~ '^[a-e]$' ORDER BY 1", want: "a|s\nb|s\nc|s\nd|s\ne|public"},
		{name: "a setting for one transaction ends with it", setup: "CREATE SCHEMA s",
			files: []string{"SET LOCAL search_path = s; CREATE TABLE a (id integer);", "CREATE TABLE b (id integer);"},
			rows:  "SELECT relname, relnamespace::regnamespace FROM pg_class WHERE relname ~ '^[ab]$' ORDER BY 1", want: "a|s\nb|public"},
		{name: "set_config", setup: "CREATE SCHEMA s",
			files: []string{"SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE s.a (id integer);", "CREATE TABLE b (id integer);"}},
		{name: "discard all and prepared statements", setup: table, files: []string{"PREPARE x AS SELECT 1; EXECUTE x; DEALLOCATE ALL;", "DISCARD ALL;", "UPDATE t SET a = 'z';"}},
		{name: "deferred foreign keys, fulfilled in the file", setup: deferred,
			files: []string{"INSERT INTO child VALUES (1, 1); INSERT INTO parent VALUES (1);", "ALTER TABLE child ADD COLUMN x text; ALTER TABLE parent ADD COLUMN y text;"}},
		{name: "deferred foreign keys, broken at the end of a file", setup: deferred,
			files: []string{"INSERT INTO child VALUES (1, 1);", "INSERT INTO parent VALUES (1);"}, fails: migrate.Restored, words: []string{"000001_case.up.sql", "23503"}},
		{name: "a deferred foreign key and a constraint of its name that cannot be deferred",
			setup: deferred + "CREATE TABLE other (id integer CONSTRAINT child_parent_fkey UNIQUE)",
			files: []string{"INSERT INTO child VALUES (1, 1); INSERT INTO parent VALUES (1);", "INSERT INTO child VALUES (2, 2); INSERT INTO parent VALUES (2);"}},
		{name: "a deferred foreign key that a later file makes", setup: table,
			files: []string{"DELETE FROM t WHERE id = 1;", deferred + "INSERT INTO child VALUES (1, 1); INSERT INTO parent VALUES (1);"}},
		{name: "a foreign key that is checked at once, of a later file, which then alters its table", setup: table + deferred, steps: 1,
			files: []string{"DELETE FROM t WHERE id = 1; INSERT INTO child VALUES (1, 1); INSERT INTO parent VALUES (1);",
				"CREATE TABLE x (id integer, parent integer REFERENCES parent DEFERRABLE);\nINSERT INTO x VALUES (1, 1);\nALTER TABLE x ADD COLUMN y text;",
				"INSERT INTO child VALUES (2, 2); INSERT INTO parent VALUES (2);"}},
		{name: "a foreign key that is checked at once is so in the next file", setup: "CREATE TABLE parent (id integer PRIMARY KEY); CREATE TABLE child (parent integer REFERENCES parent DEFERRABLE)",
			files: []string{"SET CONSTRAINTS ALL DEFERRED;", "SELECT 1;\nINSERT INTO child VALUES (1);\nINSERT INTO parent VALUES (1);"}, fails: migrate.Restored, words: []string{"000002_case.up.sql:2:", "23503"}},
		{name: "constraints deferred by the file", setup: "CREATE TABLE parent (id integer PRIMARY KEY); CREATE TABLE child (parent integer REFERENCES parent DEFERRABLE)",
			files: []string{"SET CONSTRAINTS ALL DEFERRED; INSERT INTO child VALUES (1); INSERT INTO parent VALUES (1);", "INSERT INTO parent VALUES (2); INSERT INTO child VALUES (2);"}},
		{name: "pending trigger events in one file", setup: deferred,
			files: []string{"INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1);\nALTER TABLE child ADD COLUMN x text;"}, fails: migrate.Restored, words: []string{"000001_case.up.sql:2:", "55006"}},
		{name: "do blocks", setup: table,
			files: []string{"DO $$ BEGIN FOR i IN 1..3 LOOP EXECUTE format('CREATE TABLE part_%s (id integer)', i); END LOOP; EXECUTE 'UPDATE t SET a = ' || quote_literal('done'); END $$;"},
			rows:  "SELECT count(*) FROM pg_class WHERE relname ~ '^part_[0-9]'", want: "3"},
		{name: "a do block that fails inside", setup: table, files: []string{"DO $$\nBEGIN\n  RAISE EXCEPTION 'stock is %', 'empty';\nEND $$;"},
			fails: migrate.Restored, words: []string{"stock is empty"}},
		{name: "caught exceptions", setup: table, files: []string{"DO $$ BEGIN FOR i IN 1..50 LOOP BEGIN INSERT INTO t VALUES (i % 10, 'x'); EXCEPTION WHEN unique_violation THEN NULL; END; END LOOP; END $$;"}},
		{name: "savepoints", setup: table, files: []string{"SAVEPOINT a; DELETE FROM t; ROLLBACK TO a; INSERT INTO t VALUES (3, 'x'); RELEASE a;"}},
		{name: "listen and notify", setup: table, files: []string{"LISTEN news; NOTIFY news, 'x'; UNLISTEN news; DELETE FROM t;"}},
		{name: "temporary tables", setup: table,
			files: []string{"CREATE TEMP TABLE tmp AS SELECT * FROM t; UPDATE t SET a = tmp.a || '!' FROM tmp WHERE tmp.id = t.id;", "CREATE TEMP TABLE tmp2 (id integer) ON COMMIT DROP; INSERT INTO tmp2 VALUES (1);"},
			rows:  "SELECT a FROM t ORDER BY id", want: "one!\ntwo!"},
		{name: "a temporary table hides the real one", setup: table, files: []string{"CREATE TEMP TABLE t (id integer); INSERT INTO t VALUES (9); DROP TABLE t; DELETE FROM t WHERE id = 1;"},
			rows: "SELECT count(*) FROM t", want: "1"},
		{name: "a schema with all that is in it", setup: table + "CREATE SCHEMA s; CREATE TABLE s.x (id serial PRIMARY KEY, t integer REFERENCES t); INSERT INTO s.x (t) VALUES (1), (2); CREATE VIEW v AS SELECT count(*) FROM s.x",
			files: []string{"DROP SCHEMA s CASCADE;"}},
		{name: "a schema renamed", setup: table + "CREATE SCHEMA s; CREATE TABLE s.x (id serial PRIMARY KEY, t integer REFERENCES t); INSERT INTO s.x (t) VALUES (1), (2)",
			files: []string{"ALTER SCHEMA s RENAME TO r; INSERT INTO r.x (t) VALUES (1);"}},
		{name: "the current schema renamed", setup: table, files: []string{"ALTER SCHEMA public RENAME TO old; CREATE SCHEMA public;"},
			fails: migrate.Restored, words: []string{"schema_migrations"}},
		{name: "the current schema dropped", setup: table, files: []string{"DROP SCHEMA public CASCADE; CREATE SCHEMA public;"},
			fails: migrate.Restored, words: []string{"schema_migrations"}},
		{name: "the current schema dropped for good", setup: table, files: []string{"DROP SCHEMA public CASCADE;"},
			fails: migrate.Restored, words: []string{"schema_migrations"}},
		{name: "the history dropped", setup: table, files: []string{"DROP TABLE schema_migrations; DELETE FROM t;"},
			fails: migrate.Restored, words: []string{"schema_migrations"}},
		{name: "it disconnects itself", setup: table, files: []string{"DELETE FROM t;", "SELECT pg_terminate_backend(pg_backend_pid());"},
			fails: migrate.Restored, words: []string{"000002_case.up.sql:1:1", "back at version none"}},
		{name: "it locks itself out of the schema", setup: table, files: []string{"REVOKE ALL ON SCHEMA public FROM PUBLIC, pg_database_owner;"},
			fails: migrate.Restored, words: []string{"42501"}},
		{name: "its statement takes too long", setup: table, files: []string{"SET statement_timeout = '500ms';\nDELETE FROM t;\nSELECT pg_sleep(60);"},
			fails: migrate.Restored, words: []string{"000001_case.up.sql:3:1", "57014"}},
		{name: "truncate", setup: table + "CREATE TABLE u (id serial, t integer REFERENCES t); INSERT INTO u (t) VALUES (1), (2)", files: []string{"TRUNCATE t, u RESTART IDENTITY;"}},
		{name: "a rewrite", setup: table, files: []string{"ALTER TABLE t ALTER COLUMN id TYPE bigint, ALTER COLUMN a TYPE varchar(10);"}},
		{name: "a merge", setup: table, files: []string{"MERGE INTO t USING (VALUES (1, 'x'), (3, 'y')) s (id, a) ON s.id = t.id WHEN MATCHED THEN UPDATE SET a = s.a WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.a);"}},
		{name: "triggers write elsewhere", setup: table + "CREATE TABLE log (line text); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (new.a); RETURN new; END $$; CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
			files: []string{"UPDATE t SET a = a || '!';"}, rows: "SELECT count(*) FROM log", want: "2"},
	}
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

// TestPostgresUndefinedKinds holds the guard to its word: what cannot be taken
// back is stopped before COMMIT and named.
func TestPostgresUndefinedKinds(t *testing.T) {
	t.Parallel()
	const function = "CREATE FUNCTION f(integer, integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 + $2'; CREATE TYPE pair AS (a integer, b integer); CREATE FUNCTION g(pair) RETURNS text LANGUAGE sql AS $$SELECT 'x'$$; CREATE DOMAIN d AS integer;" + table
	cases := []struct {
		name, statement string
		word            string // "" where a definition may exist by now
	}{
		{"operator", "CREATE OPERATOR ### (LEFTARG = integer, RIGHTARG = integer, FUNCTION = f);", ""},
		{"publication", "CREATE PUBLICATION p FOR TABLE t;", ""},
		{"cast", "CREATE CAST (pair AS text) WITH FUNCTION g(pair);", ""},
		{"aggregate", "CREATE AGGREGATE total (integer) (SFUNC = f, STYPE = integer);", ""},
		{"domain altered", "ALTER DOMAIN d ADD CHECK (VALUE > 0);", ""},
		{"domain dropped", "DROP DOMAIN d;", ""},
		{"composite type altered", "ALTER TYPE pair ADD ATTRIBUTE c integer;", ""},
		{"collation", "CREATE COLLATION c FROM \"C\";", ""},
		{"text search configuration", "CREATE TEXT SEARCH CONFIGURATION c (COPY = simple);", ""},
		{"statistics", "CREATE STATISTICS s ON id, a FROM t;", ""},
		{"rule", "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;", ""},
		{"range type", "CREATE TYPE r AS RANGE (subtype = float8);", ""},
		{"default privileges", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;", ""},
		{"large object", "SELECT lo_from_bytea(0, 'abc');", ""},
		{"comment on the database", "DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), 'x'); END $$;", ""},
		{"setting of the database", "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = %L', current_database(), '5MB'); END $$;", ""},
		{"partition attached", "CREATE TABLE p (id integer, a text) PARTITION BY LIST (id); CREATE TABLE p1 (id integer, a text); ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1); INSERT INTO p VALUES (1, 'x');", ""},
		{"materialized view", "CREATE MATERIALIZED VIEW m AS SELECT * FROM t;", ""},
		{"policy", "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id > 1);", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := enginetest.NewProject(t, enginetest.Postgres(), map[string]string{"1_kind.up.sql": "DELETE FROM t WHERE id = 1;", "2_kind.up.sql": c.statement})
			p.Exec(t, function)
			before := kindsOf(t, p)
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			if err != nil || c.word != "" {
				enginetest.Fails(t, err, migrate.NoWayBack, c.word)
			} else {
				p.Rollback(t, safemigrate.RollbackOptions{})
			}
			if after := kindsOf(t, p); after != before {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
		})
	}
}

// kindsOf adds what a dump of the schema leaves out.
func kindsOf(t *testing.T, p *enginetest.Project) string {
	t.Helper()
	return p.DB.Fingerprint(t) + strings.Join(p.Rows(t, `SELECT 'large objects ' || count(*) FROM pg_largeobject_metadata
		UNION ALL SELECT description FROM pg_shdescription WHERE objoid = (SELECT oid FROM pg_database WHERE datname = current_database())
		UNION ALL SELECT setconfig::text FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())`), "\n")
}
