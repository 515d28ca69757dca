--- create table
CREATE TABLE fresh (id int PRIMARY KEY, t text);
--- create table if not exists that is there
CREATE TABLE IF NOT EXISTS lonely (id int);
INSERT INTO lonely (id) VALUES (9);
--- create table if not exists
CREATE TABLE IF NOT EXISTS fresh (id int);
--- create table and fill it
CREATE TABLE fresh (id int PRIMARY KEY, t text);
INSERT INTO fresh SELECT id, val FROM lonely;
--- create table with a reference
CREATE TABLE fresh (id int PRIMARY KEY, customer int REFERENCES customers ON DELETE CASCADE);
--- create table like
CREATE TABLE fresh (LIKE customers INCLUDING ALL);
INSERT INTO fresh (id, name) VALUES (1, 'x');
--- create table as
CREATE TABLE fresh AS SELECT * FROM lonely;
--- create table as a writing query
CREATE TABLE fresh AS SELECT bump() AS n;
--- create table as if not exists that is there
CREATE TABLE IF NOT EXISTS lonely AS SELECT 1 AS x;
--- create table as with no data
CREATE TABLE fresh AS SELECT * FROM lonely WITH NO DATA;
--- create temporary table that hides one
CREATE TEMPORARY TABLE lonely (id int);
INSERT INTO lonely VALUES (1);
DELETE FROM lonely;
--- create table inherits
CREATE TABLE cats (purr int) INHERITS (animals);
INSERT INTO cats VALUES (7, 'tom', 1);
DELETE FROM animals;
--- create partition
CREATE TABLE measures_next PARTITION OF measures FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
INSERT INTO measures VALUES (20, '2022-02-02', 1);
--- create partition only
CREATE TABLE measures_next PARTITION OF measures FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
--- create default partition
CREATE TABLE measures_rest PARTITION OF measures DEFAULT;
--- create partitioned table
CREATE TABLE fresh (id int) PARTITION BY HASH (id);
CREATE TABLE fresh_0 PARTITION OF fresh FOR VALUES WITH (MODULUS 1, REMAINDER 0);
INSERT INTO fresh VALUES (1);
--- create unlogged table
CREATE UNLOGGED TABLE fresh (id int);
--- create typed table
CREATE TABLE fresh OF person;
--- create table with a generated column
CREATE TABLE fresh (a int, b int GENERATED ALWAYS AS (a + 1) STORED);
--- create table with a default that writes
CREATE TABLE fresh (a int, b int DEFAULT bump());
INSERT INTO fresh (a) VALUES (1);
--- create table with a check that writes
CREATE TABLE fresh (a int CHECK (bump(a) > 0));
INSERT INTO fresh VALUES (1);
--- create view
CREATE VIEW v AS SELECT * FROM lonely;
--- create view and write through it
CREATE VIEW v AS SELECT id, val AS label FROM lonely WHERE id < 3;
UPDATE v SET label = 'through';
--- create view and read it
CREATE VIEW v AS SELECT bump() AS n;
SELECT * FROM v;
--- create view, rename its table, write through it
CREATE VIEW v AS SELECT id, val AS label FROM lonely;
ALTER TABLE lonely RENAME TO lonelier;
DELETE FROM v;
--- create or replace view
CREATE OR REPLACE VIEW customer_names AS SELECT id, name AS label, score, code FROM customers;
--- create or replace view and write
CREATE OR REPLACE VIEW lonely_view AS SELECT id, val, n, big, ts FROM lonely WHERE id > 1;
DELETE FROM lonely_view;
--- create recursive view
CREATE RECURSIVE VIEW v (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM v WHERE n < 3;
--- create materialized view
CREATE MATERIALIZED VIEW mv AS SELECT * FROM lonely;
--- create materialized view and refresh it
CREATE MATERIALIZED VIEW mv AS SELECT id FROM lonely;
REFRESH MATERIALIZED VIEW mv;
--- refresh materialized view
REFRESH MATERIALIZED VIEW summary;
--- create index
CREATE INDEX ON lonely (n);
--- create unique index
CREATE UNIQUE INDEX ON lonely (n);
--- create index on an expression
CREATE INDEX ON lonely (lower(val)) WHERE n > 5;
--- create index on a partitioned table
CREATE INDEX ON measures (v);
--- create index concurrently
--- alone
CREATE INDEX CONCURRENTLY lonely_n ON lonely (n);
--- create sequence
CREATE SEQUENCE s OWNED BY lonely.id;
--- create schema
CREATE SCHEMA fresh;
--- create schema with elements
CREATE SCHEMA fresh CREATE TABLE t (a int) CREATE VIEW v AS SELECT * FROM t;
INSERT INTO fresh.t VALUES (1);
--- create enum type
CREATE TYPE size AS ENUM ('s', 'm');
--- create composite type
CREATE TYPE size AS (w int, h int);
--- create range type
CREATE TYPE size AS RANGE (subtype = float8);
--- create domain
CREATE DOMAIN positive AS int CHECK (value > 0);
--- create domain that writes
CREATE DOMAIN positive AS int CHECK (bump(value) > 0);
CREATE TABLE fresh (a positive);
INSERT INTO fresh VALUES (1);
--- create function only
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
--- create aggregate
CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int);
--- create aggregate that writes
CREATE AGGREGATE total (int) (SFUNC = add_up, STYPE = int);
SELECT total(a) FROM plain;
--- create operator that writes
CREATE OPERATOR ==> (LEFTARG = int, RIGHTARG = int, FUNCTION = loud);
SELECT 1 ==> 2;
--- create cast that writes
CREATE FUNCTION to_pair(int) RETURNS pair LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES ('cast'); RETURN ROW($1, 'x')::pair; END $$;
CREATE CAST (int AS pair) WITH FUNCTION to_pair(int);
SELECT 1::pair;
--- create collation
CREATE COLLATION c2 FROM "C";
--- create statistics
CREATE STATISTICS st ON val, n FROM lonely;
--- create policy
CREATE POLICY p ON lonely USING (id > 0);
--- create policy that writes
ALTER TABLE secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON secret AS RESTRICTIVE USING (bump(id) > 0);
SELECT * FROM secret;
--- create extension
CREATE EXTENSION citext;
--- create publication
CREATE PUBLICATION p FOR TABLE lonely;
--- create text search configuration
CREATE TEXT SEARCH CONFIGURATION cfg (COPY = pg_catalog.english);
--- comment
COMMENT ON TABLE lonely IS 'alone';
--- comment on a column
COMMENT ON COLUMN lonely.val IS 'value';
--- comment on a function
COMMENT ON FUNCTION tally() IS 'counts';
--- grant
GRANT SELECT ON lonely TO PUBLIC;
--- grant on all tables
GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC;
--- revoke
REVOKE ALL ON lonely FROM PUBLIC;
--- default privileges
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
--- alter type add value
ALTER TYPE mood ADD VALUE 'angry';
--- alter type rename value
ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';
--- alter type rename
ALTER TYPE mood RENAME TO feeling;
--- alter type set schema
ALTER TYPE mood SET SCHEMA shop;
--- alter type add attribute
ALTER TYPE pair ADD ATTRIBUTE c int;
--- alter type drop attribute
ALTER TYPE pair DROP ATTRIBUTE b;
--- alter type rename attribute
ALTER TYPE pair RENAME ATTRIBUTE b TO bb;
--- alter type add attribute of typed tables
ALTER TYPE person ADD ATTRIBUTE age int CASCADE;
--- alter type drop attribute of typed tables
ALTER TYPE person DROP ATTRIBUTE name CASCADE;
--- alter type alter attribute of typed tables
ALTER TYPE person ALTER ATTRIBUTE name TYPE varchar CASCADE;
--- alter type rename attribute of typed tables
ALTER TYPE person RENAME ATTRIBUTE name TO label CASCADE;
--- alter domain add constraint
ALTER DOMAIN email ADD CHECK (length(value) < 100);
--- alter domain add constraint that writes
ALTER DOMAIN email ADD CHECK (value = '' OR bump() > 0);
--- alter domain drop constraint
ALTER DOMAIN email DROP CONSTRAINT email_check;
--- alter domain default
ALTER DOMAIN email SET DEFAULT 'x@y';
--- alter domain not null
ALTER DOMAIN email DROP NOT NULL;
--- alter function
ALTER FUNCTION tally() STABLE;
--- alter schema owner
ALTER SCHEMA shop OWNER TO CURRENT_USER;
--- alter role setting
SET statement_timeout = '1min';
--- analyze
ANALYZE lonely;
--- lock
LOCK TABLE lonely IN SHARE MODE;
--- cluster
CLUSTER lonely USING lonely_pkey;
--- vacuum full
--- alone
VACUUM (FULL) lonely;
--- vacuum
--- alone
VACUUM lonely;
--- reindex
REINDEX TABLE lonely;
--- reindex index
REINDEX INDEX lonely_val;
--- set constraints
SET CONSTRAINTS ALL DEFERRED;
--- listen and notify
LISTEN c;
NOTIFY c;
--- checkpoint of a session
DISCARD PLANS;
--- create temporary table on commit drop
CREATE TEMPORARY TABLE vacant (id int) ON COMMIT DROP;
INSERT INTO vacant VALUES (1);
--- set role
SET ROLE NONE;
DELETE FROM plain;
