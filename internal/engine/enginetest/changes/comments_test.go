//go:build unix

package changes_test

import "testing"

func TestComments(t *testing.T) { runCases(t, "comments", commentCases) }

const commentBase = `CREATE SCHEMA s; CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT t_key PRIMARY KEY, n integer CONSTRAINT t_n CHECK (n > 0), name text);
	INSERT INTO t (n) VALUES (1), (2); CREATE INDEX i ON t (n); CREATE VIEW v AS SELECT n FROM t; CREATE MATERIALIZED VIEW m AS SELECT n FROM t; CREATE SEQUENCE q;
	CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
	CREATE PROCEDURE p() LANGUAGE sql AS ''; CREATE TRIGGER tg AFTER INSERT ON t EXECUTE FUNCTION g(); CREATE RULE r AS ON DELETE TO t DO ALSO NOTIFY x;
	CREATE POLICY po ON t; CREATE TYPE e AS ENUM ('a'); CREATE STATISTICS st ON id, n FROM t; `

const commentOnAll = `COMMENT ON SCHEMA s IS 'it''s \ "a"
	schema'; COMMENT ON TABLE t IS '%s $$'; COMMENT ON COLUMN t.n IS 'c'; COMMENT ON CONSTRAINT t_n ON t IS 'c'; COMMENT ON CONSTRAINT t_key ON t IS 'c';
	COMMENT ON INDEX t_key IS 'c'; COMMENT ON INDEX i IS 'c'; COMMENT ON VIEW v IS 'c'; COMMENT ON COLUMN v.n IS 'c'; COMMENT ON MATERIALIZED VIEW m IS 'c';
	COMMENT ON COLUMN m.n IS 'c'; COMMENT ON SEQUENCE q IS 'c'; COMMENT ON SEQUENCE t_id_seq IS 'c'; COMMENT ON FUNCTION f(integer) IS 'c'; COMMENT ON PROCEDURE p IS 'c';
	COMMENT ON TRIGGER tg ON t IS 'c'; COMMENT ON RULE r ON t IS 'c'; COMMENT ON POLICY po ON t IS 'c'; COMMENT ON TYPE e IS 'c'; COMMENT ON STATISTICS st IS 'c'; `

var commentCases = []change{
	{name: "on everything, made", setup: commentBase, batch: commentOnAll},
	{name: "on everything, dropped with it", setup: commentBase + commentOnAll, batch: "DROP TABLE t CASCADE; DROP SEQUENCE q; DROP FUNCTION f, g; DROP PROCEDURE p; DROP TYPE e; DROP SCHEMA s;"},
	{name: "on everything, renamed with it", setup: commentBase + commentOnAll, batch: "ALTER TABLE t RENAME TO u; ALTER VIEW v RENAME TO w; ALTER TABLE u RENAME n TO nn; ALTER SCHEMA s RENAME TO z; ALTER FUNCTION f(integer) RENAME TO ff;"},
	{name: "on a table changed", setup: commentBase + commentOnAll, batch: "COMMENT ON TABLE t IS 'other'; COMMENT ON COLUMN t.n IS 'other'; COMMENT ON COLUMN t.name IS 'new';"},
	{name: "on a table dropped", setup: commentBase + commentOnAll, batch: "COMMENT ON TABLE t IS NULL; COMMENT ON COLUMN t.n IS '';"},
	{name: "on a table set twice", setup: commentBase, batch: "COMMENT ON TABLE t IS 'one'; COMMENT ON TABLE t IS 'two';"},
	{name: "on a table set and dropped", setup: commentBase, batch: "COMMENT ON TABLE t IS 'one'; COMMENT ON TABLE t IS NULL;", same: true},
	{name: "on an identity's sequence dropped", setup: commentBase + commentOnAll, batch: "COMMENT ON SEQUENCE t_id_seq IS NULL; ALTER TABLE t ALTER id DROP IDENTITY;"},
	{name: "on a key's index changed", setup: commentBase + commentOnAll, batch: "COMMENT ON INDEX t_key IS 'other'; COMMENT ON CONSTRAINT t_key ON t IS NULL;"},
	{name: "on views' columns changed", setup: commentBase + commentOnAll, batch: "COMMENT ON COLUMN v.n IS NULL; COMMENT ON COLUMN m.n IS 'other';"},
	{name: "on a trigger, a rule and a policy changed", setup: commentBase + commentOnAll, batch: "COMMENT ON TRIGGER tg ON t IS NULL; COMMENT ON RULE r ON t IS 'other'; COMMENT ON POLICY po ON t IS NULL;"},
	{name: "on a schema changed", setup: commentBase + commentOnAll, batch: "COMMENT ON SCHEMA s IS NULL; COMMENT ON TYPE e IS NULL; COMMENT ON STATISTICS st IS 'other';"},
	{name: "on the database", setup: commentBase, batch: "DO $$BEGIN EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), 'x'); END$$;"},
	{name: "on a table's row type", setup: commentBase, batch: "COMMENT ON TYPE t IS 'the row type';"},
	{name: "on a role", superuser: true, batch: "COMMENT ON ROLE alice IS 'x';", refused: "outside any snapshot"},
}
