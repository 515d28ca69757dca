//go:build unix

package changes_test

import "testing"

func TestExtensionsUsed(t *testing.T) { runCases(t, "extensions in use", extensionUseCases) }

const extensionUse = `CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE SCHEMA other; CREATE TABLE t (id integer, name citext, h hstore); INSERT INTO t VALUES (1, 'A', 'a=>1'), (2, 'b', NULL); CREATE INDEX i ON t (name); `

var extensionUseCases = []change{
	{name: "created", setup: extensionUse, batch: "CREATE EXTENSION pg_trgm; CREATE INDEX x ON t USING gin ((name::text) gin_trgm_ops);"},
	{name: "created in another schema", setup: extensionUse, batch: "CREATE EXTENSION pg_trgm SCHEMA other; COMMENT ON EXTENSION pg_trgm IS 'mine';"},
	{name: "created twice, the second time if it does not exist", setup: extensionUse, batch: "CREATE EXTENSION pg_trgm; CREATE EXTENSION IF NOT EXISTS pg_trgm;"},
	{name: "created and dropped", setup: extensionUse, batch: "CREATE EXTENSION pg_trgm; DROP EXTENSION pg_trgm;", same: true},
	{name: "created with those that it needs", superuser: true, batch: "CREATE EXTENSION earthdistance CASCADE; CREATE TABLE t (p earth); INSERT INTO t VALUES (ll_to_earth(1, 2));"},
	{name: "dropped", setup: "CREATE EXTENSION pg_trgm;", batch: "DROP EXTENSION pg_trgm;"},
	{name: "dropped that has an older version", setup: "CREATE EXTENSION pg_trgm VERSION '1.5';", batch: "DROP EXTENSION pg_trgm;"},
	{name: "dropped with CASCADE", setup: extensionUse + "CREATE VIEW v AS SELECT name FROM t;", batch: "DROP EXTENSION citext CASCADE;"},
	{name: "dropped and created again", setup: "CREATE EXTENSION pg_trgm;", batch: "DROP EXTENSION pg_trgm; CREATE EXTENSION pg_trgm;", same: true},
	{name: "dropped and created in another schema", setup: "CREATE EXTENSION pg_trgm; CREATE SCHEMA other;", batch: "DROP EXTENSION pg_trgm; CREATE EXTENSION pg_trgm SCHEMA other;"},
	{name: "moved to another schema", superuser: true, setup: extensionUse, batch: "ALTER EXTENSION hstore SET SCHEMA other;"},
	{name: "moved to another schema, with all that uses it", superuser: true, setup: extensionUse + "CREATE VIEW v AS SELECT name = 'a' AS is_a, h -> 'a' AS a FROM t; CREATE INDEX j ON t USING gin (h);", batch: "ALTER EXTENSION citext SET SCHEMA other; ALTER EXTENSION hstore SET SCHEMA other;"},
	{name: "comment", setup: extensionUse, batch: "COMMENT ON EXTENSION citext IS 'mine'; COMMENT ON EXTENSION hstore IS NULL;"},
	{name: "updated", setup: "CREATE EXTENSION pg_trgm VERSION '1.5';", batch: "ALTER EXTENSION pg_trgm UPDATE TO '1.6';", refused: "pg_trgm"},
	{name: "its schema renamed", setup: "CREATE SCHEMA other; CREATE EXTENSION hstore SCHEMA other; CREATE TABLE t (h other.hstore); INSERT INTO t VALUES ('a=>1');", batch: "ALTER SCHEMA other RENAME TO ext;"},
	{name: "its objects left alone", setup: extensionUse, batch: "ALTER TABLE t DROP COLUMN id; CREATE FUNCTION f(citext, hstore) RETURNS citext LANGUAGE sql AS 'SELECT $1';"},
	{name: "a column of its type dropped", setup: extensionUse, batch: "ALTER TABLE t DROP COLUMN name, DROP COLUMN h;"},
	{name: "a column of its type retyped", setup: extensionUse, batch: "ALTER TABLE t ALTER COLUMN name TYPE text, ALTER COLUMN h TYPE jsonb USING h::jsonb;"},
	{name: "a column made of its type", setup: extensionUse + "ALTER TABLE t ADD COLUMN plain text DEFAULT 'Z';", batch: "ALTER TABLE t ALTER COLUMN plain TYPE citext;"},
	{name: "a member's privileges", setup: "CREATE EXTENSION pg_trgm;", batch: "REVOKE EXECUTE ON FUNCTION similarity(text, text) FROM PUBLIC;", superuser: true, refused: "pg_trgm"},
	{name: "a member taken out", superuser: true, setup: "CREATE EXTENSION pg_trgm;", batch: "ALTER EXTENSION pg_trgm DROP FUNCTION similarity(text, text);", refused: "pg_trgm"},
	{name: "a member put in", superuser: true, setup: "CREATE EXTENSION pg_trgm; CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1';", batch: "ALTER EXTENSION pg_trgm ADD FUNCTION mine();", refused: "pg_trgm"},
	{name: "that only a superuser may create, dropped by its owner", admin: "CREATE EXTENSION pageinspect;", batch: "DROP EXTENSION pageinspect;", superuser: true},
}
