--- select
SELECT * FROM lonely;
--- select into
SELECT id, val INTO lonely_copy FROM lonely;
--- select into and write there
SELECT id, val INTO lonely_copy FROM lonely;
UPDATE lonely_copy SET val = 'x';
--- select a function that writes
SELECT bump();
--- select a function that writes in from
SELECT * FROM bump(3) b;
--- select lateral
SELECT * FROM plain p, LATERAL bump(p.a) b;
--- select a chain of functions
SELECT chain();
--- select a function that reads
SELECT tally();
--- select a recursive function
SELECT recurse(3);
--- select a function in where
SELECT 1 FROM plain WHERE bump() > 100;
--- select a function in order by
SELECT 1 FROM plain ORDER BY bump(a);
--- select a function in limit
SELECT 1 FROM plain LIMIT bump();
--- select a function in having
SELECT count(*) FROM plain HAVING bump() > 0;
--- select a function in case
SELECT CASE WHEN a = 1 THEN bump(a) END FROM plain;
--- select a function in a subquery
SELECT (SELECT bump(a)) FROM plain;
--- select a function in a union
SELECT 1 UNION ALL SELECT bump();
--- select a function in values
VALUES (bump()), (2);
--- select a function in exists
SELECT 1 WHERE EXISTS (SELECT bump());
--- select a function in filter
SELECT count(*) FILTER (WHERE bump() > 0) FROM plain;
--- select a window over a function
SELECT sum(a) OVER (ORDER BY bump(a)) FROM plain;
--- select an aggregate that writes
SELECT noisy_sum(a) FROM plain;
--- select an operator that writes
SELECT 1 === 2;
--- select a view that writes
SELECT * FROM bumping;
--- select for update
SELECT * FROM lonely FOR UPDATE;
--- select a literal dynamic function
SELECT remove_literal();
--- select a function with a body in standard SQL
SELECT bound();
--- select with a function by its schema
SELECT public.bump(5);
--- select a named argument
SELECT bump(by => 4);
--- select distinct on a function
SELECT DISTINCT ON (bump(a)) a FROM plain;
--- cte deletes
WITH d AS (DELETE FROM plain WHERE a = 1 RETURNING *) SELECT * FROM d;
--- cte updates
WITH u AS (UPDATE lonely SET n = 7 WHERE id = 1 RETURNING *) SELECT count(*) FROM u;
--- cte inserts
WITH i AS (INSERT INTO plain VALUES (9, 'nine') RETURNING *) SELECT * FROM i;
--- cte moves rows
WITH d AS (DELETE FROM lonely WHERE id = 3 RETURNING id, val) INSERT INTO vacant SELECT * FROM d;
--- cte recursive
WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 5) INSERT INTO plain SELECT n, 'r' FROM t;
--- cte is called like a table
WITH lonely AS (SELECT 5 AS id) DELETE FROM plain USING lonely WHERE plain.a < lonely.id;
--- cte merge
--- since 17
WITH m AS (MERGE INTO lonely l USING plain p ON p.a = l.id WHEN MATCHED THEN DELETE RETURNING l.id) SELECT * FROM m;
--- cte with several writers
WITH a AS (DELETE FROM plain WHERE a = 2 RETURNING a), b AS (UPDATE lonely SET n = 0 WHERE id IN (SELECT a FROM a)) INSERT INTO vacant SELECT a, 'm' FROM a;
--- create temporary table as a cte that deletes
CREATE TEMP TABLE t AS WITH d AS (DELETE FROM plain RETURNING a) SELECT * FROM d;
--- explain analyze
EXPLAIN ANALYZE DELETE FROM plain WHERE a = 1;
--- explain with options
EXPLAIN (ANALYZE true, COSTS off) UPDATE lonely SET n = 0;
--- explain only
EXPLAIN DELETE FROM plain;
--- explain analyze off
EXPLAIN (ANALYZE off) DELETE FROM plain;
--- prepare and execute
PREPARE p AS DELETE FROM plain WHERE a = $1;
EXECUTE p (1);
--- declare and fetch
DECLARE c CURSOR FOR SELECT bump() FROM plain;
FETCH ALL FROM c;
--- create table as execute
PREPARE q AS SELECT bump() AS n;
CREATE TABLE made AS EXECUTE q;
--- table command
TABLE lonely;
--- select setval
SELECT setval('invoice', 100);
--- select nextval
SELECT nextval('invoice');
--- select current_setting
SELECT current_setting('search_path'), now(), random(), gen_random_uuid();
--- select query_to_xml of a literal
SELECT query_to_xml('SELECT bump()', false, false, '');
--- select pg_notify
SELECT pg_notify('c', 'x');
--- select lo_create
SELECT lo_create(0);
--- select advisory lock
SELECT pg_advisory_xact_lock(1);
--- select whole row attribute
SELECT p.a, (p).b FROM plain p;
--- a text that crosstab runs
--- admin: CREATE EXTENSION tablefunc
CREATE FUNCTION wipes() RETURNS text LANGUAGE sql AS 'DELETE FROM plain; SELECT ''x''';
SELECT * FROM crosstab('SELECT ''a''::text, ''b''::text, wipes()') AS t (r text, b text);
--- two texts that crosstab runs
--- admin: CREATE EXTENSION tablefunc
CREATE FUNCTION wipes() RETURNS text LANGUAGE sql AS 'DELETE FROM plain; SELECT ''b''';
SELECT * FROM crosstab('SELECT ''a''::text, ''b''::text, ''c''::text', 'SELECT wipes()') AS t (r text, b text);
--- a view over a text that crosstab runs
--- admin: CREATE EXTENSION tablefunc
CREATE FUNCTION wipes() RETURNS text LANGUAGE sql AS 'DELETE FROM plain; SELECT ''x''';
CREATE VIEW crossed AS SELECT * FROM crosstab('SELECT ''a''::text, ''b''::text, wipes()') AS t (r text, b text);
SELECT count(*) FROM crossed;
--- what connectby reads
--- admin: CREATE EXTENSION tablefunc
CREATE FUNCTION wipes() RETURNS text LANGUAGE sql AS 'DELETE FROM plain; SELECT ''b''';
SELECT * FROM connectby('(SELECT ''b''::text AS id, wipes() AS parent) x', 'id', 'parent', 'a', 0) AS t (id text, parent text, level int);
