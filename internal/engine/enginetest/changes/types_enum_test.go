//go:build unix

package changes_test

import "testing"

// TestEnumsElsewhere has enums inside of other things than plain columns.
func TestEnumsElsewhere(t *testing.T) { runCases(t, "enums inside of others", enumElsewhereCases) }

const enumMood = "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); COMMENT ON TYPE mood IS 'how'; "

var enumElsewhereCases = []change{
	{name: "label added under an array", setup: enumMood + "CREATE TABLE t (a mood[]); INSERT INTO t VALUES ('{sad,NULL}'), ('[2:2]={ok}'), ('{}'), (NULL);", batch: "ALTER TYPE mood ADD VALUE 'so so' AFTER 'sad';"},
	{name: "label added under a domain", setup: enumMood + "CREATE DOMAIN d AS mood DEFAULT 'ok' CHECK (VALUE <> 'sad'::mood); CREATE TABLE t (a d, b d[]); INSERT INTO t VALUES ('ok', '{happy}');", batch: "ALTER TYPE mood ADD VALUE 'angry' BEFORE 'sad';"},
	{name: "label added under a composite type", setup: enumMood + "CREATE TYPE c AS (m mood, n mood[]); CREATE TABLE t (a c); INSERT INTO t VALUES (ROW('ok', '{sad}'));", batch: "ALTER TYPE mood ADD VALUE 'angry';"},
	{name: "label added under a composite type that no table uses", setup: enumMood + "CREATE TYPE c AS (m mood); COMMENT ON COLUMN c.m IS 'x'; CREATE FUNCTION f(c) RETURNS mood LANGUAGE sql AS 'SELECT $1.m';", batch: "ALTER TYPE mood ADD VALUE 'angry';"},
	{name: "label added under a generated column", setup: enumMood + "CREATE TABLE t (a mood, b boolean GENERATED ALWAYS AS (a = 'ok') STORED); INSERT INTO t VALUES ('ok');", batch: "ALTER TYPE mood ADD VALUE 'angry';", refused: "generated column b depends on the labels of enum public.mood"},
	{name: "label added under another table's row type", setup: enumMood + "CREATE TABLE t (a mood); CREATE TABLE u (x t); INSERT INTO t VALUES ('ok'); INSERT INTO u VALUES (ROW('sad'));", batch: "ALTER TYPE mood ADD VALUE 'angry';"},
	{name: "label added under a partition key", setup: enumMood + "CREATE TABLE t (a mood) PARTITION BY LIST (a); CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('ok'); INSERT INTO t VALUES ('ok');", batch: "ALTER TYPE mood ADD VALUE 'angry';", refused: "column a of public.t cannot get its labels back: it is part of the partition key"},
	{name: "label added under a partitioned table", setup: enumMood + "CREATE TABLE t (id integer, a mood DEFAULT 'ok', b mood[], PRIMARY KEY (id)) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE t2 (a mood NOT NULL, b mood[], id integer NOT NULL); ALTER TABLE t ATTACH PARTITION t2 FOR VALUES FROM (10) TO (20); CREATE INDEX t_a ON t (a); CREATE INDEX t1_a ON t1 (a) WHERE a = 'ok'; CREATE VIEW v AS SELECT a FROM t; INSERT INTO t VALUES (1, 'ok', '{sad}'), (11, 'sad', NULL);", batch: "ALTER TYPE mood ADD VALUE 'angry';"},
	{name: "label added under a tree of tables", setup: enumMood + "CREATE TABLE t (a mood DEFAULT 'ok'); CREATE TABLE c (b mood) INHERITS (t); CREATE TABLE d (a mood) INHERITS (c); CREATE INDEX ON d (a); INSERT INTO t VALUES ('ok'); INSERT INTO c VALUES ('sad', 'ok'); INSERT INTO d VALUES ('ok', 'sad');", batch: "ALTER TYPE mood ADD VALUE 'angry';"},
	{name: "label added under a materialized view of whole rows", setup: enumMood + "CREATE TABLE t (a mood); INSERT INTO t VALUES ('ok'); CREATE MATERIALIZED VIEW m AS SELECT t AS whole, ARRAY[t] AS wholes FROM t; CREATE VIEW v AS SELECT (whole).a FROM m;", batch: "ALTER TYPE mood ADD VALUE 'angry';"},
	{name: "label added under several parents", setup: enumMood + "CREATE TABLE t (a mood); CREATE TABLE u (a mood); CREATE TABLE c () INHERITS (t, u);", batch: "ALTER TYPE mood ADD VALUE 'angry';", refused: "it comes from several parents"},
	{name: "label added under a typed table", setup: enumMood + "CREATE TYPE c AS (m mood); CREATE TABLE t OF c; INSERT INTO t VALUES ('ok');", batch: "ALTER TYPE mood ADD VALUE 'angry';"},
	{name: "label renamed under everything", setup: enumMood + "CREATE DOMAIN d AS mood DEFAULT 'ok' CHECK (VALUE <> 'sad'::mood); CREATE TYPE c AS (m mood, n d[]); CREATE TYPE r AS RANGE (SUBTYPE = mood); CREATE TABLE t (a mood[], b d, e c, f r, g boolean GENERATED ALWAYS AS (b::mood = 'ok') STORED); INSERT INTO t VALUES ('{sad}', 'ok', ROW('sad', '{ok}'), r('sad', 'ok')); CREATE FUNCTION k(mood DEFAULT 'ok') RETURNS mood LANGUAGE sql AS 'SELECT $1';",
		batch: "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'; ALTER TYPE mood RENAME VALUE 'sad' TO 'ok';"},
	{name: "label added and another renamed", setup: enumMood + "CREATE TABLE t (a mood);", batch: "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'; ALTER TYPE mood ADD VALUE 'angry' BEFORE 'fine';", refused: "labels were both added and renamed"},
	{name: "renamed and moved under everything", setup: enumMood + "CREATE SCHEMA other; CREATE DOMAIN d AS mood; CREATE TYPE c AS (m mood, n mood[]); CREATE TYPE r AS RANGE (SUBTYPE = mood); CREATE TABLE t (a mood[], b d, e c, f r); INSERT INTO t VALUES ('{sad}', 'ok', ROW('sad', '{ok}'), r('sad', 'ok'));", batch: "ALTER TYPE mood RENAME TO feeling; ALTER TYPE feeling SET SCHEMA other;"},
	{name: "dropped under everything", setup: enumMood + "CREATE DOMAIN d AS mood; CREATE TYPE c AS (m mood, n mood[]); CREATE TYPE r AS RANGE (SUBTYPE = mood); CREATE TABLE t (i integer, a mood[], b d, e c, f r); INSERT INTO t VALUES (1, '{sad}', 'ok', ROW('sad', '{ok}'), r('sad', 'ok'));", batch: "DROP TYPE mood CASCADE;"},
}
