//go:build unix

package changes_test

import "testing"

func TestAggregates(t *testing.T) { runCases(t, "aggregates", aggregateCases) }

const aggregateBase = `CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t VALUES (1, 10), (2, 20);
	CREATE FUNCTION add(integer, integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT coalesce($1, 0) + $2';
	CREATE FUNCTION mul(integer, integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT coalesce($1, 1) * $2';
	CREATE FUNCTION fin(integer) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1::text';
	CREATE AGGREGATE total(integer) (SFUNC = add, STYPE = integer, INITCOND = '0', COMBINEFUNC = add, PARALLEL = SAFE);
	CREATE VIEW v AS SELECT total(n) AS x FROM t; CREATE SCHEMA other; `

var aggregateCases = []change{
	{name: "created", setup: aggregateBase, batch: "CREATE AGGREGATE product(integer) (SFUNC = mul, STYPE = integer, INITCOND = '1'); CREATE VIEW w AS SELECT product(n) FROM t;"},
	{name: "created with moving options", setup: aggregateBase, batch: "CREATE FUNCTION plus(integer, integer) RETURNS integer STRICT LANGUAGE sql AS 'SELECT $1 + $2'; CREATE FUNCTION minus(integer, integer) RETURNS integer STRICT LANGUAGE sql AS 'SELECT $1 - $2'; CREATE AGGREGATE m(integer) (SFUNC = add, STYPE = integer, MSFUNC = plus, MINVFUNC = minus, MSTYPE = integer, MINITCOND = '0');"},
	{name: "ordered-set aggregate created", setup: aggregateBase, batch: "CREATE FUNCTION fo(integer, anyelement) RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION so(integer, anyelement) RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE AGGREGATE o(ORDER BY anyelement) (SFUNC = so, STYPE = integer, FINALFUNC = fo, FINALFUNC_EXTRA);"},
	{name: "replaced in place", setup: aggregateBase, batch: "CREATE OR REPLACE AGGREGATE total(integer) (SFUNC = mul, STYPE = integer, INITCOND = '1');"},
	{name: "replaced with another function", setup: aggregateBase, batch: "CREATE FUNCTION add2(integer, integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 2'; CREATE OR REPLACE AGGREGATE total(integer) (SFUNC = add2, STYPE = integer, SSPACE = 7);"},
	{name: "dropped and recreated with another result", setup: aggregateBase, batch: "DROP AGGREGATE total(integer) CASCADE; CREATE AGGREGATE total(integer) (SFUNC = add, STYPE = integer, FINALFUNC = fin); CREATE VIEW v AS SELECT total(n) AS x FROM t;"},
	{name: "renamed", setup: aggregateBase, batch: "ALTER AGGREGATE total(integer) RENAME TO sum_of;"},
	{name: "renamed and its name taken", setup: aggregateBase, batch: "ALTER AGGREGATE total(integer) RENAME TO sum_of; CREATE AGGREGATE total(integer) (SFUNC = mul, STYPE = integer);"},
	{name: "moved to another schema", setup: aggregateBase, batch: "ALTER AGGREGATE total(integer) SET SCHEMA other;"},
	{name: "renamed, moved and replaced", setup: aggregateBase, batch: "ALTER AGGREGATE total(integer) RENAME TO x; ALTER AGGREGATE x(integer) SET SCHEMA other; CREATE OR REPLACE AGGREGATE other.x(integer) (SFUNC = mul, STYPE = integer);"},
	{name: "owner changed", setup: aggregateBase + "GRANT CREATE ON SCHEMA public TO team; ", batch: "ALTER AGGREGATE total(integer) OWNER TO team;"},
	{name: "privileges changed", setup: aggregateBase + "GRANT EXECUTE ON FUNCTION total(integer) TO alice WITH GRANT OPTION; ", batch: "REVOKE ALL ON FUNCTION total(integer) FROM PUBLIC, alice; GRANT EXECUTE ON FUNCTION total(integer) TO bob;"},
	{name: "comment changed", setup: aggregateBase + "COMMENT ON AGGREGATE total(integer) IS 'old'; ", batch: "COMMENT ON AGGREGATE total(integer) IS 'new';"},
	{name: "dropped", setup: aggregateBase + "DROP VIEW v; COMMENT ON AGGREGATE total(integer) IS 'x'; GRANT EXECUTE ON FUNCTION total(integer) TO alice; ", batch: "DROP AGGREGATE total(integer);"},
	{name: "dropped with CASCADE", setup: aggregateBase + "CREATE MATERIALIZED VIEW m AS SELECT total(n) AS x FROM t; CREATE FUNCTION f() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT total(n) FROM t; END; ", batch: "DROP AGGREGATE total(integer) CASCADE;"},
	{name: "its function dropped with CASCADE", setup: aggregateBase, batch: "DROP FUNCTION add(integer, integer) CASCADE;"},
	{name: "replaced by a function", setup: aggregateBase + "DROP VIEW v; ", batch: "DROP AGGREGATE total(integer); CREATE FUNCTION total(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1';"},
	{name: "replaced by a procedure", setup: aggregateBase + "DROP VIEW v; ", batch: "DROP AGGREGATE total(integer); CREATE PROCEDURE total(integer) LANGUAGE sql AS 'SELECT 1';"},
	{name: "a function replaced by an aggregate", setup: aggregateBase + "CREATE FUNCTION g(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1'; CREATE VIEW w AS SELECT g(n) FROM t; ", batch: "DROP FUNCTION g CASCADE; CREATE AGGREGATE g(integer) (SFUNC = add, STYPE = integer); CREATE VIEW w AS SELECT g(n) FROM t;"},
	{name: "replaced twice", setup: aggregateBase, batch: "CREATE OR REPLACE AGGREGATE total(integer) (SFUNC = mul, STYPE = integer);", more: []string{"CREATE OR REPLACE AGGREGATE total(integer) (SFUNC = add, STYPE = integer, INITCOND = '5');"}},
	{name: "created and dropped", setup: aggregateBase, batch: "CREATE AGGREGATE x(integer) (SFUNC = add, STYPE = integer);", more: []string{"DROP AGGREGATE x(integer);"}, same: true},
	{name: "of an enum that is renamed", setup: aggregateBase + "CREATE TYPE e AS ENUM ('a'); CREATE FUNCTION se(e, e) RETURNS e LANGUAGE sql AS 'SELECT $2'; CREATE AGGREGATE last(e) (SFUNC = se, STYPE = e); ", batch: "ALTER TYPE e RENAME TO e2; COMMENT ON AGGREGATE last(e2) IS 'x';"},
	{name: "its schema renamed", setup: aggregateBase + "CREATE AGGREGATE other.x(integer) (SFUNC = add, STYPE = integer); ", batch: "ALTER SCHEMA other RENAME TO another;"},
	{name: "its schema dropped", setup: aggregateBase + "CREATE AGGREGATE other.x(integer) (SFUNC = add, STYPE = integer); CREATE VIEW w AS SELECT other.x(n) FROM t; ", batch: "DROP SCHEMA other CASCADE;"},
	{name: "with an internal state, dropped", admin: "CREATE AGGREGATE x(bigint) (SFUNC = int8_avg_accum, STYPE = internal, FINALFUNC = numeric_poly_avg); ALTER AGGREGATE x(bigint) OWNER TO @owner;", batch: "DROP AGGREGATE x(bigint);", refused: "only superusers may make one"},
	{name: "with an internal state, dropped by a superuser", superuser: true, admin: "CREATE AGGREGATE x(bigint) (SFUNC = int8_avg_accum, STYPE = internal, FINALFUNC = numeric_poly_avg);", batch: "DROP AGGREGATE x(bigint);"},
}
