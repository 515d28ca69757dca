//go:build unix

package changes_test

import "testing"

func TestInheritance(t *testing.T) { runCases(t, "inheritance", inheritanceCases) }

// heirBase has a child that takes all from its parent, one that declares a column
// too, one of two parents, a grandchild, and one that stands by itself.
const heirBase = `CREATE SCHEMA other; CREATE TABLE a (id int NOT NULL, x int DEFAULT 5, CONSTRAINT pos CHECK (id > 0));
	CREATE TABLE b (y text COLLATE "C", id int);
	CREATE TABLE c () INHERITS (a); CREATE TABLE d (x int DEFAULT 6, own text, CONSTRAINT dx CHECK (x < 100)) INHERITS (a);
	CREATE TABLE m (z int) INHERITS (a, b); CREATE TABLE g (more int) INHERITS (d);
	CREATE TABLE s (own int, id int NOT NULL, x int, CONSTRAINT pos CHECK (id > 0)); ALTER TABLE s INHERIT a;
	CREATE TABLE n (id int NOT NULL, x int, CONSTRAINT pos CHECK (id > 0));
	INSERT INTO a VALUES (1, 1), (1, 1); INSERT INTO b VALUES ('b', 1); INSERT INTO c VALUES (2, 2); INSERT INTO d VALUES (3, 3, 'd'); INSERT INTO m VALUES (4, 4, 'm', 4);
	INSERT INTO g VALUES (5, 5, 'g', 5); INSERT INTO s VALUES (6, 6, 6); INSERT INTO n VALUES (7, 7);
	CREATE INDEX c_x ON c (x); ALTER TABLE d ADD PRIMARY KEY (id); COMMENT ON TABLE c IS 'c'; COMMENT ON COLUMN c.x IS 'x of c'; GRANT SELECT ON m TO alice; `

const heirPlain = `CREATE TABLE a (id int NOT NULL, x int NOT NULL); CREATE TABLE c () INHERITS (a); CREATE TABLE g () INHERITS (c); ALTER TABLE g ALTER id SET NOT NULL; INSERT INTO g VALUES (1, 2); `

const heirNotNull = heirBase + `ALTER TABLE a ALTER x SET NOT NULL; ALTER TABLE c ALTER x SET NOT NULL; `

// ownHeir declares all that it inherits.
const ownHeir = `CREATE TABLE p (a int, b int, CONSTRAINT k CHECK (b > 0)); CREATE TABLE c (a int, b int, CONSTRAINT k CHECK (b > 0)) INHERITS (p); INSERT INTO c VALUES (1, 2); INSERT INTO p VALUES (3, 4); `

var inheritanceCases = []change{
	{name: "made", setup: `CREATE TABLE q (a int); INSERT INTO q VALUES (1);`, batch: heirBase},
	{name: "child made", setup: heirBase, batch: `CREATE TABLE e (q int) INHERITS (d, b); INSERT INTO e (id, q) VALUES (9, 9);`},
	{name: "child made, and the parent altered", setup: heirBase, batch: `CREATE TABLE e () INHERITS (a); ALTER TABLE a ADD w int DEFAULT 1; INSERT INTO e VALUES (9, 9, 9);`},
	{name: "child dropped", setup: heirBase, batch: `DROP TABLE c;`},
	{name: "child with a column of its own dropped", setup: heirBase, batch: `DROP TABLE g; DROP TABLE d;`},
	{name: "child of two parents dropped", setup: heirBase, batch: `DROP TABLE m;`},
	{name: "child that stood alone dropped", setup: heirBase, batch: `DROP TABLE s;`},
	{name: "all dropped", setup: heirBase, batch: `DROP TABLE a, b CASCADE;`},
	{name: "parent dropped, children kept", setup: heirBase, batch: `ALTER TABLE c NO INHERIT a; ALTER TABLE d NO INHERIT a; ALTER TABLE s NO INHERIT a; ALTER TABLE m NO INHERIT a; DROP TABLE a;`},
	{name: "made and dropped", setup: heirBase, batch: `CREATE TABLE e () INHERITS (a); DROP TABLE e;`, same: true},
	{name: "inherit", setup: heirBase, batch: `ALTER TABLE n INHERIT a;`},
	{name: "inherit from a second parent", setup: heirBase + `CREATE TABLE f (own int);`, batch: `ALTER TABLE s INHERIT f;`},
	{name: "second parent for a table of its parents", setup: heirBase + `CREATE TABLE f (own text);`, batch: `ALTER TABLE d INHERIT f;`},
	{name: "no inherit", setup: heirBase, batch: `ALTER TABLE s NO INHERIT a;`},
	{name: "no inherit of a table of its parents", setup: heirBase, batch: `ALTER TABLE c NO INHERIT a;`},
	{name: "no inherit of one of two parents", setup: heirBase, batch: `ALTER TABLE m NO INHERIT a;`},
	{name: "no inherit and inherit again", same: true, setup: heirBase, batch: `ALTER TABLE s NO INHERIT a; ALTER TABLE s INHERIT a;`},
	{name: "no inherit and inherit again of a table of its parents", setup: heirBase, batch: `ALTER TABLE c NO INHERIT a; ALTER TABLE c INHERIT a;`},
	{name: "no inherit and inherit again of one of two parents", setup: heirBase, batch: `ALTER TABLE m NO INHERIT a; ALTER TABLE m INHERIT a;`},
	{name: "no inherit and inherit again, of a parent with a check that its child declares nowhere", setup: `CREATE TABLE a (id int CHECK (id > 0)); CREATE TABLE b (x text); CREATE TABLE c (y int) INHERITS (a, b); INSERT INTO c VALUES (1, 'x', 2);`, batch: `ALTER TABLE c NO INHERIT a; ALTER TABLE c INHERIT a;`},
	{name: "no inherit and inherit again, with a check alone from the parent", setup: `CREATE TABLE a (id int CHECK (id > 0)); CREATE TABLE c (id int) INHERITS (a); INSERT INTO c VALUES (1);`, batch: `ALTER TABLE c NO INHERIT a; ALTER TABLE c INHERIT a;`},
	{name: "check of the parent declared by a child", setup: heirBase, batch: `ALTER TABLE c ADD CONSTRAINT pos CHECK (id > 0);`},
	{name: "child without a default that its parent has, column dropped", setup: `CREATE TABLE a (id int, n int DEFAULT 7); CREATE TABLE c (n int DEFAULT NULL, x int, i int GENERATED ALWAYS AS IDENTITY) INHERITS (a); INSERT INTO c VALUES (1);`, batch: `ALTER TABLE c DROP x;`},
	{name: "no inherit and dropped", setup: heirBase, batch: `ALTER TABLE c NO INHERIT a; DROP TABLE c;`},
	{name: "another parent", setup: heirBase + `CREATE TABLE f (id int);`, batch: `ALTER TABLE s NO INHERIT a; ALTER TABLE s INHERIT f;`},

	{name: "column added to the parent", setup: heirBase, batch: `ALTER TABLE a ADD w int NOT NULL DEFAULT 1; UPDATE c SET w = 2;`},
	{name: "column added to the parent that a child has", setup: heirBase + `ALTER TABLE c ADD w int; UPDATE c SET w = 9;`, batch: `ALTER TABLE a ADD w int;`},
	{name: "column added to parent and child", setup: heirBase, batch: `ALTER TABLE c ADD w int; UPDATE c SET w = 9; ALTER TABLE a ADD w int;`},
	{name: "column added to a child", setup: heirBase, batch: `ALTER TABLE d ADD w int;`},
	{name: "column dropped from the parent", setup: heirBase, batch: `ALTER TABLE a DROP x;`},
	{name: "column dropped from the parent alone", setup: heirBase, batch: `ALTER TABLE ONLY a DROP x;`},
	{name: "column dropped from a child", setup: heirBase, batch: `ALTER TABLE d DROP own;`},
	{name: "column renamed", setup: heirBase, batch: `ALTER TABLE a RENAME x TO xx;`},
	{name: "columns swapped names", setup: heirBase + `ALTER TABLE a ADD w int;`, batch: `ALTER TABLE a RENAME x TO q; ALTER TABLE a RENAME w TO x; ALTER TABLE a RENAME q TO w;`},
	{name: "column of a child renamed", setup: heirBase, batch: `ALTER TABLE d RENAME own TO mine;`},
	{name: "column retyped", setup: heirBase, batch: `ALTER TABLE a ALTER x TYPE bigint;`},
	{name: "column added long after the children", setup: heirBase + `ALTER TABLE a ADD late int; UPDATE d SET late = 3;`, batch: `DROP TABLE g; DROP TABLE d;`, refused: "table public.g cannot be made anew: its columns stand in another order"},
	{name: "column added long after the children, rows changed", setup: heirBase + `ALTER TABLE a ADD late int; UPDATE d SET late = 3;`, batch: `UPDATE a SET late = 5; ALTER TABLE a RENAME late TO later;`},
	{name: "not null, default", setup: heirBase + `ALTER TABLE a ALTER x SET NOT NULL;`, batch: `ALTER TABLE a ALTER x DROP NOT NULL, ALTER x SET DEFAULT 9; ALTER TABLE c ALTER x SET NOT NULL;`},
	{name: "not null and default of the parent alone", setup: heirBase, batch: `ALTER TABLE ONLY a ALTER x SET NOT NULL, ALTER x DROP DEFAULT;`},

	{name: "check added", setup: heirBase, batch: `ALTER TABLE a ADD CONSTRAINT small CHECK (id < 50);`},
	{name: "check added that does not inherit", setup: heirBase, batch: `ALTER TABLE a ADD CONSTRAINT small CHECK (id < 50) NO INHERIT;`},
	{name: "check added that a child has", setup: heirBase + `ALTER TABLE c ADD CONSTRAINT small CHECK (id < 50);`, batch: `ALTER TABLE a ADD CONSTRAINT small CHECK (id < 50);`},
	{name: "check dropped", setup: heirBase, batch: `ALTER TABLE a DROP CONSTRAINT pos;`},
	{name: "check dropped from the parent alone", setup: heirBase, batch: `ALTER TABLE ONLY a DROP CONSTRAINT pos;`},
	{name: "check renamed", setup: heirBase, batch: `ALTER TABLE a RENAME CONSTRAINT pos TO above;`},
	{name: "check of a child dropped and added", setup: heirBase, batch: `ALTER TABLE d DROP CONSTRAINT dx; ALTER TABLE c ADD CONSTRAINT cx CHECK (x < 10);`},
	{name: "check not valid", setup: heirBase, batch: `ALTER TABLE a ADD CONSTRAINT small CHECK (id < 5) NOT VALID;`},
	{name: "check not valid, rows changed", setup: heirBase + `ALTER TABLE a ADD CONSTRAINT small CHECK (id < 2) NOT VALID;`, batch: `DELETE FROM c;`, refused: "which it has from a parent, may refuse the kept rows"},

	{name: "renamed", setup: heirBase, batch: `ALTER TABLE a RENAME TO parent; ALTER TABLE d RENAME TO child;`},
	{name: "moved", setup: heirBase, batch: `ALTER TABLE a SET SCHEMA other; ALTER TABLE c SET SCHEMA other;`},
	{name: "renamed and child dropped", setup: heirBase, batch: `ALTER TABLE a RENAME TO parent; DROP TABLE c;`},
	{name: "comments and privileges", setup: heirBase, batch: `COMMENT ON TABLE a IS 'a'; COMMENT ON COLUMN c.x IS NULL; COMMENT ON CONSTRAINT pos ON a IS 'p'; REVOKE SELECT ON m FROM alice; GRANT UPDATE (x) ON a TO bob;`},
	{name: "rows changed everywhere", setup: heirBase, batch: `UPDATE a SET x = x + 1; DELETE FROM a WHERE id = 4;`},
	{name: "rows of the parent alone changed", setup: heirBase, batch: `UPDATE ONLY a SET x = 77;`},
	{name: "rows of a child changed", setup: heirBase, batch: `DELETE FROM d; INSERT INTO g (id) VALUES (50);`},
	{name: "truncated", setup: heirBase, batch: `TRUNCATE a;`},
	{name: "truncated alone", setup: heirBase, batch: `TRUNCATE ONLY a;`},
	{name: "trigger, index, rule, policy", setup: heirBase, batch: `CREATE INDEX ON a (x); DROP INDEX c_x; CREATE RULE r AS ON INSERT TO c DO INSTEAD NOTHING; CREATE POLICY po ON d USING (true); ALTER TABLE g ENABLE ROW LEVEL SECURITY;`},
	{name: "foreign keys", setup: heirBase + `CREATE TABLE k (d int CONSTRAINT kd REFERENCES d); INSERT INTO k VALUES (3);`, batch: `DELETE FROM k; UPDATE d SET id = 33 WHERE id = 3; ALTER TABLE d DROP own;`},
	{name: "twice in one batch", setup: heirBase, batch: `ALTER TABLE s NO INHERIT a; ALTER TABLE a ADD w int;`, more: []string{`ALTER TABLE s ADD w int; ALTER TABLE s INHERIT a; ALTER TABLE a DROP w;`}},
	{name: "child replaced", setup: heirBase, batch: `DROP TABLE c; CREATE TABLE c () INHERITS (a); INSERT INTO c VALUES (20, 20);`},
	{name: "child that declares all columns and no check", setup: heirBase + `CREATE TABLE e (x int, id int) INHERITS (a); INSERT INTO e VALUES (8, 8);`, batch: `DROP TABLE e;`},
	{name: "child that declares all columns, retyped", setup: heirBase + `CREATE TABLE e (id int, x int) INHERITS (a); INSERT INTO e VALUES (8, 8);`, batch: `ALTER TABLE a ALTER x TYPE bigint;`},
	{name: "child that declares all columns, no inherit", setup: heirBase + `CREATE TABLE e (id int, x int) INHERITS (a); INSERT INTO e VALUES (8, 8);`, batch: `ALTER TABLE e NO INHERIT a;`},
	{name: "not null dropped, which a child has too", setup: heirNotNull, batch: `ALTER TABLE a ALTER x DROP NOT NULL;`},
	{name: "not null dropped from all", setup: heirNotNull, batch: `ALTER TABLE a ALTER x DROP NOT NULL; ALTER TABLE c ALTER x DROP NOT NULL;`},
	{name: "not null dropped from the parent alone", setup: heirNotNull, batch: `ALTER TABLE ONLY a ALTER x DROP NOT NULL;`},
	{name: "not null added", setup: heirBase, batch: `ALTER TABLE a ALTER x SET NOT NULL;`},
	{name: "not null added, which a child has", setup: heirBase + `ALTER TABLE c ALTER x SET NOT NULL;`, batch: `ALTER TABLE a ALTER x SET NOT NULL;`},
	{since: postgres18, name: "not null declared by a child too", setup: heirNotNull, batch: `ALTER TABLE d ALTER x SET NOT NULL;`},
	{name: "not null, children not", setup: heirBase, batch: `ALTER TABLE c ALTER x SET NOT NULL; ALTER TABLE g ALTER x SET NOT NULL;`},
	{since: postgres18, name: "not null declared by a child too, of a key", setup: `CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE c () INHERITS (a);`, batch: `ALTER TABLE c ALTER id SET NOT NULL;`, refused: "belongs to a primary key"},
	{since: postgres18, name: "not null renamed", setup: heirPlain, batch: `ALTER TABLE a RENAME CONSTRAINT a_id_not_null TO q;`},
	{since: postgres18, name: "not null, two names swapped", setup: heirPlain, batch: `ALTER TABLE a RENAME CONSTRAINT a_id_not_null TO q; ALTER TABLE a RENAME CONSTRAINT a_x_not_null TO a_id_not_null; ALTER TABLE a RENAME CONSTRAINT q TO a_x_not_null;`},
	{since: postgres18, name: "not null of a name of its own", setup: heirBase + `ALTER TABLE c ADD CONSTRAINT mine NOT NULL x; ALTER TABLE a ADD CONSTRAINT ours NOT NULL x;`, batch: `ALTER TABLE a ALTER x DROP NOT NULL; ALTER TABLE c ALTER x DROP NOT NULL;`},
	{since: postgres18, name: "not null made one that children do not inherit", setup: heirNotNull, batch: `ALTER TABLE a ALTER CONSTRAINT a_x_not_null NO INHERIT;`},
	{since: postgres18, name: "not null made one that children inherit", setup: heirBase + `ALTER TABLE a ADD CONSTRAINT nn NOT NULL x NO INHERIT;`, batch: `ALTER TABLE a ALTER CONSTRAINT nn INHERIT;`},
	{since: postgres18, name: "not null NOT VALID added", setup: heirBase, batch: `ALTER TABLE a ADD CONSTRAINT nn NOT NULL x NOT VALID;`},
	{since: postgres18, name: "not null NOT VALID dropped", setup: heirBase + `INSERT INTO c VALUES (9, NULL); ALTER TABLE a ADD CONSTRAINT nn NOT NULL x NOT VALID;`, batch: `ALTER TABLE a DROP CONSTRAINT nn;`},
	{since: postgres18, name: "not null NOT VALID validated", setup: heirBase + `ALTER TABLE a ADD CONSTRAINT nn NOT NULL x NOT VALID;`, batch: `ALTER TABLE a VALIDATE CONSTRAINT nn;`},
	{since: postgres18, name: "not null NOT VALID, rows changed", setup: heirBase + `INSERT INTO c VALUES (9, NULL); ALTER TABLE a ADD CONSTRAINT nn NOT NULL x NOT VALID;`, batch: `DELETE FROM c;`, refused: "it is NOT VALID"},
	{since: postgres18, name: "not null NOT VALID, child dropped", setup: heirBase + `INSERT INTO c VALUES (9, 9); ALTER TABLE a ADD CONSTRAINT nn NOT NULL x NOT VALID;`, batch: `DROP TABLE c;`, refused: "which it has from a parent, is NOT VALID"},
	{name: "columns that nobody declares", setup: `CREATE TABLE a (); CREATE TABLE b () INHERITS (a); INSERT INTO b DEFAULT VALUES;`, batch: `DROP TABLE b;`},

	{name: "check of a parent that stays with a child of its own columns, the column dropped", setup: ownHeir, batch: `ALTER TABLE p DROP b;`},
	{name: "check of a parent that stays with a child that leaves it", setup: ownHeir, batch: `ALTER TABLE p DROP b; ALTER TABLE c NO INHERIT p;`},
	{name: "check of a parent that stayed with a child, taken out from under it", setup: ownHeir + `ALTER TABLE p DROP b; `, batch: `ALTER TABLE c NO INHERIT p;`},
	{name: "check of a parent that stayed with a child, dropped", setup: ownHeir + `ALTER TABLE p DROP b; `, batch: `DROP TABLE c;`, refused: "it has its check k from a parent that has none of that name any more"},
	{name: "check of a parent that stayed with a child, retyped", setup: `CREATE TABLE p (a int, b int, CONSTRAINT k CHECK (b > 0)); CREATE TABLE c (b int) INHERITS (p); INSERT INTO c VALUES (1, 2); ALTER TABLE p DROP b;`,
		batch: `ALTER TABLE c ALTER b TYPE bigint;`, refused: "it has its check k from a parent that has none of that name any more"},
}
