--- do delete
DO $$ BEGIN DELETE FROM plain WHERE a = 1; END $$;
--- do with an if
DO $$ BEGIN IF EXISTS (SELECT 1 FROM plain) THEN UPDATE lonely SET n = 0; END IF; END $$;
--- do with a loop
DO $$ DECLARE r record; BEGIN FOR r IN SELECT * FROM plain LOOP INSERT INTO vacant VALUES (r.a, r.b); END LOOP; END $$;
--- do with a loop over a writing query
DO $$ DECLARE r record; BEGIN FOR r IN DELETE FROM plain RETURNING a LOOP NULL; END LOOP; END $$;
--- do with while
DO $$ DECLARE i int := 0; BEGIN WHILE i < 3 LOOP i := i + 1; UPDATE lonely SET n = i WHERE id = i; END LOOP; END $$;
--- do with an exception handler
DO $$ BEGIN INSERT INTO lonely (id) VALUES (1); EXCEPTION WHEN unique_violation THEN UPDATE lonely SET val = 'dup' WHERE id = 1; END $$;
--- do perform
DO $$ BEGIN PERFORM bump(); END $$;
--- do assigns from a function
DO $$ DECLARE x int; BEGIN x := bump(); END $$;
--- do declares from a function
DO $$ DECLARE x int := bump(); BEGIN NULL; END $$;
--- do if calls a function
DO $$ BEGIN IF bump() > 0 THEN NULL; END IF; END $$;
--- do case calls a function
DO $$ BEGIN CASE bump() WHEN 1 THEN NULL; ELSE NULL; END CASE; END $$;
--- do select into
DO $$ DECLARE x int; BEGIN SELECT count(*) INTO x FROM plain; INSERT INTO vacant VALUES (x, 'n'); END $$;
--- do execute literal
DO $$ BEGIN EXECUTE 'DELETE FROM plain WHERE a = 2'; END $$;
--- do execute concatenated literals
DO $$ BEGIN EXECUTE 'DELETE FROM ' || 'plain'; END $$;
--- do execute format of literals
DO $$ BEGIN EXECUTE format('UPDATE %I SET n = %L', 'lonely', '5'); END $$;
--- do execute with parameters
DO $$ BEGIN EXECUTE 'DELETE FROM plain WHERE a = $1' USING 1; END $$;
--- do execute several statements
DO $$ BEGIN EXECUTE 'DELETE FROM plain; UPDATE lonely SET n = 1'; END $$;
--- do for in execute
DO $$ DECLARE r record; BEGIN FOR r IN EXECUTE 'DELETE FROM plain RETURNING a' LOOP NULL; END LOOP; END $$;
--- do execute dynamic
DO $$ DECLARE t text := 'plain'; BEGIN EXECUTE 'DELETE FROM ' || quote_ident(t); END $$;
--- do execute dynamic with a directive
-- safemigrate: touches plain
DO $$ DECLARE t text := 'plain'; BEGIN EXECUTE 'DELETE FROM ' || quote_ident(t); END $$;
--- do execute dynamic with a directive for the file
-- safemigrate: touches public.plain, lonely

DO $$ DECLARE t text := 'plain'; BEGIN EXECUTE 'DELETE FROM ' || quote_ident(t); END $$;
DO $$ DECLARE t text := 'lonely'; BEGIN EXECUTE format('DELETE FROM %I', t); END $$;
--- do execute dynamic that touches nothing
-- safemigrate: touches nothing
DO $$ DECLARE t text := 'plain'; BEGIN EXECUTE 'SELECT count(*) FROM ' || quote_ident(t); END $$;
--- do alters a table
DO $$ BEGIN ALTER TABLE lonely ADD COLUMN extra int; END $$;
--- do alters a table if a column is missing
DO $$ BEGIN
	IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 'lonely' AND column_name = 'extra') THEN
		ALTER TABLE lonely ADD COLUMN extra int;
	END IF;
END $$;
UPDATE lonely SET extra = 5;
--- do creates a type if it is missing
DO $$ BEGIN CREATE TYPE mood2 AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;
--- do drops a table
DO $$ BEGIN DROP TABLE vacant CASCADE; END $$;
--- do renames and writes
DO $$ BEGIN ALTER TABLE plain RENAME TO plainer; UPDATE plainer SET b = 'x'; END $$;
UPDATE plainer SET a = 5 WHERE a = 1;
--- do creates and writes
DO $$ BEGIN CREATE TABLE fresh (a int); INSERT INTO fresh VALUES (1); DROP TABLE fresh; END $$;
--- do sets search_path
DO $$ BEGIN SET search_path = shop; DELETE FROM things; END $$;
DELETE FROM things WHERE id = 99;
--- do set_config
DO $$ BEGIN PERFORM set_config('search_path', 'other', true); DELETE FROM things; END $$;
--- do calls a procedure
DO $$ BEGIN CALL purge(3); END $$;
--- do opens a cursor
DO $$ DECLARE c CURSOR FOR SELECT bump(); r record; BEGIN OPEN c; FETCH c INTO r; CLOSE c; END $$;
--- do opens a cursor for execute
DO $$ DECLARE c refcursor; r record; BEGIN OPEN c FOR EXECUTE 'SELECT bump()'; FETCH c INTO r; END $$;
--- do where current of
DO $$ DECLARE c CURSOR FOR SELECT * FROM lonely; r lonely; BEGIN OPEN c; FETCH c INTO r; DELETE FROM lonely WHERE CURRENT OF c; END $$;
--- do raises with a function
DO $$ BEGIN RAISE NOTICE '%', bump(); END $$;
--- do asserts with a function
DO $$ BEGIN ASSERT bump() > 0; END $$;
--- do uses a row type
DO $$ DECLARE r lonely%ROWTYPE; BEGIN SELECT * INTO r FROM lonely WHERE id = 1; r.n := 5; UPDATE lonely SET n = r.n WHERE id = r.id; END $$;
--- do uses a column's type
DO $$ DECLARE v lonely.val%TYPE := 'q'; BEGIN UPDATE lonely SET val = v WHERE id = 1; END $$;
--- do foreach
DO $$ DECLARE i int; BEGIN FOREACH i IN ARRAY ARRAY[1, 2] LOOP DELETE FROM plain WHERE a = i; END LOOP; END $$;
--- do for with bounds
DO $$ BEGIN FOR i IN 1..2 LOOP DELETE FROM plain WHERE a = i; END LOOP; END $$;
--- do nested blocks
DO $$ BEGIN BEGIN DELETE FROM plain; END; <<inner>> DECLARE x int; BEGIN x := 1; UPDATE lonely SET n = x; END; END $$;
--- do get diagnostics
DO $$ DECLARE n int; BEGIN DELETE FROM plain; GET DIAGNOSTICS n = ROW_COUNT; INSERT INTO vacant VALUES (n, 'd'); END $$;
--- do merge
--- since 15
DO $$ BEGIN MERGE INTO lonely l USING plain p ON p.a = l.id WHEN MATCHED THEN UPDATE SET n = 1; END $$;
--- do truncates
DO $$ BEGIN TRUNCATE plain; END $$;
--- do nothing
DO $$ BEGIN NULL; END $$;
--- call a procedure
CALL purge(2);
--- call a function with a path of its own
SELECT remove_things();
--- call a function without a path
SELECT clear_things();
--- call a function without a path under another path
SET search_path = other, public;
SELECT clear_things();
--- call a function with a dynamic text
SELECT remove_any('plain');
--- call a function with a dynamic text and a directive
-- safemigrate: touches plain
SELECT remove_any('plain');
--- create a function and call it
CREATE FUNCTION wipe() RETURNS void LANGUAGE sql AS 'DELETE FROM plain';
SELECT wipe();
--- create a function and do not call it
CREATE FUNCTION wipe() RETURNS void LANGUAGE sql AS 'DELETE FROM plain';
--- create or replace a function and call it
CREATE OR REPLACE FUNCTION tally() RETURNS bigint LANGUAGE sql VOLATILE AS 'DELETE FROM plain; SELECT 1::bigint';
SELECT tally();
--- create or replace a trigger's function
CREATE OR REPLACE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE counters SET n = n + 5; RETURN NULL; END $$;
DELETE FROM watched WHERE id = 1;
--- create a procedure and call it
CREATE PROCEDURE shift() LANGUAGE plpgsql AS $$ BEGIN UPDATE lonely SET n = n + 1; END $$;
CALL shift();
--- create a function with a body in standard SQL
CREATE FUNCTION wipe() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM plain; END;
ALTER TABLE plain RENAME TO plainer;
SELECT wipe();
--- create a function that returns a table
CREATE FUNCTION listed() RETURNS TABLE (k int) LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY DELETE FROM plain RETURNING a; END $$;
SELECT * FROM listed();
--- create a function that returns a dynamic query
CREATE FUNCTION listed() RETURNS SETOF int LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'DELETE FROM plain RETURNING a'; END $$;
SELECT * FROM listed();
--- create functions that call each other
CREATE FUNCTION even(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF n = 0 THEN DELETE FROM plain; RETURN 0; END IF; RETURN odd(n - 1); END $$;
CREATE FUNCTION odd(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN even(n - 1); END $$;
SELECT even(2);
--- create an overloaded function
CREATE FUNCTION bump(a int, b int) RETURNS int LANGUAGE sql AS 'UPDATE lonely SET n = 1 WHERE id = 1 RETURNING n';
SELECT bump(1, 2);
--- create a variadic function
CREATE FUNCTION many(VARIADIC ks int[]) RETURNS int LANGUAGE sql AS 'DELETE FROM plain WHERE a = ANY (ks) RETURNING 1';
SELECT many(1, 2, 3);
--- create a function with a default that writes
CREATE FUNCTION lazy(a int DEFAULT 1) RETURNS void LANGUAGE sql AS 'UPDATE lonely SET n = $1';
SELECT lazy();
--- rename a function and call it
ALTER FUNCTION bump(int) RENAME TO raise_it;
SELECT raise_it();
--- move a function and call it
ALTER FUNCTION bump(int) SET SCHEMA shop;
SELECT shop.bump();
--- alter a function's path and call it
ALTER FUNCTION clear_things() SET search_path = shop;
SELECT clear_things();
--- function assigned to a field
CREATE TYPE holder AS (x int);
DO $$ DECLARE h holder; BEGIN h.x := bump(); END $$;
--- function assigned to a quoted field
CREATE TYPE holder AS ("x" int, "a=b" int);
DO $$ DECLARE h holder; BEGIN h."x" := "bump"(); h."a=b" := "bump"(); END $$;
--- function with a parameter of a row type
CREATE FUNCTION taken(p loose) RETURNS void LANGUAGE plpgsql AS $$ BEGIN p.a := 5; UPDATE loose SET b = 'q' WHERE a = 1; END $$;
SELECT taken(l) FROM loose l;
--- do with a schema-qualified row type and a value
DO $$ DECLARE r public.pair := ROW(1, 'x'); s public.pair; BEGIN r.a := 2; s.b := 'q'; DELETE FROM loose WHERE a = r.a; END $$;
