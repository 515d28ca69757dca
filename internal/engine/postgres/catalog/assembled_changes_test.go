package catalog_test

import "testing"

const assembledBase = `CREATE FUNCTION plus(int, int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + $2';
	CREATE TYPE e2 AS ENUM ('x'); CREATE FUNCTION num(e2) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
	CREATE AGGREGATE x(int) (SFUNC = plus, STYPE = int); CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq);
	CREATE COLLATION col (PROVIDER = icu, LOCALE = 'de'); CREATE CONVERSION con FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
	CREATE TEXT SEARCH DICTIONARY dict (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION conf (COPY = english); `

func TestChangesOfAssembledKinds(t *testing.T) {
	check(t, false, []alteration{
		{name: "create aggregate", change: `CREATE AGGREGATE y(int) (SFUNC = int4pl, STYPE = int)`},
		{name: "drop aggregate", setup: assembledBase, change: `DROP AGGREGATE x(int)`},
		{name: "replace aggregate", setup: assembledBase, change: `CREATE OR REPLACE AGGREGATE x(int) (SFUNC = plus, STYPE = int, INITCOND = '3')`},
		{name: "rename aggregate", setup: assembledBase, change: `ALTER AGGREGATE x(int) RENAME TO y`},
		{name: "move aggregate", setup: assembledBase, change: `ALTER AGGREGATE x(int) SET SCHEMA sch`},
		{name: "privileges of an aggregate", setup: assembledBase, change: `REVOKE EXECUTE ON FUNCTION x(int) FROM PUBLIC; COMMENT ON AGGREGATE x(int) IS 'x'`},
		{name: "aggregate becomes a function", setup: assembledBase, change: `DROP AGGREGATE x(int); CREATE FUNCTION x(int) RETURNS int LANGUAGE sql AS 'SELECT 1'`},
		{name: "create operator", change: `CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)`},
		{name: "create operator that names another", change: `CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq, COMMUTATOR = =-=)`},
		{name: "drop operator", setup: assembledBase, change: `DROP OPERATOR === (text, text)`},
		{name: "drop operator that names another", setup: `CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq, COMMUTATOR = =-=)`, change: `DROP OPERATOR === (text, text)`},
		{name: "drop of two operators", setup: `CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq, COMMUTATOR = ===, NEGATOR = !==); CREATE OPERATOR !== (LEFTARG = text, RIGHTARG = text, FUNCTION = textne, COMMUTATOR = !==, NEGATOR = ===)`,
			change: `DROP OPERATOR === (text, text)`},
		{name: "move operator", setup: assembledBase, change: `ALTER OPERATOR === (text, text) SET SCHEMA sch; COMMENT ON OPERATOR sch.=== (text, text) IS 'x'`},
		{name: "estimators of an operator", setup: assembledBase, change: `ALTER OPERATOR === (text, text) SET (RESTRICT = eqsel, JOIN = eqjoinsel)`},
		{name: "operator gets its function", setup: `CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq, COMMUTATOR = =-=)`,
			change: `CREATE OPERATOR =-= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq, COMMUTATOR = ===)`},
		{name: "operator that nobody names gets its function", setup: `CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq, COMMUTATOR = =-=); DROP OPERATOR === (text, text)`,
			change: `CREATE OPERATOR =-= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)`, unexplained: "operator public.=-= (text, text): has no function"},
		{name: "create cast", setup: assembledBase, change: `CREATE CAST (e2 AS int) WITH FUNCTION num(e2); COMMENT ON CAST (e2 AS int) IS 'x'`},
		{name: "drop cast", setup: assembledBase + `CREATE CAST (e2 AS int) WITH INOUT`, change: `DROP CAST (e2 AS int)`},
		{name: "collation", change: `CREATE COLLATION x FROM "C"; COMMENT ON COLLATION x IS 'x'`},
		{name: "collation renamed and moved", setup: assembledBase, change: `ALTER COLLATION col RENAME TO x; ALTER COLLATION x SET SCHEMA sch`},
		{name: "collation dropped", setup: assembledBase, change: `DROP COLLATION col`},
		{name: "conversion", change: `CREATE CONVERSION x FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; COMMENT ON CONVERSION x IS 'x'`},
		{name: "conversion renamed", setup: assembledBase, change: `ALTER CONVERSION con RENAME TO x`},
		{name: "text search configuration", change: `CREATE TEXT SEARCH CONFIGURATION x (COPY = english); COMMENT ON TEXT SEARCH CONFIGURATION x IS 'x'`},
		{name: "text search mapping", setup: assembledBase, change: `ALTER TEXT SEARCH CONFIGURATION conf DROP MAPPING FOR word`},
		{name: "order of dictionaries", setup: assembledBase + `ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING FOR word WITH simple, dict`,
			change: `ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING FOR word WITH dict, simple`},
		{name: "text search dictionary", setup: assembledBase, change: `ALTER TEXT SEARCH DICTIONARY dict (ACCEPT = false); ALTER TEXT SEARCH DICTIONARY dict RENAME TO x`},
		{name: "text search dictionary dropped", setup: assembledBase, change: `DROP TEXT SEARCH DICTIONARY dict`},
	})
}

func TestChangesOfAssembledKindsByASuperuser(t *testing.T) {
	const class = `CREATE OPERATOR CLASS x FOR TYPE int4 USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(int, int); `
	check(t, true, []alteration{
		{name: "owner of an operator", setup: assembledBase + `CREATE ROLE someone`, change: `ALTER OPERATOR === (text, text) OWNER TO someone`},
		{name: "owner of an aggregate", setup: assembledBase + `CREATE ROLE someone`, change: `ALTER AGGREGATE x(int) OWNER TO someone`},
		{name: "operator class", change: class},
		{name: "operator class dropped", setup: class, change: `DROP OPERATOR CLASS x USING btree`},
		{name: "operator class renamed", setup: class, change: `ALTER OPERATOR CLASS x USING btree RENAME TO y`},
		{name: "operator family", setup: `CREATE OPERATOR FAMILY x USING btree`, change: `ALTER OPERATOR FAMILY x USING btree ADD OPERATOR 1 < (int4, int4)`},
		{name: "operator family dropped", setup: class, change: `DROP OPERATOR FAMILY x USING btree`},
		{name: "operator family of the server", change: `ALTER OPERATOR FAMILY integer_ops USING btree ADD OPERATOR 1 < (int4, float8)`,
			setup:       `CREATE FUNCTION lt(int, float8) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1::float8 < $2'; CREATE OPERATOR < (FUNCTION = lt, LEFTARG = int, RIGHTARG = float8)`,
			unexplained: "operator family integer_ops"},
		{name: "parser", change: `CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)`},
		{name: "template", change: `CREATE TEXT SEARCH TEMPLATE x (LEXIZE = dsimple_lexize); ALTER TEXT SEARCH TEMPLATE x RENAME TO y`},
		{name: "language", change: `CREATE TRUSTED LANGUAGE x HANDLER plpgsql_call_handler; REVOKE USAGE ON LANGUAGE x FROM PUBLIC`},
		{name: "grant on a language of the user", setup: `CREATE TRUSTED LANGUAGE x HANDLER plpgsql_call_handler`, change: `REVOKE USAGE ON LANGUAGE x FROM PUBLIC; ALTER LANGUAGE x RENAME TO y`},
		{name: "access method", change: `CREATE ACCESS METHOD x TYPE TABLE HANDLER heap_tableam_handler`},
		{name: "transform", change: `CREATE TRANSFORM FOR int LANGUAGE plpgsql (TO SQL WITH FUNCTION int4recv(internal))`},
	})
}
