//go:build unix

package changes_test

import "testing"

func TestExtensions(t *testing.T) { runCases(t, "extensions", extensionCases) }

const extensionBase = `CREATE SCHEMA s; CREATE EXTENSION citext; COMMENT ON EXTENSION citext IS 'mine';
	CREATE TABLE t (id integer PRIMARY KEY, c citext, n text); INSERT INTO t VALUES (1, 'A', 'x'); CREATE VIEW v AS SELECT c FROM t; `

var extensionCases = []change{
	{name: "created", setup: extensionBase, batch: "CREATE EXTENSION hstore; CREATE TABLE h (h hstore);"},
	{name: "created in a schema", setup: extensionBase, batch: "CREATE EXTENSION hstore SCHEMA s; COMMENT ON EXTENSION hstore IS 'x';"},
	{name: "created with CASCADE", superuser: true, setup: extensionBase, batch: "CREATE EXTENSION earthdistance CASCADE;"},
	{name: "moved", superuser: true, setup: extensionBase, batch: "ALTER EXTENSION citext SET SCHEMA s;"},
	{name: "moved with its schema", setup: "CREATE SCHEMA e; CREATE EXTENSION citext SCHEMA e;", batch: "ALTER SCHEMA e RENAME TO f;"},
	{name: "comment", setup: extensionBase, batch: "COMMENT ON EXTENSION citext IS 'new';"},
	{name: "dropped", setup: "CREATE EXTENSION hstore VERSION '1.7'; CREATE EXTENSION citext;", batch: "DROP EXTENSION hstore, citext;"},
	{name: "dropped with CASCADE", setup: extensionBase, batch: "DROP EXTENSION citext CASCADE;"},
	{name: "dropped with its schema", setup: "CREATE SCHEMA e; CREATE EXTENSION citext SCHEMA e;", batch: "DROP SCHEMA e CASCADE;"},
	{name: "dropped and made elsewhere", setup: "CREATE SCHEMA s; CREATE EXTENSION citext;", batch: "DROP EXTENSION citext; CREATE EXTENSION citext SCHEMA s;"},
	{name: "made and dropped", same: true, setup: extensionBase, batch: "CREATE EXTENSION hstore; DROP EXTENSION hstore;"},
	{name: "of another role dropped", superuser: true, setup: extensionBase, batch: "DROP EXTENSION citext CASCADE;"},
	{name: "left alone", setup: extensionBase, batch: "ALTER TABLE t DROP n;"},
	{name: "updated", superuser: true, admin: "CREATE EXTENSION hstore VERSION '1.4'", batch: "ALTER EXTENSION hstore UPDATE;", refused: "extension hstore"},
	{name: "member added", superuser: true, admin: "CREATE EXTENSION hstore; CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
		batch: "ALTER EXTENSION hstore ADD FUNCTION f();", refused: "extension hstore"},
	{name: "member dropped", superuser: true, admin: "CREATE EXTENSION hstore", batch: "ALTER EXTENSION hstore DROP FUNCTION hstore_version_diag(hstore);", refused: "extension hstore"},
	{name: "privileges on a member", superuser: true, admin: "CREATE EXTENSION hstore", batch: "REVOKE EXECUTE ON FUNCTION hstore_version_diag(hstore) FROM PUBLIC;", refused: "extension hstore"},
	{name: "with changed privileges dropped", superuser: true, admin: "CREATE EXTENSION hstore; REVOKE EXECUTE ON FUNCTION hstore_version_diag(hstore) FROM PUBLIC",
		batch: "DROP EXTENSION hstore;", refused: "privileges on what belongs to it were changed"},
	{name: "with a commented member dropped", superuser: true, admin: "CREATE EXTENSION hstore; COMMENT ON TYPE hstore IS 'x'", batch: "DROP EXTENSION hstore;", refused: "there are comments"},
	{name: "with a table dropped", superuser: true, admin: "CREATE EXTENSION hstore; CREATE TABLE x (a integer); ALTER EXTENSION hstore ADD TABLE x", batch: "DROP EXTENSION hstore;", refused: "it has tables"},
}
