//go:build unix

package changes_test

import "testing"

func TestForeignKeys(t *testing.T) { runCases(t, "foreign keys", foreignKeyCases) }

const foreignKeyBase = `CREATE TABLE p (id integer PRIMARY KEY, a integer, b integer, CONSTRAINT p_ab UNIQUE (a, b));
	INSERT INTO p VALUES (1, 1, 1), (2, 1, 2), (3, NULL, NULL);
	CREATE TABLE c (id integer PRIMARY KEY, p integer DEFAULT 1, a integer, b integer); CREATE SCHEMA other;
	INSERT INTO c VALUES (1, 1, 1, 1), (2, NULL, NULL, NULL); `

const circular = `CREATE TABLE x (id integer PRIMARY KEY, y integer); CREATE TABLE y (id integer PRIMARY KEY, x integer REFERENCES x);
	INSERT INTO x VALUES (1, 1); INSERT INTO y VALUES (1, 1); ALTER TABLE x ADD FOREIGN KEY (y) REFERENCES y; `

// Row security stands between the owner and the rows of one of the two tables of a
// foreign key, so that this role could not check that key anew.
const (
	hiddenKey    = foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p; CREATE POLICY few ON c USING (id < 2); CREATE POLICY few ON p USING (id < 3); "
	hiddenChild  = hiddenKey + "ALTER TABLE c ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; "
	hiddenParent = hiddenKey + "ALTER TABLE c DROP CONSTRAINT c_pkey; ALTER TABLE p ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; "
)

const unheld = "CREATE TABLE p (id integer PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TABLE c (id integer PRIMARY KEY, p integer, n integer); INSERT INTO c VALUES (1, 1, 1), (2, 7, 2); ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p ON UPDATE CASCADE NOT VALID;"

var foreignKeyCases = []change{
	{name: "added", setup: foreignKeyBase, batch: "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p;"},
	{name: "added MATCH FULL with actions", setup: foreignKeyBase, batch: "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES p (a, b) MATCH FULL ON DELETE CASCADE ON UPDATE SET NULL;"},
	{name: "added NOT VALID", setup: foreignKeyBase, batch: "INSERT INTO c VALUES (9, 99); ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p NOT VALID;"},
	{name: "added, deferred", setup: foreignKeyBase, batch: "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p DEFERRABLE INITIALLY DEFERRED; INSERT INTO c VALUES (5, 7); INSERT INTO p VALUES (7);"},
	{name: "dropped, ON DELETE CASCADE", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE;", batch: "ALTER TABLE c DROP CONSTRAINT fk;"},
	{name: "dropped, ON DELETE SET NULL", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p ON DELETE SET NULL ON UPDATE RESTRICT;", batch: "ALTER TABLE c DROP CONSTRAINT fk;"},
	{name: "dropped, ON DELETE SET DEFAULT", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p ON DELETE SET DEFAULT ON UPDATE SET DEFAULT;", batch: "ALTER TABLE c DROP CONSTRAINT fk;"},
	{name: "dropped, ON DELETE SET NULL of some columns", since: 150000, setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES p (a, b) ON DELETE SET NULL (b);", batch: "ALTER TABLE c DROP CONSTRAINT fk;"},
	{name: "dropped, ON DELETE RESTRICT", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p ON DELETE RESTRICT ON UPDATE SET NULL;", batch: "ALTER TABLE c DROP CONSTRAINT fk;"},
	{name: "ON DELETE RESTRICT, its parent dropped", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES p (a, b) ON DELETE RESTRICT ON UPDATE SET NULL;", batch: "DROP TABLE p CASCADE;"},
	{name: "ON DELETE RESTRICT, its child rebuilt", setup: foreignKeyBase + "ALTER TABLE c DROP CONSTRAINT c_pkey; ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p ON DELETE RESTRICT ON UPDATE SET NULL;", batch: "ALTER TABLE c DROP b;"},
	{name: "replaced by a check of its name", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p;", batch: "ALTER TABLE c DROP CONSTRAINT fk; ALTER TABLE c ADD CONSTRAINT fk CHECK (p > 0);"},
	{name: "to a unique index that is dropped with CASCADE", setup: foreignKeyBase + "CREATE UNIQUE INDEX u ON p (b, a); ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (b, a) REFERENCES p (b, a);", batch: "DROP INDEX u CASCADE;"},
	{name: "to a unique index that is made otherwise", setup: foreignKeyBase + "CREATE UNIQUE INDEX u ON p (b, a); ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (b, a) REFERENCES p (b, a);", batch: "DROP INDEX u CASCADE; CREATE INDEX u ON p (b);"},
	{name: "dropped, MATCH FULL", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES p (a, b) MATCH FULL;", batch: "ALTER TABLE c DROP CONSTRAINT fk;"},
	{name: "dropped, NOT VALID", setup: foreignKeyBase + "INSERT INTO c VALUES (9, 99); ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p NOT VALID;", batch: "ALTER TABLE c DROP CONSTRAINT fk;"},
	{name: "NOT VALID with its table, whose rows it refuses", setup: foreignKeyBase + "INSERT INTO c VALUES (9, 99); ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p NOT VALID;", batch: "DROP TABLE c;"},
	{name: "dropped, deferrable", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p DEFERRABLE INITIALLY DEFERRED;", batch: "ALTER TABLE c DROP CONSTRAINT fk;"},
	{name: "made deferrable", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p;", batch: "ALTER TABLE c ALTER CONSTRAINT fk DEFERRABLE INITIALLY DEFERRED;"},
	{name: "validated", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p NOT VALID;", batch: "ALTER TABLE c VALIDATE CONSTRAINT fk;"},
	{name: "renamed", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p;", batch: "ALTER TABLE c RENAME CONSTRAINT fk TO belongs;"},
	{name: "replaced under the same name", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p;", batch: "ALTER TABLE c DROP CONSTRAINT fk; ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p ON DELETE CASCADE;"},
	{name: "not enforced", since: 180000, setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p;", batch: "ALTER TABLE c ALTER CONSTRAINT fk NOT ENFORCED;"},
	{name: "not enforced dropped", since: 180000, setup: foreignKeyBase + "INSERT INTO c VALUES (9, 99); ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p NOT ENFORCED;", batch: "ALTER TABLE c DROP CONSTRAINT fk;"},
	{name: "of a child that is dropped", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p;", batch: "DROP TABLE c;"},
	{name: "to a parent that is dropped", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p ON DELETE CASCADE;", batch: "DROP TABLE p CASCADE;"},
	{name: "to a parent whose rows are changed", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE;", batch: "UPDATE p SET id = id + 10; DELETE FROM p WHERE id = 12;"},
	{name: "that deletes rows of the child", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p ON DELETE CASCADE;", batch: "DELETE FROM p WHERE id = 1;"},
	{name: "to a parent whose key is retyped", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p;", batch: "ALTER TABLE p ALTER COLUMN id TYPE bigint; ALTER TABLE c ALTER COLUMN p TYPE bigint;"},
	{name: "to a parent that loses its key column", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p;", batch: "ALTER TABLE p DROP COLUMN id CASCADE;"},
	{name: "to a parent in another schema", setup: foreignKeyBase + "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p;", batch: "ALTER TABLE p SET SCHEMA other; ALTER TABLE other.p RENAME COLUMN id TO key;"},
	{name: "to itself, added", setup: foreignKeyBase, batch: "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES c;"},
	{name: "to itself, dropped with its table", setup: "CREATE TABLE t (id integer PRIMARY KEY, up integer REFERENCES t ON DELETE CASCADE); INSERT INTO t VALUES (1, 2), (2, 3), (3, NULL);", batch: "DROP TABLE t;"},
	{name: "to itself, with rows in a circle", setup: "CREATE TABLE t (id integer PRIMARY KEY, up integer REFERENCES t, a text); INSERT INTO t VALUES (1, 2), (2, 1);", batch: "ALTER TABLE t DROP COLUMN a; UPDATE t SET up = NULL;"},
	{name: "in a circle, both dropped", setup: circular, batch: "DROP TABLE x, y CASCADE;"},
	{name: "in a circle, one dropped", setup: circular, batch: "DROP TABLE x CASCADE;"},
	{name: "in a circle, created", setup: "", batch: circular},
	{name: "in a circle, renamed", setup: circular, batch: "ALTER TABLE x RENAME TO z; ALTER TABLE y RENAME TO x; ALTER TABLE x RENAME COLUMN x TO z;"},
	{name: "not valid, rows deleted that it never held for", setup: unheld, batch: "DELETE FROM c;"},
	{name: "not valid, rows changed that it never held for", setup: unheld, batch: "UPDATE c SET p = 1, n = 5;"},
	{name: "not valid, rows beside those that it never held for changed, and rows come", setup: unheld, batch: "UPDATE c SET n = 3 WHERE id = 1; INSERT INTO c VALUES (9, 1, 1);"},
	{name: "not valid, rows come beside those that it never held for", setup: unheld, batch: "INSERT INTO c VALUES (9, 1, 1);"},
	{name: "not valid, rows deleted that it never held for, and validated", setup: unheld, batch: "DELETE FROM c WHERE p = 7; ALTER TABLE c VALIDATE CONSTRAINT fk;"},
	{name: "in a circle, both retyped", setup: circular, batch: "ALTER TABLE x ALTER id TYPE bigint, ALTER y TYPE bigint; ALTER TABLE y ALTER id TYPE bigint, ALTER x TYPE bigint;"},
	{name: "in a circle, both truncated", setup: circular, batch: "TRUNCATE x, y;"},
	{name: "in a circle of three schemas, dropped", setup: circular + "CREATE SCHEMA s; CREATE TABLE s.z (id integer PRIMARY KEY, x integer REFERENCES x); INSERT INTO s.z VALUES (1, 1); ALTER TABLE y ADD z integer REFERENCES s.z; UPDATE y SET z = 1;", batch: "DROP SCHEMA s CASCADE; DROP TABLE y CASCADE;"},

	{name: "of a child that hides its rows, to a parent whose rows are changed", setup: hiddenChild, batch: "UPDATE p SET a = 7 WHERE id = 3;", refused: "row security hides rows of table public.c from this role"},
	{name: "of a child that hides its rows, to a parent that gets rows", setup: hiddenChild, batch: "INSERT INTO p VALUES (4);", refused: "row security hides rows of table public.c from this role"},
	{name: "of a child that hides its rows, to a parent that loses a column", setup: hiddenChild, batch: "ALTER TABLE p DROP COLUMN b;", refused: "row security hides rows of table public.c from this role"},
	{name: "of a child that hides its rows, dropped", setup: hiddenChild, batch: "ALTER TABLE c DROP CONSTRAINT fk;", refused: "row security hides rows of table public.c from this role"},
	{name: "of a child that hides its rows, renamed", setup: hiddenChild, batch: "ALTER TABLE c RENAME CONSTRAINT fk TO belongs;"},
	{name: "of a child that hides its rows, added", setup: foreignKeyBase + "CREATE POLICY few ON c USING (id < 2); ALTER TABLE c ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;", batch: "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p NOT VALID;"},
	{name: "of a child that hides its rows, to a parent that is added to", setup: hiddenChild, batch: "ALTER TABLE p ADD x integer DEFAULT 5; CREATE INDEX ON p (x);"},
	{name: "of a child that hides its rows from who is above it, to a parent whose rows are changed", setup: hiddenChild, superuser: true, batch: "UPDATE p SET a = 7 WHERE id = 3;"},
	{name: "of a child that hides its rows no more, to a parent whose rows are changed", setup: hiddenChild, batch: "ALTER TABLE c NO FORCE ROW LEVEL SECURITY; UPDATE p SET a = 7 WHERE id = 3;"},
	{name: "of a child that hides its rows from now on, to a parent whose rows are changed", setup: hiddenKey, batch: "UPDATE p SET a = 7 WHERE id = 3; ALTER TABLE c ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"},
	{name: "of a child that hides its rows no more, dropped", setup: hiddenChild, batch: "ALTER TABLE c NO FORCE ROW LEVEL SECURITY, DROP CONSTRAINT fk;", refused: "row security hides rows of table public.c from this role"},
	{name: "of a child that hides its rows from now on, dropped", setup: hiddenKey, batch: "ALTER TABLE c DROP CONSTRAINT fk, ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"},
	{name: "of a child that hides its rows from now on, to a parent that loses a column", setup: hiddenKey, batch: "ALTER TABLE p DROP COLUMN b; ALTER TABLE c ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"},
	{name: "of a child of which a partition hides its rows, dropped", setup: "CREATE TABLE p (id integer PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TABLE c (p integer CONSTRAINT fk REFERENCES p) PARTITION BY LIST (p); CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1); INSERT INTO c VALUES (1); ALTER TABLE c1 ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; ",
		batch: "ALTER TABLE c DROP CONSTRAINT fk;", refused: "row security hides rows of table public.c1 from this role"},
	{name: "of a child that hides its rows from others, to a parent whose rows are changed", setup: hiddenKey + "ALTER TABLE c ENABLE ROW LEVEL SECURITY;", batch: "UPDATE p SET a = 7 WHERE id = 3;"},
	{name: "to a parent that hides its rows, of a child whose rows are changed", setup: hiddenParent, batch: "UPDATE c SET a = 5;", refused: "row security hides rows of table public.p from this role"},
	{name: "to a parent that hides its rows, of a child that loses a column", setup: hiddenParent, batch: "ALTER TABLE c DROP COLUMN b;", refused: "row security hides rows of table public.p from this role"},
	{name: "to a parent that hides its rows, dropped with its child", setup: hiddenParent, batch: "DROP TABLE c;", refused: "row security hides rows of table public.p from this role"},
}
