package revert_test

import "testing"

const people = `
CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL, age integer DEFAULT 18, note text);
INSERT INTO people VALUES (1, 'Ann', 30, NULL), (2, 'Bob', 40, 'x'), (3, 'Cy', NULL, '');
`

func TestColumns(t *testing.T) {
	runExamples(t, []example{
		{name: "nothing", setup: people, ways: "-"},
		{name: "column added", setup: people, batch: `ALTER TABLE people ADD phone text`, ways: "public.people in place"},
		{name: "column added with default and check", setup: people, batch: `ALTER TABLE people ADD n int NOT NULL DEFAULT 5 CHECK (n > 0)`, ways: "public.people in place"},
		{name: "column added, rows written since stay", setup: people, batch: `ALTER TABLE people ADD phone text`,
			since: `INSERT INTO people VALUES (4, 'Di', 1, 'y', '555')`, expect: `INSERT INTO people VALUES (4, 'Di', 1, 'y')`, ways: "public.people in place"},
		{name: "column renamed", setup: people, batch: `ALTER TABLE people RENAME name TO full_name`, ways: "public.people in place"},
		{name: "columns swapped names", setup: people, batch: `ALTER TABLE people RENAME name TO x; ALTER TABLE people RENAME note TO name; ALTER TABLE people RENAME x TO note`, ways: "public.people in place"},
		{name: "column renamed and its name given to a new one", setup: people, batch: `ALTER TABLE people RENAME name TO old_name; ALTER TABLE people ADD name text`, ways: "public.people in place"},
		{name: "last column dropped", setup: people, batch: `ALTER TABLE people DROP note`, ways: "public.people put back"},
		{name: "middle column dropped", setup: people, batch: `ALTER TABLE people DROP age`, ways: "public.people put back"},
		{name: "key column dropped", setup: people, batch: `ALTER TABLE people DROP id`, ways: "public.people rebuilt"},
		{name: "type changed", setup: people, batch: `ALTER TABLE people ALTER age TYPE bigint`, ways: "public.people put back"},
		{name: "type changed with loss", setup: people, batch: `ALTER TABLE people ALTER name TYPE varchar(1) USING left(name, 1)`, changed: []string{"public.people"}, ways: "public.people put back"},
		{name: "column replaced by one of the same name", setup: people, batch: `ALTER TABLE people DROP note; ALTER TABLE people ADD note text`, ways: "public.people put back"},
		{name: "not null added and taken away", setup: people, batch: `UPDATE people SET note = '' WHERE note IS NULL; ALTER TABLE people ALTER note SET NOT NULL, ALTER name DROP NOT NULL`,
			changed: []string{"public.people"}, ways: "public.people refilled"},
		{name: "not null taken away", setup: people, batch: `ALTER TABLE people ALTER name DROP NOT NULL`, ways: "public.people in place"},
		{name: "rows changed", setup: people, batch: `UPDATE people SET age = 1; DELETE FROM people WHERE id = 2`, changed: []string{"public.people"}, ways: "public.people corrected"},
		{name: "truncated", setup: people, batch: `TRUNCATE people`, changed: []string{"public.people"}, ways: "public.people corrected"},
		{name: "default changed", setup: people, batch: `ALTER TABLE people ALTER age SET DEFAULT 21`},
		{name: "default dropped", setup: people, batch: `ALTER TABLE people ALTER age DROP DEFAULT`},
		{name: "default added", setup: people, batch: `ALTER TABLE people ALTER note SET DEFAULT 'n'`},
		{name: "primary key dropped", setup: people, batch: `ALTER TABLE people DROP CONSTRAINT people_pkey`},
		{name: "primary key moved", setup: people, batch: `ALTER TABLE people DROP CONSTRAINT people_pkey; ALTER TABLE people ADD CONSTRAINT people_pkey PRIMARY KEY (name)`},
		{name: "storage settings", setup: people, batch: `ALTER TABLE people ALTER note SET STORAGE EXTERNAL, ALTER name SET STATISTICS 500, ALTER age SET (n_distinct = 5), SET (fillfactor = 70), ALTER name SET COMPRESSION pglz`, ways: "public.people in place"},
		{name: "storage settings taken away", setup: people + `ALTER TABLE people ALTER note SET STORAGE EXTERNAL, ALTER name SET STATISTICS 500, ALTER age SET (n_distinct = 5), SET (fillfactor = 70, autovacuum_enabled = false), ALTER name SET COMPRESSION pglz`,
			batch: `ALTER TABLE people ALTER note SET STORAGE EXTENDED, ALTER name SET STATISTICS -1, ALTER age RESET (n_distinct), RESET (fillfactor), SET (autovacuum_enabled = true), ALTER name SET COMPRESSION default`, ways: "public.people in place"},
		{name: "unlogged", setup: people, batch: `ALTER TABLE people SET UNLOGGED`, ways: "public.people in place"},
		{name: "logged", setup: `CREATE UNLOGGED TABLE u (a int)`, batch: `ALTER TABLE u SET LOGGED`, ways: "public.u in place"},
		{name: "row security", setup: people, batch: `ALTER TABLE people ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON people USING (id > 1)`, ways: "public.people in place"},
		{name: "replica identity", setup: people, batch: `ALTER TABLE people REPLICA IDENTITY FULL`, ways: "public.people in place"},
		{name: "replica identity by index", setup: people, batch: `CREATE UNIQUE INDEX u ON people (name); ALTER TABLE people REPLICA IDENTITY USING INDEX u; ALTER TABLE people CLUSTER ON u`, ways: "public.people in place"},
		{name: "replica identity by index taken away", setup: people + `CREATE UNIQUE INDEX u ON people (name); ALTER TABLE people REPLICA IDENTITY USING INDEX u; ALTER TABLE people CLUSTER ON people_pkey`,
			batch: `ALTER TABLE people REPLICA IDENTITY DEFAULT; ALTER TABLE people SET WITHOUT CLUSTER`, ways: "public.people in place"},
		{name: "rebuilt with everything", setup: people + `CREATE UNIQUE INDEX u ON people (name); ALTER TABLE people REPLICA IDENTITY USING INDEX u; ALTER TABLE people CLUSTER ON people_pkey;
			ALTER TABLE people ALTER note SET STORAGE EXTERNAL, ALTER name SET STATISTICS 500, SET (fillfactor = 70); ALTER TABLE people ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON people USING (id > 1);
			COMMENT ON TABLE people IS 'all of them'; COMMENT ON COLUMN people.age IS 'years'; GRANT SELECT ON people TO PUBLIC; GRANT UPDATE (note) ON people TO PUBLIC;
			CREATE STATISTICS st ON name, age FROM people; COMMENT ON INDEX u IS 'by name'`,
			batch: `DROP STATISTICS st; ALTER TABLE people DROP age`, ways: "public.people put back"},
	})
}

func TestTables(t *testing.T) {
	runExamples(t, []example{
		{name: "made", setup: people, batch: `CREATE TABLE t (id serial PRIMARY KEY, p int REFERENCES people)`, ways: "public.t dropped"},
		{name: "dropped", setup: people, batch: `DROP TABLE people`, ways: "public.people brought back"},
		{name: "dropped and made anew", setup: people, batch: `DROP TABLE people; CREATE TABLE people (id int)`, ways: "public.people brought back, public.people dropped"},
		{name: "renamed", setup: people, batch: `ALTER TABLE people RENAME TO persons`, ways: "public.people in place"},
		{name: "renamed with its key", setup: people, batch: `ALTER TABLE people RENAME TO persons; ALTER INDEX people_pkey RENAME TO persons_pkey`, ways: "public.people in place"},
		{name: "renamed, and the name taken", setup: people, batch: `ALTER TABLE people RENAME TO persons; CREATE TABLE people (id int PRIMARY KEY)`, ways: "public.people dropped, public.people in place"},
		{name: "names swapped", setup: people + `CREATE TABLE b (x int); INSERT INTO b VALUES (7)`, batch: `ALTER TABLE people RENAME TO c; ALTER TABLE b RENAME TO people; ALTER TABLE c RENAME TO b`, ways: "public.b in place, public.people in place"},
		{name: "moved to another schema", setup: people + `CREATE SCHEMA s`, batch: `ALTER TABLE people SET SCHEMA s`, ways: "public.people in place"},
		{name: "moved and renamed", setup: people + `CREATE SCHEMA s; CREATE INDEX i ON people (name)`, batch: `ALTER TABLE people SET SCHEMA s; ALTER TABLE s.people RENAME TO p`, ways: "public.people in place"},
		{name: "moved to a new schema, and the name taken", setup: people, batch: `CREATE SCHEMA s; ALTER TABLE people SET SCHEMA s; CREATE TABLE people (id int PRIMARY KEY)`},
		{name: "moved out of a schema that was dropped", setup: `CREATE SCHEMA s; CREATE TABLE s.t (id serial PRIMARY KEY); INSERT INTO s.t VALUES (1)`, batch: `ALTER TABLE s.t SET SCHEMA public; DROP SCHEMA s`, ways: "s.t in place"},
		{name: "foreign keys both ways, dropped", setup: `CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;
			INSERT INTO a VALUES (1, NULL); INSERT INTO b VALUES (1, 1); UPDATE a SET b = 1`, batch: `ALTER TABLE a DROP CONSTRAINT a_b_fkey; DROP TABLE b; DROP TABLE a`, ways: "public.a brought back, public.b brought back"},
		{name: "foreign keys both ways, made", setup: people, batch: `CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b`, ways: "public.a dropped, public.b dropped"},
		{name: "referenced table dropped with cascade", setup: people + `CREATE TABLE o (id int, p int REFERENCES people ON DELETE CASCADE); INSERT INTO o VALUES (1, 2)`, batch: `DROP TABLE people CASCADE`, ways: "public.people brought back"},
		{name: "referenced table rebuilt", setup: people + `CREATE TABLE o (id int, p int REFERENCES people ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED); INSERT INTO o VALUES (1, 2)`, batch: `ALTER TABLE people DROP note`, ways: "public.people put back"},
		{name: "foreign key over later rows, which stay", setup: people + `CREATE TABLE o (id int, p int REFERENCES people)`, batch: `ALTER TABLE people DROP note`,
			since: `INSERT INTO people VALUES (9, 'Zoe'); INSERT INTO o VALUES (1, 9)`, expect: `INSERT INTO people (id, name, age) VALUES (9, 'Zoe', 18); INSERT INTO o VALUES (1, 9)`, ways: "public.people put back"},
		{name: "self reference", setup: `CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t, x int); INSERT INTO t VALUES (1, NULL, 1), (2, 1, 2)`, batch: `ALTER TABLE t DROP x`, ways: "public.t put back"},
		{name: "generated column", setup: `CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED, c int); INSERT INTO t VALUES (1), (2)`, batch: `ALTER TABLE t DROP c`, ways: "public.t rebuilt"},
		{name: "generated column follows a rename", setup: `CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO t VALUES (1), (2)`, batch: `ALTER TABLE t RENAME a TO z`, ways: "public.t in place"},
		{name: "generated expression dropped", setup: `CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO t VALUES (1), (2)`, batch: `ALTER TABLE t ALTER b DROP EXPRESSION`, ways: "public.t put back"},
		{name: "strange names", setup: `CREATE TABLE "A ""b"".c" ("x.y" int PRIMARY KEY, "select" text DEFAULT 'q''q', "ünï" int); INSERT INTO "A ""b"".c" VALUES (1, 'a\b', 2)`,
			batch: `ALTER TABLE "A ""b"".c" DROP "select"; ALTER TABLE "A ""b"".c" RENAME "ünï" TO "é -- x"; ALTER TABLE "A ""b"".c" RENAME TO "new
line"`},
		{name: "no columns", setup: `CREATE TABLE t (); INSERT INTO t DEFAULT VALUES`, batch: `ALTER TABLE t ADD a int`, ways: "public.t in place"},
		{name: "unknown text types", setup: `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (a mood, b mood[], c numeric(5,2), d timestamptz, e jsonb, f bytea, g int4range); INSERT INTO t VALUES ('ok', '{sad,ok}', 1.25, now(), '{"a":1}', '\x00ff', '[1,5)')`,
			batch: `DROP TABLE t`, ways: "public.t brought back"},
	})
}
