--- search_path set
SET search_path = shop;
DELETE FROM things;
--- search_path set to two
SET search_path TO other, shop;
DELETE FROM things;
INSERT INTO stock VALUES (2, 1);
--- search_path set local
SET LOCAL search_path = shop;
DELETE FROM things;
--- search_path reset
SET search_path = shop;
RESET search_path;
DELETE FROM things;
--- search_path default
SET search_path = shop;
SET search_path TO DEFAULT;
DELETE FROM things;
--- search_path by set_config
SELECT set_config('search_path', 'shop', false);
DELETE FROM things;
--- search_path by pg_catalog.set_config, empty
SELECT pg_catalog.set_config('search_path', '', false);
DELETE FROM shop.things;
--- search_path reset by the next file
SET search_path = shop;
DELETE FROM things;
--- file
DELETE FROM things;
--- search_path set for a new table
SET search_path = shop, public;
CREATE TABLE lonely (id int);
DELETE FROM lonely;
--- search_path with a schema that is missing
SET search_path = missing, other;
DELETE FROM things;
--- search_path with a schema that the batch makes
CREATE SCHEMA fresh;
SET search_path = fresh, public;
CREATE TABLE things (id int);
DELETE FROM things;
--- search_path with a user
SET search_path = "$user", shop;
DELETE FROM things;
--- search_path reset all
SET search_path = shop;
RESET ALL;
DELETE FROM things;
--- search_path set local ends with the function
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql SET search_path = other AS $$ BEGIN DELETE FROM things; END $$;
SELECT f();
DELETE FROM things;
--- savepoint
SAVEPOINT s;
DELETE FROM plain;
RELEASE SAVEPOINT s;
--- rollback to savepoint
SAVEPOINT s;
ALTER TABLE plain RENAME TO plainer;
ROLLBACK TO SAVEPOINT s;
DELETE FROM plain;
--- two files
ALTER TABLE lonely ADD COLUMN extra int;
--- file
UPDATE lonely SET extra = 1;
--- file
ALTER TABLE lonely DROP COLUMN n CASCADE;
--- quoted names
CREATE TABLE "Odd Name" ("Col" int);
INSERT INTO "Odd Name" VALUES (1);
UPDATE items SET "order" = 2 WHERE id = 1;
--- many steps
CREATE TABLE addresses (id int PRIMARY KEY, customer int REFERENCES customers ON DELETE CASCADE, line text);
INSERT INTO addresses SELECT id, id, name FROM customers;
ALTER TABLE customers DROP COLUMN code;
CREATE INDEX ON addresses (customer);
COMMENT ON TABLE addresses IS 'where they live';
--- file
ALTER TABLE addresses ADD COLUMN zip text;
UPDATE addresses SET zip = '1';
--- expand and contract
ALTER TABLE customers ADD COLUMN first text, ADD COLUMN last text;
UPDATE customers SET first = name, last = name;
ALTER TABLE customers ALTER COLUMN first SET NOT NULL;
ALTER TABLE customers DROP COLUMN name CASCADE;
--- move data to a new table
CREATE TABLE scores AS SELECT id, score FROM customers;
UPDATE customers SET score = NULL;
