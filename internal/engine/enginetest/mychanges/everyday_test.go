//go:build unix

package mychanges_test

import "github.com/safemigrate/safemigrate/internal/testmy"

// everyday are migrations as applications write them: several statements that only
// together make sense, and rows that come or change with them.
var everyday = []change{
	{name: "keys become bigint, with what refers to them", batch: `ALTER TABLE orders DROP FOREIGN KEY order_of; ALTER TABLE customers MODIFY id bigint unsigned NOT NULL AUTO_INCREMENT; ALTER TABLE orders MODIFY customer bigint unsigned NOT NULL;
		ALTER TABLE orders ADD CONSTRAINT order_of FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE ON UPDATE CASCADE;`},
	{name: "keys get their sign taken, and a table is made again", batch: `ALTER TABLE items DROP FOREIGN KEY line_of; ALTER TABLE items MODIFY ord bigint unsigned NOT NULL, DROP COLUMN article; ALTER TABLE orders MODIFY id bigint unsigned NOT NULL AUTO_INCREMENT; ALTER TABLE items ADD CONSTRAINT line_of FOREIGN KEY (ord) REFERENCES orders (id);`},
	{name: "keys become bigint, and the table above is made again", batch: `ALTER TABLE orders DROP FOREIGN KEY order_of; ALTER TABLE customers MODIFY id bigint unsigned NOT NULL AUTO_INCREMENT, DROP COLUMN born; ALTER TABLE orders MODIFY customer bigint unsigned NOT NULL;
		ALTER TABLE orders ADD CONSTRAINT order_of FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE ON UPDATE CASCADE;`},
	{name: "tables that refer to each other and to themselves", batch: `CREATE TABLE a (id int PRIMARY KEY, b int, KEY (b)); CREATE TABLE b (id int PRIMARY KEY, a int, self int, CONSTRAINT to_a FOREIGN KEY (a) REFERENCES a (id), CONSTRAINT to_self FOREIGN KEY (self) REFERENCES b (id)); ALTER TABLE a ADD CONSTRAINT to_b FOREIGN KEY (b) REFERENCES b (id); INSERT INTO a VALUES (1, NULL); INSERT INTO b VALUES (1, 1, 1); UPDATE a SET b = 1;`},
	{name: "part of a key made text", batch: `ALTER TABLE items MODIFY n varchar(10) NOT NULL;`},
	{name: "part of a key made text, and rows come", batch: `ALTER TABLE items MODIFY n varchar(10) NOT NULL; INSERT INTO items VALUES (2, 'x1', 'cap'); UPDATE items SET article = 'inks' WHERE n = '2';`},
	{name: "key made a number", batch: `UPDATE counters SET name = n; ALTER TABLE counters MODIFY name int NOT NULL;`},
	{name: "key of another collation", batch: `ALTER TABLE counters MODIFY name varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL; INSERT INTO counters VALUES ('ORDERS', 3);`},
	{name: "column computed for each row, and rows come", only: testmy.MariaDB, batch: `ALTER TABLE customers ADD token varchar(36) DEFAULT (uuid()); INSERT INTO customers (name) VALUES ('Eve'); UPDATE customers SET token = id;`},
	{name: "column counted up, and rows come", batch: `ALTER TABLE audit ADD id int NOT NULL AUTO_INCREMENT PRIMARY KEY; INSERT INTO audit (line) VALUES ('more');`},
	{name: "another engine, and rows come", batch: `ALTER TABLE counters ENGINE=InnoDB; INSERT INTO counters VALUES ('new', 1); UPDATE counters SET n = 8 WHERE name = 'other';`},
	{name: "written anew, and rows come", batch: `ALTER TABLE customers FORCE; INSERT INTO customers (name) VALUES ('Eve'); OPTIMIZE TABLE items; INSERT INTO items VALUES (2, 1, 'cap');`},
	{name: "table exchanged for a filled copy", batch: `CREATE TABLE items_new LIKE items; ALTER TABLE items_new ADD extra int DEFAULT 1; INSERT INTO items_new (ord, n, article) SELECT ord, n, article FROM items; RENAME TABLE items TO items_old, items_new TO items; DROP TABLE items_old;`},
	{name: "table renamed away, and one of its name", batch: `RENAME TABLE audit TO audit_old; CREATE TABLE audit LIKE audit_old; INSERT INTO audit SELECT * FROM audit_old WHERE line IS NOT NULL; DELETE FROM audit_old WHERE line IS NULL;`},
	{name: "enum becomes text", batch: `ALTER TABLE orders MODIFY status varchar(10) NOT NULL DEFAULT 'new'; UPDATE orders SET status = 'done' WHERE status = 'sent';`},
	{name: "enum with values exchanged", batch: `ALTER TABLE orders MODIFY status enum('new','paid','sent','done') NOT NULL DEFAULT 'new'; UPDATE orders SET status = 'done' WHERE status = 'sent'; ALTER TABLE orders MODIFY status enum('done','new','paid') NOT NULL DEFAULT 'new';`},
	{name: "text becomes an enum", batch: `ALTER TABLE items MODIFY article enum('pen','ink','desk') NOT NULL;`},
	{name: "name split in two", batch: `ALTER TABLE customers ADD first varchar(80), ADD last varchar(80); UPDATE customers SET first = substring_index(name, ' ', 1), last = id; ALTER TABLE customers DROP COLUMN name, MODIFY first varchar(80) NOT NULL;`},
	{name: "surrogate key for a composite one", batch: `ALTER TABLE items DROP FOREIGN KEY line_of; ALTER TABLE items DROP PRIMARY KEY, ADD id int NOT NULL AUTO_INCREMENT PRIMARY KEY FIRST, ADD UNIQUE KEY line (ord, n); ALTER TABLE items ADD CONSTRAINT line_of FOREIGN KEY (ord) REFERENCES orders (id);`},
	{name: "key gains a column", batch: `ALTER TABLE counters ADD tenant int NOT NULL DEFAULT 1, DROP PRIMARY KEY, ADD PRIMARY KEY (tenant, name); INSERT INTO counters VALUES ('orders', 9, 2);`},
	{name: "key dropped, and rows twice", batch: `ALTER TABLE counters DROP PRIMARY KEY; INSERT INTO counters SELECT * FROM counters;`},
	{name: "money into cents", batch: `DROP VIEW big_names, big_orders; ALTER TABLE orders DROP COLUMN gross, DROP COLUMN net, DROP CONSTRAINT positive; ALTER TABLE orders ADD cents bigint NOT NULL DEFAULT 0; UPDATE orders SET cents = total * 100; ALTER TABLE orders DROP COLUMN total, ADD CONSTRAINT positive CHECK (cents >= 0);`},
	{name: "columns moved into a table of their own", batch: `CREATE TABLE profiles (customer int unsigned PRIMARY KEY, born date, CONSTRAINT profile_of FOREIGN KEY (customer) REFERENCES customers (id)); INSERT INTO profiles SELECT id, born FROM customers; ALTER TABLE customers DROP COLUMN born;`},
	{name: "two tables merged", batch: `ALTER TABLE orders ADD first_article varchar(20); UPDATE orders o JOIN items i ON i.ord = o.id AND i.n = 1 SET o.first_article = i.article; DROP TABLE items;`},
	{name: "duplicates removed for a unique key", batch: `ALTER TABLE audit ADD id int NOT NULL AUTO_INCREMENT PRIMARY KEY; DELETE a FROM audit a JOIN audit b ON a.line = b.line AND a.id > b.id; ALTER TABLE audit DROP COLUMN id; ALTER TABLE audit ADD UNIQUE KEY by_line (line(100));`},
	{name: "backfilled and made not null", batch: `ALTER TABLE customers ADD country char(2); UPDATE customers SET country = 'DE', email = coalesce(email, concat(id, '@nowhere')); ALTER TABLE customers MODIFY country char(2) NOT NULL, MODIFY email varchar(120) NOT NULL COMMENT 'where to write';`},
	{name: "keys renumbered, through a cascade", batch: `UPDATE customers SET id = id + 100 ORDER BY id DESC; ALTER TABLE customers AUTO_INCREMENT = 500;`},
	{name: "parents deleted with their children", batch: `DELETE FROM items WHERE ord IN (SELECT id FROM orders WHERE customer = 1); DELETE FROM customers WHERE id = 1;`},
	{name: "upserted and replaced", batch: `INSERT INTO counters VALUES ('orders', 5), ('c', 3) ON DUPLICATE KEY UPDATE n = 50; REPLACE INTO customers (id, name, email) VALUES (4, 'Dora', 'd@x'), (9, 'New', 'ada@y'); INSERT IGNORE INTO items VALUES (1, 1, 'other'), (2, 9, 'cap');`},
	{name: "all rows of a table exchanged", batch: `TRUNCATE TABLE audit; INSERT INTO audit SELECT now(3), name FROM customers; DELETE FROM counters; INSERT INTO counters VALUES ('z', 1);`},
	{name: "rows of two tables changed at once", batch: `UPDATE orders o JOIN customers c ON c.id = o.customer SET o.note = c.name, c.email = NULL WHERE o.total > 60; DELETE i, a FROM items i JOIN audit a WHERE i.ord = 3 AND a.line IS NULL;`},
	{name: "program run by the migration", batch: `CREATE PROCEDURE fill() BEGIN DECLARE i int DEFAULT 0; WHILE i < 3 DO INSERT INTO orders (customer, total) VALUES (1, i); SET i = i + 1; END WHILE; END; CALL fill(); CALL forget('2025-01-01'); DROP PROCEDURE fill;`},
	{name: "programs made anew, otherwise", batch: `DROP TRIGGER orders_audit2; DROP TRIGGER orders_audit; CREATE TRIGGER orders_audit BEFORE UPDATE ON orders FOR EACH ROW SET NEW.note = concat(coalesce(NEW.note, ''), '!'); DROP PROCEDURE forget; CREATE PROCEDURE forget(IN older datetime, OUT n int) SET n = 1; DROP FUNCTION twice; CREATE FUNCTION twice(x bigint) RETURNS bigint DETERMINISTIC NO SQL RETURN 3 * x; UPDATE orders SET total = total + 1;`},
	{name: "views made anew, otherwise", batch: `CREATE OR REPLACE VIEW big_orders AS SELECT id, customer, total, status FROM orders WHERE total > 10; DROP VIEW big_names; CREATE VIEW big_names AS SELECT status, count(*) AS n FROM big_orders GROUP BY status;`},
	{name: "tables, columns and keys renamed", batch: `RENAME TABLE customers TO accounts; ALTER TABLE orders DROP FOREIGN KEY order_of, RENAME COLUMN customer TO account; ALTER TABLE orders ADD CONSTRAINT order_of_account FOREIGN KEY (account) REFERENCES accounts (id), RENAME KEY by_status TO by_state; ALTER VIEW big_orders AS SELECT id, account AS customer, total FROM orders; ALTER VIEW big_names AS SELECT c.name, b.total FROM big_orders b JOIN accounts c ON c.id = b.customer;`},
	{name: "two columns exchange their names", batch: `ALTER TABLE items RENAME COLUMN ord TO swap; ALTER TABLE items RENAME COLUMN n TO ord; ALTER TABLE items RENAME COLUMN swap TO n;`},
	{name: "search and documents", batch: `ALTER TABLE customers ADD FULLTEXT KEY words (name, email); ALTER TABLE orders ADD doc json; UPDATE orders SET doc = json_object('a', total); ALTER TABLE orders ADD a int AS (json_value(doc, '$.a')) VIRTUAL, ADD KEY by_a (a);`},
	{name: "table becomes partitioned, and rows come", batch: `ALTER TABLE counters ENGINE=InnoDB PARTITION BY KEY (name) PARTITIONS 2; INSERT INTO counters VALUES ('p', 1);`},
	{name: "added, filled, renamed and dropped again", batch: `ALTER TABLE customers ADD a int, ADD b int; UPDATE customers SET a = 1, b = 2; ALTER TABLE customers RENAME COLUMN b TO c, DROP COLUMN a; UPDATE customers SET c = 3 WHERE id = 1; ALTER TABLE customers DROP COLUMN c; INSERT INTO customers (name) VALUES ('Eve');`},
}
