//go:build unix

package changes_test

import "testing"

// Primary keys of which two values can be equal without being the same: the batch gives
// rows keys that are equal to their old ones.
func TestKeys(t *testing.T) { runCases(t, "keys", keyCases) }

const letters = `CREATE EXTENSION citext; CREATE TABLE t (id citext PRIMARY KEY, a integer, b integer); INSERT INTO t VALUES ('Ann', 1, 1), ('Bob', 2, 2), ('C', 3, 3); `

const numbers = `CREATE TABLE t (id numeric PRIMARY KEY, a integer, b integer); INSERT INTO t VALUES (1.0, 1, 1), (2.00, 2, 2), ('NaN', 3, 3), (4, 4, 4); `

const lowered = `UPDATE t SET id = lower(id::text)::citext, a = a + 1; `

var keyCases = []change{
	{name: "citext in other letters", setup: letters, batch: lowered + `DELETE FROM t WHERE id = 'c'; INSERT INTO t VALUES ('c', 9, 9);`},
	{name: "citext in other letters, and a column dropped", setup: letters, batch: lowered + `ALTER TABLE t DROP b;`},
	{name: "citext in other letters, that others refer to", setup: letters + `CREATE TABLE c (id integer PRIMARY KEY, t citext REFERENCES t); INSERT INTO c VALUES (1, 'ann'), (2, 'Bob');`, batch: lowered},
	{name: "citext in other letters, that others follow", setup: letters + `CREATE TABLE c (id integer PRIMARY KEY, t citext REFERENCES t ON UPDATE CASCADE ON DELETE SET NULL); INSERT INTO c VALUES (1, 'ann'), (2, 'Bob');`, batch: lowered},
	{name: "citext in other letters, in a partition", setup: `CREATE EXTENSION citext; CREATE TABLE t (id citext, a integer, PRIMARY KEY (id, a)) PARTITION BY LIST (a); CREATE TABLE t1 PARTITION OF t DEFAULT; INSERT INTO t VALUES ('Ann', 1), ('Bob', 2);`, batch: `UPDATE t SET id = upper(id::text)::citext;`},
	{name: "a collation without letters", setup: `CREATE COLLATION c (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE TABLE t (id text COLLATE c PRIMARY KEY, a integer); INSERT INTO t VALUES ('a', 1), ('b', 2), ('c', 3);`, batch: `UPDATE t SET id = 'A' WHERE id = 'a'; UPDATE t SET a = 9 WHERE id = 'B'; DELETE FROM t WHERE id = 'C'; INSERT INTO t VALUES ('C', 5);`},
	{name: "numbers with other digits", setup: numbers, batch: `UPDATE t SET id = id * 1.00; DELETE FROM t WHERE id = 'NaN'; INSERT INTO t VALUES ('NaN', 8, 8);`},
	{name: "numbers with other digits, and a column dropped", setup: numbers, batch: `UPDATE t SET id = id * 1.00, a = 0; ALTER TABLE t DROP b;`},
	{name: "numbers with other digits, that others follow", setup: numbers + `CREATE TABLE c (id integer PRIMARY KEY, t numeric REFERENCES t ON UPDATE CASCADE ON DELETE RESTRICT); INSERT INTO c VALUES (1, 1.000), (2, 2.00);`, batch: `UPDATE t SET id = id * 1.00;`},
	{name: "zeros, days and blanks", setup: `CREATE TABLE t (f double precision, i interval, c bpchar, PRIMARY KEY (f, i, c)); INSERT INTO t VALUES (0, '1 day', 'a'), ('-0', '24:00', 'b');`, batch: `UPDATE t SET f = -f, i = '24:00', c = 'a  ' WHERE c = 'a'; UPDATE t SET i = '1 day' WHERE c = 'b';`},
}
