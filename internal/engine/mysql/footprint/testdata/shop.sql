CREATE TABLE customers (
  id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL, email VARCHAR(100) UNIQUE, note TEXT, level TINYINT UNSIGNED NOT NULL DEFAULT 0,
  joined DATE NULL, changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  upper_name VARCHAR(60) AS (UPPER(name)) STORED, state ENUM('new', 'old') NOT NULL DEFAULT 'new', price DECIMAL(8, 2), code CHAR(3),
  latin VARCHAR(20) CHARACTER SET latin1, amount INT NULL, ratio FLOAT NULL, bits BIT(4), raw VARBINARY(20), kinds SET('a', 'b'), at TIME
) CHARACTER SET utf8mb4;
INSERT INTO customers (id, name, email, note, level, joined, changed, price, code, latin, amount, ratio, bits, raw, kinds, at) VALUES
  (1, 'Ann', 'ann@example.org', 'first', 1, '2020-01-01', '2020-01-01 00:00:00', 1.25, 'abc', 'grün', 100000, 1.5, b'1010', 'raw', 'a', '10:00:00'),
  (2, 'Bob the long one', NULL, NULL, 200, NULL, '2020-01-01 00:00:00', NULL, 'x', NULL, NULL, NULL, NULL, NULL, 'a,b', NULL),
  (3, 'Čeněk 😀', 'c@example.org', REPEAT('n', 300), 0, '2021-12-31', '2020-01-01 00:00:00', 99999.99, NULL, 'a', -5, 3.25, b'0001', 'zz', '', '23:59:59');
CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer_id INT NULL, total DECIMAL(10, 2) NOT NULL DEFAULT 0,
  CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO orders VALUES (1, 1, 10), (2, 1, 20), (3, 2, 30), (4, NULL, 40);
CREATE TABLE items (id INT PRIMARY KEY, order_id INT NOT NULL, what VARCHAR(30), FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE);
INSERT INTO items VALUES (1, 1, 'pen'), (2, 1, 'ink'), (3, 3, 'paper');
CREATE TABLE reviews (id INT PRIMARY KEY, customer_id INT NULL, stars INT, FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE SET NULL ON UPDATE SET NULL);
INSERT INTO reviews VALUES (1, 1, 5), (2, 3, 4);
CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(100));
INSERT INTO log VALUES (1, 'start'), (2, 'more');
CREATE TABLE audited (id INT PRIMARY KEY, v INT, stamp INT);
INSERT INTO audited VALUES (1, 10, 0), (2, 20, 0);
CREATE TABLE parted (id INT, y INT) PARTITION BY RANGE (y) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20), PARTITION pmax VALUES LESS THAN MAXVALUE);
INSERT INTO parted VALUES (1, 5), (2, 15), (3, 25);
CREATE TABLE spare (id INT, y INT);
INSERT INTO spare VALUES (9, 12);
CREATE TABLE lone (a INT, v VARCHAR(20));
INSERT INTO lone VALUES (1, 'one'), (1, 'one'), (2, NULL);
CREATE TABLE versioned (id INT PRIMARY KEY, v INT) /*M! WITH SYSTEM VERSIONING */;
INSERT INTO versioned VALUES (1, 1), (2, 2);
CREATE TABLE counters (k INT PRIMARY KEY, n INT) ENGINE=MyISAM;
INSERT INTO counters VALUES (1, 0), (2, 0);
CREATE TABLE places (id INT PRIMARY KEY, at POINT NOT NULL);
INSERT INTO places VALUES (1, POINT(1, 2));
CREATE TABLE `odd ``table``` (id INT PRIMARY KEY, `a b` INT, `select` INT);
INSERT INTO `odd ``table``` VALUES (1, 1, 1);
/*M! CREATE SEQUENCE numbers */;
CREATE VIEW open_orders AS SELECT id, customer_id, total FROM orders WHERE total > 5;
CREATE VIEW open_of_open AS SELECT id, total FROM open_orders;
CREATE VIEW joined AS SELECT o.id, o.total, c.level FROM orders o JOIN customers c ON c.id = o.customer_id;
CREATE EVENT cleans ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01 03:00:00' DISABLE DO DELETE FROM log;
DELIMITER //
CREATE TRIGGER audited_update BEFORE UPDATE ON audited FOR EACH ROW SET NEW.stamp = OLD.stamp + 1//
CREATE TRIGGER audited_insert AFTER INSERT ON audited FOR EACH ROW INSERT INTO log (what) VALUES (CONCAT('new ', NEW.id))//
CREATE TRIGGER audited_delete AFTER DELETE ON audited FOR EACH ROW
BEGIN
  IF OLD.v > 0 THEN DELETE FROM log WHERE id = OLD.id; ELSE UPDATE counters SET n = n + 1; END IF;
END//
CREATE PROCEDURE clear_log() DELETE FROM log//
CREATE PROCEDURE promote(IN really INT)
BEGIN
  DECLARE i INT DEFAULT 0;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN DELETE FROM lone; END;
  IF really > 0 THEN
    WHILE i < 2 DO UPDATE customers SET level = level + 1; SET i = i + 1; END WHILE;
  ELSE
    CALL clear_log();
  END IF;
END//
CREATE PROCEDURE built(IN t VARCHAR(64)) BEGIN SET @q = CONCAT('DELETE FROM ', t); PREPARE s FROM @q; EXECUTE s; END//
CREATE FUNCTION bump(x INT) RETURNS INT MODIFIES SQL DATA BEGIN UPDATE counters SET n = n + 1 WHERE k = x; RETURN x; END//
CREATE FUNCTION pure(x INT) RETURNS INT DETERMINISTIC RETURN x + 1//
