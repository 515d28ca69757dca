--- add column
ALTER TABLE lonely ADD COLUMN extra int;
--- add column if not exists
ALTER TABLE lonely ADD COLUMN IF NOT EXISTS val text;
--- add column with a constant default
ALTER TABLE lonely ADD COLUMN extra int NOT NULL DEFAULT 5;
--- add column with a stable default
ALTER TABLE lonely ADD COLUMN extra timestamptz DEFAULT now();
--- add column with a volatile default
ALTER TABLE lonely ADD COLUMN extra float DEFAULT random();
--- add column with a default that writes
ALTER TABLE lonely ADD COLUMN extra int DEFAULT bump();
--- add column serial
ALTER TABLE lonely ADD COLUMN extra serial;
--- add column identity
ALTER TABLE lonely ADD COLUMN extra int GENERATED ALWAYS AS IDENTITY;
--- add column generated
ALTER TABLE lonely ADD COLUMN extra int GENERATED ALWAYS AS (n * 2) STORED;
--- add column of a domain
ALTER TABLE lonely ADD COLUMN extra email;
--- add column with a check
ALTER TABLE lonely ADD COLUMN extra int CHECK (extra > 0);
--- add column with a reference
ALTER TABLE lonely ADD COLUMN extra int REFERENCES customers;
--- add column to a partitioned table
ALTER TABLE measures ADD COLUMN extra int;
--- add column to a parent
ALTER TABLE animals ADD COLUMN extra int DEFAULT 1;
--- add column and fill it
ALTER TABLE lonely ADD COLUMN extra int;
UPDATE lonely SET extra = n * 2;
--- add column, fill it, drop the old one
ALTER TABLE lonely ADD COLUMN extra int;
UPDATE lonely SET extra = n * 2;
ALTER TABLE lonely DROP COLUMN n CASCADE;
--- add column and drop it
ALTER TABLE lonely ADD COLUMN extra int;
ALTER TABLE lonely DROP COLUMN extra;
--- drop column
ALTER TABLE lonely DROP COLUMN n CASCADE;
--- drop column if exists
ALTER TABLE lonely DROP COLUMN IF EXISTS nothing;
--- drop several columns
ALTER TABLE customers DROP COLUMN mail, DROP COLUMN born;
--- drop column of a key
ALTER TABLE lonely DROP COLUMN id CASCADE;
--- drop column that a generated one uses
ALTER TABLE customers DROP COLUMN name CASCADE;
--- drop column of a parent
ALTER TABLE animals DROP COLUMN name;
--- drop column of a parent only
ALTER TABLE ONLY animals DROP COLUMN name;
--- drop column of a partitioned table
ALTER TABLE measures DROP COLUMN v;
--- drop column that is referred to
ALTER TABLE countries DROP COLUMN code CASCADE;
--- drop column with a serial
ALTER TABLE reviews DROP COLUMN stars;
--- alter type integer to bigint
ALTER TABLE loose ALTER COLUMN a TYPE bigint;
--- alter type smallint to integer
ALTER TABLE customers ADD COLUMN own int2 DEFAULT 3;
ALTER TABLE customers ALTER COLUMN own TYPE int;
--- alter type bigint to integer
ALTER TABLE texts ADD COLUMN b bigint DEFAULT 5;
ALTER TABLE texts ALTER COLUMN b TYPE int;
--- alter type varchar longer
ALTER TABLE customers ALTER COLUMN code TYPE varchar(20);
--- alter type varchar shorter
ALTER TABLE customers ALTER COLUMN code TYPE varchar(5);
--- alter type varchar to text
ALTER TABLE customers ALTER COLUMN code TYPE text;
--- alter type text to varchar
ALTER TABLE loose ALTER COLUMN b TYPE varchar;
--- alter type numeric precision up
ALTER TABLE customers ALTER COLUMN price TYPE numeric(12,2);
--- alter type numeric scale down
ALTER TABLE customers ALTER COLUMN price TYPE numeric(12,1);
--- alter type numeric unconstrained
ALTER TABLE customers ALTER COLUMN price TYPE numeric;
--- alter type real to double
ALTER TABLE customers ALTER COLUMN ratio TYPE double precision;
--- alter type integer to numeric
ALTER TABLE loose ALTER COLUMN a TYPE numeric;
--- alter type using a plain cast
ALTER TABLE loose ALTER COLUMN a TYPE bigint USING a::bigint;
--- alter type using an expression
ALTER TABLE loose ALTER COLUMN a TYPE int USING a * 2;
--- alter type integer to text
ALTER TABLE halves ADD COLUMN z int DEFAULT 4;
ALTER TABLE halves ALTER COLUMN z TYPE text USING 'v' || z;
--- alter type date to timestamp
ALTER TABLE customers ALTER COLUMN born TYPE timestamp;
--- alter type timestamp to date
ALTER TABLE orders ALTER COLUMN placed TYPE date USING '1999-09-09'::date;
--- alter type enum to text
ALTER TABLE customers ALTER COLUMN feeling TYPE text USING 'is ' || feeling;
--- alter type of a partitioned table
ALTER TABLE measures ALTER COLUMN v TYPE bigint;
--- alter type of a parent
ALTER TABLE animals ALTER COLUMN name TYPE varchar(2) USING left(name, 2);
--- alter type using a function that writes
ALTER TABLE loose ALTER COLUMN a TYPE int USING bump(a);
--- alter type twice
ALTER TABLE loose ALTER COLUMN a TYPE bigint;
ALTER TABLE loose ALTER COLUMN a TYPE numeric;
--- set default
ALTER TABLE lonely ALTER COLUMN n SET DEFAULT 5;
--- set default that writes and insert
ALTER TABLE lonely ALTER COLUMN n SET DEFAULT bump();
INSERT INTO lonely (id) VALUES (9);
--- drop default
ALTER TABLE customers ALTER COLUMN score DROP DEFAULT;
--- set not null
ALTER TABLE lonely ALTER COLUMN n SET NOT NULL;
--- drop not null
ALTER TABLE customers ALTER COLUMN name DROP NOT NULL;
--- set statistics
ALTER TABLE lonely ALTER COLUMN n SET STATISTICS 100;
--- set storage
ALTER TABLE lonely ALTER COLUMN val SET STORAGE EXTERNAL;
--- set compression
ALTER TABLE lonely ALTER COLUMN val SET COMPRESSION pglz;
--- set column options
ALTER TABLE lonely ALTER COLUMN n SET (n_distinct = 5);
--- drop expression
ALTER TABLE customers ALTER COLUMN upper_name DROP EXPRESSION;
--- drop expression and update
ALTER TABLE customers ALTER COLUMN upper_name DROP EXPRESSION;
UPDATE customers SET name = 'q';
--- set expression
--- since 17
ALTER TABLE customers ALTER COLUMN upper_name SET EXPRESSION AS (lower(name) || '?');
--- add identity
ALTER TABLE lonely ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY;
--- restart identity
ALTER TABLE audit ALTER COLUMN id RESTART WITH 50;
--- drop identity
ALTER TABLE audit ALTER COLUMN id DROP IDENTITY;
--- add primary key
ALTER TABLE plain ADD PRIMARY KEY (a);
--- add unique
ALTER TABLE lonely ADD UNIQUE (val);
--- add unique using index
CREATE UNIQUE INDEX lonely_n ON lonely (n);
ALTER TABLE lonely ADD CONSTRAINT lonely_n UNIQUE USING INDEX lonely_n;
--- add check
ALTER TABLE lonely ADD CHECK (n > 0);
--- add check not valid
ALTER TABLE lonely ADD CONSTRAINT pos CHECK (n > 15) NOT VALID;
--- validate constraint
ALTER TABLE lonely ADD CONSTRAINT pos CHECK (n > 5) NOT VALID;
ALTER TABLE lonely VALIDATE CONSTRAINT pos;
--- add check that writes
ALTER TABLE lonely ADD CHECK (bump(n) > 0);
--- add foreign key
ALTER TABLE plain ADD FOREIGN KEY (a) REFERENCES lonely;
--- add foreign key and delete
ALTER TABLE plain ADD FOREIGN KEY (a) REFERENCES lonely ON DELETE CASCADE;
DELETE FROM lonely WHERE id = 1;
--- add foreign key with set null and delete
ALTER TABLE plain ADD FOREIGN KEY (a) REFERENCES lonely ON DELETE SET NULL;
DELETE FROM lonely WHERE id = 1;
--- add foreign key with update and update
ALTER TABLE plain ADD FOREIGN KEY (a) REFERENCES lonely ON UPDATE CASCADE;
UPDATE lonely SET id = id + 10;
--- add exclusion
ALTER TABLE texts ADD EXCLUDE USING gist (r WITH &&);
--- drop constraint
ALTER TABLE items DROP CONSTRAINT items_quantity_check;
--- drop foreign key and delete
ALTER TABLE items DROP CONSTRAINT items_order_fkey;
DELETE FROM orders WHERE id = 1;
--- drop primary key
ALTER TABLE lonely DROP CONSTRAINT lonely_pkey;
--- alter constraint
ALTER TABLE items ALTER CONSTRAINT items_order_fkey DEFERRABLE;
--- rename constraint
ALTER TABLE lonely RENAME CONSTRAINT lonely_pkey TO lonely_key;
--- set unlogged
ALTER TABLE plain SET UNLOGGED;
--- set unlogged and back
ALTER TABLE plain SET UNLOGGED;
ALTER TABLE plain SET LOGGED;
--- set access method
--- since 15
ALTER TABLE plain SET ACCESS METHOD heap;
--- set options
ALTER TABLE lonely SET (fillfactor = 70);
--- reset options
ALTER TABLE lonely RESET (fillfactor);
--- cluster on
ALTER TABLE lonely CLUSTER ON lonely_pkey;
--- set without cluster
ALTER TABLE lonely SET WITHOUT CLUSTER;
--- replica identity
ALTER TABLE lonely REPLICA IDENTITY FULL;
--- row security
ALTER TABLE lonely ENABLE ROW LEVEL SECURITY;
--- force row security
ALTER TABLE secret FORCE ROW LEVEL SECURITY;
--- owner
ALTER TABLE lonely OWNER TO CURRENT_USER;
--- several subcommands
ALTER TABLE lonely ADD COLUMN x int, DROP COLUMN ts CASCADE, ALTER COLUMN val SET NOT NULL, ADD CHECK (n < 1000);
--- inherit
CREATE TABLE parent (a int, b text);
ALTER TABLE plain INHERIT parent;
UPDATE parent SET b = 'inherited';
--- no inherit
ALTER TABLE puppies NO INHERIT dogs;
DELETE FROM animals;
--- attach partition
ALTER TABLE measures ATTACH PARTITION spare FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
--- attach partition and write
ALTER TABLE spare ADD PRIMARY KEY (id, day);
ALTER TABLE measures ATTACH PARTITION spare FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
DELETE FROM measures;
--- detach partition
ALTER TABLE measures DETACH PARTITION measures_old;
--- detach partition and write
ALTER TABLE measures DETACH PARTITION measures_old;
DELETE FROM measures;
--- of type
CREATE TABLE humans (id int, name text);
ALTER TABLE humans OF person;
--- not of type
ALTER TABLE people NOT OF;
--- view column default
ALTER VIEW customer_names ALTER COLUMN score SET DEFAULT 5;
--- view options
ALTER VIEW customer_names SET (security_barrier = true);
--- index options
ALTER INDEX lonely_val SET (fillfactor = 50);
--- sequence restart
ALTER SEQUENCE invoice RESTART WITH 10;
--- sequence type
ALTER SEQUENCE invoice AS smallint;
--- materialized view storage
ALTER MATERIALIZED VIEW summary SET (fillfactor = 80);
--- if exists
ALTER TABLE IF EXISTS missing ADD COLUMN x int;
