CREATE SCHEMA shop;
CREATE SCHEMA other;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (a int, b text);
CREATE TYPE person AS (id int, name text);
CREATE TYPE span AS RANGE (subtype = int4);
CREATE DOMAIN email AS text CHECK (value LIKE '%@%');
CREATE COLLATION plainest FROM "C";

CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, mail email, feeling mood, score int2 DEFAULT 0, code varchar(10),
	price numeric(10,2), spot pair, ratio real, born date, tags text[], upper_name text GENERATED ALWAYS AS (upper(name)) STORED);
INSERT INTO customers VALUES
	(1, 'ann', 'a@x', 'happy', 1, 'a1', 1.25, (1, 'x'), 0.5, '1990-01-01', '{a}'),
	(2, 'bob', 'b@x', 'ok', 2, 'b1', 2.5, (2, 'y'), 1.5, '1991-01-01', '{b}'),
	(3, 'cyd', NULL, 'sad', 3, 'c1', 3, (3, 'z'), 2.5, '1992-01-01', '{c,d}');
CREATE TABLE orders (id serial PRIMARY KEY, customer int REFERENCES customers ON DELETE CASCADE ON UPDATE CASCADE, total numeric, note text, placed timestamp DEFAULT '2020-01-01');
INSERT INTO orders (customer, total, note) VALUES (1, 10, 'first'), (1, 20, 'second'), (2, 30, NULL), (3, 40, 'x');
CREATE TABLE items (id int PRIMARY KEY, "order" int REFERENCES orders ON DELETE CASCADE, product int, quantity int CHECK (quantity > 0));
INSERT INTO items VALUES (1, 1, 7, 1), (2, 1, 8, 2), (3, 2, 7, 3), (4, 3, 9, 4), (5, 4, 9, 1);
CREATE TABLE reviews (id int PRIMARY KEY, customer int REFERENCES customers ON DELETE SET NULL, stars int);
INSERT INTO reviews VALUES (1, 1, 5), (2, 2, 3), (3, 3, 1);
CREATE TABLE visits (id int PRIMARY KEY, customer int DEFAULT 1 REFERENCES customers ON DELETE SET DEFAULT, page text);
INSERT INTO visits VALUES (1, 2, '/'), (2, 3, '/a');
CREATE TABLE plain (a int, b text);
INSERT INTO plain VALUES (1, 'one'), (2, 'two'), (3, 'three');
CREATE TABLE loose (a int, b text);
INSERT INTO loose VALUES (1, 'one'), (2, 'two');
CREATE TABLE lonely (id int PRIMARY KEY, val text, n int, big bigint, ts timestamp);
INSERT INTO lonely VALUES (1, 'a', 10, 100, '2020-01-01'), (2, 'b', 20, 200, '2020-01-02'), (3, 'c', 30, 300, '2020-01-03');
CREATE INDEX lonely_val ON lonely (val);
CREATE TABLE vacant (id int PRIMARY KEY, x text);
CREATE TABLE countries (code text PRIMARY KEY, label text);
CREATE TABLE cities (id int PRIMARY KEY, country text REFERENCES countries ON UPDATE CASCADE, label text);
INSERT INTO countries VALUES ('de', 'Germany'), ('fr', 'France');
INSERT INTO cities VALUES (1, 'de', 'Berlin'), (2, 'fr', 'Paris');
CREATE TABLE nodes (id int PRIMARY KEY, parent int REFERENCES nodes ON DELETE CASCADE, label text);
INSERT INTO nodes VALUES (1, NULL, 'root'), (2, 1, 'leaf'), (3, 2, 'leaflet');
CREATE TABLE ping (id int PRIMARY KEY, pong int);
CREATE TABLE pong (id int PRIMARY KEY, ping int REFERENCES ping ON DELETE CASCADE);
INSERT INTO ping VALUES (1, 1);
INSERT INTO pong VALUES (1, 1);
ALTER TABLE ping ADD FOREIGN KEY (pong) REFERENCES pong ON DELETE CASCADE;

CREATE TABLE audit (id int GENERATED ALWAYS AS IDENTITY, what text);
INSERT INTO audit (what) VALUES ('begin');
CREATE TABLE watched (id int PRIMARY KEY, val text, other text, changed int DEFAULT 0);
INSERT INTO watched VALUES (1, 'a', 'x'), (2, 'b', 'y');
CREATE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO audit (what) VALUES (TG_OP);
	RETURN NULL;
END $$;
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.changed := NEW.changed + 1;
	RETURN NEW;
END $$;
CREATE TRIGGER watched_audit AFTER INSERT OR DELETE OR UPDATE OF val ON watched FOR EACH ROW EXECUTE FUNCTION audit_row();
CREATE TRIGGER watched_empty AFTER TRUNCATE ON watched FOR EACH STATEMENT EXECUTE FUNCTION audit_row();
CREATE TRIGGER watched_stamp BEFORE UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION stamp();

CREATE TABLE measures (id int, day date NOT NULL, v int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE measures_old PARTITION OF measures FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE measures_new PARTITION OF measures FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
INSERT INTO measures VALUES (1, '2020-05-05', 1), (2, '2021-05-05', 2), (3, '2021-06-05', 3);
CREATE TABLE sensors (id int PRIMARY KEY, kind text) PARTITION BY LIST (id);
CREATE TABLE sensors_1 PARTITION OF sensors FOR VALUES IN (1);
CREATE TABLE sensors_2 PARTITION OF sensors FOR VALUES IN (2);
INSERT INTO sensors VALUES (1, 'a'), (2, 'b');
CREATE TRIGGER sensors_audit AFTER DELETE ON sensors FOR EACH ROW EXECUTE FUNCTION audit_row();
CREATE TABLE readings (id int PRIMARY KEY, sensor int REFERENCES sensors ON DELETE CASCADE);
INSERT INTO readings VALUES (1, 1), (2, 2);
CREATE TABLE spare (id int NOT NULL, day date NOT NULL, v int);
INSERT INTO spare VALUES (9, '2023-05-05', 9);

CREATE TABLE animals (id int PRIMARY KEY, name text);
CREATE TABLE dogs (breed text) INHERITS (animals);
CREATE TABLE puppies (age int) INHERITS (dogs);
INSERT INTO animals VALUES (1, 'any');
INSERT INTO dogs VALUES (2, 'rex', 'pug');
INSERT INTO puppies VALUES (3, 'tim', 'lab', 1);

CREATE VIEW customer_names AS SELECT id, name AS label, score FROM customers;
CREATE VIEW happy_names AS SELECT id, label FROM customer_names WHERE id < 3;
CREATE VIEW totals AS SELECT customer, sum(total) AS total FROM orders GROUP BY customer;
CREATE VIEW lonely_view AS SELECT * FROM lonely;
CREATE VIEW paired AS SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer;
CREATE FUNCTION paired_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE lonely SET n = 0 WHERE id = 1;
	RETURN NEW;
END $$;
CREATE TRIGGER paired_update INSTEAD OF UPDATE ON paired FOR EACH ROW EXECUTE FUNCTION paired_write();
CREATE VIEW ruled AS SELECT id, x FROM vacant;
CREATE RULE ruled_insert AS ON INSERT TO ruled DO INSTEAD INSERT INTO plain VALUES (NEW.id, NEW.x);
CREATE MATERIALIZED VIEW summary AS SELECT count(*) AS n FROM orders;

CREATE TABLE archive (id int PRIMARY KEY, t text);
INSERT INTO archive VALUES (1, 'old'), (2, 'older');
CREATE RULE archive_log AS ON DELETE TO archive DO ALSO INSERT INTO audit (what) VALUES ('archive');
CREATE TABLE guarded (id int PRIMARY KEY, t text);
INSERT INTO guarded VALUES (1, 'safe');
CREATE RULE guarded_keep AS ON DELETE TO guarded DO INSTEAD NOTHING;

CREATE TABLE counters (name text PRIMARY KEY, n int);
INSERT INTO counters VALUES ('ticket', 1), ('bump', 1);
CREATE FUNCTION next_ticket() RETURNS int LANGUAGE sql AS $$ UPDATE counters SET n = n + 1 WHERE name = 'ticket' RETURNING n $$;
CREATE TABLE tickets (id int PRIMARY KEY, no int DEFAULT next_ticket());
INSERT INTO tickets VALUES (1, 1);
CREATE FUNCTION bump(by int DEFAULT 1) RETURNS int LANGUAGE plpgsql AS $$
DECLARE r int;
BEGIN
	UPDATE counters SET n = n + by WHERE name = 'bump' RETURNING n INTO r;
	RETURN r;
END $$;
CREATE FUNCTION tally() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM orders $$;
CREATE FUNCTION remove_literal() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DELETE FROM plain WHERE a = 1'; END $$;
CREATE FUNCTION remove_any(t text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DELETE FROM ' || quote_ident(t); END $$;
CREATE FUNCTION remove_things() RETURNS void LANGUAGE plpgsql SET search_path = shop AS $$ BEGIN DELETE FROM things; END $$;
CREATE FUNCTION bound() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM plain WHERE a = 3; END;
CREATE PROCEDURE purge(older int) LANGUAGE plpgsql AS $$ BEGIN DELETE FROM plain WHERE a < older; END $$;
CREATE FUNCTION recurse(n int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	IF n > 0 THEN RETURN recurse(n - 1); END IF;
	UPDATE lonely SET n = 1 WHERE id = 1;
	RETURN 0;
END $$;
CREATE FUNCTION chain() RETURNS int LANGUAGE sql AS $$ SELECT bump(2) $$;
CREATE FUNCTION loud(int, int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES ('loud'); RETURN true; END $$;
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = loud);
CREATE VIEW bumping AS SELECT bump() AS n;
CREATE FUNCTION add_up(int, int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES ('add'); RETURN coalesce($1, 0) + $2; END $$;
CREATE AGGREGATE noisy_sum (int) (SFUNC = add_up, STYPE = int);

CREATE TABLE public.things (id int PRIMARY KEY, t text);
CREATE TABLE shop.things (id int PRIMARY KEY, t text);
CREATE TABLE other.things (id int PRIMARY KEY, t text);
INSERT INTO public.things VALUES (1, 'p');
INSERT INTO shop.things VALUES (1, 's');
INSERT INTO other.things VALUES (1, 'o');
CREATE FUNCTION clear_things() RETURNS void LANGUAGE sql AS $$ DELETE FROM things $$;
CREATE TABLE shop.stock (id int PRIMARY KEY, n int);
INSERT INTO shop.stock VALUES (1, 5);
CREATE SEQUENCE invoice;
CREATE TABLE invoices (id int PRIMARY KEY DEFAULT nextval('invoice'), t text);
INSERT INTO invoices (t) VALUES ('i');
CREATE TABLE people OF person;
INSERT INTO people VALUES (1, 'pat');
CREATE TABLE texts (id int PRIMARY KEY, t text COLLATE plainest, r span, l mood[]);
INSERT INTO texts VALUES (1, 't', '[1,2)', '{ok}');
CREATE FUNCTION half(int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT $1 / 2 $$;
CREATE TABLE halves (id int PRIMARY KEY, n int, h int GENERATED ALWAYS AS (half(n)) STORED);
INSERT INTO halves (id, n) VALUES (1, 8), (2, 10);
CREATE TABLE secret (id int PRIMARY KEY, t text);
INSERT INTO secret VALUES (1, 'hush');
CREATE POLICY secret_all ON secret USING (true);
