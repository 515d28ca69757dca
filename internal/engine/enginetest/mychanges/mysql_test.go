//go:build unix

package mychanges_test

import (
	"cmp"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// mysqlOnly are changes that MariaDB does not know, or says in other words.
var mysqlOnly = onMySQL([]change{
	{name: "an invisible index", batch: "ALTER TABLE customers ALTER INDEX by_name INVISIBLE;"},
	{name: "an index that is made invisible", batch: "CREATE INDEX by_born ON customers (born) INVISIBLE;"},
	{name: "a functional index", batch: "CREATE INDEX lowered ON customers ((lower(name)));"},
	{name: "a functional index besides columns", batch: "ALTER TABLE orders ADD KEY mixed (status, (total * 2), placed DESC);"},
	{name: "a unique functional index", batch: "ALTER TABLE customers ADD UNIQUE KEY lowered ((lower(email)));"},
	{name: "an index over several values", batch: "CREATE TABLE tags (id int PRIMARY KEY, j json, KEY many ((CAST(j->'$.tags' AS unsigned array)))); INSERT INTO tags VALUES (1, '{\"tags\": [1, 2, 3]}');"},
	{name: "a functional index goes with its table", batch: "CREATE TABLE low (a varchar(9), KEY l ((lower(a)))); INSERT INTO low VALUES ('X'); DROP TABLE audit;"},
	{name: "a check that is not enforced", batch: "ALTER TABLE items ADD CONSTRAINT n_small CHECK (n < 2) NOT ENFORCED;"},
	{name: "a check is not enforced any more", batch: "ALTER TABLE orders ALTER CHECK positive NOT ENFORCED;"},
	{name: "drop a check as MySQL says it", batch: "ALTER TABLE orders DROP CHECK positive;"},
	{name: "a check without a name", batch: "ALTER TABLE items ADD CHECK (n < 1000), ADD CHECK (ord > 0);"},
	{name: "a check and a column that goes", batch: "ALTER TABLE orders DROP CHECK positive, ADD COLUMN c int, ADD CONSTRAINT c_small CHECK (c < 9); ALTER TABLE customers DROP COLUMN born;"},
	{name: "a table with a check is renamed", batch: "CREATE TABLE limits (a int CHECK (a > 0), b int, CHECK (b > a)); RENAME TABLE orders TO sales;"},
	{name: "a table with a check is dropped", batch: "DROP TABLE items; DROP TABLE orders;"},
	{name: "a place with a reference system", batch: "CREATE TABLE spots (id int PRIMARY KEY, at point NOT NULL SRID 4326, SPATIAL KEY by_at (at)); INSERT INTO spots VALUES (1, ST_GeomFromText('POINT(10 20)', 4326));"},
	{name: "a column with a reference system", batch: "ALTER TABLE audit ADD COLUMN at_place point SRID 4326;"},
	{name: "a collation of version 9", batch: "ALTER TABLE customers MODIFY name varchar(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_cs NOT NULL;"},
	{name: "the collation of a table", batch: "ALTER TABLE items COLLATE utf8mb4_0900_bin; ALTER TABLE items CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;"},
	{name: "an expression as default", batch: "ALTER TABLE customers ADD COLUMN tags json DEFAULT (json_array('a', 'b')), ALTER COLUMN born SET DEFAULT (curdate() + INTERVAL 1 DAY);"},
	{name: "a default of a text", batch: "ALTER TABLE orders ALTER COLUMN note SET DEFAULT (concat('it''s', ' ', 'so'));"},
	{name: "a column becomes invisible alone", batch: "ALTER TABLE customers ALTER COLUMN born SET INVISIBLE;"},
	{name: "an instant column goes and comes", batch: "ALTER TABLE customers ADD COLUMN i int DEFAULT 5, ALGORITHM=INSTANT; ALTER TABLE customers DROP COLUMN i, ALGORITHM=INSTANT;", quiet: true},
	{name: "an instant drop", batch: "ALTER TABLE audit DROP COLUMN line, ALGORITHM=INSTANT;"},
	{name: "a column of vectors comes to rows", only: testmy.MySQL9, batch: "ALTER TABLE customers ADD COLUMN v vector(3) NOT NULL;"},
	{name: "a column of vectors comes to rows, and others are changed", only: testmy.MySQL9, batch: "ALTER TABLE items ADD COLUMN v vector(3) NOT NULL; UPDATE items SET article = 'x' WHERE n = 1; DELETE FROM items WHERE n = 2;"},
	{name: "a column of vectors comes to rows and gets values", only: testmy.MySQL9, batch: "ALTER TABLE items ADD COLUMN v vector(3) NOT NULL; UPDATE items SET v = string_to_vector('[1,2,3]') WHERE n = 1;"},
	{name: "a column of vectors", only: testmy.MySQL9, batch: "CREATE TABLE vectors (id int PRIMARY KEY, v vector(3)); INSERT INTO vectors VALUES (1, string_to_vector('[1,2,3]')); ALTER TABLE audit ADD COLUMN v vector(2);"},
	{name: "attributes for a second engine", batch: "ALTER TABLE audit SECONDARY_ENGINE_ATTRIBUTE='{\"k\": 1}';"},
	{name: "an expression as default that differs each time", batch: "CREATE TABLE keyed (u varchar(36) DEFAULT (uuid()), a int); INSERT INTO keyed (a) VALUES (1);"},
	{name: "a step of the file's size", batch: "ALTER TABLE audit AUTOEXTEND_SIZE=4M;"},
	{name: "a temporary table of a query", batch: "WITH w AS (SELECT id FROM customers WHERE id < 3) UPDATE customers JOIN w USING (id) SET name = 'few';"},
	{name: "rows of VALUES", batch: "INSERT INTO audit VALUES ROW(NULL, 'a'), ROW(NULL, 'b'); INSERT INTO customers (name) VALUES ('n') AS new ON DUPLICATE KEY UPDATE name = new.name;"},
	{name: "rows of TABLE", batch: "CREATE TABLE kept TABLE items; INSERT INTO kept TABLE items;"},
	{name: "a view with windows", batch: "CREATE VIEW ranks AS SELECT id, rank() OVER (ORDER BY total DESC) AS r FROM orders;"},
	{name: "a view of json", batch: "CREATE VIEW exploded AS SELECT j.* FROM json_table('[1,2]', '$[*]' COLUMNS (n int PATH '$')) AS j;"},
	{name: "a view that goes through LATERAL", batch: "CREATE VIEW tops AS SELECT c.name, l.total FROM customers c, LATERAL (SELECT total FROM orders o WHERE o.customer = c.id LIMIT 1) AS l;"},
	{name: "a procedure unless it is there", batch: "CREATE PROCEDURE IF NOT EXISTS forget() SELECT 1; CREATE PROCEDURE IF NOT EXISTS more() SELECT 2;"},
	{name: "a trigger unless it is there", batch: "CREATE TRIGGER IF NOT EXISTS items_in BEFORE INSERT ON items FOR EACH ROW SET NEW.n = abs(NEW.n);"},
	{name: "a procedure goes and comes", batch: "DROP PROCEDURE forget;\nDELIMITER $$\nCREATE PROCEDURE forget(IN older datetime, OUT n int)\nBEGIN\n  DELETE FROM audit WHERE at < older;\n  SET n = row_count();\nEND$$\nDELIMITER ;"},
	{name: "partitions by key and list", batch: "CREATE TABLE regions (r int NOT NULL, a text) PARTITION BY LIST (r) SUBPARTITION BY KEY (r) SUBPARTITIONS 2 (PARTITION north VALUES IN (1, 2), PARTITION south VALUES IN (3)); INSERT INTO regions VALUES (1, 'a'), (3, 'b'); ALTER TABLE items DROP FOREIGN KEY line_of; ALTER TABLE items PARTITION BY KEY (ord) PARTITIONS 2;"},
	{name: "IF EXISTS where MySQL has it", batch: "DROP TABLE IF EXISTS nothing, audit; DROP VIEW IF EXISTS nobody; DROP TRIGGER IF EXISTS orders_audit2;"},
	{name: "an executable comment of MySQL", batch: "/*!80000 ALTER TABLE customers ADD COLUMN a int */; /*!50003 ALTER TABLE customers ADD COLUMN b int */; /*!999999 ALTER TABLE customers ADD COLUMN c int */;"},
	{name: "a library", only: testmy.MySQL9, batch: "CREATE LIBRARY twos LANGUAGE JAVASCRIPT AS 'export function two() { return 2; }';"},
	{name: "a view of JSON documents", only: testmy.MySQL9, batch: "CREATE JSON DUALITY VIEW cards AS SELECT JSON_DUALITY_OBJECT('_id': id, 'name': name) FROM customers;"},
	{name: "a generated invisible key", batch: "CREATE TABLE hidden (my_row_id bigint unsigned NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY, a int); INSERT INTO hidden (a) VALUES (1), (1); ALTER TABLE audit ADD COLUMN my_row_id bigint unsigned NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY FIRST;"},
})

func onMySQL(cases []change) []change {
	for i := range cases {
		cases[i].only = cmp.Or(cases[i].only, testmy.MySQL)
	}
	return cases
}
