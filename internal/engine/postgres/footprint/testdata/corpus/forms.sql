--- conversion
CREATE CONVERSION conv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
ALTER CONVERSION conv RENAME TO conv2;
ALTER CONVERSION conv2 SET SCHEMA shop;
DROP CONVERSION shop.conv2;
--- alter operator
ALTER OPERATOR === (int, int) SET (RESTRICT = eqsel);
ALTER OPERATOR === (int, int) OWNER TO CURRENT_USER;
--- alter operator's schema and use it
ALTER OPERATOR === (int, int) SET SCHEMA shop;
SELECT 1 OPERATOR(shop.===) 2;
--- alter collation
ALTER COLLATION plainest RENAME TO plainer;
ALTER COLLATION plainer SET SCHEMA shop;
UPDATE texts SET t = t || '!' WHERE t COLLATE shop.plainer > 'a';
--- alter aggregate and use it
ALTER AGGREGATE noisy_sum (int) RENAME TO loudest_sum;
ALTER AGGREGATE loudest_sum (int) SET SCHEMA shop;
SELECT shop.loudest_sum(a) FROM plain;
--- alter procedure's name and call it
ALTER PROCEDURE purge(int) RENAME TO remove_older;
CALL remove_older(2);
--- alter procedure's path and call it
CREATE PROCEDURE clear_all() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM things; END $$;
ALTER PROCEDURE clear_all() SET search_path = other;
CALL clear_all();
--- alter routine's path and call it
ALTER ROUTINE clear_things() SET search_path = other;
SELECT clear_things();
--- alter routine's name and call it
ALTER ROUTINE clear_things() RENAME TO clear_more;
SELECT clear_more();
--- alter policy
ALTER POLICY secret_all ON secret USING (id > 0);
ALTER POLICY secret_all ON secret RENAME TO secret_some;
--- alter policy so that it writes
ALTER TABLE secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER POLICY secret_all ON secret USING (bump(id) > 0);
SELECT * FROM secret;
--- alter rule and write through it
ALTER RULE archive_log ON archive RENAME TO archive_note;
DELETE FROM archive WHERE id = 1;
--- alter statistics
CREATE STATISTICS st ON val, n FROM lonely;
ALTER STATISTICS st SET STATISTICS 10;
ALTER STATISTICS st RENAME TO st2;
ALTER STATISTICS st2 SET SCHEMA shop;
DROP STATISTICS shop.st2;
--- alter text search
CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple);
ALTER TEXT SEARCH DICTIONARY words (Accept = false);
CREATE TEXT SEARCH CONFIGURATION cfg (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION cfg ALTER MAPPING FOR asciiword WITH words;
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR email;
ALTER TEXT SEARCH CONFIGURATION cfg RENAME TO cfg2;
DROP TEXT SEARCH CONFIGURATION cfg2;
DROP TEXT SEARCH DICTIONARY words;
--- alter publication
CREATE PUBLICATION p FOR TABLE lonely;
ALTER PUBLICATION p ADD TABLE plain;
ALTER PUBLICATION p SET TABLE lonely;
ALTER PUBLICATION p SET (publish = 'insert');
ALTER PUBLICATION p RENAME TO p2;
ALTER PUBLICATION p2 DROP TABLE lonely;
DROP PUBLICATION p2;
--- alter extension
CREATE EXTENSION citext;
ALTER EXTENSION citext UPDATE;
DROP EXTENSION citext;
--- large objects
SELECT lo_create(990000001), lo_from_bytea(990000002, 'x');
SELECT lo_put(990000002, 1, 'y');
COMMENT ON LARGE OBJECT 990000002 IS 'two';
GRANT SELECT ON LARGE OBJECT 990000002 TO PUBLIC;
ALTER LARGE OBJECT 990000002 OWNER TO CURRENT_USER;
SELECT lo_unlink(990000001), lo_unlink(990000002);
--- large objects of a table
INSERT INTO plain SELECT lo_from_bytea(0, 'x')::int, 'large' WHERE false;
SELECT lo_unlink(oid) FROM pg_largeobject_metadata;
--- foreign data
--- admin: CREATE FOREIGN DATA WRAPPER w; GRANT USAGE ON FOREIGN DATA WRAPPER w TO PUBLIC
CREATE SERVER far FOREIGN DATA WRAPPER w OPTIONS (a '1');
ALTER SERVER far OPTIONS (SET a '2');
CREATE USER MAPPING FOR CURRENT_USER SERVER far;
ALTER USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (ADD b '1');
CREATE FOREIGN TABLE distant (id int) SERVER far;
ALTER FOREIGN TABLE distant ADD COLUMN t text, ALTER COLUMN id TYPE bigint;
ALTER FOREIGN TABLE distant RENAME COLUMN t TO u;
DROP USER MAPPING FOR CURRENT_USER SERVER far;
ALTER SERVER far RENAME TO farther;
DROP SERVER farther CASCADE;
--- drop server cascade
--- admin: CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE distant (id int NOT NULL, name text) SERVER far; ALTER TABLE distant INHERIT animals; DO $$ BEGIN EXECUTE format('ALTER ROLE %I SUPERUSER', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())); END $$
DROP SERVER far CASCADE;
--- drop foreign data wrapper cascade
--- admin: DO $$ BEGIN EXECUTE format('ALTER ROLE %I SUPERUSER', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())); END $$
CREATE FOREIGN DATA WRAPPER w;
ALTER FOREIGN DATA WRAPPER w OPTIONS (ADD a '1');
CREATE SERVER far FOREIGN DATA WRAPPER w;
CREATE FOREIGN TABLE distant (breed text) INHERITS (animals) SERVER far;
DROP FOREIGN DATA WRAPPER w CASCADE;
--- rename a type twice and drop it
ALTER TYPE mood RENAME TO feeling_kind;
ALTER TYPE feeling_kind SET SCHEMA shop;
ALTER TYPE shop.feeling_kind RENAME TO kind;
DROP TYPE shop.kind CASCADE;
--- rename a function twice and call it
ALTER FUNCTION bump(int) SET SCHEMA shop;
ALTER FUNCTION shop.bump(int) RENAME TO push;
ALTER FUNCTION shop.push(int) RENAME TO shove;
ALTER FUNCTION shop.shove(int) SET SCHEMA other;
SELECT other.shove();
--- operator class and family
--- admin: DO $$ BEGIN EXECUTE format('ALTER ROLE %I SUPERUSER', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())); END $$
CREATE OPERATOR FAMILY fam USING btree;
CREATE OPERATOR CLASS cls FOR TYPE int USING btree FAMILY fam AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int);
ALTER OPERATOR FAMILY fam USING btree ADD OPERATOR 1 < (int4, int2);
ALTER OPERATOR FAMILY fam USING btree DROP OPERATOR 1 (int4, int2);
ALTER OPERATOR FAMILY fam USING btree RENAME TO fam2;
ALTER OPERATOR CLASS cls USING btree RENAME TO cls2;
CREATE INDEX plain_a ON plain (a cls2);
DROP OPERATOR CLASS cls2 USING btree CASCADE;
DROP OPERATOR FAMILY fam2 USING btree;
--- operator class whose function writes
--- admin: DO $$ BEGIN EXECUTE format('ALTER ROLE %I SUPERUSER', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())); END $$
CREATE FUNCTION loud_cmp(int, int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES ('cmp'); RETURN btint4cmp($1, $2); END $$;
CREATE OPERATOR CLASS cls FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 loud_cmp(int, int);
CREATE INDEX plain_a ON plain (a cls);
--- operator class whose function writes, and that was there
--- admin: CREATE FUNCTION loud_cmp(int, int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO audit (what) VALUES ('cmp'); RETURN btint4cmp($1, $2); END $$; CREATE OPERATOR CLASS cls FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 loud_cmp(int, int); CREATE INDEX plain_a ON plain (a cls)
INSERT INTO plain VALUES (4, 'four');
--- access method
--- admin: CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler; CREATE TABLE odd USING heap2 AS SELECT 1 AS a; DO $$ BEGIN EXECUTE format('ALTER ROLE %I SUPERUSER', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())); END $$
CREATE ACCESS METHOD heap3 TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE fresh (a int) USING heap3;
DROP ACCESS METHOD heap3 CASCADE;
DROP ACCESS METHOD heap2 CASCADE;
--- language
--- admin: DO $$ BEGIN EXECUTE format('ALTER ROLE %I SUPERUSER', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())); END $$
CREATE LANGUAGE pl2 HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
ALTER LANGUAGE pl2 RENAME TO pl3;
ALTER LANGUAGE pl3 OWNER TO CURRENT_USER;
CREATE FUNCTION f() RETURNS int LANGUAGE pl3 IMMUTABLE AS $$ BEGIN RETURN 1; END $$;
ALTER TABLE plain ADD c int DEFAULT f();
DROP LANGUAGE pl3 CASCADE;
--- language and all that is written in it
--- admin: DO $$ BEGIN EXECUTE format('ALTER ROLE %I SUPERUSER', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())); END $$
DROP EXTENSION plpgsql CASCADE;
--- transform
--- admin: DO $$ BEGIN EXECUTE format('ALTER ROLE %I SUPERUSER', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())); END $$
CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal));
COMMENT ON TRANSFORM FOR int LANGUAGE sql IS 'none';
DROP TRANSFORM FOR int LANGUAGE sql;
