//go:build unix

package changes_test

import "testing"

func TestConstraints(t *testing.T) { runCases(t, "constraints", constraintCases) }

const constraintBase = `CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE, a integer, b integer, CONSTRAINT p_ab UNIQUE (a, b));
	INSERT INTO p VALUES (1, 'x', 1, 1), (2, 'y', 1, 2), (3, NULL, NULL, NULL);
	CREATE TABLE c (id integer, p integer, a integer, b integer, r int4range, CONSTRAINT c_positive CHECK (id > 0));
	INSERT INTO c VALUES (1, 1, 1, 1, '[1,5)'), (2, NULL, NULL, NULL, '[5,9)'); CREATE SCHEMA other; `

var constraintCases = []change{
	{name: "check replaced by a unique one of its name", setup: constraintBase, batch: "ALTER TABLE c DROP CONSTRAINT c_positive; ALTER TABLE c ADD CONSTRAINT c_positive UNIQUE (id);"},
	{name: "unique replaced by a check of its name", setup: constraintBase, batch: "ALTER TABLE p DROP CONSTRAINT p_ab; ALTER TABLE p ADD CONSTRAINT p_ab CHECK (a < 9);"},
	{name: "unique replaced by an exclusion of its name", setup: constraintBase, batch: "ALTER TABLE p DROP CONSTRAINT p_ab; ALTER TABLE p ADD CONSTRAINT p_ab EXCLUDE (id WITH =);"},
	{name: "check replaced by a foreign key of its name", setup: constraintBase, batch: "ALTER TABLE c DROP CONSTRAINT c_positive; ALTER TABLE c ADD CONSTRAINT c_positive FOREIGN KEY (p) REFERENCES p;"},
	{name: "check added", setup: constraintBase, batch: "ALTER TABLE c ADD CONSTRAINT x CHECK (a < 100);"},
	{name: "check added with NO INHERIT", setup: constraintBase, batch: "ALTER TABLE c ADD CONSTRAINT x CHECK (a < 100) NO INHERIT;"},
	{name: "check added NOT VALID", setup: constraintBase, batch: "ALTER TABLE c ADD CONSTRAINT x CHECK (id > 1) NOT VALID;"},
	{name: "check added NOT VALID, then validated", setup: constraintBase, batch: "ALTER TABLE c ADD CONSTRAINT x CHECK (id > 0) NOT VALID; ALTER TABLE c VALIDATE CONSTRAINT x;"},
	{name: "check added and dropped", setup: constraintBase, batch: "ALTER TABLE c ADD CONSTRAINT x CHECK (id > 0); ALTER TABLE c DROP CONSTRAINT x;", same: true},
	{name: "check validated", setup: constraintBase + "ALTER TABLE c ADD CONSTRAINT x CHECK (id > 1) NOT VALID;", batch: "DELETE FROM c WHERE id = 1; ALTER TABLE c VALIDATE CONSTRAINT x;"},
	{name: "check dropped", setup: constraintBase, batch: "ALTER TABLE c DROP CONSTRAINT c_positive; INSERT INTO c VALUES (-1);"},
	{name: "check dropped that was NOT VALID", setup: constraintBase + "ALTER TABLE c ADD CONSTRAINT x CHECK (id > 1) NOT VALID;", batch: "ALTER TABLE c DROP CONSTRAINT x;"},
	{name: "check dropped that was NO INHERIT", setup: constraintBase + "ALTER TABLE c ADD CONSTRAINT x CHECK (id > 0) NO INHERIT;", batch: "ALTER TABLE c DROP CONSTRAINT x;"},
	{name: "check NOT VALID with its table, whose rows it refuses", setup: constraintBase + "ALTER TABLE c ADD CONSTRAINT x CHECK (id > 1) NOT VALID;", batch: "DROP TABLE c;"},
	{name: "rows cleaned for a check, and a function below its function replaced", setup: boundBelow + "CREATE TABLE t (id integer PRIMARY KEY, a integer CHECK (within(a)), CONSTRAINT other CHECK (within(a)) NO INHERIT); COMMENT ON CONSTRAINT other ON t IS 'c'; INSERT INTO t VALUES (1, 5), (2, 50);", batch: "DELETE FROM t WHERE a > 9; " + boundLower},
	{name: "rows cleaned for a check, a function below replaced, and the table made anew", setup: boundBelow + "CREATE TABLE t (id integer PRIMARY KEY, a integer CHECK (within(a)), b integer); INSERT INTO t VALUES (1, 5, 1), (2, 50, 2);", batch: "UPDATE t SET a = 1; ALTER TABLE t DROP b; " + boundLower},
	{name: "rows cleaned for a check of a tree, and a function below replaced", setup: boundBelow + "CREATE TABLE t (id integer PRIMARY KEY, a integer CHECK (within(a))) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9); INSERT INTO t VALUES (1, 5), (2, 50);", batch: "UPDATE t SET a = 1; " + boundLower},
	{name: "rows cleaned for a check of children, and a function below replaced", setup: boundBelow + "CREATE TABLE t (id integer, a integer CONSTRAINT k CHECK (within(a))); CREATE TABLE c (PRIMARY KEY (id)) INHERITS (t); CREATE TABLE o (PRIMARY KEY (id), CONSTRAINT k CHECK (within(a))) INHERITS (t); INSERT INTO c VALUES (1, 5), (2, 50); INSERT INTO o VALUES (1, 50);", batch: "UPDATE t SET a = 1; " + boundLower},
	{name: "rows of a table that a check reads", setup: "CREATE TABLE l (n integer); INSERT INTO l VALUES (99); CREATE FUNCTION f(integer) RETURNS boolean LANGUAGE sql AS 'SELECT $1 < max(n) FROM public.l'; CREATE TABLE t (id integer PRIMARY KEY, a integer CHECK (f(a))); INSERT INTO t VALUES (1, 5), (2, 50);", batch: "UPDATE t SET a = 1; UPDATE l SET n = 9;"},
	{name: "check renamed", setup: constraintBase, batch: "ALTER TABLE c RENAME CONSTRAINT c_positive TO x;"},
	{name: "check dropped and recreated otherwise", setup: constraintBase, batch: "ALTER TABLE c DROP CONSTRAINT c_positive; ALTER TABLE c ADD CONSTRAINT c_positive CHECK (id > -5);"},
	{name: "check dropped and recreated alike", setup: constraintBase, batch: "ALTER TABLE c DROP CONSTRAINT c_positive; ALTER TABLE c ADD CONSTRAINT c_positive CHECK (id > 0);", same: true},
	{name: "check with a function", setup: constraintBase + "CREATE FUNCTION ok(integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 > 0'; ALTER TABLE c ADD CONSTRAINT x CHECK (ok(id));", batch: "DROP FUNCTION ok CASCADE;"},
	{name: "check with a whole row", setup: constraintBase + "ALTER TABLE c ADD CONSTRAINT x CHECK (c IS NOT NULL OR id > 0);", batch: "ALTER TABLE c DROP CONSTRAINT x;"},
	{name: "check not enforced", since: 180000, setup: constraintBase, batch: "ALTER TABLE c ADD CONSTRAINT x CHECK (id > 1) NOT ENFORCED;"},
	{name: "check not enforced dropped", since: 180000, setup: constraintBase + "ALTER TABLE c ADD CONSTRAINT x CHECK (id > 1) NOT ENFORCED;", batch: "ALTER TABLE c DROP CONSTRAINT x;"},
	{name: "key added", setup: constraintBase, batch: "ALTER TABLE c ADD PRIMARY KEY (id);"},
	{name: "key added by an index", setup: constraintBase + "CREATE UNIQUE INDEX x ON c (id);", batch: "ALTER TABLE c ADD CONSTRAINT c_key PRIMARY KEY USING INDEX x;"},
	{name: "key dropped", setup: constraintBase, batch: "ALTER TABLE p DROP CONSTRAINT p_pkey;"},
	{name: "key dropped with CASCADE", setup: constraintBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p;", batch: "ALTER TABLE p DROP CONSTRAINT p_pkey CASCADE;"},
	{name: "key replaced by another", setup: constraintBase, batch: "ALTER TABLE p DROP CONSTRAINT p_pkey; UPDATE p SET code = 'z' WHERE id = 3; ALTER TABLE p ADD PRIMARY KEY (code);"},
	{name: "key renamed", setup: constraintBase, batch: "ALTER TABLE p RENAME CONSTRAINT p_pkey TO the_key;"},
	{name: "key renamed by its index", setup: constraintBase, batch: "ALTER INDEX p_pkey RENAME TO the_key;"},
	{name: "key with INCLUDE and options dropped", setup: constraintBase + "ALTER TABLE c ADD CONSTRAINT k PRIMARY KEY (id) INCLUDE (a) WITH (fillfactor = 60);", batch: "ALTER TABLE c DROP CONSTRAINT k;"},
	{name: "key that made its columns not null dropped", setup: "CREATE TABLE t (a integer, b text); ALTER TABLE t ADD PRIMARY KEY (a); INSERT INTO t VALUES (1, 'x');", batch: "ALTER TABLE t DROP CONSTRAINT t_pkey;"},
	{name: "unique added", setup: constraintBase, batch: "ALTER TABLE c ADD CONSTRAINT x UNIQUE (a, b);"},
	{name: "unique dropped", setup: constraintBase, batch: "ALTER TABLE p DROP CONSTRAINT p_ab; INSERT INTO p VALUES (4, 'z', 1, 1);"},
	{name: "unique, nulls not distinct, added", since: 150000, setup: constraintBase, batch: "ALTER TABLE c ADD CONSTRAINT x UNIQUE NULLS NOT DISTINCT (a, b);"},
	{name: "unique, nulls not distinct, dropped", since: 150000, setup: constraintBase + "ALTER TABLE c ADD CONSTRAINT x UNIQUE NULLS NOT DISTINCT (a, b);", batch: "ALTER TABLE c DROP CONSTRAINT x;"},
	{name: "unique made deferrable", setup: constraintBase, batch: "ALTER TABLE p DROP CONSTRAINT p_ab; ALTER TABLE p ADD CONSTRAINT p_ab UNIQUE (a, b) DEFERRABLE INITIALLY DEFERRED;"},
	{name: "unique deferrable dropped", setup: constraintBase + "ALTER TABLE c ADD CONSTRAINT x UNIQUE (a) DEFERRABLE;", batch: "ALTER TABLE c DROP CONSTRAINT x;"},
	{name: "exclusion added", setup: constraintBase, batch: "ALTER TABLE c ADD CONSTRAINT x EXCLUDE USING gist (r WITH &&) WHERE (id > 0);"},
	{name: "exclusion dropped", setup: constraintBase + "ALTER TABLE c ADD CONSTRAINT x EXCLUDE USING gist (r WITH &&) INCLUDE (a) WITH (fillfactor = 70) WHERE (id > 0) DEFERRABLE INITIALLY DEFERRED;", batch: "ALTER TABLE c DROP CONSTRAINT x;"},
	{name: "named not null", since: 180000, setup: constraintBase, batch: "ALTER TABLE c ADD CONSTRAINT x NOT NULL id;"},
	{name: "named not null dropped", since: 180000, setup: "CREATE TABLE t (a integer CONSTRAINT x NOT NULL); INSERT INTO t VALUES (1);", batch: "ALTER TABLE t DROP CONSTRAINT x;"},
	{name: "named not null renamed", since: 180000, setup: "CREATE TABLE t (a integer CONSTRAINT x NOT NULL); INSERT INTO t VALUES (1);", batch: "ALTER TABLE t RENAME CONSTRAINT x TO z;"},
	{name: "comments on constraints changed", setup: constraintBase + "COMMENT ON CONSTRAINT c_positive ON c IS 'old';", batch: "COMMENT ON CONSTRAINT c_positive ON c IS NULL; COMMENT ON CONSTRAINT p_pkey ON p IS 'the key'; COMMENT ON INDEX p_ab IS 'its index';"},
	{name: "all of a table dropped with it", setup: constraintBase + "COMMENT ON CONSTRAINT c_positive ON c IS 'old'; ALTER TABLE c ADD UNIQUE (a, b), ADD PRIMARY KEY (id), ADD FOREIGN KEY (p) REFERENCES p, ADD EXCLUDE USING gist (r WITH &&);", batch: "DROP TABLE c;"},
}
