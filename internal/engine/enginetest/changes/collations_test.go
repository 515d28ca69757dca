//go:build unix

package changes_test

import "testing"

func TestCollations(t *testing.T) { runCases(t, "collations", collationCases) }

const collationBase = `CREATE COLLATION de (PROVIDER = icu, LOCALE = 'de-u-co-phonebk'); COMMENT ON COLLATION de IS 'old';
	CREATE COLLATION loose (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
	CREATE TABLE t (id integer PRIMARY KEY, a text COLLATE de, b text UNIQUE); INSERT INTO t VALUES (1, 'Ä', 'ä'), (2, 'B', 'b'), (3, 'z', 'Z');
	CREATE INDEX i ON t (b COLLATE de); CREATE VIEW v AS SELECT b COLLATE loose AS b FROM t; CREATE SCHEMA other; `

var collationCases = []change{
	{name: "created", setup: collationBase, batch: "CREATE COLLATION fr (PROVIDER = icu, LOCALE = 'fr'); CREATE INDEX ON t (b COLLATE fr); ALTER TABLE t ADD c text COLLATE fr;"},
	{name: "copied from one of the server", setup: collationBase, batch: `CREATE COLLATION c FROM "C"; CREATE COLLATION p FROM "POSIX"; CREATE COLLATION d FROM "de-x-icu"; CREATE COLLATION l (LOCALE = 'C'); CREATE TABLE u (a text COLLATE c, b text COLLATE l);`},
	{name: "copy of one of the server dropped", setup: collationBase + `CREATE COLLATION c FROM "C"; CREATE TABLE u (a text COLLATE c); INSERT INTO u VALUES ('x'); `, batch: "DROP TABLE u; DROP COLLATION c;"},
	{name: "renamed", setup: collationBase, batch: "ALTER COLLATION de RENAME TO german;"},
	{name: "moved to another schema", setup: collationBase, batch: "ALTER COLLATION loose SET SCHEMA other; ALTER COLLATION de SET SCHEMA other;"},
	{name: "owner changed", setup: collationBase + "GRANT CREATE ON SCHEMA public TO team; ", batch: "ALTER COLLATION de OWNER TO team;"},
	{name: "comment changed", setup: collationBase, batch: "COMMENT ON COLLATION de IS 'new';"},
	{name: "version refreshed", setup: collationBase, batch: "ALTER COLLATION de REFRESH VERSION;", same: true},
	{name: "dropped", setup: collationBase + "DROP VIEW v; ", batch: "DROP COLLATION loose;"},
	{name: "dropped with CASCADE", setup: collationBase, batch: "DROP COLLATION de CASCADE;"},
	{name: "dropped with CASCADE under a view", setup: collationBase, batch: "DROP COLLATION loose CASCADE;"},
	{name: "recreated differently", setup: collationBase, batch: "DROP VIEW v; DROP COLLATION loose; CREATE COLLATION loose (PROVIDER = icu, LOCALE = 'und-u-ks-level1', DETERMINISTIC = false); CREATE VIEW v AS SELECT b COLLATE loose AS b FROM t;"},
	{name: "recreated differently under a column", setup: collationBase, batch: `ALTER TABLE t ALTER a TYPE text COLLATE "C"; DROP INDEX i; DROP COLLATION de; CREATE COLLATION de (PROVIDER = icu, LOCALE = 'de'); ALTER TABLE t ALTER a TYPE text COLLATE de; CREATE INDEX i ON t (b COLLATE de);`},
	{name: "with rules", since: 160000, setup: collationBase, batch: "CREATE COLLATION r (PROVIDER = icu, LOCALE = 'und', RULES = '&V << w <<< W'); CREATE INDEX ON t (b COLLATE r);"},
	{name: "of the server's own provider", since: 170000, setup: collationBase + "CREATE COLLATION bc (PROVIDER = builtin, LOCALE = 'C.UTF-8'); ", batch: "DROP COLLATION bc; CREATE COLLATION bd (PROVIDER = builtin, LOCALE = 'C');"},
	{name: "created and dropped", setup: collationBase, batch: "CREATE COLLATION fr (PROVIDER = icu, LOCALE = 'fr');", more: []string{"DROP COLLATION fr;"}, same: true},
	{name: "its schema dropped", setup: collationBase + "CREATE COLLATION other.x (PROVIDER = icu, LOCALE = 'sv'); CREATE INDEX j ON t (b COLLATE other.x); ", batch: "DROP SCHEMA other CASCADE;"},
	{name: "conversion created", setup: collationBase, batch: "CREATE DEFAULT CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; COMMENT ON CONVERSION c IS 'x';"},
	{name: "conversion created and dropped", same: true, setup: collationBase, batch: "CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; DROP CONVERSION c;"},
	{name: "conversion renamed and moved", setup: collationBase + "CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; ", batch: "ALTER CONVERSION c RENAME TO d; ALTER CONVERSION d SET SCHEMA other; COMMENT ON CONVERSION other.d IS 'x';"},
	{name: "conversion recreated differently", setup: collationBase + "CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; COMMENT ON CONVERSION c IS 'x'; ", batch: "DROP CONVERSION c; CREATE CONVERSION c FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;"},
	{name: "conversion dropped, owner changed", setup: collationBase + "GRANT CREATE ON SCHEMA public TO team; CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; CREATE CONVERSION d FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1; ", batch: "DROP CONVERSION c; ALTER CONVERSION d OWNER TO team;"},
}
