//go:build unix

package changes_test

import "testing"

func TestDefaults(t *testing.T) { runCases(t, "defaults", defaultCases) }

const defaultBase = `CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 42'; CREATE SEQUENCE s; CREATE TYPE mood AS ENUM ('sad', 'glad');
	CREATE TABLE t (id integer, a integer DEFAULT f(), b text DEFAULT 'it''s', c timestamptz DEFAULT now(), d bigint DEFAULT nextval('s'), m mood DEFAULT 'sad', z text);
	INSERT INTO t (id, c) VALUES (1, '2024-01-01 UTC'), (2, '2024-01-02 UTC'); CREATE SCHEMA other; `

var defaultCases = []change{
	{name: "set", setup: defaultBase, batch: "ALTER TABLE t ALTER COLUMN z SET DEFAULT 'x'; INSERT INTO t (id, c) VALUES (3, NULL);"},
	{name: "set twice", setup: defaultBase, batch: "ALTER TABLE t ALTER COLUMN z SET DEFAULT 'x'; ALTER TABLE t ALTER COLUMN z SET DEFAULT 'y';"},
	{name: "set and dropped", setup: defaultBase, batch: "ALTER TABLE t ALTER COLUMN z SET DEFAULT 'x'; ALTER TABLE t ALTER COLUMN z DROP DEFAULT;", same: true},
	{name: "changed", setup: defaultBase, batch: "ALTER TABLE t ALTER COLUMN a SET DEFAULT 1, ALTER COLUMN b SET DEFAULT NULL;"},
	{name: "dropped", setup: defaultBase, batch: "ALTER TABLE t ALTER COLUMN a DROP DEFAULT; ALTER TABLE t ALTER COLUMN d DROP DEFAULT;"},
	{name: "dropped and set again", setup: defaultBase, batch: "ALTER TABLE t ALTER COLUMN b DROP DEFAULT; ALTER TABLE t ALTER COLUMN b SET DEFAULT 'other';"},
	{name: "replaced by an equal one", setup: defaultBase, batch: "ALTER TABLE t ALTER COLUMN b SET DEFAULT 'it''s';", same: true},
	{name: "its function renamed", setup: defaultBase, batch: "ALTER FUNCTION f RENAME TO g;"},
	{name: "its function moved", setup: defaultBase, batch: "ALTER FUNCTION f SET SCHEMA other;"},
	{name: "its function dropped with CASCADE", setup: defaultBase, batch: "DROP FUNCTION f CASCADE;"},
	{name: "its function replaced by another", setup: defaultBase, batch: "ALTER TABLE t ALTER COLUMN a DROP DEFAULT; DROP FUNCTION f; CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT 43::bigint'; ALTER TABLE t ALTER COLUMN a SET DEFAULT f();"},
	{name: "its enum's label renamed", setup: defaultBase, batch: "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';"},
	{name: "its column renamed", setup: defaultBase, batch: "ALTER TABLE t RENAME COLUMN a TO answer;"},
	{name: "its column retyped", setup: defaultBase, batch: "ALTER TABLE t ALTER COLUMN a TYPE bigint;"},
	{name: "its column dropped", setup: defaultBase, batch: "ALTER TABLE t DROP COLUMN m;"},
	{name: "the column made an identity", setup: "CREATE TABLE t (id serial PRIMARY KEY, a text); INSERT INTO t (a) VALUES ('x');",
		batch: "ALTER TABLE t ALTER COLUMN id DROP DEFAULT; DROP SEQUENCE t_id_seq; ALTER TABLE t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (START 2);"},
	{name: "of a long expression", setup: defaultBase, batch: `ALTER TABLE t ALTER COLUMN z SET DEFAULT (CASE WHEN current_setting('server_version_num')::int > 1 THEN E'a\nb\\c' || $q$d'e$q$ ELSE (ARRAY['x','y'])[1] END);`},
}
