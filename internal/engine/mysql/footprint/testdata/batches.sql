-- inserts
INSERT INTO log (what) VALUES ('x')
INSERT INTO log SELECT 100 + id, name FROM customers
INSERT IGNORE INTO log VALUES (1, 'x'), (7, 'y')
INSERT INTO log VALUES (1, 'x') ON DUPLICATE KEY UPDATE what = 'changed'
INSERT INTO log SET what = 'set'
INSERT INTO log (what) VALUES ('r') RETURNING id [mariadb]
INSERT INTO customers (name) VALUES ('New')
INSERT INTO customers (id, name) VALUES (1, 'x') ON DUPLICATE KEY UPDATE name = CONCAT(name, '!')
INSERT INTO audited VALUES (5, 1, 1)
INSERT INTO audited VALUES (1, 1, 1) ON DUPLICATE KEY UPDATE v = v + 1
INSERT INTO open_orders (customer_id, total) VALUES (1, 99)
INSERT INTO lone VALUES (bump(1), 'b')
INSERT INTO lone VALUES (pure(1), 'b')
INSERT INTO `odd ``table``` VALUES (2, 2, 2)
INSERT INTO places VALUES (2, ST_GeomFromText('POINT(3 4)'))
REPLACE INTO log VALUES (1, 'replaced')
REPLACE INTO customers (id, name) VALUES (1, 'Ann again')
REPLACE INTO audited VALUES (1, 1, 1)
REPLACE LOW_PRIORITY log SET id = 2, what = 'z'
REPLACE INTO log (id, what) VALUES (2, 'q') RETURNING id [mariadb]
INSERT INTO versioned VALUES (3, 3)
INSERT INTO parted PARTITION (p0) VALUES (7, 7)
INSERT INTO log (what) WITH c AS (SELECT name FROM customers) SELECT name FROM c
-- updates
UPDATE customers SET name = 'x' WHERE id = 1
UPDATE customers SET level = 0
UPDATE customers c SET c.note = NULL WHERE c.id = 3
UPDATE customers SET id = id + 100
UPDATE customers SET id = 50 WHERE id = 1
UPDATE orders SET total = total * 2
UPDATE orders o JOIN customers c ON c.id = o.customer_id SET o.total = c.level, c.level = 7
UPDATE orders, customers SET orders.total = 1 WHERE orders.customer_id = customers.id
UPDATE orders, customers SET total = 1, level = 3 WHERE customer_id = customers.id
UPDATE orders AS o LEFT JOIN items AS i ON i.order_id = o.id SET i.what = 'q'
UPDATE audited SET v = v + 1
UPDATE audited SET v = v WHERE id = 1
UPDATE open_orders SET total = 1
UPDATE open_of_open SET total = 2
UPDATE joined SET level = 9
UPDATE joined SET total = 9
UPDATE lone SET v = 'x' ORDER BY a LIMIT 1
UPDATE IGNORE log SET id = 2 WHERE id = 1
UPDATE `odd ``table``` SET `a b` = 5, `select` = 6
UPDATE customers SET amount = bump(2)
UPDATE customers SET amount = (SELECT MAX(total) FROM orders) WHERE id = 1
UPDATE versioned SET v = 9
UPDATE customers SET state = 'old' WHERE id IN (SELECT customer_id FROM reviews)
UPDATE counters SET n = 5 WHERE k = 1
UPDATE reviews SET stars = 1 WHERE id = 99
UPDATE parted SET y = 12 WHERE id = 1
UPDATE orders SET total = (CASE WHEN total > 15 THEN 1 ELSE 2 END)
-- deletes
DELETE FROM customers WHERE id = 1
DELETE FROM customers
DELETE FROM orders WHERE id = 1
DELETE FROM items
DELETE o FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.level > 1
DELETE o, i FROM orders o JOIN items i ON i.order_id = o.id
DELETE FROM o, r USING orders o JOIN reviews r ON r.customer_id = o.customer_id
DELETE FROM log ORDER BY id LIMIT 1
DELETE FROM log WHERE id = 1 RETURNING what [mariadb]
DELETE FROM audited WHERE id = 1
DELETE QUICK FROM audited
DELETE FROM open_orders WHERE id = 2
DELETE FROM open_of_open
DELETE FROM versioned
DELETE HISTORY FROM versioned [mariadb]
DELETE FROM lone WHERE a = 1
DELETE FROM parted WHERE y > 10
DELETE FROM log WHERE id > bump(1)
DELETE orders.* FROM orders, customers WHERE orders.customer_id = customers.id
DELETE FROM `odd ``table```
-- truncate
TRUNCATE log
TRUNCATE TABLE items
TRUNCATE TABLE audited
TRUNCATE TABLE parted
-- programs
CALL clear_log()
CALL clear_log
CALL promote(1)
CALL promote(0)
CALL built('lone')
SELECT bump(1)
SELECT pure(1)
SELECT total FROM orders WHERE id = bump(2)
DO bump(1)
SET @x = bump(1)
PREPARE s FROM 'DELETE FROM log'; EXECUTE s
PREPARE s FROM 'UPDATE log SET what = ? WHERE id = 1'; SET @a = 'q'; EXECUTE s USING @a; DEALLOCATE PREPARE s
SET @q = 'DELETE FROM lone'; PREPARE s FROM @q; EXECUTE s
SET @q = LOWER('DELETE FROM lone'); PREPARE s FROM @q; EXECUTE s
SET @q = (SELECT IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'log' AND column_name = 'kind') > 0, 'SELECT 1', 'ALTER TABLE log ADD kind INT')); PREPARE s FROM @q; EXECUTE s; DEALLOCATE PREPARE s
SET @q = (SELECT IF(COUNT(*) > 0, 'ALTER TABLE log DROP COLUMN what', 'SELECT 1') FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'log' AND column_name = 'what'); PREPARE s FROM @q; EXECUTE s; DEALLOCATE PREPARE s
SELECT COUNT(*) INTO @n FROM log; SET @q = IF(@n > 0, CONCAT('UPDATE ', 'log SET what = ''spelled'''), 'SELECT ''nothing'''); PREPARE s FROM @q; EXECUTE s
EXECUTE IMMEDIATE 'DELETE FROM log' [mariadb]
EXECUTE IMMEDIATE CONCAT('DELETE FROM ', 'log') [mariadb]
EXECUTE IMMEDIATE 'UPDATE log SET what = \'it\'\'s\'' [mariadb]
BEGIN NOT ATOMIC IF 1 THEN DELETE FROM log; END IF; END [mariadb]
BEGIN NOT ATOMIC DECLARE x INT DEFAULT bump(1); END [mariadb]
IF 1 > 0 THEN UPDATE log SET what = 'if'; ELSE DELETE FROM lone; END IF [mariadb]
FOR r IN (SELECT id FROM log) DO UPDATE counters SET n = r.id WHERE k = 1; END FOR [mariadb]
CREATE PROCEDURE mine() BEGIN UPDATE lone SET v = 'm'; END; CALL mine()
CREATE OR REPLACE PROCEDURE clear_log() BEGIN DELETE FROM items; END; CALL clear_log() [mariadb]
CREATE FUNCTION mine(x INT) RETURNS INT MODIFIES SQL DATA BEGIN DELETE FROM log; RETURN x; END; SELECT mine(1)
CREATE FUNCTION mine(x INT) RETURNS INT DETERMINISTIC RETURN x * 2; UPDATE lone SET a = mine(a)
CREATE TRIGGER lone_update AFTER UPDATE ON lone FOR EACH ROW DELETE FROM log WHERE id = NEW.a; UPDATE lone SET v = 'x'
CREATE TRIGGER lone_update BEFORE UPDATE ON lone FOR EACH ROW SET NEW.a = 77; UPDATE lone SET v = 'x'
CREATE TRIGGER log_delete AFTER DELETE ON log FOR EACH ROW UPDATE lone SET v = OLD.what; DELETE FROM log
CREATE TRIGGER log_insert AFTER INSERT ON log FOR EACH ROW CALL promote(1); INSERT INTO log (what) VALUES ('fires')
CREATE VIEW mine AS SELECT * FROM lone; UPDATE mine SET v = 'view'
CREATE OR REPLACE VIEW open_orders AS SELECT * FROM reviews; UPDATE open_orders SET stars = 2
CREATE VIEW calls AS SELECT bump(1) AS b; SELECT * FROM calls
SET STATEMENT max_statement_time = 10 FOR DELETE FROM log [mariadb]
SET STATEMENT max_statement_time = 10 FOR SELECT 1 [mariadb]
ANALYZE UPDATE log SET what = 'analyzed' [mariadb]
EXPLAIN UPDATE log SET what = 'explained'
-- reading and the session
SELECT * FROM customers
(SELECT id FROM customers) UNION (SELECT id FROM orders)
WITH c AS (SELECT 1 AS x) SELECT * FROM c
SET NAMES utf8mb4
SET foreign_key_checks = 0; DELETE FROM customers WHERE id = 1; SET foreign_key_checks = 1
LOCK TABLES log WRITE; DELETE FROM log; UNLOCK TABLES
START TRANSACTION; DELETE FROM log; ROLLBACK
SHOW TABLES
ANALYZE TABLE customers
CHECK TABLE customers
OPTIMIZE TABLE counters
OPTIMIZE TABLE log, lone
REPAIR TABLE counters
SELECT NEXTVAL(numbers) [mariadb]
-- alter table: columns
ALTER TABLE customers ADD COLUMN phone VARCHAR(20)
ALTER TABLE customers ADD phone VARCHAR(20) NOT NULL DEFAULT 'x' AFTER name, ADD fax INT
ALTER TABLE customers ADD (a1 INT, a2 DECIMAL(5, 2))
ALTER TABLE customers ADD COLUMN IF NOT EXISTS name INT [mariadb]
ALTER TABLE customers ADD COLUMN id2 UUID [mariadb]
ALTER TABLE customers ADD COLUMN hidden INT INVISIBLE
ALTER TABLE customers DROP COLUMN note
ALTER TABLE customers DROP note, DROP COLUMN joined
ALTER TABLE customers DROP COLUMN IF EXISTS note [mariadb]
ALTER TABLE customers DROP COLUMN IF EXISTS nothing [mariadb]
ALTER TABLE customers RENAME COLUMN note TO remark
ALTER TABLE customers RENAME COLUMN note TO remark, ADD COLUMN note INT
ALTER TABLE customers CHANGE note remark TEXT
ALTER TABLE customers CHANGE COLUMN name full_name VARCHAR(80) NOT NULL, DROP COLUMN upper_name
ALTER TABLE customers CHANGE level level INT UNSIGNED NOT NULL
ALTER TABLE customers CHANGE level rank TINYINT UNSIGNED NOT NULL; UPDATE customers SET rank = 1 [mariadb]
ALTER TABLE customers MODIFY level SMALLINT UNSIGNED NOT NULL
ALTER TABLE customers MODIFY amount BIGINT
ALTER TABLE customers MODIFY level INT NOT NULL DEFAULT 0
ALTER TABLE customers MODIFY level TINYINT UNSIGNED NULL
ALTER TABLE customers MODIFY email VARCHAR(200)
ALTER TABLE customers MODIFY email VARCHAR(50)
ALTER TABLE customers MODIFY email TEXT, DROP INDEX email
ALTER TABLE customers MODIFY note MEDIUMTEXT
ALTER TABLE customers MODIFY note LONGTEXT NULL COMMENT 'long'
ALTER TABLE customers MODIFY price DECIMAL(12, 4)
ALTER TABLE customers MODIFY price DECIMAL(10, 2) NULL DEFAULT 1
ALTER TABLE customers MODIFY price DECIMAL(8, 1)
ALTER TABLE customers MODIFY price DOUBLE
ALTER TABLE customers MODIFY price INT
ALTER TABLE customers MODIFY joined DATETIME
ALTER TABLE customers MODIFY joined VARCHAR(30)
ALTER TABLE customers MODIFY at TIME(3)
ALTER TABLE customers MODIFY ratio DOUBLE
ALTER TABLE customers MODIFY bits BIT(8)
ALTER TABLE customers MODIFY raw VARBINARY(40)
ALTER TABLE customers MODIFY raw BLOB
ALTER TABLE customers MODIFY raw BINARY(20)
ALTER TABLE customers MODIFY code CHAR(5)
ALTER TABLE customers MODIFY code VARCHAR(5)
ALTER TABLE customers MODIFY state ENUM('new', 'old', 'gone') NOT NULL DEFAULT 'new'
ALTER TABLE customers MODIFY state ENUM('old', 'new') NOT NULL
ALTER TABLE customers MODIFY state VARCHAR(10) NOT NULL
ALTER TABLE customers MODIFY kinds SET('a', 'b', 'c')
ALTER TABLE customers MODIFY kinds SET('b', 'a')
ALTER TABLE customers MODIFY latin VARCHAR(20) CHARACTER SET utf8mb4
ALTER TABLE customers MODIFY latin VARCHAR(20)
ALTER TABLE customers MODIFY latin VARCHAR(20) COLLATE latin1_bin
ALTER TABLE customers MODIFY name VARCHAR(50) COLLATE utf8mb4_bin NOT NULL
ALTER TABLE customers MODIFY upper_name VARCHAR(60)
ALTER TABLE customers MODIFY upper_name VARCHAR(60) AS (LOWER(name)) STORED
ALTER TABLE customers ALTER COLUMN level SET DEFAULT 5
ALTER TABLE customers ALTER level DROP DEFAULT
ALTER TABLE places MODIFY at GEOMETRY NOT NULL
ALTER TABLE places ADD SPATIAL INDEX (at)
SET sql_mode = ''; ALTER TABLE customers MODIFY amount INT NOT NULL
SET sql_mode = ''; ALTER TABLE customers MODIFY name VARCHAR(5) NOT NULL
SET sql_mode = ''; ALTER TABLE customers MODIFY amount TINYINT
SET sql_mode = 'ANSI_QUOTES'; UPDATE "customers" SET "level" = 1
ALTER TABLE `odd ``table``` DROP `a b`
-- alter table: the table
ALTER TABLE customers ADD INDEX (name), ADD UNIQUE KEY k (code)
ALTER TABLE customers DROP INDEX email
ALTER TABLE customers RENAME INDEX email TO mail
ALTER TABLE customers COMMENT = 'people', AUTO_INCREMENT = 100
ALTER TABLE customers ENGINE = InnoDB
ALTER TABLE log ENGINE = MyISAM
ALTER TABLE lone ENGINE = MEMORY
ALTER TABLE customers FORCE
ALTER TABLE customers ROW_FORMAT = COMPRESSED
ALTER TABLE customers CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
ALTER TABLE customers DEFAULT CHARACTER SET latin1
ALTER TABLE items CONVERT TO CHARACTER SET latin1
ALTER TABLE orders DROP FOREIGN KEY orders_customer; DELETE FROM customers WHERE id = 2
ALTER TABLE orders ADD CONSTRAINT positive CHECK (total >= 0)
ALTER TABLE reviews ADD CONSTRAINT r FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE SET NULL
UPDATE reviews SET stars = 1; ALTER TABLE reviews ADD FOREIGN KEY (stars) REFERENCES log (id) ON DELETE CASCADE; DELETE FROM log
ALTER IGNORE TABLE lone ADD UNIQUE (a) [mariadb]
ALTER TABLE items DROP PRIMARY KEY, ADD PRIMARY KEY (id, order_id)
ALTER TABLE lone ADD SYSTEM VERSIONING [mariadb]
ALTER TABLE versioned DROP SYSTEM VERSIONING [mariadb]
ALTER TABLE lone ORDER BY v
ALTER TABLE customers ALGORITHM = COPY, ADD z INT, LOCK = SHARED
ALTER ONLINE TABLE log ADD COLUMN z INT [mariadb]
ALTER TABLE log WAIT 5 ADD COLUMN z INT [mariadb]
ALTER TABLE IF EXISTS nothing ADD COLUMN z INT [mariadb]
ALTER TABLE log DISABLE KEYS
-- partitions
ALTER TABLE parted DROP PARTITION p0
ALTER TABLE parted TRUNCATE PARTITION p1
ALTER TABLE parted EXCHANGE PARTITION p1 WITH TABLE spare
ALTER TABLE parted REORGANIZE PARTITION p0, p1 INTO (PARTITION p01 VALUES LESS THAN (20))
ALTER TABLE parted REMOVE PARTITIONING
ALTER TABLE parted REBUILD PARTITION p0
ALTER TABLE parted CONVERT PARTITION p0 TO TABLE p0_alone [mariadb]
ALTER TABLE log PARTITION BY HASH (id) PARTITIONS 3
ALTER TABLE parted ANALYZE PARTITION p0
-- names
RENAME TABLE log TO journal [log=journal]
RENAME TABLE log TO journal; DELETE FROM journal [log=journal]
RENAME TABLE log TO tmp, lone TO log, tmp TO lone [log=lone lone=log]
RENAME TABLE log TO old_log; CREATE TABLE log LIKE old_log; DELETE FROM log [log=old_log]
RENAME TABLE customers TO people; DELETE FROM people [customers=people]
RENAME TABLE audited TO checked; UPDATE checked SET v = 1 [audited=checked]
ALTER TABLE log RENAME TO journal; UPDATE journal SET what = 'x' [log=journal]
ALTER TABLE log RENAME journal, ADD COLUMN z INT [log=journal]
ALTER TABLE log RENAME AS journal, ADD COLUMN z INT INVISIBLE [log=journal]
RENAME TABLE orders TO bestellungen; DELETE FROM customers WHERE id = 1 [orders=bestellungen]
CREATE TABLE fresh (id INT PRIMARY KEY); INSERT INTO fresh VALUES (1); DELETE FROM fresh
CREATE TABLE fresh AS SELECT * FROM customers
CREATE TABLE IF NOT EXISTS log (id INT); INSERT INTO log (what) VALUES ('old')
CREATE OR REPLACE TABLE log (id INT PRIMARY KEY) [mariadb]
CREATE OR REPLACE TABLE log AS SELECT * FROM lone [mariadb]
CREATE TABLE kids (id INT, log_id INT, FOREIGN KEY (log_id) REFERENCES log (id) ON DELETE CASCADE); DELETE FROM log
CREATE TEMPORARY TABLE log (id INT); DROP TEMPORARY TABLE log
DROP TABLE log
DROP TABLE IF EXISTS log, lone, nothing
DROP TABLE log; CREATE TABLE log (id INT, what VARCHAR(5)); INSERT INTO log VALUES (1, 'x')
DROP VIEW open_of_open
DROP TRIGGER audited_update; UPDATE audited SET v = 1
DROP PROCEDURE promote
DROP FUNCTION pure
DROP SEQUENCE numbers [mariadb]
CREATE SEQUENCE more [mariadb]
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM log
ALTER EVENT cleans ENABLE
ALTER EVENT cleans ON SCHEDULE EVERY 2 DAY
ALTER EVENT cleans DISABLE COMMENT 'off'
ALTER EVENT cleans RENAME TO sweeps; ALTER EVENT Sweeps ENABLE
ALTER EVENT cleans DISABLE DO DELETE FROM lone; ALTER EVENT cleans ENABLE
CREATE INDEX what ON log (what)
CREATE FULLTEXT INDEX what ON log (what)
DROP INDEX email ON customers
/*!40101 UPDATE log SET what = 'comment' */
/*M!100100 DELETE FROM log */
/*!99999 DELETE FROM log */
UPDATE log /*!40101 SET what = 'inside' */
CREATE TRIGGER customers_id BEFORE UPDATE ON customers FOR EACH ROW SET NEW.id = NEW.id + 50; UPDATE customers SET level = 3
SET sql_mode = 'ANSI_QUOTES'; CREATE VIEW mine AS SELECT "a", "v" FROM "lone"; UPDATE "mine" SET "v" = 'view'
SET sql_mode = 'ANSI_QUOTES'; CREATE PROCEDURE mine() UPDATE "lone" SET "v" = 'p'; SET sql_mode = ''; CALL mine()
SET STATEMENT sql_mode = '' FOR ALTER TABLE customers MODIFY amount INT NOT NULL [mariadb]
CREATE TEMPORARY TABLE scratch (id INT); INSERT INTO scratch VALUES (1); DELETE FROM scratch
ALTER TABLE counters MODIFY n INT NOT NULL
