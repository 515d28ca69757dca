package revert_test

import "testing"

func TestObjects(t *testing.T) {
	const trigger = people + `CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := 'old'; RETURN NEW; END $$;
		CREATE TRIGGER stamp BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION stamp();`
	const limits = `CREATE TABLE limits (low int); INSERT INTO limits VALUES (1);
			CREATE FUNCTION low() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN (SELECT min(low) FROM limits); END';`
	runExamples(t, []example{
		{name: "schema made", batch: `CREATE SCHEMA s; CREATE TABLE s.t (a int); CREATE VIEW s.v AS SELECT * FROM s.t; CREATE TYPE s.e AS ENUM ('a'); CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1'`, ways: "s.t dropped"},
		{name: "schema dropped", setup: `CREATE SCHEMA s; COMMENT ON SCHEMA s IS 'x'; GRANT USAGE ON SCHEMA s TO PUBLIC; CREATE TABLE s.t (a int); INSERT INTO s.t VALUES (1); CREATE VIEW s.v AS SELECT * FROM s.t; CREATE TYPE s.e AS ENUM ('a', 'b');
			CREATE FUNCTION s.f(s.e) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE SEQUENCE s.q START 5; CREATE MATERIALIZED VIEW s.m AS SELECT * FROM s.t; CREATE INDEX ON s.m (a)`, batch: `DROP SCHEMA s CASCADE`, ways: "s.t brought back", objects: []string{"schema s brought back"}},
		{name: "schema renamed", setup: `CREATE SCHEMA s; CREATE TABLE s.t (id serial PRIMARY KEY, g int GENERATED ALWAYS AS IDENTITY); INSERT INTO s.t (id) VALUES (1); CREATE VIEW s.v AS SELECT * FROM s.t; CREATE TYPE s.e AS ENUM ('a'); CREATE FUNCTION s.f(s.e) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE INDEX i ON s.t (id); CREATE TABLE u (e s.e)`,
			batch: `ALTER SCHEMA s RENAME TO s2`, ways: "-", objects: []string{"schema s: name put back"}},
		{name: "schema renamed and its name taken", setup: `CREATE SCHEMA s; CREATE TABLE s.t (id int)`, batch: `ALTER SCHEMA s RENAME TO s2; CREATE SCHEMA s; CREATE TABLE s.t (x int)`, ways: "s.t dropped"},
		{name: "schemas swapped", setup: `CREATE SCHEMA s; CREATE SCHEMA r; CREATE TABLE s.t (id int); CREATE FUNCTION r.f() RETURNS int LANGUAGE sql AS 'SELECT 1'`, batch: `ALTER SCHEMA s RENAME TO x; ALTER SCHEMA r RENAME TO s; ALTER SCHEMA x RENAME TO r`, ways: "-"},
		{name: "schema dropped and made anew", setup: `CREATE SCHEMA s; CREATE TABLE s.t (id int)`, batch: `DROP SCHEMA s CASCADE; CREATE SCHEMA s; CREATE TABLE s.t (x int)`},
		{name: "extension made", setup: people, batch: `CREATE EXTENSION citext; ALTER TABLE people ADD mail citext`, ways: "public.people in place"},
		{name: "extension dropped", setup: `CREATE EXTENSION citext; CREATE TABLE t (a citext); INSERT INTO t VALUES ('A')`, batch: `DROP EXTENSION citext CASCADE`, ways: "public.t rebuilt"},
		{name: "extension updated", setup: `CREATE EXTENSION citext VERSION '1.4'`, batch: `ALTER EXTENSION citext UPDATE TO '1.5'`, conflict: "extension citext changed"},
		{name: "partitioned table made", batch: `CREATE TABLE p (a int PRIMARY KEY, b int) PARTITION BY RANGE (a); CREATE INDEX ON p (b); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE INDEX ON p1 (a, b)`, ways: "public.p dropped, public.p1 dropped"},
		{name: "inherited table made", setup: people, batch: `CREATE TABLE kids (toy text) INHERITS (people)`, ways: "public.kids dropped"},
		{name: "partitioned table changed", setup: `CREATE TABLE p (a int PRIMARY KEY, b int) PARTITION BY RANGE (a); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)`, batch: `ALTER TABLE p ADD c int`, ways: "public.p in place, public.p1 in place"},
		{name: "inherited table's column dropped", setup: people + `CREATE TABLE kids (toy text) INHERITS (people)`, batch: `ALTER TABLE people DROP note`, ways: "public.kids rebuilt, public.people put back"},
		{name: "functions that rely on a search_path", setup: people + limits + `ALTER TABLE people ADD CHECK (age > low()), ADD g int GENERATED ALWAYS AS (id + low()) STORED`,
			batch: `ALTER TABLE people DROP note`, ways: "public.people put back"},
		{name: "functions that rely on a search_path, in what later servers make with their own", until: 170000,
			setup: people + limits + `CREATE INDEX pi ON people ((id + low())); CREATE MATERIALIZED VIEW m AS SELECT low() FROM people`,
			batch: `ALTER TABLE people DROP note`, ways: "public.people put back"},
		{name: "sequence made", batch: `CREATE SEQUENCE q`},
		{name: "sequence dropped", setup: `CREATE SEQUENCE q AS smallint START 3 INCREMENT 2 CYCLE; COMMENT ON SEQUENCE q IS 'x'`, batch: `DROP SEQUENCE q`},
		{name: "sequence changed", setup: `CREATE SEQUENCE q AS smallint MAXVALUE 100`, batch: `ALTER SEQUENCE q AS bigint MAXVALUE 100000 INCREMENT 5 CACHE 7 CYCLE RESTART WITH 5000`},
		{name: "sequence renamed and moved", setup: `CREATE SCHEMA s; CREATE SEQUENCE q; CREATE TABLE t (a int DEFAULT nextval('q'))`, batch: `ALTER SEQUENCE q RENAME TO q2; ALTER SEQUENCE q2 SET SCHEMA s`, ways: "-"},
		{name: "sequence owned", setup: `CREATE SEQUENCE q; CREATE TABLE t (a int)`, batch: `ALTER SEQUENCE q OWNED BY t.a`, ways: "-"},
		{name: "sequence disowned", setup: `CREATE TABLE t (a serial)`, batch: `ALTER SEQUENCE t_a_seq OWNED BY NONE`, ways: "-"},
		{name: "sequence of another table's default", setup: `CREATE TABLE t (a serial, b int); CREATE TABLE u (a int DEFAULT nextval('t_a_seq'))`, batch: `ALTER TABLE t DROP b`, ways: "public.t rebuilt"},
		{name: "serial widened", setup: `CREATE TABLE t (a serial PRIMARY KEY)`, batch: `ALTER TABLE t ALTER a TYPE bigint; ALTER SEQUENCE t_a_seq AS bigint`, ways: "public.t put back"},
		{name: "serial made identity", setup: `CREATE TABLE t (a serial PRIMARY KEY)`, batch: `ALTER TABLE t ALTER a DROP DEFAULT; DROP SEQUENCE t_a_seq; ALTER TABLE t ALTER a ADD GENERATED ALWAYS AS IDENTITY`, ways: "public.t in place"},
		{name: "identity dropped", setup: `CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 3))`, batch: `ALTER TABLE t ALTER a DROP IDENTITY`, ways: "public.t in place"},
		{name: "identity changed", setup: `CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY)`, batch: `ALTER TABLE t ALTER a SET GENERATED BY DEFAULT SET INCREMENT BY 10; ALTER SEQUENCE t_a_seq RENAME TO other`, ways: "public.t in place"},
		{name: "identity rebuilt", setup: `CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY (START 10), b int); INSERT INTO t (b) VALUES (1)`, batch: `ALTER TABLE t DROP b`, ways: "public.t rebuilt"},
		{name: "index made", setup: people, batch: `CREATE INDEX i ON people (lower(name)) WHERE age > 3`, ways: "-", objects: []string{"index public.i dropped"}},
		{name: "index dropped", setup: people + `CREATE UNIQUE INDEX i ON people USING btree (name DESC NULLS LAST) INCLUDE (age) WITH (fillfactor = 50); COMMENT ON INDEX i IS 'x'`, batch: `DROP INDEX i`, ways: "-", objects: []string{"index public.i brought back"}},
		{name: "index renamed", setup: people + `CREATE INDEX i ON people (name)`, batch: `ALTER INDEX i RENAME TO j; CREATE INDEX i ON people (age)`, ways: "-"},
		{name: "index changed", setup: people + `CREATE INDEX i ON people (name)`, batch: `ALTER INDEX i SET (fillfactor = 50)`, ways: "-"},
		{name: "constraint made", setup: people, batch: `ALTER TABLE people ADD CONSTRAINT c CHECK (age < 200), ADD UNIQUE (name)`, ways: "-"},
		{name: "constraint dropped", setup: people + `ALTER TABLE people ADD CONSTRAINT c CHECK (age < 200) NOT VALID, ADD CONSTRAINT u UNIQUE (name) DEFERRABLE; COMMENT ON CONSTRAINT u ON people IS 'x'`, batch: `ALTER TABLE people DROP CONSTRAINT c, DROP CONSTRAINT u`, ways: "-"},
		{name: "constraint renamed", setup: people + `ALTER TABLE people ADD CONSTRAINT c CHECK (age < 200)`, batch: `ALTER TABLE people RENAME CONSTRAINT c TO d; ALTER TABLE people RENAME CONSTRAINT people_pkey TO pk`, ways: "-"},
		{name: "constraint validated", setup: people + `ALTER TABLE people ADD CONSTRAINT c CHECK (age < 200) NOT VALID`, batch: `ALTER TABLE people VALIDATE CONSTRAINT c`, ways: "-"},
		{name: "foreign key changed", setup: people + `CREATE TABLE o (p int CONSTRAINT f REFERENCES people ON DELETE CASCADE)`, batch: `ALTER TABLE o ALTER CONSTRAINT f DEFERRABLE INITIALLY DEFERRED`, ways: "-"},
		{name: "unique key that others reference dropped", setup: people + `ALTER TABLE people ADD CONSTRAINT u UNIQUE (name); CREATE TABLE o (n text REFERENCES people (name)); INSERT INTO o VALUES ('Ann')`, batch: `ALTER TABLE people DROP CONSTRAINT u CASCADE`, ways: "-"},
		{name: "exclusion constraint", setup: `CREATE TABLE t (r int4range, EXCLUDE USING gist (r WITH &&)); INSERT INTO t VALUES ('[1,2)')`, batch: `ALTER TABLE t DROP CONSTRAINT t_r_excl`, ways: "-"},
		{name: "trigger made", setup: people, batch: `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t AFTER INSERT OR UPDATE OF name ON people FOR EACH ROW WHEN (NEW.age > 1) EXECUTE FUNCTION f()`, ways: "-"},
		{name: "trigger dropped", setup: trigger + `COMMENT ON TRIGGER stamp ON people IS 'x'; ALTER TABLE people DISABLE TRIGGER stamp`, batch: `DROP TRIGGER stamp ON people; DROP FUNCTION stamp()`, ways: "-"},
		{name: "trigger disabled", setup: trigger, batch: `ALTER TABLE people DISABLE TRIGGER stamp`, ways: "-"},
		{name: "trigger enabled", setup: trigger + `ALTER TABLE people DISABLE TRIGGER stamp`, batch: `ALTER TABLE people ENABLE ALWAYS TRIGGER stamp`, ways: "-"},
		{name: "trigger renamed", setup: trigger, batch: `ALTER TRIGGER stamp ON people RENAME TO other`, ways: "-"},
		{name: "trigger's function replaced", setup: trigger, batch: `CREATE OR REPLACE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := 'new'; RETURN NEW; END $$`, ways: "-"},
		{name: "trigger does not fire while rows come back", setup: trigger, batch: `ALTER TABLE people DROP age`, ways: "public.people put back"},
		{name: "constraint trigger", setup: people + `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE CONSTRAINT TRIGGER c AFTER INSERT ON people DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f()`, batch: `DROP TRIGGER c ON people`, ways: "-"},
		{name: "rule", setup: people + `CREATE RULE r AS ON DELETE TO people DO INSTEAD NOTHING; COMMENT ON RULE r ON people IS 'x'`, batch: `DROP RULE r ON people; CREATE RULE s AS ON UPDATE TO people DO ALSO NOTHING`, ways: "-"},
		{name: "rule renamed", setup: people + `CREATE RULE r AS ON DELETE TO people DO INSTEAD NOTHING`, batch: `ALTER RULE r ON people RENAME TO s; ALTER TABLE people DISABLE RULE s`, ways: "-"},
		{name: "policy", setup: people + `CREATE POLICY p ON people FOR SELECT TO PUBLIC USING (age > 1); COMMENT ON POLICY p ON people IS 'x'`, batch: `DROP POLICY p ON people; CREATE POLICY q ON people AS RESTRICTIVE WITH CHECK (true)`, ways: "-"},
		{name: "policy changed and renamed", setup: people + `CREATE POLICY p ON people FOR SELECT TO PUBLIC USING (age > 1)`, batch: `ALTER POLICY p ON people USING (age > 2); ALTER POLICY p ON people RENAME TO q`, ways: "-"},
		{name: "statistics", setup: people + `CREATE STATISTICS st (ndistinct) ON name, age FROM people; ALTER STATISTICS st SET STATISTICS 77; COMMENT ON STATISTICS st IS 'x'`, batch: `DROP STATISTICS st; CREATE STATISTICS st2 ON id, age FROM people`, ways: "-"},
		{name: "statistics renamed", setup: people + `CREATE STATISTICS st (ndistinct) ON name, age FROM people; CREATE SCHEMA s`, batch: `ALTER STATISTICS st RENAME TO su; ALTER STATISTICS su SET SCHEMA s; ALTER STATISTICS s.su SET STATISTICS 5`, ways: "-"},
	})
}

func TestViewsAndFunctions(t *testing.T) {
	const stacked = people + `CREATE VIEW v AS SELECT id, name FROM people; CREATE VIEW w AS SELECT name FROM v; CREATE MATERIALIZED VIEW m AS SELECT * FROM w; CREATE INDEX mi ON m (name); COMMENT ON COLUMN v.id IS 'key'; GRANT SELECT ON v TO PUBLIC; GRANT SELECT (name) ON w TO PUBLIC; ALTER VIEW w ALTER name SET DEFAULT 'd';`
	runExamples(t, []example{
		{name: "view made", setup: people, batch: `CREATE VIEW v AS SELECT * FROM people`, ways: "-", objects: []string{"view public.v dropped"}},
		{name: "view dropped", setup: stacked, batch: `DROP VIEW v CASCADE`, ways: "-", objects: []string{"view public.v brought back", "view public.w brought back"}},
		{name: "view replaced", setup: stacked, batch: `CREATE OR REPLACE VIEW v AS SELECT id, upper(name) AS name, age FROM people; REFRESH MATERIALIZED VIEW m`, ways: "-"},
		{name: "view renamed", setup: stacked, batch: `ALTER VIEW v RENAME TO v2; ALTER VIEW w RENAME TO v`, ways: "-"},
		{name: "view's column renamed", setup: stacked, batch: `ALTER VIEW v RENAME name TO title`, ways: "-"},
		{name: "view's options", setup: stacked, batch: `ALTER VIEW v SET (security_barrier = true)`, ways: "-"},
		{name: "view's default dropped", setup: stacked, batch: `ALTER VIEW w ALTER name DROP DEFAULT`, ways: "-"},
		{name: "views over a rebuilt table", setup: stacked, batch: `ALTER TABLE people DROP age`, ways: "public.people put back"},
		{name: "views over renamed columns", setup: stacked, batch: `ALTER TABLE people RENAME name TO label; ALTER TABLE people RENAME TO persons`, ways: "public.people in place"},
		{name: "view over an added column", setup: stacked, batch: `ALTER TABLE people ADD mail text; CREATE OR REPLACE VIEW v AS SELECT id, name, mail FROM people`, ways: "public.people in place"},
		{name: "view over a new table", setup: stacked, batch: `CREATE TABLE n (id int); CREATE OR REPLACE VIEW v AS SELECT id, 'x'::text AS name FROM n; REFRESH MATERIALIZED VIEW m`, ways: "public.n dropped"},
		{name: "recursive view and rules on it", setup: `CREATE RECURSIVE VIEW r (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3; CREATE RULE i AS ON INSERT TO r DO INSTEAD NOTHING`, batch: `DROP VIEW r`, ways: "-"},
		{name: "view with a trigger", setup: stacked + `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER vt INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f()`, batch: `DROP VIEW v CASCADE`, ways: "-"},
		{name: "materialized view made", setup: people, batch: `CREATE MATERIALIZED VIEW m AS SELECT * FROM people; CREATE INDEX ON m (name)`, ways: "-"},
		{name: "materialized view not populated", setup: people + `CREATE MATERIALIZED VIEW m AS SELECT * FROM people WITH NO DATA`, batch: `REFRESH MATERIALIZED VIEW m`, ways: "-"},
		{name: "materialized view renamed", setup: stacked, batch: `ALTER MATERIALIZED VIEW m RENAME TO n; ALTER INDEX mi RENAME TO m`, ways: "-"},
		{name: "view by primary key", setup: people + `CREATE VIEW g AS SELECT id, name, count(*) FROM people GROUP BY id`, batch: `DROP VIEW g; ALTER TABLE people DROP CONSTRAINT people_pkey`, ways: "-"},
		{name: "function made", batch: `CREATE FUNCTION f(a int, OUT b int) LANGUAGE sql AS 'SELECT a'; CREATE PROCEDURE p() LANGUAGE sql AS ''`},
		{name: "function dropped", setup: `CREATE FUNCTION f(a int DEFAULT 3, VARIADIC b text[] DEFAULT '{}') RETURNS TABLE (x int, y text) LANGUAGE sql STABLE STRICT SECURITY DEFINER COST 7 ROWS 9 SET search_path = public AS 'SELECT 1, ''q'''; COMMENT ON FUNCTION f IS 'x'; REVOKE ALL ON FUNCTION f FROM PUBLIC; CREATE PROCEDURE p(INOUT a int) LANGUAGE plpgsql AS 'BEGIN a := 1; END'`, batch: `DROP FUNCTION f; DROP PROCEDURE p`},
		{name: "function replaced", setup: `CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON FUNCTION f TO PUBLIC`, batch: `CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END'`},
		{name: "function's result changed", setup: `CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'`, batch: `DROP FUNCTION f; CREATE FUNCTION f(a int) RETURNS text LANGUAGE sql AS 'SELECT ''x'''`},
		{name: "function renamed over another", setup: `CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE SCHEMA s`, batch: `ALTER FUNCTION f RENAME TO g; ALTER FUNCTION g SET SCHEMA s; CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 2'`},
		{name: "function's body follows no rename", setup: people + `CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(name) FROM public.people'`, batch: `ALTER TABLE people RENAME name TO label; CREATE OR REPLACE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(label) FROM public.people'`, ways: "public.people in place"},
		{name: "atomic function follows a rename", setup: people + `CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(people.name) FROM people; END`, batch: `ALTER TABLE people RENAME name TO label`, ways: "public.people in place"},
		{name: "atomic function over a rebuilt table", setup: people + `CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(people.name) FROM people; END; CREATE VIEW v AS SELECT f()`, batch: `ALTER TABLE people DROP age`, ways: "public.people put back"},
		{name: "function of a row type", setup: people + `CREATE FUNCTION f(people) RETURNS SETOF people LANGUAGE sql AS 'SELECT $1'`, batch: `ALTER TABLE people DROP age`, ways: "public.people put back"},
		{name: "function used by default, check, index and policy", setup: `CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1'; CREATE TABLE t (a int DEFAULT f(1) CHECK (f(a) > 0)); INSERT INTO t VALUES (1); CREATE INDEX i ON t (f(a)); CREATE POLICY p ON t USING (f(a) > 1)`,
			batch: `DROP FUNCTION f CASCADE; CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 2'`, ways: "-"},
	})
}

func TestEnums(t *testing.T) {
	const mood = `CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); COMMENT ON TYPE mood IS 'how'; GRANT USAGE ON TYPE mood TO PUBLIC;
		CREATE TABLE t (id int PRIMARY KEY, m mood NOT NULL DEFAULT 'ok', all_of mood[] DEFAULT '{sad}', CHECK (m <> 'happy' OR id > 1)); INSERT INTO t (id, m) VALUES (1, 'sad'), (2, 'happy'), (3, DEFAULT);
		CREATE INDEX ti ON t (m) WHERE m > 'sad'; CREATE VIEW v AS SELECT m, count(*) FROM t WHERE m = 'ok' GROUP BY m; CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1';
		CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER tg BEFORE UPDATE OF m ON t FOR EACH ROW WHEN (NEW.m = 'ok') EXECUTE FUNCTION g(); CREATE POLICY p ON t USING (m = 'ok');
		COMMENT ON COLUMN t.m IS 'mood'; GRANT SELECT (m) ON t TO PUBLIC; `
	runExamples(t, []example{
		{name: "made", batch: `CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (a e, b e[])`, ways: "public.t dropped"},
		{name: "dropped", setup: `CREATE TYPE e AS ENUM ('a', 'it''s'); COMMENT ON TYPE e IS 'x'`, batch: `DROP TYPE e`},
		{name: "label added", setup: mood, batch: `ALTER TYPE mood ADD VALUE 'angry' BEFORE 'sad'`},
		{name: "label added and the table changed", setup: mood, batch: `ALTER TYPE mood ADD VALUE 'angry'; ALTER TABLE t ADD x mood; ALTER TABLE t DROP COLUMN all_of`, ways: "public.t rebuilt"},
		{name: "label added and a column added", setup: mood, batch: `ALTER TYPE mood ADD VALUE 'angry'; ALTER TABLE t ADD x mood`, ways: "public.t in place"},
		{name: "label used by later rows", setup: mood, batch: `ALTER TYPE mood ADD VALUE 'angry'`, since: `INSERT INTO t VALUES (9, 'angry')`, refused: "column m of public.t"},
		{name: "label renamed", setup: mood, batch: `ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'`},
		{name: "labels swapped", setup: mood, batch: `ALTER TYPE mood RENAME VALUE 'ok' TO 'x'; ALTER TYPE mood RENAME VALUE 'sad' TO 'ok'; ALTER TYPE mood RENAME VALUE 'x' TO 'sad'`},
		{name: "labels added and renamed", setup: mood, batch: `ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'; ALTER TYPE mood ADD VALUE 'angry'`, conflict: "both added and renamed"},
		{name: "type renamed and moved", setup: mood + `CREATE SCHEMA s`, batch: `ALTER TYPE mood RENAME TO feeling; ALTER TYPE feeling SET SCHEMA s`, ways: "-"},
		{name: "type replaced", setup: mood, batch: `DROP VIEW v; DROP FUNCTION f; DROP TABLE t; DROP TYPE mood; CREATE TYPE mood AS ENUM ('x')`, ways: "public.t brought back"},
		{name: "type of a column replaced by text", setup: `CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (a e); INSERT INTO t VALUES ('b')`, batch: `ALTER TABLE t ALTER a TYPE text; DROP TYPE e`, ways: "public.t rebuilt"},
		{name: "foreign key between enum columns", setup: `CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (a e PRIMARY KEY); CREATE TABLE u (a e REFERENCES t); INSERT INTO t VALUES ('a'); INSERT INTO u VALUES ('a')`, batch: `ALTER TYPE e ADD VALUE 'c'`},
		{name: "generated column", setup: `CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (a e, b boolean GENERATED ALWAYS AS (a = 'a') STORED)`, batch: `ALTER TYPE e ADD VALUE 'c'`, conflict: "generated column b"},
	})
}
