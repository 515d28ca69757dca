package revert_test

import "testing"

func TestDrift(t *testing.T) {
	const two = people + `CREATE TABLE pets (id int PRIMARY KEY, owner int REFERENCES people, kind text); INSERT INTO pets VALUES (1, 1, 'cat'); CREATE VIEW v AS SELECT name FROM people;
		CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1'; CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE SEQUENCE q; CREATE SCHEMA s; `
	const added = `ALTER TABLE people ADD phone text`
	const dropped = `ALTER TABLE people DROP note`
	survives := func(name, batch, since, ways string, drift ...string) example {
		return example{name: name, setup: two, batch: batch, since: since, expect: since, ways: ways, drift: drift}
	}
	clash := func(name, batch, since, conflict string) example {
		return example{name: name, setup: two, batch: batch, since: since, conflict: conflict}
	}
	runExamples(t, []example{
		survives("rows of another table", added, `UPDATE pets SET kind = 'dog'; INSERT INTO pets VALUES (2, 2, 'cow')`, "public.people in place"),
		survives("index on an altered table", added, `CREATE INDEX hand ON people (name)`, "public.people in place", "index public.hand was made"),
		{name: "index on a renamed table", setup: two, batch: `ALTER TABLE people RENAME TO persons`, since: `CREATE INDEX hand ON persons (name)`, expect: `CREATE INDEX hand ON people (name)`, drift: []string{"index public.hand was made"}},
		survives("index on a rebuilt table", dropped, `CREATE INDEX hand ON people (name)`, "public.people put back"),
		survives("index, constraint, trigger, policy, rule, statistics and default on a rebuilt table", dropped, `CREATE INDEX hand ON people (name); ALTER TABLE people ADD CHECK (age > 0), ALTER name SET DEFAULT 'x', ADD UNIQUE (name);
			CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION tf(); CREATE POLICY p ON people USING (age > 1);
			CREATE RULE r AS ON DELETE TO people DO INSTEAD NOTHING; CREATE STATISTICS st ON name, age FROM people; COMMENT ON INDEX hand IS 'made by hand'`, "public.people put back"),
		survives("view over a rebuilt table", dropped, `CREATE VIEW hand AS SELECT age FROM people; GRANT SELECT ON hand TO PUBLIC; COMMENT ON VIEW hand IS 'x'`, "public.people put back"),
		survives("materialized view over a rebuilt table", dropped, `CREATE MATERIALIZED VIEW hand AS SELECT age FROM people; CREATE INDEX hi ON hand (age)`, "public.people put back"),
		survives("foreign key to a rebuilt table", dropped, `CREATE TABLE hand (p int REFERENCES people); INSERT INTO hand VALUES (2)`, "public.people put back"),
		survives("function over a rebuilt table", dropped, `CREATE FUNCTION hand() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(name) FROM people; END`, "public.people put back"),
		survives("table made", added, `CREATE TABLE hand (id serial PRIMARY KEY)`, "public.people in place", "table public.hand was made"),
		survives("table dropped", added, `DROP TABLE pets`, "public.people in place", "table public.pets was dropped"),
		survives("table altered", added, `ALTER TABLE pets ADD x int, DROP kind`, "public.people in place", "table public.pets: "),
		survives("table renamed", added, `ALTER TABLE pets RENAME TO beasts`, "public.people in place", "table public.beasts: its name was changed"),
		survives("referencing table renamed, rebuilt table referenced", dropped, `CREATE TABLE hand (id int); ALTER TABLE hand RENAME TO hand2`, "public.people put back"),
		survives("view made, replaced function, label, sequence and schema", added, `CREATE VIEW hv AS SELECT * FROM pets; CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1'; ALTER TYPE mood ADD VALUE 'new'; ALTER SEQUENCE q INCREMENT 7; CREATE SCHEMA hs; ALTER SCHEMA s RENAME TO s9`, "public.people in place"),
		survives("view replaced", added, `CREATE OR REPLACE VIEW v AS SELECT name, age FROM people`, "public.people in place", "view public.v: its"),
		survives("view dropped", added, `DROP VIEW v`, "public.people in place", "view public.v was dropped"),
		survives("index dropped by hand", added, `ALTER TABLE pets DROP CONSTRAINT pets_owner_fkey`, "public.people in place", "constraint pets_owner_fkey ON public.pets was dropped"),
		survives("extension made", added, `CREATE EXTENSION citext`, "public.people in place"),
		survives("comment and privileges on an altered table", added, `COMMENT ON TABLE people IS 'hand'; GRANT SELECT ON people TO PUBLIC; COMMENT ON COLUMN people.age IS 'y'; GRANT UPDATE (name) ON people TO PUBLIC`, "public.people in place", "table public.people: its"),
		survives("comment and privileges on a rebuilt table", dropped, `COMMENT ON TABLE people IS 'hand'; GRANT SELECT ON people TO PUBLIC; COMMENT ON COLUMN people.age IS 'y'; GRANT UPDATE (name) ON people TO PUBLIC`, "public.people put back"),
		survives("column settings on an altered table", added, `ALTER TABLE people ALTER name SET STATISTICS 9`, "public.people in place"),
		survives("comment on a replaced function", `CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2'`, `COMMENT ON FUNCTION f IS 'x'; REVOKE ALL ON FUNCTION f FROM PUBLIC`, "-"),
		survives("comment on a replaced view", `CREATE OR REPLACE VIEW v AS SELECT name, id FROM people`, `COMMENT ON VIEW v IS 'x'`, "-"),
		{name: "column added to an altered table", setup: two, batch: added, since: `ALTER TABLE people ADD hand int DEFAULT 4`, expect: `ALTER TABLE people ADD hand int DEFAULT 4`, ways: "public.people in place"},
		{name: "comment on what the batch made", setup: two, batch: `CREATE TABLE n (a int)`, since: `COMMENT ON TABLE n IS 'x'; GRANT SELECT ON n TO PUBLIC`, ways: "public.n dropped"},
		{name: "taken back by hand", setup: two, batch: added, since: `ALTER TABLE people DROP phone`, ways: "-"},
		{name: "renamed back by hand", setup: two, batch: `ALTER TABLE people RENAME TO x`, since: `ALTER TABLE x RENAME TO people`, ways: "-"},
		{name: "the batch's table dropped by hand", setup: two, batch: `CREATE TABLE n (a int)`, since: `DROP TABLE n`, ways: "-"},
		{name: "drift in a schema that the batch renamed", setup: two, batch: `ALTER SCHEMA s RENAME TO s2`, since: `CREATE TABLE s2.hand (a int)`, expect: `CREATE TABLE s.hand (a int)`},
		{name: "drift's view over renamed columns", setup: two, batch: `ALTER TABLE people RENAME name TO label`, since: `CREATE VIEW hand AS SELECT label FROM people`, expect: `CREATE VIEW hand AS SELECT name AS label FROM people`},
		{name: "table renamed by hand while a view on it is the batch's", setup: two, batch: `CREATE VIEW n AS SELECT * FROM pets`, since: `ALTER TABLE pets RENAME TO beasts`, expect: `ALTER TABLE pets RENAME TO beasts`, ways: "-"},

		{name: "rows changed, comment since", setup: two, batch: `UPDATE people SET age = 1`, changed: []string{"public.people"}, since: `COMMENT ON TABLE people IS 'hand'; INSERT INTO pets VALUES (7, 2, 'x')`, expect: `COMMENT ON TABLE people IS 'hand'; INSERT INTO pets VALUES (7, 2, 'x')`, ways: "public.people corrected"},
		{name: "rows changed, column added since", setup: two, batch: `UPDATE people SET age = 1`, changed: []string{"public.people"}, since: `ALTER TABLE people ADD hand int`, conflict: "has to be refilled (the batch changed its rows), and its column hand's type was changed since"},

		{name: "key that fits", setup: `CREATE TABLE k (id int PRIMARY KEY, a text); INSERT INTO k VALUES (1, 'x')`, batch: `ALTER TABLE k ALTER id TYPE text`, since: `INSERT INTO k VALUES ('7', 'y')`, expect: `INSERT INTO k VALUES (7, 'y')`, ways: "public.k put back"},

		{name: "child of a table that the batch attached and detached", setup: `CREATE TABLE q (k int PRIMARY KEY, v int) PARTITION BY LIST (k); CREATE TABLE q1 (k int NOT NULL, v int)`,
			batch: `ALTER TABLE q ATTACH PARTITION q1 FOR VALUES IN (1); ALTER TABLE q DETACH PARTITION q1`, since: `CREATE TABLE c () INHERITS (q1)`, conflict: "constraint q1_pkey ON public.q1 has to be dropped, and the server cannot while table public.c inherits from public.q1"},
		{name: "sequence whose name a type took", setup: two, batch: `DROP SEQUENCE q`, since: `CREATE TYPE q AS ENUM ('x')`, expect: `CREATE TYPE q AS ENUM ('x')`},
		{name: "check whose name a NOT NULL took", from: 180000, setup: two + `ALTER TABLE people ADD CONSTRAINT k CHECK (age > 0)`, batch: `ALTER TABLE people RENAME CONSTRAINT k TO z`, since: `ALTER TABLE people RENAME CONSTRAINT people_id_not_null TO k`,
			conflict: "constraint k ON public.people and the NOT NULL of column id would have the same name"},

		clash("same column renamed twice", `ALTER TABLE people RENAME name TO x`, `ALTER TABLE people RENAME x TO y`, "name was changed by the batch, and again since"),
		clash("same table renamed twice", `ALTER TABLE people RENAME TO x`, `ALTER TABLE x RENAME TO y`, "name was changed by the batch, and again since"),
		clash("same function replaced twice", `CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'`, `CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2'`, "definition was changed by the batch"),
		clash("same view replaced twice", `CREATE OR REPLACE VIEW v AS SELECT name, id FROM people`, `CREATE OR REPLACE VIEW v AS SELECT name, id, age FROM people`, "view public.v"),
		clash("same comment", `COMMENT ON TABLE pets IS 'a'`, `COMMENT ON TABLE pets IS 'b'`, "comment was changed by the batch"),
		clash("same privileges", `GRANT SELECT ON pets TO PUBLIC`, `GRANT UPDATE ON pets TO PUBLIC`, "privileges"),
		clash("same enum", `ALTER TYPE mood ADD VALUE 'a'`, `ALTER TYPE mood ADD VALUE 'b'`, "enum public.mood"),
		clash("same sequence", `ALTER SEQUENCE q INCREMENT 2`, `ALTER SEQUENCE q INCREMENT 3`, "sequence public.q"),
		clash("changed by the batch, dropped since", added, `DROP VIEW v; DROP TABLE people CASCADE`, "dropped since"),
		clash("made by the batch, altered since", `CREATE TABLE n (a int)`, `ALTER TABLE n ADD b int`, "was made by the batch"),
		clash("view over an added column", added, `CREATE VIEW hand AS SELECT phone FROM people`, "view public.hand depends on column phone of public.people"),
		clash("index on an added column", added, `CREATE INDEX hand ON people (phone)`, "index public.hand depends on column phone"),
		clash("view over a new table", `CREATE TABLE n (a int)`, `CREATE VIEW hand AS SELECT * FROM n`, "view public.hand depends on column a of public.n"),
		clash("foreign key to a new table", `CREATE TABLE n (a int PRIMARY KEY); INSERT INTO n VALUES (1)`, `ALTER TABLE pets ADD FOREIGN KEY (owner) REFERENCES n`, "depends on column a of public.n"),
		clash("table in a new schema", `CREATE SCHEMA n`, `CREATE TABLE n.hand (a int)`, "table n.hand depends on schema n"),
		clash("column of a new enum", `CREATE TYPE n AS ENUM ('a')`, `ALTER TABLE pets ADD hand n`, "table public.pets depends on enum public.n"),
		clash("column of a new enum in a new table", `CREATE TYPE n AS ENUM ('a')`, `CREATE TABLE hand (a n)`, "table public.hand depends on enum public.n"),
		clash("default by a new sequence", `CREATE SEQUENCE n`, `ALTER TABLE pets ALTER id SET DEFAULT nextval('n')`, "depends on sequence public.n"),
		clash("trigger by a new function", `CREATE FUNCTION n() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`, `CREATE TRIGGER hand BEFORE INSERT ON pets FOR EACH ROW EXECUTE FUNCTION n()`, "depends on function public.n()"),
		clash("view over a column that a replaced view gained", `CREATE OR REPLACE VIEW v AS SELECT name, id FROM people`, `CREATE VIEW hand AS SELECT id FROM v`, "view public.hand depends on column id of public.v"),
		clash("name taken since", `DROP VIEW v`, `CREATE VIEW v AS SELECT 1 AS one`, "would have the same name"),
		clash("name of a table taken since", `DROP TABLE pets`, `CREATE TABLE pets (a int)`, "would have the same name"),
		clash("name of an index taken since", `ALTER TABLE pets DROP CONSTRAINT pets_pkey`, `CREATE INDEX pets_pkey ON people (name)`, "would have the same name"),
		clash("name of a column taken since", `ALTER TABLE pets RENAME kind TO sort`, `ALTER TABLE pets ADD kind int`, "would have the same name"),
		clash("column added to a table that has to be rebuilt", dropped, `ALTER TABLE people ADD hand int`, "has to be rebuilt"),
		clash("what is needed was dropped since", `ALTER TABLE pets DROP CONSTRAINT pets_owner_fkey`, `DROP VIEW v; DROP TABLE people`, "depends on column id of public.people, which was dropped since"),
		clash("what is needed was renamed since", `DROP VIEW v`, `ALTER TABLE people RENAME TO persons`, "was renamed or moved since"),
		clash("column of what is needed was dropped since", `DROP VIEW v`, `ALTER TABLE people DROP name`, "depends on column name of public.people, which was dropped since"),
		clash("type of a column changed twice", `DROP VIEW v; ALTER TABLE people ALTER name TYPE varchar(99)`, `ALTER TABLE people ALTER name TYPE varchar(98)`, "type was changed by the batch"),
		clash("added column renamed since", added, `ALTER TABLE people RENAME phone TO hand`, "was changed by the batch, and again since"),
		clash("renamed column dropped since", `ALTER TABLE people RENAME note TO remark`, `ALTER TABLE people DROP remark`, "was changed by the batch, and again since"),
	})
}
