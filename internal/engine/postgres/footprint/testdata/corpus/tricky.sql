--- overloaded by the batch
CREATE FUNCTION recurse(n text) RETURNS int LANGUAGE sql AS $$ SELECT 0 $$;
SELECT recurse(1);
--- an overload replaced
CREATE OR REPLACE FUNCTION recurse(n text) RETURNS int LANGUAGE sql AS $$ SELECT 0 $$;
CREATE OR REPLACE FUNCTION recurse(n text) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
SELECT recurse(1);
--- an overload renamed
CREATE FUNCTION recurse(n text) RETURNS int LANGUAGE sql AS $$ SELECT 0 $$;
ALTER FUNCTION recurse(text) RENAME TO recurse_text;
SELECT recurse(1);
--- an overload dropped
CREATE FUNCTION recurse(n text) RETURNS int LANGUAGE sql AS $$ SELECT 0 $$;
DROP FUNCTION recurse(text);
SELECT recurse(1);
--- a function of the session
CREATE FUNCTION pg_temp.clean() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM loose; END $$;
SELECT pg_temp.clean();
--- path from current
SET search_path = shop, public;
CREATE FUNCTION public.cleared() RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$ DELETE FROM things $$;
SET search_path = public;
SELECT cleared();
--- path from current, altered
SET search_path = shop, public;
CREATE FUNCTION public.cleared() RETURNS void LANGUAGE sql AS $$ DELETE FROM things $$;
ALTER FUNCTION public.cleared() SET search_path FROM CURRENT;
SET search_path = public;
SELECT cleared();
--- path reset, altered
ALTER FUNCTION remove_things() RESET ALL;
SELECT remove_things();
--- temporary schema last in the path
CREATE TEMPORARY TABLE lonely AS SELECT * FROM public.lonely;
SET search_path = public, pg_temp;
DELETE FROM lonely;
--- temporary schema last in a function's path
CREATE TEMPORARY TABLE lonely AS SELECT * FROM public.lonely;
CREATE FUNCTION emptied() RETURNS void LANGUAGE sql SET search_path = public, pg_temp AS $$ DELETE FROM lonely $$;
SELECT emptied();
--- temporary table that is dropped
CREATE TEMPORARY TABLE lonely AS SELECT * FROM public.lonely;
DROP TABLE lonely;
DELETE FROM lonely;
--- temporary table if not exists, renamed
CREATE TEMPORARY TABLE IF NOT EXISTS lonely (id int);
ALTER TABLE lonely RENAME TO less;
DELETE FROM lonely;
--- temporary view
CREATE TEMPORARY VIEW lonely AS SELECT * FROM vacant;
INSERT INTO lonely VALUES (7, 'x');
--- column renamed below a view
ALTER TABLE customers RENAME COLUMN name TO full_name;
UPDATE customer_names SET label = 'x';
--- column renamed below a view and made anew
ALTER TABLE lonely RENAME COLUMN val TO old_val;
ALTER TABLE lonely ADD COLUMN val text;
UPDATE lonely_view SET val = 'x';
--- column renamed below a view of the batch and made anew
CREATE VIEW thin AS SELECT id, val FROM lonely;
ALTER TABLE lonely RENAME COLUMN val TO old_val;
ALTER TABLE lonely ADD COLUMN val text;
UPDATE thin SET val = 'x';
--- column renamed below a bound function and made anew
CREATE FUNCTION bound_too() RETURNS void LANGUAGE sql BEGIN ATOMIC UPDATE lonely SET val = 'x'; END;
ALTER TABLE lonely RENAME COLUMN val TO old_val;
ALTER TABLE lonely ADD COLUMN val text;
SELECT bound_too();
--- column renamed below a rule and made anew
CREATE RULE mirror AS ON UPDATE TO vacant DO ALSO UPDATE lonely SET val = 'x';
INSERT INTO vacant VALUES (1, 'x');
ALTER TABLE lonely RENAME COLUMN val TO old_val;
ALTER TABLE lonely ADD COLUMN val text;
UPDATE vacant SET x = 'y';
--- columns of a view renamed
ALTER VIEW customer_names RENAME COLUMN label TO score2;
ALTER VIEW customer_names RENAME COLUMN score TO label;
UPDATE customer_names SET label = 7;
--- columns exchanged below a view
ALTER TABLE lonely RENAME COLUMN n TO x;
ALTER TABLE lonely RENAME COLUMN id TO n;
UPDATE lonely_view SET n = 5;
--- using a cast to less of numeric
ALTER TABLE customers ALTER COLUMN price TYPE numeric USING price::int;
--- using a cast to less of text
ALTER TABLE orders ALTER COLUMN note TYPE varchar USING note::varchar(1);
--- using a cast to less of a timestamp
ALTER TABLE orders ALTER COLUMN placed TYPE timestamp USING placed::date;
--- cast of a literal that is cut
DO $$ BEGIN EXECUTE 'DELETE FROM ' || 'lonely_old'::varchar(6); END $$;
--- an expression that reads a view
--- admin: DROP OPERATOR === (int, int)
DO $$ DECLARE x int; BEGIN x := n FROM bumping; END $$;
--- a condition that reads a view
--- admin: DROP OPERATOR === (int, int)
DO $$ BEGIN IF n > 0 FROM bumping THEN NULL; END IF; END $$;
--- an index that writes
DO $$ DECLARE a int[]; BEGIN a[bump()] := 1; END $$;
--- a cursor's argument
DO $$ DECLARE c CURSOR (k int) FOR SELECT k; r record; BEGIN OPEN c(bump()); CLOSE c; END $$;
--- a fetch by count
DO $$ DECLARE c CURSOR FOR SELECT 1; r record; BEGIN OPEN c; FETCH ABSOLUTE bump() FROM c INTO r; END $$;
--- a message
DO $$ BEGIN RAISE NOTICE 'x %', bump(); RAISE NOTICE USING MESSAGE = 'n' || bump(); END $$;
--- a parameter of a dynamic text
DO $$ BEGIN EXECUTE 'SELECT $1' USING bump(); END $$;
--- a variable of a domain that writes
CREATE DOMAIN noisy AS int CHECK (loud(value, 1));
DO $$ DECLARE x noisy; BEGIN x := 5; END $$;
--- a variable of a domain that writes, with a default
CREATE DOMAIN noisy AS int CHECK (loud(value, 1));
DO $$ DECLARE x noisy := 5; BEGIN END $$;
--- a parameter of a domain that writes
CREATE DOMAIN noisy AS int CHECK (loud(value, 1));
CREATE FUNCTION given(noisy) RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT given(3);
--- a result of a domain that writes
CREATE DOMAIN noisy AS int CHECK (loud(value, 1));
CREATE FUNCTION given() RETURNS noisy LANGUAGE plpgsql AS 'BEGIN RETURN 3; END';
SELECT given();
--- a default of a domain
CREATE DOMAIN numbered AS int DEFAULT bump();
CREATE TABLE fresh (id int, v numbered);
INSERT INTO fresh (id) VALUES (1);
--- copy does not obey rules
CREATE RULE away AS ON INSERT TO loose DO INSTEAD INSERT INTO plain VALUES (NEW.a, NEW.b);
COPY loose FROM stdin;
5	five
\.
--- copy where
COPY loose FROM stdin WHERE a > bump();
5	five
\.
--- copy of what is deleted
COPY (DELETE FROM loose RETURNING a) TO STDOUT;
--- a constraint renamed and another dropped
ALTER TABLE reviews RENAME CONSTRAINT reviews_customer_fkey TO kept;
ALTER TABLE reviews ADD CONSTRAINT reviews_customer_fkey CHECK (stars > 0);
ALTER TABLE reviews DROP CONSTRAINT reviews_customer_fkey;
DELETE FROM customers WHERE id = 3;
--- a statement trigger of a view
CREATE TRIGGER paired_after AFTER UPDATE ON paired FOR EACH STATEMENT EXECUTE FUNCTION audit_row();
UPDATE paired SET name = 'x';
--- a statement trigger of a view that is written through
CREATE TRIGGER names_after AFTER UPDATE ON customer_names FOR EACH STATEMENT EXECUTE FUNCTION audit_row();
UPDATE customer_names SET label = 'x';
--- analyze computes expressions
CREATE FUNCTION sneaky(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM bump(); RETURN $1; END $$;
CREATE INDEX lonely_sneaky ON lonely (sneaky(n));
--- file
ANALYZE lonely;
--- explain plans
CREATE FUNCTION sneaky(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM bump(); RETURN $1; END $$;
EXPLAIN SELECT sneaky(1);
--- like copies defaults
CREATE TABLE copied (LIKE tickets INCLUDING ALL);
INSERT INTO copied (id) VALUES (1);
--- case compares
CREATE FUNCTION same_text(int, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM bump(); RETURN true; END $$;
CREATE OPERATOR = (LEFTARG = int, RIGHTARG = text, FUNCTION = same_text);
SELECT CASE a WHEN 'x'::text THEN 1 END FROM loose;
--- any compares
CREATE FUNCTION same_text(int, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM bump(); RETURN true; END $$;
CREATE OPERATOR = (LEFTARG = int, RIGHTARG = text, FUNCTION = same_text);
SELECT a IN (SELECT b FROM plain) FROM loose;
--- between compares
CREATE FUNCTION same_text(int, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM bump(); RETURN true; END $$;
CREATE OPERATOR >= (LEFTARG = int, RIGHTARG = text, FUNCTION = same_text);
CREATE OPERATOR <= (LEFTARG = int, RIGHTARG = text, FUNCTION = same_text);
SELECT a BETWEEN 'x'::text AND 'y'::text FROM loose;
--- table to xml reads a view
SELECT table_to_xml('bumping', true, false, '');
--- schema to xml reads views
SELECT schema_to_xml('public', true, false, '');
--- merge into a view with triggers
CREATE FUNCTION merged() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE loose SET b = 'm'; RETURN NEW; END $$;
CREATE VIEW merging AS SELECT DISTINCT id, x FROM vacant;
CREATE TRIGGER merges INSTEAD OF INSERT OR UPDATE ON merging FOR EACH ROW EXECUTE FUNCTION merged();
INSERT INTO merging VALUES (1, 'x');
--- attach and move rows
CREATE FUNCTION sent() RETURNS void LANGUAGE plpgsql AS $$ BEGIN UPDATE measures SET day = '2023-02-02' WHERE id = 3; END $$;
ALTER TABLE measures ATTACH PARTITION spare FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
SELECT sent();
--- prepared under another path
PREPARE p AS DELETE FROM things;
SET search_path = shop;
EXECUTE p;
--- rows of a table as a field
CREATE FUNCTION removed(l loose) RETURNS int LANGUAGE sql AS $$ DELETE FROM loose WHERE a = l.a RETURNING a $$;
SELECT l.removed FROM loose l;
--- a partition of the batch has the defaults of its parent
--- admin: CREATE TABLE numbered (id int, no int DEFAULT next_ticket()) PARTITION BY RANGE (id); DO $$ BEGIN EXECUTE format('ALTER TABLE numbered OWNER TO %I', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())); END $$
CREATE TABLE numbered_1 PARTITION OF numbered FOR VALUES FROM (0) TO (10);
INSERT INTO numbered_1 (id) VALUES (1);
--- a partition of the batch has the checks of its parent
--- admin: CREATE TABLE numbered (id int, no int CHECK (loud(no, 1))) PARTITION BY RANGE (id); DO $$ BEGIN EXECUTE format('ALTER TABLE numbered OWNER TO %I', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())); END $$
CREATE TABLE numbered_1 PARTITION OF numbered FOR VALUES FROM (0) TO (10);
INSERT INTO numbered_1 (id) VALUES (1);
--- a child of the batch has the defaults of its parent
CREATE TABLE more_tickets () INHERITS (tickets);
INSERT INTO more_tickets (id) VALUES (1);
--- temporary view in the place of a view
CREATE OR REPLACE TEMPORARY VIEW ruled AS SELECT a AS id, b AS x FROM plain;
INSERT INTO public.ruled VALUES (5, 'x');
UPDATE ruled SET x = 'y';
--- a view of another schema in its place
CREATE VIEW view_of AS SELECT id, x FROM vacant;
SET search_path = shop, public;
CREATE OR REPLACE VIEW view_of AS SELECT a AS id, b AS x FROM plain;
INSERT INTO public.view_of VALUES (1, 'x');
--- temporary schema first in the path
SET search_path = pg_temp, public;
CREATE TABLE lonely (id int);
INSERT INTO lonely VALUES (1);
DELETE FROM public.lonely;
--- a function with another default, replaced
CREATE OR REPLACE FUNCTION bump(by int DEFAULT 1) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
SELECT bump();
--- a parameter's default added
CREATE OR REPLACE FUNCTION half(int DEFAULT 2) RETURNS int LANGUAGE sql AS $$ SELECT bump() $$;
INSERT INTO halves (id, n) VALUES (7, 8);
--- a trigger over a column that was renamed
ALTER TABLE watched RENAME COLUMN val TO value;
UPDATE watched SET value = 'x';
--- a union by a name in PL/pgSQL
--- admin: DROP OPERATOR === (int, int)
DO $$ DECLARE x int; BEGIN FOR x IN SELECT 1 UNION ALL TABLE bumping LOOP NULL; END LOOP; END $$;
--- set local until the transaction's end
--- alone
BEGIN;
SET LOCAL search_path = shop;
DELETE FROM stock;
COMMIT;
UPDATE things SET t = 'x';
--- a trigger function replaced by dynamic text of literals
DO $$ BEGIN EXECUTE 'CREATE OR REPLACE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN DELETE FROM loose; RETURN NULL; END $f$'; END $$;
UPDATE watched SET val = 'z';
