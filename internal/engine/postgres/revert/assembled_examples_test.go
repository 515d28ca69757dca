package revert_test

import "testing"

// TestDriftOfAssembledKinds has someone change by hand what a batch made,
// changed, or left alone.
func TestDriftOfAssembledKinds(t *testing.T) {
	const setup = people + `CREATE FUNCTION plus(int, int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT coalesce($1, 0) + $2';
		CREATE AGGREGATE total(int) (SFUNC = plus, STYPE = int); CREATE FUNCTION same(text, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 = $2';
		CREATE OPERATOR === (FUNCTION = same, LEFTARG = text, RIGHTARG = text); CREATE COLLATION de (PROVIDER = icu, LOCALE = 'de');
		CREATE TYPE e AS ENUM ('a'); CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION conf (COPY = english); `
	const added = `ALTER TABLE people ADD phone text`
	survives := func(name, batch, since string, drift ...string) example {
		return example{name: name, setup: setup, batch: batch, since: since, expect: since, drift: drift}
	}
	clash := func(name, batch, since, conflict string) example {
		return example{name: name, setup: setup, batch: batch, since: since, conflict: conflict}
	}
	runExamples(t, []example{
		survives("aggregate, operator, cast and collation made", added, `CREATE AGGREGATE hand(int) (SFUNC = plus, STYPE = int); CREATE OPERATOR ~~~ (FUNCTION = same, LEFTARG = text, RIGHTARG = text);
			CREATE CAST (e AS date) WITH INOUT; CREATE COLLATION hc FROM "C"; CREATE CONVERSION con FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8`, "aggregate public.hand(integer) was made", "cast (public.e AS date) was made", "operator public.~~~ (text, text) was made"),
		survives("configuration and dictionary altered", added, `ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING FOR word WITH plain; ALTER TEXT SEARCH DICTIONARY plain (ACCEPT = false)`, "text search configuration public.conf: its definition was changed"),
		survives("aggregate replaced, operator moved", added, `CREATE OR REPLACE AGGREGATE total(int) (SFUNC = plus, STYPE = int, INITCOND = '7'); CREATE SCHEMA hs; ALTER OPERATOR === (text, text) SET SCHEMA hs`, "aggregate public.total(integer): its definition was changed"),
		survives("collation dropped", added, `DROP COLLATION de`, "collation public.de was dropped"),
		survives("comment and privileges on a replaced aggregate", `CREATE OR REPLACE AGGREGATE total(int) (SFUNC = plus, STYPE = int, INITCOND = '7')`, `COMMENT ON AGGREGATE total(int) IS 'hand'; REVOKE ALL ON FUNCTION total FROM PUBLIC`),
		survives("comment on an altered configuration", `ALTER TEXT SEARCH CONFIGURATION conf DROP MAPPING FOR email`, `COMMENT ON TEXT SEARCH CONFIGURATION conf IS 'hand'`),
		survives("view by an operator whose estimators the batch changed", `ALTER OPERATOR === (text, text) SET (RESTRICT = eqsel)`, `CREATE VIEW hand AS SELECT name === 'x' AS x FROM people`),
		{name: "index by a collation that the batch renamed", setup: setup, batch: `ALTER COLLATION de RENAME TO german`, since: `CREATE INDEX hand ON people (name COLLATE german)`, expect: `CREATE INDEX hand ON people (name COLLATE de)`},
		{name: "view by an operator that the batch moved", setup: setup, batch: `CREATE SCHEMA s; ALTER OPERATOR === (text, text) SET SCHEMA s`, since: `CREATE VIEW hand AS SELECT name OPERATOR(s.===) 'x' AS x FROM people`, expect: `CREATE VIEW hand AS SELECT name === 'x' AS x FROM people`},
		clash("same aggregate replaced twice", `CREATE OR REPLACE AGGREGATE total(int) (SFUNC = plus, STYPE = int, INITCOND = '7')`, `CREATE OR REPLACE AGGREGATE total(int) (SFUNC = plus, STYPE = int, INITCOND = '8')`, "definition was changed by the batch, and again since"),
		clash("same configuration", `ALTER TEXT SEARCH CONFIGURATION conf DROP MAPPING FOR email`, `ALTER TEXT SEARCH CONFIGURATION conf DROP MAPPING FOR url`, "text search configuration public.conf: its definition was changed by the batch, and again since"),
		clash("same dictionary", `ALTER TEXT SEARCH DICTIONARY plain (ACCEPT = false)`, `ALTER TEXT SEARCH DICTIONARY plain (ACCEPT = true)`, "text search dictionary public.plain"),
		clash("view by an aggregate that the batch made", `CREATE AGGREGATE n(int) (SFUNC = plus, STYPE = int)`, `CREATE VIEW hand AS SELECT n(age) FROM people`, "view public.hand depends on aggregate public.n(integer)"),
		clash("column by a collation that the batch made", `CREATE COLLATION n FROM "C"`, `ALTER TABLE people ADD hand text COLLATE n`, "table public.people depends on collation public.n"),
		clash("name of an aggregate taken since", `DROP AGGREGATE total(int)`, `CREATE FUNCTION total(int) RETURNS int LANGUAGE sql AS 'SELECT 1'`, "would have the same name"),
		clash("operator made again since", `DROP OPERATOR === (text, text)`, `CREATE OPERATOR === (FUNCTION = same, LEFTARG = text, RIGHTARG = text)`, "would have the same name"),
		{name: "cast made again since", setup: setup + `CREATE CAST (e AS date) WITH INOUT`, batch: `DROP CAST (e AS date)`, since: `CREATE CAST (e AS date) WITH INOUT AS ASSIGNMENT`, conflict: "would have the same name"},
		clash("function that an aggregate needs dropped since", `DROP AGGREGATE total(int)`, `DROP FUNCTION plus`, "depends on function public.plus(integer,integer), which was dropped since"),
		clash("made by the batch, altered since", `CREATE TEXT SEARCH DICTIONARY n (TEMPLATE = simple)`, `ALTER TEXT SEARCH DICTIONARY n (ACCEPT = false)`, "was made by the batch"),
	})
}
