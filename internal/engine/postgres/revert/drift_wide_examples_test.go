package revert_test

import "testing"

func TestDriftBesideTables(t *testing.T) {
	const setup = people + `CREATE TABLE pets (id int PRIMARY KEY, kind text); INSERT INTO pets VALUES (1, 'cat'); CREATE VIEW v AS SELECT name FROM people;
		CREATE PUBLICATION p FOR TABLE pets; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor; `
	const added = `ALTER TABLE people ADD phone text`
	const dropped = `ALTER TABLE people DROP note`
	const defaults = `ALTER DEFAULT PRIVILEGES GRANT `
	survives := func(name, batch, since string, drift ...string) example {
		return example{name: name, setup: setup, batch: batch, since: since, expect: since, drift: drift}
	}
	clash := func(name, batch, since, conflict string) example {
		return example{name: name, setup: setup, batch: batch, since: since, conflict: conflict}
	}
	runExamples(t, []example{
		survives("publication made", added, `CREATE PUBLICATION hand FOR TABLE pets`, "publication hand was made", "published table public.pets in hand was made"),
		survives("rebuilt table published", dropped, `ALTER PUBLICATION p ADD TABLE people`, "published table public.people in p was made"),
		survives("published table taken out", added, `ALTER PUBLICATION p DROP TABLE pets`, "published table public.pets in p was dropped"),
		survives("publication changed", added, `ALTER PUBLICATION p SET (publish = 'insert'); COMMENT ON PUBLICATION p IS 'hand'`, "publication p: its definition, comment were changed"),
		survives("comment on a publication that the batch changed", `ALTER PUBLICATION p SET (publish = 'insert')`, `COMMENT ON PUBLICATION p IS 'hand'`, "publication p: its comment was changed"),
		survives("default privileges made, and a view brought back", `DROP VIEW v`, defaults+`ALL ON TABLES TO PUBLIC; `+defaults+`USAGE ON SCHEMAS TO PUBLIC`, "default privileges FOR ROLE"),
		survives("default privileges taken away", added, `ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM pg_monitor`, "was dropped"),
		{name: "membership in a renamed publication", setup: setup, batch: `ALTER PUBLICATION p RENAME TO q`, since: `ALTER PUBLICATION q ADD TABLE people`, expect: `ALTER PUBLICATION p ADD TABLE people`},
		{name: "index completed since that the batch renamed", setup: `CREATE TABLE p (k int) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p DEFAULT; CREATE INDEX x ON ONLY p (k)`, batch: `ALTER INDEX x RENAME TO y`,
			since: `CREATE INDEX x1 ON p1 (k); ALTER INDEX y ATTACH PARTITION x1`, expect: `CREATE INDEX x1 ON p1 (k); ALTER INDEX x ATTACH PARTITION x1`, drift: []string{"index public.y: its definition was changed"}},
		clash("same publication changed twice", `ALTER PUBLICATION p SET (publish = 'insert')`, `ALTER PUBLICATION p SET (publish = 'update')`, "publication p: its definition was changed by the batch, and again since"),
		clash("same publication renamed twice", `ALTER PUBLICATION p RENAME TO q`, `ALTER PUBLICATION q RENAME TO r`, "name was changed by the batch, and again since"),
		clash("table in a new publication", `CREATE PUBLICATION n`, `ALTER PUBLICATION n ADD TABLE pets`, "published table public.pets in n depends on publication n"),
		clash("publication dropped since", `ALTER PUBLICATION p DROP TABLE pets`, `DROP PUBLICATION p`, "depends on publication p, which was dropped since"),
		clash("name of a publication taken since", `DROP PUBLICATION p`, `CREATE PUBLICATION p`, "would have the same name"),
		clash("same default privileges", defaults+`INSERT ON TABLES TO pg_monitor`, defaults+`UPDATE ON TABLES TO pg_monitor`, "default privileges FOR ROLE"),
	})
}
