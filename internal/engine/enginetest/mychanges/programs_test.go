//go:build unix

package mychanges_test

import "github.com/safemigrate/safemigrate/internal/testmy"

var programs = []change{
	{name: "a trigger", batch: "CREATE TRIGGER items_up BEFORE UPDATE ON items FOR EACH ROW SET NEW.article = upper(NEW.article);"},
	{name: "a trigger with a body", batch: "DELIMITER //\nCREATE TRIGGER items_in BEFORE INSERT ON items FOR EACH ROW BEGIN\n  IF NEW.n < 0 THEN SET NEW.n = 0; END IF;\n  -- it's done;\nEND//\nDELIMITER ;"},
	{name: "drop a trigger", batch: "DROP TRIGGER orders_audit2;"},
	{name: "drop the first of two triggers", batch: "DROP TRIGGER orders_audit;"},
	{name: "a trigger before another", batch: "CREATE TRIGGER orders_audit0 AFTER INSERT ON orders FOR EACH ROW PRECEDES orders_audit SET @z = 1;"},
	{name: "replace a trigger", only: testmy.MariaDB, batch: "CREATE OR REPLACE TRIGGER orders_audit AFTER INSERT ON orders FOR EACH ROW SET @z = 2;"},
	{name: "a function", batch: "CREATE FUNCTION thrice(x int) RETURNS int DETERMINISTIC RETURN 3 * x;"},
	{name: "drop a function", batch: "DROP FUNCTION twice;"},
	{name: "replace a function", only: testmy.MariaDB, batch: "CREATE OR REPLACE FUNCTION twice(x bigint) RETURNS bigint DETERMINISTIC COMMENT 'wide' RETURN x + x;"},
	{name: "alter a function", batch: "ALTER FUNCTION twice SQL SECURITY INVOKER COMMENT 'doubles';"},
	{name: "a procedure", batch: "CREATE PROCEDURE hello() SELECT 'it''s; me';"},
	{name: "drop a procedure", batch: "DROP PROCEDURE forget;"},
	{name: "replace a procedure", only: testmy.MariaDB, batch: "DELIMITER $$\nCREATE OR REPLACE PROCEDURE forget(IN older datetime, OUT n int)\nBEGIN\n  DELETE FROM audit WHERE at < older;\n  SET n = row_count();\nEND$$\nDELIMITER ;"},
	{name: "alter a procedure", batch: "ALTER PROCEDURE forget COMMENT 'very old lines' READS SQL DATA;"},
	{name: "a function in another sql_mode", batch: "SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'; CREATE FUNCTION joined() RETURNS varchar(10) CHARSET utf8mb4 DETERMINISTIC RETURN 'a' || 'b';"},
	{name: "a procedure with other characters", batch: "CREATE PROCEDURE snow() SELECT 'ä ☃ 😀' AS `näme`;"},
	{name: "an event", batch: "CREATE EVENT weekly ON SCHEDULE EVERY 1 WEEK STARTS '2031-01-01 00:00:00' ENDS '2032-01-01 00:00:00' DO INSERT INTO audit VALUES (NULL, 'x');"},
	{name: "drop an event", batch: "DROP EVENT nightly;"},
	{name: "alter an event", batch: "ALTER EVENT nightly ON SCHEDULE EVERY 2 DAY STARTS '2030-01-01 03:00:00' COMMENT 'rarely';"},
	{name: "rename an event", batch: "ALTER EVENT nightly RENAME TO daily;"},
	{name: "enable an event", batch: "ALTER EVENT nightly ENABLE;"},
	{name: "an event of another time zone", batch: "SET time_zone = '+05:00'; CREATE EVENT far ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' DISABLE DO SET @q = 1;"},
	{name: "a view with a function", batch: "CREATE VIEW doubled AS SELECT twice(id) AS d FROM customers;"},
	{name: "all programs of a table go with it", batch: "DROP TABLE items; DROP TABLE orders; CREATE TABLE orders (id int PRIMARY KEY);"},
	{name: "everything at once", batch: "DROP VIEW big_names; DROP VIEW big_orders; DROP FUNCTION twice; DROP PROCEDURE forget; DROP EVENT nightly; DROP TRIGGER orders_audit; DROP TRIGGER orders_audit2; DROP TABLE items, orders, customers, audit, counters;"},
	{name: "everything at once and the sequence", only: testmy.MariaDB, batch: "DROP VIEW big_names; DROP VIEW big_orders; DROP FUNCTION twice; DROP PROCEDURE forget; DROP EVENT nightly; DROP TRIGGER orders_audit; DROP TRIGGER orders_audit2; DROP SEQUENCE numbers; DROP TABLE items, orders, customers, audit, counters;"},
}

var special = []change{
	{name: "spatial columns", batch: "CREATE TABLE places (id int PRIMARY KEY, at point NOT NULL, area polygon, SPATIAL KEY by_at (at)); INSERT INTO places VALUES (1, ST_GeomFromText('POINT(1 2)'), NULL);"},
	{name: "a name with marks", batch: "CREATE TABLE `odd ``name` (`a b` int PRIMARY KEY, `c``d` text); INSERT INTO `odd ``name` VALUES (1, 'x'); ALTER TABLE customers ADD COLUMN `x y` int, ADD KEY `k ``k` (`x y`);"},
	{name: "a name in capitals", batch: "CREATE TABLE Capital (Id int PRIMARY KEY); ALTER TABLE customers ADD COLUMN Phone int;"},
	{name: "reserved words", batch: "CREATE TABLE `select` (`from` int PRIMARY KEY, `table` int); ALTER TABLE audit ADD COLUMN `order` int, ADD KEY `group` (`order`);"},
	{name: "other characters in names", batch: "CREATE TABLE größe (näme int PRIMARY KEY, ☃ text); ALTER TABLE audit ADD COLUMN größe int;"},
	{name: "a text that looks like an option", batch: "ALTER TABLE customers COMMENT='x AUTO_INCREMENT=9 y', MODIFY email varchar(120) DEFAULT ' AUTO_INCREMENT=7,\\n) ENGINE=x';"},
	{name: "zero dates", batch: "SET sql_mode = ''; CREATE TABLE z (d date NOT NULL DEFAULT '0000-00-00', t timestamp NOT NULL DEFAULT '0000-00-00 00:00:00'); INSERT INTO z VALUES (); UPDATE orders SET placed = '0000-00-00 00:00:00' WHERE id = 1; UPDATE customers SET born = '2024-02-00';"},
	{name: "a zero in an AUTO_INCREMENT column", batch: "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'; INSERT INTO customers (id, name) VALUES (0, 'zero');"},
	{name: "an executable comment", batch: "/*!50003 ALTER TABLE customers ADD COLUMN a int */; /*M!100100 ALTER TABLE customers ADD COLUMN b int */;"},
	{name: "IF EXISTS", only: testmy.MariaDB, batch: "DROP TABLE IF EXISTS nothing, audit; ALTER TABLE IF EXISTS customers ADD COLUMN IF NOT EXISTS q int;"},
	{name: "versioning comes", only: testmy.MariaDB, batch: "CREATE TABLE history (id int PRIMARY KEY, a int) WITH SYSTEM VERSIONING; INSERT INTO history VALUES (1, 1); UPDATE history SET a = 2;"},
	{name: "a period comes", only: testmy.MariaDB, batch: "CREATE TABLE valid (id int, f date, t date, PERIOD FOR app (f, t), UNIQUE (id, app WITHOUT OVERLAPS));"},
	{name: "a default character set of a table", batch: "CREATE TABLE old (a varchar(10)) CHARACTER SET latin1; INSERT INTO old VALUES ('ä'); ALTER TABLE old CONVERT TO CHARACTER SET utf8mb4;"},
	{name: "comments and DELIMITER", batch: "-- a; b\n# c; d\nDELIMITER ;;\nCREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END;;\nDELIMITER ;\nALTER TABLE audit ADD COLUMN z int; /* last; */"},
}
