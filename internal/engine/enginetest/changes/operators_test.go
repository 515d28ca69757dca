//go:build unix

package changes_test

import "testing"

func TestOperators(t *testing.T) { runCases(t, "operators", operatorCases) }

const operatorBase = `CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id integer PRIMARY KEY, x e); INSERT INTO t VALUES (1, 'a'), (2, 'b');
	CREATE FUNCTION same(e, e) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1::text = $2::text';
	CREATE FUNCTION differ(e, e) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1::text <> $2::text';
	CREATE OPERATOR === (FUNCTION = same, LEFTARG = e, RIGHTARG = e, COMMUTATOR = ===, NEGATOR = !==, HASHES, MERGES);
	CREATE OPERATOR !== (FUNCTION = differ, LEFTARG = e, RIGHTARG = e, COMMUTATOR = !==, NEGATOR = ===);
	CREATE VIEW v AS SELECT id FROM t WHERE x === 'a'; CREATE SCHEMA other; `

var operatorCases = []change{
	{name: "created", setup: operatorBase, batch: "CREATE OPERATOR ~~~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e, RESTRICT = eqsel, JOIN = eqjoinsel); CREATE INDEX ON t ((x ~~~ 'a'));"},
	{name: "prefix operator created", setup: operatorBase, batch: "CREATE FUNCTION num(e) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 1'; CREATE OPERATOR ### (FUNCTION = num, RIGHTARG = e);"},
	{name: "created, and it names one that is none yet", setup: operatorBase, batch: "CREATE OPERATOR ~~~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e, COMMUTATOR = ~=~);"},
	{name: "created, and what it names after it", setup: operatorBase, batch: "CREATE OPERATOR ~~~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e, COMMUTATOR = ~=~);", more: []string{"CREATE OPERATOR ~=~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e, COMMUTATOR = ~~~);"}},
	{name: "what another names created", setup: operatorBase + "CREATE OPERATOR ~~~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e, COMMUTATOR = ~=~); ", batch: "CREATE OPERATOR ~=~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e, COMMUTATOR = ~~~);"},
	{name: "dropped that names one that is none yet", setup: operatorBase + "CREATE OPERATOR ~~~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e, COMMUTATOR = ~=~, NEGATOR = ~+~); ", batch: "DROP OPERATOR ~~~ (e, e);"},
	{name: "dropped with all that it names", setup: operatorBase + "CREATE OPERATOR ~~~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e, COMMUTATOR = ~=~); ", batch: "DROP OPERATOR ~~~ (e, e); DROP OPERATOR ~=~ (e, e);"},
	{name: "what nobody names made an operator", setup: operatorBase + "CREATE OPERATOR ~~~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e, COMMUTATOR = ~=~); DROP OPERATOR ~~~ (e, e); ", batch: "CREATE OPERATOR ~=~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e);", refused: "has no function"},
	{name: "estimators changed", setup: operatorBase, batch: "ALTER OPERATOR === (e, e) SET (RESTRICT = eqsel, JOIN = eqjoinsel);"},
	{name: "estimators taken away", setup: operatorBase + "ALTER OPERATOR === (e, e) SET (RESTRICT = eqsel, JOIN = eqjoinsel); ", batch: "ALTER OPERATOR === (e, e) SET (RESTRICT = NONE); ALTER OPERATOR === (e, e) SET (JOIN = neqjoinsel);"},
	{name: "commutator and negator given", since: 170000, setup: operatorBase + "CREATE OPERATOR ~~~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e); ", batch: "ALTER OPERATOR ~~~ (e, e) SET (COMMUTATOR = ~~~, HASHES, MERGES);"},
	{name: "moved to another schema", setup: operatorBase, batch: "ALTER OPERATOR === (e, e) SET SCHEMA other;"},
	{name: "moved, and its name taken", setup: operatorBase + "CREATE OPERATOR ~~~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e); COMMENT ON OPERATOR ~~~ (e, e) IS 'x'; ", batch: "ALTER OPERATOR ~~~ (e, e) SET SCHEMA other; CREATE OPERATOR ~~~ (FUNCTION = differ, LEFTARG = e, RIGHTARG = e);"},
	{name: "owner changed", setup: operatorBase + "GRANT CREATE ON SCHEMA public TO team; GRANT ALL ON TYPE e TO team; ", batch: "ALTER OPERATOR === (e, e) OWNER TO team;"},
	{name: "comment changed", setup: operatorBase + "COMMENT ON OPERATOR !== (e, e) IS 'old'; ", batch: "COMMENT ON OPERATOR !== (e, e) IS NULL; COMMENT ON OPERATOR === (e, e) IS 'new';"},
	{name: "dropped", setup: operatorBase + "COMMENT ON OPERATOR !== (e, e) IS 'old'; ", batch: "DROP OPERATOR !== (e, e);"},
	{name: "dropped with CASCADE", setup: operatorBase + "ALTER TABLE t ADD CONSTRAINT k CHECK (x === x); CREATE INDEX i ON t ((x === 'b')); ", batch: "DROP OPERATOR === (e, e) CASCADE;"},
	{name: "its function dropped with CASCADE", setup: operatorBase, batch: "DROP FUNCTION same CASCADE;"},
	{name: "its type dropped with CASCADE", setup: operatorBase, batch: "DROP TYPE e CASCADE;"},
	{name: "recreated differently", setup: operatorBase, batch: "DROP OPERATOR === (e, e) CASCADE; CREATE OPERATOR === (FUNCTION = differ, LEFTARG = e, RIGHTARG = e);"},
	{name: "used by a generated column, dropped with it", setup: operatorBase + "ALTER TABLE t ADD g boolean GENERATED ALWAYS AS (x === 'a') STORED; ", batch: "DROP OPERATOR === (e, e) CASCADE;"},
	{name: "created and dropped", setup: operatorBase, batch: "CREATE OPERATOR ~~~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e);", more: []string{"DROP OPERATOR ~~~ (e, e);"}, same: true},
	{name: "changed twice", setup: operatorBase, batch: "ALTER OPERATOR === (e, e) SET (RESTRICT = neqsel);", more: []string{"ALTER OPERATOR === (e, e) SET (RESTRICT = eqsel);"}},
	{name: "its schema renamed", setup: operatorBase + "CREATE OPERATOR other.~~~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e, COMMUTATOR = OPERATOR(other.~~~)); CREATE VIEW w AS SELECT x OPERATOR(other.~~~) x FROM t; ", batch: "ALTER SCHEMA other RENAME TO another;"},
	{name: "its schema dropped", setup: operatorBase + "CREATE OPERATOR other.~~~ (FUNCTION = same, LEFTARG = e, RIGHTARG = e); ", batch: "DROP SCHEMA other CASCADE;"},
}

func TestOperatorClasses(t *testing.T) { runCases(t, "operator classes", operatorClassCases) }

const classBase = `CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t VALUES (1, 10), (2, 20);
	CREATE FUNCTION back(integer, integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $2 - $1';
	CREATE OPERATOR FAMILY f USING btree; CREATE OPERATOR CLASS c FOR TYPE integer USING btree FAMILY f AS OPERATOR 1 >, OPERATOR 3 =, OPERATOR 5 <, FUNCTION 1 back(integer, integer);
	CREATE INDEX i ON t (n c); CREATE SCHEMA other; `

var operatorClassCases = []change{
	{name: "created", superuser: true, admin: classBase, batch: "CREATE OPERATOR CLASS d FOR TYPE integer USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(integer, integer); CREATE INDEX ON t (n d);"},
	{name: "family created", superuser: true, admin: classBase, batch: "CREATE OPERATOR FAMILY g USING hash;"},
	{name: "member added to a family", superuser: true, admin: classBase, batch: "ALTER OPERATOR FAMILY f USING btree ADD OPERATOR 1 > (integer, bigint), FUNCTION 1 (integer, bigint) btint48cmp(integer, bigint);"},
	{name: "renamed", superuser: true, admin: classBase, batch: "ALTER OPERATOR CLASS c USING btree RENAME TO d; ALTER OPERATOR FAMILY f USING btree RENAME TO g;"},
	{name: "moved to another schema", superuser: true, admin: classBase, batch: "ALTER OPERATOR CLASS c USING btree SET SCHEMA other; ALTER OPERATOR FAMILY f USING btree SET SCHEMA other;"},
	{name: "owner and comment changed", superuser: true, admin: classBase, batch: "ALTER OPERATOR CLASS c USING btree OWNER TO alice; COMMENT ON OPERATOR CLASS c USING btree IS 'x'; ALTER OPERATOR FAMILY f USING btree OWNER TO bob; COMMENT ON OPERATOR FAMILY f USING btree IS 'y';"},
	{name: "dropped with CASCADE", superuser: true, admin: classBase, batch: "DROP OPERATOR FAMILY f USING btree CASCADE;"},
	{name: "recreated differently", superuser: true, admin: classBase, batch: "DROP OPERATOR CLASS c USING btree CASCADE; CREATE OPERATOR CLASS c FOR TYPE integer USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(integer, integer);"},
	{name: "created and dropped", superuser: true, admin: classBase, batch: "CREATE OPERATOR FAMILY g USING hash; DROP OPERATOR FAMILY g USING hash;", same: true},
	{name: "member added to a family of the server", superuser: true, admin: classBase + "CREATE FUNCTION lt(integer, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR <<< (FUNCTION = lt, LEFTARG = integer, RIGHTARG = text); ", batch: "ALTER OPERATOR FAMILY integer_ops USING btree ADD OPERATOR 1 <<< (integer, text);", refused: "operator family integer_ops"},
	{name: "dropped by an ordinary role", admin: classBase + "ALTER OPERATOR CLASS c USING btree OWNER TO @owner; ALTER TABLE t OWNER TO @owner;", batch: "DROP OPERATOR CLASS c USING btree CASCADE;", refused: "only superusers may make one"},
}
