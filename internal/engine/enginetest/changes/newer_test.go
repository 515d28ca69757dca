//go:build unix

package changes_test

import "testing"

// Versions of the server, as in server_version_num.
const (
	postgres15 = 150000
	postgres17 = 170000
	postgres18 = 180000
)

func TestNewerServers(t *testing.T) { runCases(t, "newer servers", newerCases) }

const (
	named18 = `CREATE TABLE t (id integer PRIMARY KEY, a integer CONSTRAINT a_there NOT NULL, b integer, c integer);
		INSERT INTO t VALUES (1, 1, 1, 1), (2, 2, NULL, 2); `
	checked18  = `CREATE TABLE t (id integer PRIMARY KEY, a integer, CONSTRAINT positive CHECK (a > 0) NOT ENFORCED); INSERT INTO t VALUES (1, -1); `
	keyed18    = named18 + "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0); "
	linked18   = `CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE c (p integer CONSTRAINT link REFERENCES p NOT ENFORCED); INSERT INTO c VALUES (7); `
	virtual18  = `CREATE TABLE t (id integer PRIMARY KEY, a integer, twice integer GENERATED ALWAYS AS (a * 2) VIRTUAL); INSERT INTO t VALUES (1, 1), (2, NULL); `
	temporal18 = `CREATE TABLE rooms (id int4range, during daterange, CONSTRAINT once PRIMARY KEY (id, during WITHOUT OVERLAPS));
		INSERT INTO rooms VALUES ('[1,2)', '[2020-01-01,2021-01-01)'), ('[1,2)', '[2021-01-01,2022-01-01)'); `
	stays18 = temporal18 + `CREATE TABLE stays (room int4range, during daterange, CONSTRAINT stay FOREIGN KEY (room, PERIOD during) REFERENCES rooms (id, PERIOD during));
		INSERT INTO stays VALUES ('[1,2)', '[2020-05-01,2021-05-01)'); `
)

var newerCases = []change{
	{since: postgres18, name: "not null, named, created", setup: named18, batch: "ALTER TABLE t ADD CONSTRAINT c_there NOT NULL c;"},
	{since: postgres18, name: "not null, with a new column", setup: named18, batch: "ALTER TABLE t ADD d integer CONSTRAINT d_there NOT NULL DEFAULT 1;"},
	{since: postgres18, name: "not null, named, dropped", setup: named18, batch: "ALTER TABLE t DROP CONSTRAINT a_there;"},
	{since: postgres18, name: "not null, named, dropped by column", setup: named18, batch: "ALTER TABLE t ALTER a DROP NOT NULL;"},
	{since: postgres18, name: "not null, named, renamed", setup: named18, batch: "ALTER TABLE t RENAME CONSTRAINT a_there TO other;"},
	{since: postgres18, name: "not null, named, its column renamed", setup: named18, batch: "ALTER TABLE t RENAME a TO z;"},
	{since: postgres18, name: "not null, named, its column dropped", setup: named18, batch: "ALTER TABLE t DROP a;"},
	{since: postgres18, name: "not null, named, its table renamed", setup: named18, batch: "ALTER TABLE t RENAME TO u;"},
	{since: postgres18, name: "not null, named, its table dropped", setup: named18, batch: "DROP TABLE t;"},
	{since: postgres18, name: "not null, named, its table rebuilt", setup: named18, batch: "ALTER TABLE t ALTER c TYPE bigint;"},
	{since: postgres18, name: "not null, two names swapped", setup: named18 + "ALTER TABLE t ADD CONSTRAINT c_there NOT NULL c;",
		batch: "ALTER TABLE t RENAME CONSTRAINT a_there TO x; ALTER TABLE t RENAME CONSTRAINT c_there TO a_there; ALTER TABLE t RENAME CONSTRAINT x TO c_there;"},
	{since: postgres18, name: "not null, its name taken by a check", setup: named18,
		batch: "ALTER TABLE t DROP CONSTRAINT a_there; ALTER TABLE t ADD CONSTRAINT a_there CHECK (a > 0);"},
	{since: postgres18, name: "not null, unnamed, in a table and column renamed before", setup: "CREATE TABLE o (x integer NOT NULL); ALTER TABLE o RENAME TO t; ALTER TABLE t RENAME x TO y;",
		batch: "ALTER TABLE t ALTER y DROP NOT NULL;"},
	{since: postgres18, name: "not null, of a name that is cut", setup: `CREATE TABLE "a table with a name that is as long as names can be, sixty bytes" ("a column with a name that is as long as names can be, sixty byte" integer NOT NULL);`,
		batch: `DROP TABLE "a table with a name that is as long as names can be, sixty bytes";`},
	{since: postgres18, name: "not null, commented", setup: named18, batch: "COMMENT ON CONSTRAINT a_there ON t IS 'x';"},
	{since: postgres18, name: "not null, made one that children do not inherit", setup: named18, batch: "ALTER TABLE t ALTER CONSTRAINT a_there NO INHERIT;"},
	{since: postgres18, name: "not null, NO INHERIT, created", setup: named18, batch: "ALTER TABLE t ADD CONSTRAINT c_there NOT NULL c NO INHERIT;"},
	{since: postgres18, name: "not null, NO INHERIT, dropped", setup: named18 + "ALTER TABLE t ADD CONSTRAINT c_there NOT NULL c NO INHERIT;", batch: "ALTER TABLE t ALTER c DROP NOT NULL;"},
	{since: postgres18, name: "not null, NO INHERIT, made one that children inherit", setup: named18 + "ALTER TABLE t ADD CONSTRAINT c_there NOT NULL c NO INHERIT;", batch: "ALTER TABLE t ALTER CONSTRAINT c_there INHERIT;"},
	{since: postgres18, name: "not null, NO INHERIT, its table dropped", setup: named18 + "ALTER TABLE t ADD CONSTRAINT c_there NOT NULL c NO INHERIT;", batch: "DROP TABLE t;"},
	{since: postgres18, name: "not null, NOT VALID, created", setup: named18, batch: "ALTER TABLE t ADD CONSTRAINT b_there NOT NULL b NOT VALID;"},
	{since: postgres18, name: "not null, NOT VALID, dropped", setup: named18 + "ALTER TABLE t ADD CONSTRAINT b_there NOT NULL b NOT VALID;", batch: "ALTER TABLE t DROP CONSTRAINT b_there;"},
	{since: postgres18, name: "not null, NOT VALID, validated", setup: named18 + "ALTER TABLE t ADD CONSTRAINT c_there NOT NULL c NOT VALID;", batch: "ALTER TABLE t VALIDATE CONSTRAINT c_there;"},
	{since: postgres18, name: "not null, NOT VALID, its rows corrected and validated", setup: named18 + "ALTER TABLE t ADD CONSTRAINT b_there NOT NULL b NOT VALID;",
		batch: "UPDATE t SET b = 0 WHERE b IS NULL; ALTER TABLE t VALIDATE CONSTRAINT b_there;"},
	{since: postgres18, name: "not null, NOT VALID, renamed", setup: named18 + "ALTER TABLE t ADD CONSTRAINT b_there NOT NULL b NOT VALID;", batch: "ALTER TABLE t RENAME CONSTRAINT b_there TO x;"},
	{since: postgres18, name: "not null, NOT VALID, its table dropped with rows that break it", setup: named18 + "ALTER TABLE t ADD CONSTRAINT b_there NOT NULL b NOT VALID;", batch: "DROP TABLE t;"},
	{since: postgres18, name: "not null, NOT VALID, its column retyped", setup: named18 + "ALTER TABLE t ADD CONSTRAINT b_there NOT NULL b NOT VALID;", batch: "ALTER TABLE t ALTER c TYPE text;"},
	{since: postgres18, name: "not null of a key, the key dropped", setup: named18, batch: "ALTER TABLE t DROP CONSTRAINT t_pkey;"},
	{since: postgres18, name: "not null of a key, both dropped", setup: named18, batch: "ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ALTER id DROP NOT NULL;"},
	{since: postgres18, name: "not null, by a key made", setup: named18, batch: "ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD PRIMARY KEY (c);"},

	{since: postgres18, name: "check NOT ENFORCED, created", setup: named18, batch: "ALTER TABLE t ADD CONSTRAINT k CHECK (b > 5) NOT ENFORCED;"},
	{since: postgres18, name: "check NOT ENFORCED, dropped", setup: checked18, batch: "ALTER TABLE t DROP CONSTRAINT positive;"},
	{since: postgres18, name: "check NOT ENFORCED, renamed", setup: checked18, batch: "ALTER TABLE t RENAME CONSTRAINT positive TO x;"},
	{since: postgres18, name: "check NOT ENFORCED, replaced by one enforced", setup: checked18, batch: "UPDATE t SET a = 1; ALTER TABLE t DROP CONSTRAINT positive, ADD CONSTRAINT positive CHECK (a > 0);"},
	{since: postgres18, name: "check NOT ENFORCED, its table dropped", setup: checked18, batch: "DROP TABLE t;"},
	{since: postgres18, name: "check NOT ENFORCED, its table rebuilt", setup: checked18, batch: "ALTER TABLE t ALTER a TYPE bigint;"},
	{since: postgres18, name: "foreign key NOT ENFORCED, created", setup: linked18, batch: "ALTER TABLE c ADD CONSTRAINT again FOREIGN KEY (p) REFERENCES p NOT ENFORCED;"},
	{since: postgres18, name: "foreign key NOT ENFORCED, dropped", setup: linked18, batch: "ALTER TABLE c DROP CONSTRAINT link;"},
	{since: postgres18, name: "foreign key NOT ENFORCED, enforced", setup: linked18, batch: "DELETE FROM c; ALTER TABLE c ALTER CONSTRAINT link ENFORCED;"},
	{since: postgres18, name: "foreign key, no longer enforced", setup: linked18 + "DELETE FROM c; ALTER TABLE c ALTER CONSTRAINT link ENFORCED;", batch: "ALTER TABLE c ALTER CONSTRAINT link NOT ENFORCED;"},
	{since: postgres18, name: "foreign key NOT ENFORCED, its table dropped", setup: linked18, batch: "DROP TABLE c;"},
	{since: postgres18, name: "foreign key NOT ENFORCED, the other table dropped", setup: linked18, batch: "DROP TABLE p CASCADE;"},

	{since: postgres18, name: "virtual column, created", setup: named18, batch: "ALTER TABLE t ADD twice integer GENERATED ALWAYS AS (a * 2) VIRTUAL;"},
	{since: postgres18, name: "virtual column, without saying so", setup: named18, batch: "ALTER TABLE t ADD twice integer GENERATED ALWAYS AS (a * 2);"},
	{since: postgres18, name: "virtual column, dropped", setup: virtual18, batch: "ALTER TABLE t DROP twice;"},
	{since: postgres18, name: "virtual column, renamed", setup: virtual18, batch: "ALTER TABLE t RENAME twice TO doubled;"},
	{since: postgres18, name: "virtual column, of another expression", setup: virtual18, batch: "ALTER TABLE t ALTER twice SET EXPRESSION AS (a * 3);"},
	{since: postgres18, name: "virtual column, replaced by one stored", setup: virtual18, batch: "ALTER TABLE t DROP twice, ADD twice integer GENERATED ALWAYS AS (a * 2) STORED;"},
	{since: postgres18, name: "stored column, replaced by one virtual", setup: "CREATE TABLE t (a integer, twice integer GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO t VALUES (4);",
		batch: "ALTER TABLE t DROP twice, ADD twice integer GENERATED ALWAYS AS (a * 2) VIRTUAL;"},
	{since: postgres18, name: "virtual column, its source renamed", setup: virtual18, batch: "ALTER TABLE t RENAME a TO z;"},
	{since: postgres18, name: "virtual column, its source retyped", setup: virtual18, batch: "ALTER TABLE t DROP twice; ALTER TABLE t ALTER a TYPE bigint;"},
	{since: postgres18, name: "virtual column, its rows changed", setup: virtual18, batch: "UPDATE t SET a = 100; DELETE FROM t WHERE id = 2;"},
	{since: postgres18, name: "virtual column, under a check and a view", setup: virtual18 + "ALTER TABLE t ADD CHECK (twice < 1000); CREATE VIEW v AS SELECT twice FROM t;", batch: "DROP TABLE t CASCADE;"},
	{since: postgres18, name: "virtual column, not null", setup: virtual18 + "DELETE FROM t WHERE a IS NULL;", batch: "ALTER TABLE t ALTER twice SET NOT NULL;"},
	{since: postgres17, name: "stored column, of another expression", setup: "CREATE TABLE t (a integer, twice integer GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO t VALUES (4);",
		batch: "ALTER TABLE t ALTER twice SET EXPRESSION AS (a * 3);"},

	{since: postgres18, name: "temporal key, created", setup: "CREATE TABLE rooms (id int4range, during daterange); INSERT INTO rooms VALUES ('[1,2)', '[2020-01-01,2021-01-01)');",
		batch: "ALTER TABLE rooms ADD CONSTRAINT once PRIMARY KEY (id, during WITHOUT OVERLAPS);"},
	{since: postgres18, name: "temporal key, dropped", setup: temporal18, batch: "ALTER TABLE rooms DROP CONSTRAINT once;"},
	{since: postgres18, name: "temporal key, renamed", setup: temporal18, batch: "ALTER TABLE rooms RENAME CONSTRAINT once TO sole;"},
	{since: postgres18, name: "temporal key, replaced by a plain one", setup: temporal18, batch: "ALTER TABLE rooms DROP CONSTRAINT once, ADD CONSTRAINT once PRIMARY KEY (id, during);"},
	{since: postgres18, name: "temporal key, unique, dropped", setup: temporal18 + "ALTER TABLE rooms ADD CONSTRAINT also UNIQUE (id, during WITHOUT OVERLAPS);", batch: "ALTER TABLE rooms DROP CONSTRAINT also;"},
	{since: postgres18, name: "temporal key, its table dropped", setup: temporal18, batch: "DROP TABLE rooms;"},
	{since: postgres18, name: "temporal key, its rows changed", setup: temporal18, batch: "UPDATE rooms SET during = '[2019-01-01,2020-01-01)' WHERE during @> '2020-05-05'::date;"},
	{since: postgres18, name: "temporal foreign key, rows put into the other table", setup: stays18, batch: "INSERT INTO rooms VALUES ('[1,2)', '[2022-01-01,2023-01-01)');"},
	{since: postgres18, name: "temporal foreign key, column of the other table dropped", setup: stays18 + "ALTER TABLE rooms ADD a integer; ALTER TABLE stays ADD a integer;", batch: "ALTER TABLE rooms DROP a; ALTER TABLE stays DROP a;"},
	{since: postgres18, name: "temporal foreign key, created", setup: stays18 + "ALTER TABLE stays DROP CONSTRAINT stay;", batch: "ALTER TABLE stays ADD CONSTRAINT stay FOREIGN KEY (room, PERIOD during) REFERENCES rooms (id, PERIOD during);"},
	{since: postgres18, name: "temporal foreign key, dropped", setup: stays18, batch: "ALTER TABLE stays DROP CONSTRAINT stay;"},
	{since: postgres18, name: "temporal foreign key, the key dropped with CASCADE", setup: stays18, batch: "ALTER TABLE rooms DROP CONSTRAINT once CASCADE;"},
	{since: postgres18, name: "temporal foreign key, the other table dropped", setup: stays18, batch: "DROP TABLE rooms CASCADE;"},

	{since: postgres18, name: "not null, its name that of a check that was renamed", setup: keyed18, batch: "ALTER TABLE t RENAME CONSTRAINT k TO z; ALTER TABLE t ADD CONSTRAINT k NOT NULL c;"},
	{since: postgres18, name: "not null, its name and a check's swapped", setup: keyed18, batch: "ALTER TABLE t RENAME CONSTRAINT k TO z; ALTER TABLE t RENAME CONSTRAINT a_there TO k; ALTER TABLE t RENAME CONSTRAINT z TO a_there;"},
	{since: postgres18, name: "not null, its name and a foreign key's swapped, its table moved", setup: "CREATE SCHEMA o; " + named18 + "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (c) REFERENCES t;",
		batch: "ALTER TABLE t RENAME CONSTRAINT k TO z; ALTER TABLE t RENAME CONSTRAINT a_there TO k; ALTER TABLE t SET SCHEMA o;"},
	{since: postgres18, name: "not null of a parent, its name that of a child's check that was renamed", setup: named18 + "CREATE TABLE ch (a integer, CONSTRAINT k CHECK (a > 0)) INHERITS (t);",
		batch: "ALTER TABLE ch RENAME CONSTRAINT k TO z; ALTER TABLE t RENAME CONSTRAINT a_there TO k;"},

	{since: postgres17, name: "exclusion of a tree, its partition detached", setup: excluded17, batch: "ALTER TABLE q DETACH PARTITION q1;"},
	{since: postgres17, name: "exclusion of a tree, its partitioned partition detached", setup: excluded17, batch: "ALTER TABLE q DETACH PARTITION q2;"},
	{since: postgres17, name: "exclusion of a tree, its partition dropped", setup: excluded17, batch: "DROP TABLE q1;"},
	{since: postgres17, name: "exclusion of a tree, its partitioned partition dropped", setup: excluded17, batch: "DROP TABLE q2;"},
	{since: postgres17, name: "exclusion of a tree, dropped", setup: excluded17, batch: "ALTER TABLE q DROP CONSTRAINT twin;"},
	{since: postgres17, name: "exclusion of a tree, replaced by a unique key", setup: excluded17, batch: "ALTER TABLE q DROP CONSTRAINT ex, ADD CONSTRAINT ex UNIQUE (k, x);"},
	{since: postgres17, name: "exclusion of a tree, all dropped", setup: excluded17, batch: "DROP TABLE q;"},
	{since: postgres17, name: "exclusion of a tree, retyped", setup: excluded17, batch: "ALTER TABLE q ALTER x TYPE bigint;"},
	{since: postgres17, name: "exclusion of a tree, renamed", setup: excluded17, batch: "ALTER TABLE q RENAME CONSTRAINT ex TO other; ALTER TABLE q1 RENAME CONSTRAINT q1_k_x_excl TO x; ALTER TABLE q2a RENAME CONSTRAINT q2a_k_x_excl TO q1_k_x_excl;"},
	{since: postgres17, name: "exclusion of a tree, a table attached", setup: excluded17 + "CREATE TABLE q3 (k int, x int, s text, CONSTRAINT own EXCLUDE (k WITH =, x WITH =));", batch: "ALTER TABLE q ATTACH PARTITION q3 FOR VALUES IN (3);"},
	{since: postgres17, name: "exclusion of a tree, created", setup: excluded17, batch: "ALTER TABLE q ADD CONSTRAINT third EXCLUDE (k WITH =, x WITH =, s WITH =);"},

	{since: postgres15, name: "view of its reader's rights, made one of its owner's", setup: named15 + "CREATE VIEW v WITH (security_invoker = true) AS SELECT id FROM t;", batch: "ALTER VIEW v SET (security_invoker = false);"},
	{since: postgres15, name: "unique key without two NULLs, replaced", setup: named15 + "ALTER TABLE t ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a);", batch: "ALTER TABLE t DROP CONSTRAINT u, ADD CONSTRAINT u UNIQUE (a);"},
	{since: postgres15, name: "foreign key that sets some columns, dropped", setup: named15 + "CREATE TABLE c (x integer, y integer, CONSTRAINT f FOREIGN KEY (x, y) REFERENCES t (id, a) ON DELETE SET NULL (y));",
		batch: "ALTER TABLE c DROP CONSTRAINT f;"},
	{since: postgres15, name: "sequence, made unlogged", setup: "CREATE SEQUENCE q;", batch: "ALTER SEQUENCE q SET UNLOGGED;"},
}

const named15 = `CREATE TABLE t (id integer, a integer, PRIMARY KEY (id, a)); INSERT INTO t VALUES (1, 1); `

// excluded17 has two exclusion constraints over the same columns, of whose parts in one
// partition each has the name that the server would give to the other.
const excluded17 = `CREATE TABLE q (k int, x int, s text) PARTITION BY LIST (k); CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1); CREATE TABLE q2 PARTITION OF q FOR VALUES IN (2) PARTITION BY LIST (k); CREATE TABLE q2a PARTITION OF q2 DEFAULT;
	ALTER TABLE q ADD CONSTRAINT ex EXCLUDE (k WITH =, x WITH =); ALTER TABLE q ADD CONSTRAINT twin EXCLUDE (k WITH =, x WITH =) WITH (fillfactor = 60) DEFERRABLE;
	ALTER TABLE q1 RENAME CONSTRAINT q1_k_x_excl TO x; ALTER TABLE q1 RENAME CONSTRAINT q1_k_x_excl1 TO q1_k_x_excl; ALTER TABLE q1 RENAME CONSTRAINT x TO q1_k_x_excl1;
	COMMENT ON CONSTRAINT q1_k_x_excl ON q1 IS 'second'; INSERT INTO q VALUES (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c'); `
