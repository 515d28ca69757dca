//go:build unix

package changes_test

import "testing"

func TestHashPartitions(t *testing.T) { runCases(t, "hash partitions", hashCases) }

// hashBase is a tree by the hash of two columns, one of them under a collation, with a
// partition that is partitioned by the hash of an expression, and one whose columns
// stand in another order.
const hashBase = `CREATE TABLE h (id int NOT NULL, k text COLLATE "C" NOT NULL, v int, note text, CONSTRAINT h_key PRIMARY KEY (id, k)) PARTITION BY HASH (id, k);
	CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0);
	CREATE TABLE h1 (id int NOT NULL, k text COLLATE "C" NOT NULL, v int, note text) PARTITION BY HASH (id, k);
	ALTER TABLE h ATTACH PARTITION h1 FOR VALUES WITH (MODULUS 4, REMAINDER 1);
	CREATE TABLE h1a PARTITION OF h1 FOR VALUES WITH (MODULUS 8, REMAINDER 1); CREATE TABLE h1b PARTITION OF h1 FOR VALUES WITH (MODULUS 8, REMAINDER 5);
	CREATE TABLE h3 (note text, gone int, v int, k text COLLATE "C" NOT NULL, id int NOT NULL); ALTER TABLE h3 DROP gone;
	ALTER TABLE h ATTACH PARTITION h3 FOR VALUES WITH (MODULUS 4, REMAINDER 3);
	CREATE INDEX h_v ON h (v); COMMENT ON TABLE h3 IS 'the last';
	INSERT INTO h SELECT g, 'k' || g, g % 3, 'note ' || g FROM generate_series(1, 24) g;
	CREATE TABLE x (a text, b int) PARTITION BY HASH (lower(a)); CREATE TABLE x0 PARTITION OF x FOR VALUES WITH (MODULUS 1, REMAINDER 0); INSERT INTO x VALUES ('A', 1), ('b', 2); `

// hashEnum is a tree by the hash of an enum, by itself and inside of others.
const hashEnum = `CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
	CREATE TABLE h (m mood, n int) PARTITION BY HASH (n, m); CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE h1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1);
	INSERT INTO h SELECT (enum_range(NULL::mood))[1 + g % 3], g FROM generate_series(1, 30) g; `

// hashInside is a tree by the hash of values that hold an enum's.
const hashInside = `CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE DOMAIN d AS mood; CREATE TYPE c AS (n d[], m int);
	CREATE TABLE i (id int, x c) PARTITION BY RANGE (id); CREATE TABLE i1 PARTITION OF i DEFAULT PARTITION BY HASH (x); CREATE TABLE i10 PARTITION OF i1 FOR VALUES WITH (MODULUS 1, REMAINDER 0); INSERT INTO i VALUES (1, ROW('{ok,sad}', 1)); `

var hashCases = []change{
	{name: "under an enum that stays", setup: hashEnum, batch: `DELETE FROM h WHERE n < 9; UPDATE h SET n = n + 50 WHERE m = 'ok'; DROP TABLE h1;`},
	{name: "under an enum that is dropped", setup: hashEnum, batch: `DROP TABLE h; DROP TYPE mood CASCADE;`, refused: "would have its rows in other partitions"},
	{name: "under an enum that is made anew", setup: hashEnum, batch: `CREATE TABLE other AS SELECT m::text, n FROM h; DROP TABLE h; DROP TYPE mood CASCADE; CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE TABLE h (m mood, n int) PARTITION BY HASH (n, m); CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 1, REMAINDER 0); INSERT INTO h SELECT m::mood, n FROM other;`, refused: "would have its rows in other partitions"},
	{name: "under a composite type that holds an enum that is dropped", setup: hashInside, batch: `DROP TABLE i; DROP TYPE mood CASCADE; DROP TYPE c;`, refused: "table public.i1 would have its rows in other partitions"},
	{name: "beside an enum that is dropped", setup: `CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE TABLE h ("a m" text COLLATE "C", m mood) PARTITION BY HASH ("a m"); CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 1, REMAINDER 0); INSERT INTO h VALUES ('a', 'ok');`, batch: `DROP TABLE h; DROP TYPE mood;`},
	{name: "partition dropped", setup: hashBase, batch: `DROP TABLE h0;`},
	{name: "partitioned partition dropped", setup: hashBase, batch: `DROP TABLE h1;`},
	{name: "partition of a partition dropped", setup: hashBase, batch: `DROP TABLE h1b;`},
	{name: "partition with its columns in another order dropped", setup: hashBase, batch: `DROP TABLE h3;`},
	{name: "tree dropped", setup: hashBase, batch: `DROP TABLE h; DROP TABLE x CASCADE;`},
	{name: "tree dropped and made otherwise", setup: hashBase, batch: `DROP TABLE h; CREATE TABLE h (id int, k text, v int) PARTITION BY HASH (k); CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 1, REMAINDER 0); INSERT INTO h VALUES (1, 'a', 1);`},
	{name: "tree turned into one by list", setup: hashBase, batch: `CREATE TABLE n (LIKE h) PARTITION BY LIST (v); CREATE TABLE n0 PARTITION OF n DEFAULT; INSERT INTO n SELECT * FROM h; DROP TABLE h; ALTER TABLE n RENAME TO h; ALTER TABLE n0 RENAME TO h0;`},
	{name: "partition detached", setup: hashBase, batch: `ALTER TABLE h DETACH PARTITION h0;`},
	{name: "partitioned partition detached and changed", setup: hashBase, batch: `ALTER TABLE h DETACH PARTITION h1; UPDATE h1 SET v = 9; ALTER TABLE h1 DROP note;`},
	{name: "partition detached, and one in its place", setup: hashBase, batch: `ALTER TABLE h DETACH PARTITION h3; CREATE TABLE h5 PARTITION OF h FOR VALUES WITH (MODULUS 4, REMAINDER 3); INSERT INTO h SELECT id, k, v, note FROM h3; DROP TABLE h3;`},
	{name: "partition split into two", setup: hashBase, batch: `ALTER TABLE h DETACH PARTITION h0; CREATE TABLE h00 PARTITION OF h FOR VALUES WITH (MODULUS 4, REMAINDER 0); CREATE TABLE h02 PARTITION OF h FOR VALUES WITH (MODULUS 4, REMAINDER 2); INSERT INTO h SELECT * FROM h0; DROP TABLE h0;`},
	{name: "partition attached", setup: hashBase + `ALTER TABLE h DETACH PARTITION h3; `, batch: `ALTER TABLE h ATTACH PARTITION h3 FOR VALUES WITH (MODULUS 4, REMAINDER 3);`},
	{name: "partition attached with another bound", setup: hashBase + `DELETE FROM h3; `, batch: `ALTER TABLE h DETACH PARTITION h3; ALTER TABLE h ATTACH PARTITION h3 FOR VALUES WITH (MODULUS 8, REMAINDER 3);`},
	{name: "column dropped", setup: hashBase, batch: `ALTER TABLE h DROP note; ALTER TABLE x DROP b;`},
	{name: "column added and filled", setup: hashBase, batch: `ALTER TABLE h ADD w int NOT NULL DEFAULT 5; UPDATE h SET w = id;`},
	{name: "column retyped", setup: hashBase, batch: `ALTER TABLE h ALTER v TYPE text;`},
	{name: "rows changed", setup: hashBase, batch: `UPDATE h SET v = v + 1;`},
	{name: "rows moved between partitions", setup: hashBase, batch: `UPDATE h SET id = id + 100; UPDATE x SET a = upper(a) || 'z';`},
	{name: "rows deleted and inserted", setup: hashBase, batch: `DELETE FROM h WHERE id % 2 = 0; INSERT INTO h SELECT g, 'n', g, 'new' FROM generate_series(30, 40) g; TRUNCATE x;`},
	{name: "rows changed, a column dropped and a partition dropped", setup: hashBase, batch: `UPDATE h SET v = 7 WHERE id < 9; ALTER TABLE h DROP note; DROP TABLE h0;`},
	{name: "primary key dropped", setup: hashBase, batch: `ALTER TABLE h DROP CONSTRAINT h_key; UPDATE h SET k = 'same', id = 1 WHERE id < 5;`},
	{name: "renamed and moved", setup: hashBase + `CREATE SCHEMA other; `, batch: `ALTER TABLE h RENAME TO hashed; ALTER TABLE h1a SET SCHEMA other; ALTER TABLE h1 RENAME TO h0x;`},
	{since: postgres15, name: "referred to", setup: hashBase + `CREATE TABLE r (id int, k text COLLATE "C", FOREIGN KEY (id, k) REFERENCES h ON UPDATE CASCADE); INSERT INTO r SELECT id, k FROM h WHERE id < 9;`, batch: `UPDATE h SET id = id + 50 WHERE id < 9; ALTER TABLE h DROP note;`},
	{name: "referred to, dropped with CASCADE", setup: hashBase + `CREATE TABLE r (id int, k text COLLATE "C", FOREIGN KEY (id, k) REFERENCES h ON UPDATE CASCADE); INSERT INTO r SELECT id, k FROM h WHERE id < 9;`, batch: `DROP TABLE h CASCADE;`},
	{name: "under an operator class of one's own", superuser: true, setup: `CREATE FUNCTION myhash(int, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 0 * $2'`, admin: `CREATE FUNCTION shash(int, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 0 * $2'; CREATE OPERATOR CLASS own FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 2 shash(int, bigint);
		CREATE TABLE o (a int, b int) PARTITION BY HASH (a own); CREATE TABLE o0 PARTITION OF o FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE o1 PARTITION OF o FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO o SELECT g, g FROM generate_series(1, 9) g;`,
		batch: `DROP TABLE o CASCADE; DROP OPERATOR CLASS own USING hash;`},
}
