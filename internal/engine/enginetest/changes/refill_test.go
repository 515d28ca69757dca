//go:build unix

package changes_test

import "testing"

// A table whose rows a batch changed keeps its place: it is emptied and filled
// from the kept rows, whatever would interfere with that.
func TestRefill(t *testing.T) { runCases(t, "refill", refillCases) }

const refillBase = `CREATE TABLE t (id integer PRIMARY KEY, n integer, name text DEFAULT 'x');
	INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b'), (3, NULL, 'c');
	CREATE TABLE log (what text); INSERT INTO log VALUES ('begin');
	CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log VALUES (TG_NAME || ' ' || TG_OP); RETURN NEW; END $$;
	CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', TG_OP; END $$; `

const rewritten = `UPDATE t SET n = coalesce(n, 0) + 1, name = upper(name); DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (9, 9, 'new'); `

var refillCases = []change{
	{name: "rows changed", setup: refillBase, batch: rewritten},
	{name: "truncated", setup: refillBase, batch: `TRUNCATE t;`},
	{name: "rows of an empty table", setup: `CREATE TABLE e (a int);`, batch: `INSERT INTO e VALUES (1), (1);`},
	{name: "rows of a table without columns", setup: `CREATE TABLE e (); INSERT INTO e DEFAULT VALUES;`, batch: `INSERT INTO e DEFAULT VALUES;`},
	{name: "duplicate rows without a key", setup: `CREATE TABLE e (a int, b text); INSERT INTO e VALUES (1, 'x'), (1, 'x'), (NULL, NULL), (NULL, NULL);`, batch: `DELETE FROM e WHERE a = 1; INSERT INTO e VALUES (NULL, NULL);`},
	{name: "with a column added", setup: refillBase, batch: `ALTER TABLE t ADD x int NOT NULL DEFAULT 5;` + rewritten},
	{name: "with a column renamed", setup: refillBase, batch: rewritten + `ALTER TABLE t RENAME name TO label;`},
	{name: "with the table renamed and another in its place", setup: refillBase, batch: rewritten + `ALTER TABLE t RENAME TO t_old; CREATE TABLE t (id int); INSERT INTO t VALUES (1);`},
	{name: "with key and index dropped", setup: refillBase + `CREATE UNIQUE INDEX u ON t (name);`, batch: `ALTER TABLE t DROP CONSTRAINT t_pkey; DROP INDEX u; INSERT INTO t SELECT * FROM t;`},
	{name: "with NOT NULL dropped", setup: refillBase + `ALTER TABLE t ALTER name SET NOT NULL;`, batch: `ALTER TABLE t ALTER name DROP NOT NULL; UPDATE t SET name = NULL;`},
	{name: "with a check dropped", setup: refillBase + `ALTER TABLE t ADD CONSTRAINT c CHECK (id < 5);`, batch: `ALTER TABLE t DROP CONSTRAINT c;` + rewritten},
	{name: "with a label added and used", setup: `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE m (id int PRIMARY KEY, f mood, g mood[]); INSERT INTO m VALUES (1, 'sad', '{ok,sad}'); CREATE INDEX mi ON m (f);`,
		batch: `ALTER TYPE mood RENAME TO mood_old; CREATE TYPE mood AS ENUM ('sad', 'ok', 'great'); ALTER TABLE m ALTER f TYPE mood USING f::text::mood, ALTER g TYPE mood[] USING g::text[]::mood[]; DROP TYPE mood_old; UPDATE m SET f = 'great';`},
	{name: "views and materialized views stay", setup: refillBase + `CREATE VIEW v AS SELECT id, name FROM t; CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM t;`, batch: rewritten},

	{name: "triggers do not fire", setup: refillBase + `CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION note(); CREATE TRIGGER b AFTER TRUNCATE ON t EXECUTE FUNCTION note(); CREATE TRIGGER c AFTER INSERT OR DELETE ON t EXECUTE FUNCTION note();`, batch: rewritten},
	{name: "triggers of every state", setup: refillBase + `CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION note(); CREATE TRIGGER b BEFORE TRUNCATE ON t EXECUTE FUNCTION never(); CREATE TRIGGER c AFTER INSERT ON t EXECUTE FUNCTION never(); CREATE TRIGGER "D d" AFTER DELETE ON t EXECUTE FUNCTION note();
		ALTER TABLE t ENABLE ALWAYS TRIGGER a; ALTER TABLE t ENABLE REPLICA TRIGGER b; ALTER TABLE t DISABLE TRIGGER c;`, batch: rewritten},
	{name: "constraint trigger", setup: refillBase + `CREATE CONSTRAINT TRIGGER a AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.id < 9) EXECUTE FUNCTION never();`, batch: rewritten},
	{name: "trigger dropped by the batch", setup: refillBase + `CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION note(); ALTER TABLE t DISABLE TRIGGER a;`, batch: `DROP TRIGGER a ON t;` + rewritten},
	{name: "trigger made by the batch", setup: refillBase, batch: rewritten + `CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION never();`},
	{name: "trigger switched off by the batch", setup: refillBase + `CREATE TRIGGER a BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION never();`, batch: `ALTER TABLE t DISABLE TRIGGER a;` + rewritten},

	{name: "rules do not rewrite", setup: refillBase + `CREATE RULE r1 AS ON INSERT TO t WHERE NEW.id < 9 DO INSTEAD NOTHING; CREATE RULE r2 AS ON DELETE TO t DO ALSO INSERT INTO log VALUES ('deleted');`, batch: rewritten},
	{name: "rules of every state", setup: refillBase + `CREATE RULE r1 AS ON INSERT TO t DO INSTEAD INSERT INTO log VALUES ('1'); CREATE RULE r2 AS ON INSERT TO t DO ALSO INSERT INTO log VALUES ('2'); CREATE RULE r3 AS ON INSERT TO t DO INSTEAD NOTHING;
		ALTER TABLE t DISABLE RULE r1; ALTER TABLE t ENABLE REPLICA RULE r3; ALTER TABLE t ENABLE ALWAYS RULE r2;`, batch: `UPDATE t SET n = 0;`},
	{name: "row security forced by who is not above it", setup: refillBase + `CREATE POLICY p ON t USING (true) WITH CHECK (id > 2);`, batch: rewritten + `ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`,
		refused: "row security hides rows of it from this role"},
	{name: "reading taken from the owner", setup: refillBase, batch: rewritten + `REVOKE SELECT ON t FROM @owner;`, refused: "its owner lost the privilege to read or lock it"},
	{name: "row security forced", setup: refillBase + `CREATE POLICY p ON t USING (true) WITH CHECK (id > 2);`, superuser: true, batch: rewritten + `ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`},
	{name: "row security forced all along", setup: refillBase + `CREATE POLICY p ON t USING (true) WITH CHECK (id > 2); ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`, superuser: true, batch: rewritten},
	{name: "row security not forced any more", setup: refillBase + `CREATE POLICY p ON t USING (true); ALTER TABLE t ENABLE ROW LEVEL SECURITY;`, batch: rewritten},
	{name: "privileges that the owner lacks", setup: refillBase + `GRANT SELECT ON t TO alice; REVOKE INSERT, TRUNCATE, DELETE ON t FROM "@owner";`, batch: `UPDATE t SET n = 1;`},

	{name: "foreign keys to it, and the owner may no longer refer to it", setup: refillBase + `CREATE TABLE c (t int CONSTRAINT f REFERENCES t ON DELETE CASCADE, x text); INSERT INTO c VALUES (1, 'x'), (2, 'y');`, batch: rewritten + `REVOKE REFERENCES, TRIGGER ON t FROM "@owner";`},
	{name: "foreign key from it to a table to which its owner may not refer", setup: refillBase + `CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (10), (20), (30); ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES p; REVOKE REFERENCES ON p FROM "@owner";`, batch: `ALTER TABLE t DROP CONSTRAINT f;`},
	{name: "foreign key from it", setup: refillBase + `CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (10), (20), (30); ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES p ON DELETE SET NULL ON UPDATE CASCADE; COMMENT ON CONSTRAINT f ON t IS 'f';`,
		batch: `UPDATE t SET n = 30; DELETE FROM p WHERE id < 30;`},
	{name: "foreign key to it", setup: refillBase + `CREATE TABLE c (t int CONSTRAINT f REFERENCES t ON DELETE CASCADE, x text); INSERT INTO c VALUES (1, 'x'), (2, 'y'), (2, 'y'), (NULL, NULL);`, batch: rewritten},
	{name: "foreign key to it, deferred", setup: refillBase + `CREATE TABLE c (t int REFERENCES t MATCH FULL DEFERRABLE INITIALLY DEFERRED, x text); INSERT INTO c VALUES (1, 'x'), (2, 'y');`, batch: `DELETE FROM c; DELETE FROM t; INSERT INTO t VALUES (7, 7, '7'); INSERT INTO c VALUES (7, '7');`},
	{name: "rows changed under a unique constraint, a column added", setup: `CREATE TABLE u (id int PRIMARY KEY, mail text UNIQUE, n int); INSERT INTO u VALUES (1, 'a', 1), (2, 'b', 2);`,
		batch: `UPDATE u SET n = n + 1; ALTER TABLE u ADD COLUMN x text, ADD COLUMN y int DEFAULT 7; UPDATE u SET x = mail;`},
	{name: "rows changed under a unique constraint, a column added and one renamed", setup: `CREATE TABLE u (id int PRIMARY KEY, mail text UNIQUE, n int); INSERT INTO u VALUES (1, 'a', 1), (2, 'b', 2);`,
		batch: `ALTER TABLE u ADD COLUMN x text; ALTER TABLE u RENAME mail TO email; UPDATE u SET email = upper(email), x = email;`},
	{name: "rows changed under an exclusion, an identity column added", setup: `CREATE TABLE u (id int PRIMARY KEY, mail text, n int, EXCLUDE (mail WITH =)); INSERT INTO u VALUES (1, 'a', 1), (2, 'b', 2);`,
		batch: `UPDATE u SET mail = mail || '.'; ALTER TABLE u ADD COLUMN x bigint GENERATED BY DEFAULT AS IDENTITY;`},
	{name: "foreign key to it that could write nothing", setup: `CREATE TABLE p (id int PRIMARY KEY, n int); INSERT INTO p VALUES (1, 1), (2, 2); CREATE TABLE c (p int GENERATED ALWAYS AS IDENTITY REFERENCES p ON DELETE SET NULL, x text); INSERT INTO c (x) VALUES ('x'), ('y');`,
		batch: `INSERT INTO p VALUES (7, 7); UPDATE p SET n = 3 WHERE id = 1;`},
	{name: "foreign key to it that could write nothing, rows only inserted", setup: `CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TABLE c (p int GENERATED ALWAYS AS IDENTITY REFERENCES p ON DELETE SET NULL, x text); INSERT INTO c (x) VALUES ('x');`,
		batch: `INSERT INTO p VALUES (7);`},
	{name: "foreign key whose equals became ambiguous", setup: `CREATE TYPE e AS ENUM ('a', 'b'); CREATE TYPE f AS ENUM ('a', 'b'); CREATE TABLE p (id e PRIMARY KEY, n int); INSERT INTO p VALUES ('a', 1); CREATE TABLE c (p e REFERENCES p, x text); INSERT INTO c VALUES ('a', 'x'); CREATE CAST (e AS text) WITH INOUT AS IMPLICIT;`,
		batch: `INSERT INTO p VALUES ('b', 2); UPDATE p SET n = 3;`, refused: "operator is not unique"},
	{name: "foreign key whose equals the batch makes ambiguous", setup: `CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE p (id e PRIMARY KEY, n int); INSERT INTO p VALUES ('a', 1); CREATE TABLE c (p e REFERENCES p, x text); INSERT INTO c VALUES ('a', 'x');`,
		batch: `INSERT INTO p VALUES ('b', 2); UPDATE p SET n = 3; CREATE CAST (e AS text) WITH INOUT AS IMPLICIT;`, refused: "operator is not unique"},
	{name: "foreign key whose equals the batch makes clear", setup: `CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE p (id e PRIMARY KEY, n int); INSERT INTO p VALUES ('a', 1); CREATE TABLE c (p e REFERENCES p, x text); INSERT INTO c VALUES ('a', 'x'); CREATE CAST (e AS text) WITH INOUT AS IMPLICIT;`,
		batch: `DROP CAST (e AS text); INSERT INTO p VALUES ('b', 2); UPDATE p SET n = 3; DELETE FROM c; DELETE FROM p WHERE id = 'a';`, refused: "operator is not unique"},
	{name: "foreign key that a cast leaves alone", setup: `CREATE TYPE e AS ENUM ('a', 'b'); CREATE TYPE y AS (n int); CREATE FUNCTION y(e) RETURNS y LANGUAGE sql AS $$ SELECT ROW(1)::y $$; CREATE CAST (e AS y) WITH FUNCTION y(e) AS IMPLICIT; CREATE TABLE p (id e PRIMARY KEY, n int); INSERT INTO p VALUES ('a', 1); CREATE TABLE c (p e REFERENCES p, x text); INSERT INTO c VALUES ('a', 'x');`,
		batch: `INSERT INTO p VALUES ('b', 2); UPDATE p SET n = 3;`},
	{name: "foreign key by an operator of an extension, beside a cast", setup: `CREATE EXTENSION ltree; CREATE TYPE e AS ENUM ('a'); CREATE CAST (e AS text) WITH INOUT AS IMPLICIT; CREATE TABLE p (id ltree PRIMARY KEY, n int); INSERT INTO p VALUES ('a', 1); CREATE TABLE c (p ltree REFERENCES p, x e); INSERT INTO c VALUES ('a', 'a');`,
		batch: `INSERT INTO p VALUES ('b', 2); UPDATE p SET n = 3;`},
	{name: "foreign key that is not valid", setup: refillBase + `CREATE TABLE c (t int, x text); INSERT INTO c VALUES (1, 'x'), (77, 'nobody'); ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (t) REFERENCES t NOT VALID;`, batch: `UPDATE t SET n = 5; DELETE FROM t WHERE id = 2;`},
	{name: "cyclic foreign keys", setup: refillBase + `CREATE TABLE u (id int PRIMARY KEY, t int REFERENCES t); INSERT INTO u VALUES (1, 1), (2, 2); UPDATE t SET n = NULL; UPDATE t SET n = 1 WHERE id = 1; ALTER TABLE t ADD FOREIGN KEY (n) REFERENCES u;`,
		batch: `UPDATE u SET t = 3; UPDATE t SET n = 2; INSERT INTO u VALUES (3, 3); DELETE FROM t WHERE id = 2;`},
	{name: "foreign key to itself", setup: refillBase + `UPDATE t SET n = NULL; UPDATE t SET n = 3 WHERE id = 1; ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES t ON DELETE CASCADE;`, batch: `DELETE FROM t WHERE id = 3; UPDATE t SET n = 2;`},
	{name: "foreign key dropped by the batch", setup: refillBase + `CREATE TABLE c (t int CONSTRAINT f REFERENCES t); INSERT INTO c VALUES (2);`, batch: `ALTER TABLE c DROP CONSTRAINT f;` + rewritten},
	{name: "foreign key made by the batch", setup: refillBase + `CREATE TABLE c (t int); INSERT INTO c VALUES (2), (99);`, batch: `DELETE FROM c WHERE t = 99; UPDATE t SET n = 1; ALTER TABLE c ADD FOREIGN KEY (t) REFERENCES t;`},

	{name: "check that is not valid, and rows that violate it", setup: refillBase + `ALTER TABLE t ADD CONSTRAINT c CHECK (n > 15) NOT VALID; COMMENT ON CONSTRAINT c ON t IS 'later';`, batch: `DELETE FROM t WHERE id = 1;`},
	{name: "check that the batch validated", setup: refillBase + `ALTER TABLE t ADD CONSTRAINT c CHECK (n > 15) NOT VALID;`, batch: `DELETE FROM t WHERE id = 1; ALTER TABLE t VALIDATE CONSTRAINT c;`},
	{name: "check by a function that the batch replaced", setup: refillBase + `CREATE FUNCTION good(int) RETURNS boolean LANGUAGE sql AS 'SELECT $1 < 100'; ALTER TABLE t ADD CONSTRAINT c CHECK (good(id));`, batch: `UPDATE t SET id = id + 90; CREATE OR REPLACE FUNCTION good(int) RETURNS boolean LANGUAGE sql AS 'SELECT $1 > 90';`},
	{name: "identity columns", setup: `CREATE TABLE i (id int GENERATED ALWAYS AS IDENTITY, d int GENERATED BY DEFAULT AS IDENTITY (START 5), x text); INSERT INTO i (x) VALUES ('a'), ('b');`, batch: `INSERT INTO i (x) VALUES ('c'); DELETE FROM i WHERE x = 'a';`},
	{name: "serial column", setup: `CREATE TABLE i (id serial PRIMARY KEY, x text); INSERT INTO i (x) VALUES ('a'), ('b');`, batch: `INSERT INTO i (x) VALUES ('c'); UPDATE i SET x = 'z';`},
	{name: "identity restarted by TRUNCATE", setup: `CREATE TABLE i (id int GENERATED ALWAYS AS IDENTITY, x text); INSERT INTO i (x) VALUES ('a'), ('b');`, batch: `TRUNCATE i RESTART IDENTITY; INSERT INTO i (x) VALUES ('c');`},
	{name: "generated columns", setup: `CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a * 2) STORED, c text); INSERT INTO g (a, c) VALUES (1, 'x'), (NULL, 'y'); CREATE INDEX gi ON g (b);`, batch: `UPDATE g SET a = 7;`},
	{name: "deferrable unique", setup: `CREATE TABLE d (a int UNIQUE DEFERRABLE INITIALLY DEFERRED, b int UNIQUE DEFERRABLE); INSERT INTO d VALUES (1, 2), (2, 1), (3, 3);`, batch: `UPDATE d SET a = 4 - a, b = b % 3 + 1;`},
	{name: "exclusion constraint", setup: `CREATE TABLE x (r int4range, EXCLUDE USING gist (r WITH &&) DEFERRABLE INITIALLY DEFERRED); INSERT INTO x VALUES ('[1,5)'), ('[5,9)');`, batch: `UPDATE x SET r = int4range(lower(r) + 100, upper(r) + 100);`},
	{name: "unlogged, with options and settings", setup: `CREATE UNLOGGED TABLE o (a int, b text) WITH (fillfactor = 50, autovacuum_enabled = off); ALTER TABLE o ALTER b SET STORAGE EXTERNAL; ALTER TABLE o REPLICA IDENTITY FULL; INSERT INTO o VALUES (1, repeat('x', 9000));`, batch: `UPDATE o SET a = 2, b = 'y';`},
	{name: "published", setup: refillBase + `CREATE PUBLICATION pub FOR TABLE t;`, batch: `DELETE FROM t;`, more: []string{`INSERT INTO t VALUES (5, 5, '5');`}},
	{name: "twice in one batch", setup: refillBase, batch: rewritten, more: []string{`UPDATE t SET n = 77; INSERT INTO t VALUES (10, 10, 'x');`, `DELETE FROM t;`}},
	{name: "rows of an extension's type", setup: `CREATE EXTENSION citext; CREATE TABLE z (a citext PRIMARY KEY); INSERT INTO z VALUES ('A'), ('b');`, batch: `UPDATE z SET a = a || 'x';`},
	{name: "of a type with privileges on it", setup: `CREATE TABLE z (a int); GRANT USAGE ON TYPE z TO alice; INSERT INTO z VALUES (1);`, batch: `UPDATE z SET a = 2;`},
}
