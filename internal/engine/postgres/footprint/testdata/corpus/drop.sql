--- drop table
DROP TABLE secret;
--- drop several tables
DROP TABLE secret, items;
--- drop table if exists
DROP TABLE IF EXISTS missing;
--- drop table cascade with a foreign key
DROP TABLE orders CASCADE;
--- drop table cascade with views
DROP TABLE lonely CASCADE;
--- drop table cascade widely
DROP TABLE customers CASCADE;
--- drop partitioned table
DROP TABLE measures;
--- drop partition
DROP TABLE measures_old;
--- drop parent cascade
DROP TABLE animals CASCADE;
--- drop child
DROP TABLE puppies;
--- drop table whose row type is used
CREATE TABLE holder (id int PRIMARY KEY, held plain);
DROP TABLE plain CASCADE;
--- drop view
DROP VIEW totals;
--- drop view cascade
DROP VIEW customer_names CASCADE;
--- drop materialized view
DROP MATERIALIZED VIEW summary;
--- drop index
DROP INDEX lonely_val;
--- drop index concurrently
--- alone
DROP INDEX CONCURRENTLY lonely_val;
--- drop sequence cascade
DROP SEQUENCE invoice CASCADE;
--- drop type cascade
DROP TYPE mood CASCADE;
--- drop composite type cascade
DROP TYPE pair CASCADE;
--- drop type of typed tables cascade
DROP TYPE person CASCADE;
--- drop range type cascade
DROP TYPE span CASCADE;
--- drop domain cascade
DROP DOMAIN email CASCADE;
--- drop collation cascade
DROP COLLATION plainest CASCADE;
--- drop function
DROP FUNCTION remove_literal();
--- drop function cascade with a default
DROP FUNCTION next_ticket() CASCADE;
--- drop function cascade with a trigger
DROP FUNCTION audit_row() CASCADE;
--- drop function cascade with a generated column
DROP FUNCTION half(int) CASCADE;
--- drop operator
DROP OPERATOR === (int, int);
--- drop aggregate
DROP AGGREGATE noisy_sum (int);
--- drop procedure
DROP PROCEDURE purge(int);
--- drop routine
DROP ROUTINE tally();
--- drop schema cascade
DROP SCHEMA other CASCADE;
--- drop schema cascade with more
DROP SCHEMA shop CASCADE;
--- drop several schemas cascade
DROP SCHEMA shop, other CASCADE;
--- drop rule only
DROP RULE archive_log ON archive;
--- drop policy
DROP POLICY secret_all ON secret;
--- drop extension with its table's column
CREATE EXTENSION citext;
CREATE TABLE fresh (a citext);
DROP EXTENSION citext CASCADE;
--- drop extension that columns use
--- admin: DO $$ BEGIN EXECUTE 'SET ROLE ' || (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()); END $$; CREATE EXTENSION citext; ALTER TABLE lonely ADD COLUMN c citext DEFAULT 'x'
DROP EXTENSION citext CASCADE;
--- drop statistics
CREATE STATISTICS st ON val, n FROM lonely;
DROP STATISTICS st;
--- drop a table that the batch made
CREATE TABLE fresh (id int);
DROP TABLE fresh;
--- drop and make again
DROP TABLE plain CASCADE;
CREATE TABLE plain (a int, b text);
INSERT INTO plain VALUES (1, 'new');
--- drop owned
--- admin: GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC
DROP OWNED BY CURRENT_USER;
--- drop text search configuration
CREATE TEXT SEARCH CONFIGURATION cfg (COPY = pg_catalog.english);
DROP TEXT SEARCH CONFIGURATION cfg;
--- drop cast
CREATE CAST (pair AS text) WITH INOUT;
DROP CAST (pair AS text);
--- reassign owned
REASSIGN OWNED BY CURRENT_USER TO CURRENT_USER;
--- rename table
ALTER TABLE lonely RENAME TO lonelier;
--- rename table and write
ALTER TABLE lonely RENAME TO lonelier;
UPDATE lonelier SET n = 5;
--- rename table and make another of its name
ALTER TABLE lonely RENAME TO lonelier;
CREATE TABLE lonely (id int);
INSERT INTO lonely VALUES (1);
DELETE FROM lonely;
--- swap two tables
ALTER TABLE plain RENAME TO swap;
ALTER TABLE lonely RENAME TO plain;
ALTER TABLE swap RENAME TO lonely;
DELETE FROM plain WHERE id = 1;
--- rename column
ALTER TABLE lonely RENAME COLUMN val TO value;
--- rename column and update
ALTER TABLE lonely RENAME val TO value;
UPDATE lonely SET value = 'x';
--- rename column of a parent
ALTER TABLE animals RENAME name TO label;
--- rename column of a partitioned table
ALTER TABLE measures RENAME v TO value;
--- rename view
ALTER VIEW totals RENAME TO sums;
--- rename index
ALTER INDEX lonely_val RENAME TO lonely_value;
--- rename sequence
ALTER SEQUENCE invoice RENAME TO bill;
--- rename schema
ALTER SCHEMA shop RENAME TO store;
--- rename schema and write
ALTER SCHEMA shop RENAME TO store;
DELETE FROM store.things;
--- rename schema and make another of its name
ALTER SCHEMA shop RENAME TO store;
CREATE SCHEMA shop;
CREATE TABLE shop.things (id int);
DELETE FROM shop.things;
--- rename type and drop it
ALTER TYPE mood RENAME TO feel;
DROP TYPE feel CASCADE;
--- set schema
ALTER TABLE lonely SET SCHEMA shop;
--- set schema and write
ALTER TABLE lonely SET SCHEMA shop;
DELETE FROM shop.lonely;
--- set schema and drop the schema
ALTER TABLE secret SET SCHEMA other;
DROP SCHEMA other CASCADE;
--- set schema of a view
ALTER VIEW totals SET SCHEMA shop;
--- set schema of a sequence
ALTER SEQUENCE invoice SET SCHEMA shop;
