//go:build unix

package changes_test

import "testing"

func TestEnums(t *testing.T) { runCases(t, "enums", enumCases) }

const enumBase = `CREATE TYPE e AS ENUM ('a', 'b', 'it''s', 'z'); CREATE SCHEMA other; COMMENT ON TYPE e IS 'letters';
	CREATE TABLE t (id integer PRIMARY KEY, e e DEFAULT 'a', es e[]); INSERT INTO t VALUES (1, 'b', '{a,z}'), (2, 'z', NULL), (3, 'it''s', '{}'); CREATE INDEX i ON t (e); `

var enumCases = []change{
	{name: "created", setup: enumBase, batch: "CREATE TYPE x AS ENUM ('p', 'q'); ALTER TABLE t ADD COLUMN x x DEFAULT 'q';"},
	{name: "created, without a label", setup: enumBase, batch: "CREATE TYPE x AS ENUM ();"},
	{name: "created and dropped", setup: enumBase, batch: "CREATE TYPE x AS ENUM ('p'); DROP TYPE x;", same: true},
	{name: "value added at the end", setup: enumBase, batch: "ALTER TYPE e ADD VALUE 'zz';"},
	{name: "value added in the middle", setup: enumBase, batch: "ALTER TYPE e ADD VALUE 'ab' BEFORE 'b';"},
	{name: "value added at the beginning", setup: enumBase, batch: "ALTER TYPE e ADD VALUE '0' BEFORE 'a';"},
	{name: "several values added", setup: enumBase, batch: "ALTER TYPE e ADD VALUE 'c' AFTER 'b'; ALTER TYPE e ADD VALUE 'd' AFTER 'c'; ALTER TYPE e ADD VALUE IF NOT EXISTS 'c';"},
	{name: "value added and used by the next file", setup: enumBase, batch: "ALTER TYPE e ADD VALUE 'c' AFTER 'b';", more: []string{"UPDATE t SET e = 'c' WHERE id = 1;"}},
	{name: "value renamed", setup: enumBase, batch: "ALTER TYPE e RENAME VALUE 'b' TO 'B';"},
	{name: "two values exchange their names", setup: enumBase, batch: "ALTER TYPE e RENAME VALUE 'a' TO 'x'; ALTER TYPE e RENAME VALUE 'b' TO 'a'; ALTER TYPE e RENAME VALUE 'x' TO 'b';"},
	{name: "value added and another renamed", setup: enumBase, batch: "ALTER TYPE e ADD VALUE 'c'; ALTER TYPE e RENAME VALUE 'a' TO 'A';", refused: "labels were both added and renamed"},
	{name: "value added, under a view and an index", setup: enumBase + "CREATE VIEW v AS SELECT e FROM t WHERE e > 'a'; CREATE FUNCTION f(e) RETURNS text LANGUAGE sql AS 'SELECT $1::text'; CREATE INDEX j ON t (id) WHERE e = 'b';", batch: "ALTER TYPE e ADD VALUE 'c' AFTER 'b';"},
	{name: "value added, under a check and a policy", setup: enumBase + "ALTER TABLE t ADD CONSTRAINT k CHECK (e <> 'a' OR id > 0); CREATE POLICY p ON t USING (e = 'b');", batch: "ALTER TYPE e ADD VALUE 'c' AFTER 'b';"},
	{name: "renamed", setup: enumBase, batch: "ALTER TYPE e RENAME TO letters;"},
	{name: "moved to another schema", setup: enumBase, batch: "ALTER TYPE e SET SCHEMA other;"},
	{name: "dropped", setup: "CREATE TYPE e AS ENUM ('a', 'it''s'); COMMENT ON TYPE e IS 'letters';", batch: "DROP TYPE e;"},
	{name: "dropped with values in the middle", setup: "CREATE TYPE e AS ENUM ('a', 'z'); ALTER TYPE e ADD VALUE 'b' BEFORE 'z'; ALTER TYPE e ADD VALUE 'aa' BEFORE 'b';", batch: "DROP TYPE e;"},
	{name: "dropped with CASCADE", setup: enumBase + "CREATE FUNCTION f(e) RETURNS text LANGUAGE sql AS 'SELECT $1::text';", batch: "DROP TYPE e CASCADE;"},
	{name: "dropped after its columns became text", setup: enumBase, batch: "ALTER TABLE t ALTER e DROP DEFAULT, ALTER e TYPE text, ALTER es TYPE text[]; DROP TYPE e;"},
	{name: "dropped and recreated with a value less", setup: enumBase, batch: "ALTER TYPE e RENAME TO e_old; CREATE TYPE e AS ENUM ('a', 'b', 'z'); DELETE FROM t WHERE id = 3; ALTER TABLE t ALTER e DROP DEFAULT, ALTER e TYPE e USING e::text::e, ALTER e SET DEFAULT 'b', ALTER es TYPE e[] USING es::text[]::e[]; DROP TYPE e_old;"},
	{name: "dropped and recreated alike", setup: "CREATE TYPE e AS ENUM ('a', 'b');", batch: "DROP TYPE e; CREATE TYPE e AS ENUM ('a', 'b');", same: true},
	{name: "dropped for a table", setup: "CREATE TYPE e AS ENUM ('a', 'b');", batch: "DROP TYPE e; CREATE TABLE e (e text); INSERT INTO e VALUES ('a');"},
	{name: "column of it dropped", setup: enumBase, batch: "ALTER TABLE t DROP COLUMN e;"},
	{name: "column made of it", setup: enumBase + "ALTER TABLE t ADD s text DEFAULT 'a'; UPDATE t SET s = 'b' WHERE id = 1;", batch: "ALTER TABLE t ALTER s DROP DEFAULT, ALTER s TYPE e USING s::e, ALTER s SET DEFAULT 'z';"},
}
