//go:build unix

package changes_test

import "testing"

func TestSequences(t *testing.T) { runCases(t, "sequences", sequenceCases) }

const sequenceBase = `CREATE SEQUENCE s INCREMENT 3 MINVALUE 2 MAXVALUE 200 START 5 CACHE 4 CYCLE; SELECT nextval('s');
	CREATE SEQUENCE unused AS smallint; CREATE SCHEMA other; CREATE SEQUENCE ready INCREMENT 2; SELECT setval('ready', 40, false);
	CREATE TABLE t (id serial PRIMARY KEY, n integer DEFAULT nextval('s')); INSERT INTO t DEFAULT VALUES; INSERT INTO t DEFAULT VALUES; `

// typeNamed has sequences with the names of a type, and of the array that comes with one:
// the server makes such a sequence only ahead of the type.
const typeNamed = `CREATE SEQUENCE same START 5; CREATE SEQUENCE _named; CREATE TYPE same AS ENUM ('a', 'b'); CREATE TYPE named AS ENUM ('a');
	CREATE TABLE t (a same, n integer DEFAULT nextval('same'), b named); INSERT INTO t VALUES ('a'); `

// longNamed leaves two types of 63 bytes with arrays of names that are cut.
const (
	longName  = "ääääääääääääääääääääääääääääää123"
	longNamed = "CREATE TYPE _ääääääääääääääääääääääääääääää12 AS ENUM ('a'); CREATE TYPE " + longName + " AS ENUM ('a'); DROP TYPE _ääääääääääääääääääääääääääääää12; "
)

var sequenceCases = []change{
	{name: "created", setup: sequenceBase, batch: "CREATE SEQUENCE x; SELECT nextval('x');"},
	{name: "created for a column", setup: sequenceBase, batch: "CREATE SEQUENCE x OWNED BY t.n; ALTER TABLE t ALTER COLUMN n SET DEFAULT nextval('x');"},
	{name: "created and dropped", setup: sequenceBase, batch: "CREATE SEQUENCE x; DROP SEQUENCE x;", same: true},
	{name: "renamed", setup: sequenceBase, batch: "ALTER SEQUENCE s RENAME TO z;"},
	{name: "of a serial column renamed", setup: sequenceBase, batch: "ALTER SEQUENCE t_id_seq RENAME TO ids;"},
	{name: "moved to another schema", setup: sequenceBase, batch: "ALTER SEQUENCE s SET SCHEMA other;"},
	{name: "dropped that was never called", setup: sequenceBase, batch: "DROP SEQUENCE unused;"},
	{name: "dropped that was called", setup: "CREATE SEQUENCE s AS smallint INCREMENT -2 CYCLE; SELECT nextval('s'), nextval('s');", batch: "DROP SEQUENCE s;"},
	{name: "dropped with CASCADE", setup: sequenceBase, batch: "DROP SEQUENCE s CASCADE;"},
	{name: "of a serial column dropped with CASCADE", setup: sequenceBase, batch: "DROP SEQUENCE t_id_seq CASCADE;"},
	{name: "dropped and recreated otherwise", setup: sequenceBase, batch: "DROP SEQUENCE unused; CREATE SEQUENCE unused AS bigint START 1000; SELECT nextval('unused');"},
	{name: "dropped for a table", setup: sequenceBase, batch: "DROP SEQUENCE unused; CREATE TABLE unused (a integer);"},
	{name: "options", setup: sequenceBase, batch: "ALTER SEQUENCE s INCREMENT -1 NO CYCLE CACHE 1 MAXVALUE 500;"},
	{name: "type", setup: sequenceBase, batch: "ALTER SEQUENCE unused AS integer;"},
	{name: "type of a sequence that was called", setup: sequenceBase, batch: "ALTER SEQUENCE t_id_seq AS smallint;"},
	{name: "restarted", setup: sequenceBase, batch: "ALTER SEQUENCE s RESTART WITH 100;"},
	{name: "restarted with another start", setup: sequenceBase, batch: "ALTER SEQUENCE s START 50 RESTART;"},
	{name: "called", setup: sequenceBase, batch: "SELECT nextval('s'), nextval('unused');"},
	{name: "set", setup: sequenceBase, batch: "SELECT setval('s', 50, false); SELECT setval('unused', 7);"},
	{name: "that is set and not called, dropped", setup: sequenceBase, batch: "DROP SEQUENCE ready;"},
	{name: "that is set and not called, restarted", setup: sequenceBase, batch: "ALTER SEQUENCE ready RESTART;"},
	{name: "that is set and not called, called", setup: sequenceBase, batch: "SELECT nextval('ready');"},
	{name: "that is set and not called, set to be called", setup: sequenceBase, batch: "SELECT setval('ready', 40);"},
	{name: "that is set and not called, set back", setup: sequenceBase, batch: "SELECT setval('ready', 3, false);"},
	{name: "that is set and not called, altered", setup: sequenceBase, batch: "ALTER SEQUENCE ready AS integer START 7 INCREMENT -1;"},
	{name: "that is set and not called, of a table that is dropped", setup: sequenceBase + "SELECT setval('t_id_seq', 90, false);", batch: "DROP TABLE t;"},
	{name: "that is set and not called, of an identity column", setup: "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY, a text); INSERT INTO t (a) VALUES ('x'); SELECT setval('t_id_seq', 90, false);",
		batch: "ALTER TABLE t ALTER id DROP IDENTITY;"},
	{name: "that is set and not called, of an identity column of a table that is rebuilt", setup: "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY, a text); INSERT INTO t (a) VALUES ('x'); SELECT setval('t_id_seq', 90, false);",
		batch: "ALTER TABLE t DROP COLUMN a;"},
	{name: "owned", setup: sequenceBase, batch: "ALTER SEQUENCE s OWNED BY t.n;"},
	{name: "owned by another", setup: sequenceBase, batch: "ALTER SEQUENCE t_id_seq OWNED BY t.n;"},
	{name: "owned by a table that was moved to it", setup: "CREATE SCHEMA other; CREATE SEQUENCE other.s; CREATE TABLE t (n bigint);", batch: "ALTER TABLE t SET SCHEMA other; ALTER SEQUENCE other.s OWNED BY other.t.n;"},
	{name: "owned by another, and both moved", setup: "CREATE SCHEMA other; CREATE TABLE t (id bigserial, n integer); CREATE TABLE u (id bigint);", batch: "ALTER SEQUENCE t_id_seq OWNED BY u.id; ALTER TABLE u SET SCHEMA other;"},
	{name: "owned no more, and its table moved", setup: "CREATE SCHEMA other; CREATE TABLE t (id bigserial, n integer);", batch: "ALTER TABLE t SET SCHEMA other; ALTER SEQUENCE other.t_id_seq OWNED BY NONE; ALTER SEQUENCE other.t_id_seq RENAME TO x;"},
	{name: "owned no more", setup: sequenceBase, batch: "ALTER SEQUENCE t_id_seq OWNED BY NONE;"},
	{name: "owned no more, and its table dropped", setup: sequenceBase, batch: "ALTER SEQUENCE t_id_seq OWNED BY NONE; DROP TABLE t;"},
	{name: "owned with its column renamed", setup: sequenceBase, batch: "ALTER TABLE t RENAME COLUMN id TO key;"},
	{name: "owned by a table that is dropped", setup: sequenceBase + "ALTER SEQUENCE s OWNED BY t.n;", batch: "DROP TABLE t;"},
	{name: "shared by two tables, one of them dropped", setup: sequenceBase + "CREATE TABLE u (n integer DEFAULT nextval('s')); INSERT INTO u DEFAULT VALUES;", batch: "DROP TABLE u;"},
	{name: "shared by two tables, its owner dropped", setup: sequenceBase + "CREATE TABLE u (n integer DEFAULT nextval('t_id_seq')); INSERT INTO u DEFAULT VALUES;", batch: "DROP TABLE t CASCADE;"},
	{name: "unlogged", since: 150000, setup: sequenceBase, batch: "ALTER SEQUENCE s SET UNLOGGED;"},
	{name: "unlogged dropped", since: 150000, setup: "CREATE UNLOGGED SEQUENCE s; SELECT nextval('s');", batch: "DROP SEQUENCE s;"},
	{name: "at its end", setup: "CREATE SEQUENCE s MAXVALUE 2; SELECT nextval('s'), nextval('s');", batch: "ALTER SEQUENCE s MAXVALUE 10; SELECT nextval('s');"},
	{name: "of a table that is not touched, called", setup: sequenceBase + "CREATE TABLE u (id serial); INSERT INTO u DEFAULT VALUES;", batch: "ALTER TABLE t ADD COLUMN x integer; INSERT INTO u DEFAULT VALUES;"},

	{name: "of a type's name, both dropped", setup: typeNamed, batch: "DROP TABLE t; DROP SEQUENCE same, _named; DROP TYPE same, named;"},
	{name: "of a type's name, dropped", setup: typeNamed, batch: "DROP SEQUENCE same, _named CASCADE;"},
	{name: "of the name of a type's array, made", setup: "CREATE TYPE named AS ENUM ('a'); CREATE TABLE t (a named[]); INSERT INTO t VALUES ('{a}');", batch: "CREATE SEQUENCE _named;"},
	{name: "of the name of a type's array, made, and a table's", setup: "CREATE TABLE named (a integer); CREATE TABLE t (a named[]); CREATE DOMAIN d AS integer;", batch: "CREATE SEQUENCE _named; CREATE SEQUENCE _d;"},
	{name: "of the name of a type's array, made after it, both dropped", setup: "CREATE TYPE _named AS ENUM ('a'); CREATE SEQUENCE __named;", batch: "DROP SEQUENCE __named; DROP TYPE _named;"},
	{name: "of the name of a type's array, made after it, dropped", setup: "CREATE TYPE _named AS ENUM ('a'); CREATE SEQUENCE __named;", batch: "DROP SEQUENCE __named;"},
	{name: "of the name of a type's array, made after it, its type dropped", setup: "CREATE TYPE _named AS ENUM ('a'); CREATE SEQUENCE __named;", batch: "DROP TYPE _named;"},
	{name: "of the name of a table's array, made after it, the table rebuilt", setup: "CREATE TABLE _named (id integer PRIMARY KEY, a integer, b text); CREATE SEQUENCE __named; INSERT INTO _named VALUES (1, 2, 'x');", batch: "ALTER TABLE _named DROP a;"},
	{name: "of the name of a table's array, made before it, the table rebuilt", setup: "CREATE SEQUENCE __named; CREATE TABLE _named (id integer PRIMARY KEY, a integer, b text); INSERT INTO _named VALUES (1, 2, 'x');", batch: "ALTER TABLE _named DROP a;"},
	{name: "of the name of a type's array, gone before, both types dropped", setup: "CREATE TYPE _named AS ENUM ('a'); CREATE TYPE named AS ENUM ('a'); CREATE TYPE other AS ENUM ('a'); CREATE TYPE _other AS ENUM ('a'); CREATE TYPE third AS ENUM ('a'); CREATE SEQUENCE _third; CREATE TYPE __third AS ENUM ('a'); CREATE TYPE ____third AS ENUM ('a'); DROP SEQUENCE _third; " + longNamed + "DROP TYPE _named, _other, __third, ____third;", batch: "DROP TYPE named, other, third, " + longName + ";"},
	{name: "of the name of a table's array, gone before, the table rebuilt", setup: "CREATE TYPE _named AS ENUM ('a'); CREATE TABLE named (id integer PRIMARY KEY, a integer, b text); DROP TYPE _named; INSERT INTO named VALUES (1, 2, 'x');", batch: "ALTER TABLE named DROP a;"},
	{name: "of the name of a table's array, another table made after it, the table rebuilt", setup: "CREATE TABLE named (id integer PRIMARY KEY, a integer, b text); CREATE TABLE _named (a integer); INSERT INTO named VALUES (1, 2, 'x');", batch: "ALTER TABLE named DROP a;"},
	{name: "of the name of a table's array, another table made before it, the table rebuilt", setup: "CREATE TABLE _named (a integer); CREATE TABLE named (id integer PRIMARY KEY, a integer, b text); INSERT INTO named VALUES (1, 2, 'x');", batch: "ALTER TABLE named DROP a;"},
	{name: "of the name of a table's array, another table made after it, the table dropped", setup: "CREATE TABLE named (id integer PRIMARY KEY, a integer, b text); CREATE TABLE _named (a integer); INSERT INTO named VALUES (1, 2, 'x');", batch: "DROP TABLE named;"},
	{name: "of the name of a table's array, another table made after it, both dropped", setup: "CREATE TABLE named (a integer); CREATE TABLE _named (a integer); CREATE TABLE __named (a integer);", batch: "DROP TABLE named, _named, __named;"},
	{name: "of the name of a type's array, tables made after types of all kinds, all dropped", setup: "CREATE VIEW v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE DOMAIN d AS integer CHECK (VALUE > 0); CREATE TYPE r AS RANGE (subtype = integer); CREATE TYPE c AS (a integer); CREATE TABLE p (a integer PRIMARY KEY, s serial) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE _v (); CREATE TABLE _m (); CREATE TABLE _d (); CREATE TABLE _r (); CREATE TABLE _c (); CREATE TABLE _p (); CREATE TABLE _p1 ();", batch: "DROP VIEW v; DROP MATERIALIZED VIEW m; DROP DOMAIN d; DROP TYPE r, c; DROP TABLE p;"},
	{name: "of the name of a type's array, renamed to", setup: "CREATE TYPE named AS ENUM ('a'); CREATE SEQUENCE s;", batch: "ALTER SEQUENCE s RENAME TO _named;"},
	{name: "of an identity column and a type's name, dropped with its table", setup: "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY); CREATE TYPE t_id_seq AS ENUM ('a'); ALTER TABLE t ADD a t_id_seq;",
		batch: "DROP TABLE t;", refused: `type "t_id_seq" already exists`},
}
