package catalog_test

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

func TestFunctionsAreMadeAgain(t *testing.T) {
	f := func(name, sql, arguments string) making {
		return making{name, sql, catalog.KindFunction, "public.f(" + arguments + ")"}
	}
	rebuildAll(t, []making{
		f("sql", `CREATE FUNCTION f(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT 1'`, "integer,text"),
		f("plpgsql", `CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN '$function$'; END $$`, ""),
		f("attributes", `CREATE FUNCTION f(int) RETURNS SETOF int LANGUAGE sql STABLE STRICT SECURITY DEFINER
			PARALLEL SAFE COST 5 ROWS 7 SET search_path = public, pg_temp SET work_mem = '5MB' AS 'SELECT 1'`, "integer"),
		f("out and variadic", `CREATE FUNCTION f(INOUT a int, OUT b text, VARIADIC c int[]) LANGUAGE sql AS 'SELECT 1, ''x'''`, "integer,integer[]"),
		f("returns table", `CREATE FUNCTION f(a int) RETURNS TABLE (b int, c text) LANGUAGE sql AS 'SELECT 1, ''x'''`, "integer"),
		f("body by the standard", `CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS bigint LANGUAGE sql
			BEGIN ATOMIC SELECT count(*) FROM t; SELECT 1; END`, ""),
		f("table's type", `CREATE TABLE t (a int); CREATE FUNCTION f(t) RETURNS SETOF t LANGUAGE sql AS 'SELECT $1'`, "public.t"),
		f("enum", `CREATE TYPE e AS ENUM ('x'); CREATE FUNCTION f(e, e[]) RETURNS e LANGUAGE sql AS 'SELECT $1'`, "public.e,public.e[]"),
		f("procedure", `CREATE PROCEDURE f(a int, OUT b int) LANGUAGE plpgsql AS 'BEGIN b := 1; END'`, "integer"),
		f("overloaded", `CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
			CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 2'`, "text"),
		{"name with quotes", `CREATE FUNCTION "f (x)"("a b" "char") RETURNS int LANGUAGE sql AS 'SELECT 1'`,
			catalog.KindFunction, `public."f (x)"("char")`},
	})
}

func TestTriggersRulesPoliciesAreMadeAgain(t *testing.T) {
	const f = `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
		CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT * FROM t; `
	g := func(name, sql string) making { return making{name, f + sql, catalog.KindTrigger, "g ON public.t"} }
	r := func(name, sql string) making { return making{name, f + sql, catalog.KindRule, "r ON public.t"} }
	p := func(name, sql string) making { return making{name, f + sql, catalog.KindPolicy, "p ON public.t"} }
	rebuildAll(t, []making{
		g("before", `CREATE TRIGGER g BEFORE INSERT OR UPDATE OF b ON t FOR EACH ROW WHEN (NEW.a > 0) EXECUTE FUNCTION f('x', 'it''s')`),
		g("statement", `CREATE TRIGGER g AFTER TRUNCATE ON t EXECUTE FUNCTION f()`),
		g("transition tables", `CREATE TRIGGER g AFTER UPDATE ON t REFERENCING OLD TABLE AS o NEW TABLE AS n EXECUTE FUNCTION f()`),
		g("constraint trigger", `CREATE CONSTRAINT TRIGGER g AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()`),
		g("disabled", `CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f(); ALTER TABLE t DISABLE TRIGGER g`),
		g("replica", `CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f(); ALTER TABLE t ENABLE REPLICA TRIGGER g`),
		g("always", `CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f(); ALTER TABLE t ENABLE ALWAYS TRIGGER g`),
		{"instead of", f + `CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f()`, catalog.KindTrigger, "g ON public.v"},
		{"name with quotes", f + `CREATE TRIGGER "g ""1""" BEFORE INSERT ON t EXECUTE FUNCTION f(); ALTER TABLE t DISABLE TRIGGER "g ""1"""`,
			catalog.KindTrigger, `"g ""1""" ON public.t`},
		r("rule also", `CREATE RULE r AS ON INSERT TO t DO ALSO NOTIFY x`),
		r("rule instead", `CREATE RULE r AS ON UPDATE TO t WHERE OLD.a > 0 DO INSTEAD (DELETE FROM t; INSERT INTO t VALUES (1, 2))`),
		r("rule disabled", `CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING; ALTER TABLE t DISABLE RULE r`),
		p("policy", `CREATE POLICY p ON t USING (a > 0) WITH CHECK (b > 0)`),
		p("restrictive policy", `CREATE POLICY p ON t AS RESTRICTIVE FOR INSERT TO CURRENT_USER, PUBLIC WITH CHECK (a > 0)`),
		p("policy with a query", `CREATE TABLE u (a int); CREATE POLICY p ON t FOR SELECT USING (EXISTS (SELECT FROM u WHERE u.a = t.a))`),
	})
}

func TestOtherKindsAreMadeAgain(t *testing.T) {
	rebuildAll(t, []making{
		{"schema", `CREATE SCHEMA "S 1"`, catalog.KindSchema, `"S 1"`},
		{"enum", `CREATE TYPE e AS ENUM ('a', 'it''s', 'back\slash', 'ü')`, catalog.KindEnum, "public.e"},
		{"empty enum", `CREATE TYPE e AS ENUM ()`, catalog.KindEnum, "public.e"},
		{"enum with a label between", `CREATE TYPE e AS ENUM ('a', 'c'); ALTER TYPE e ADD VALUE 'b' BEFORE 'c'`, catalog.KindEnum, "public.e"},
		{"sequence", `CREATE SEQUENCE s`, catalog.KindSequence, "public.s"},
		{"sequence with options", `CREATE SEQUENCE s AS smallint START -5 INCREMENT -2 MINVALUE -50 MAXVALUE -1 CACHE 3 CYCLE`,
			catalog.KindSequence, "public.s"},
		{"unlogged sequence", `CREATE UNLOGGED SEQUENCE s`, catalog.KindSequence, "public.s"},
		{"owned sequence", `CREATE TABLE t ("A" int); CREATE SEQUENCE s OWNED BY t."A"`, catalog.KindSequence, "public.s"},
		{"statistics", `CREATE TABLE t (a int, b int); CREATE STATISTICS s (ndistinct, mcv) ON a, b FROM t;
			ALTER STATISTICS s SET STATISTICS 50`, catalog.KindStatistics, "public.s"},
		{"statistics on expressions", `CREATE TABLE t (a int, b int); CREATE STATISTICS s ON (a + b), (a * 2) FROM t`,
			catalog.KindStatistics, "public.s"},
	})
}
