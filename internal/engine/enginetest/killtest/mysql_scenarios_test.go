//go:build failpoint && unix

package killtest

const mysqlBase = `CREATE TABLE customers (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(60) NOT NULL, email varchar(60) UNIQUE);
CREATE TABLE orders (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, customer int NOT NULL, total int NOT NULL CHECK (total >= 0), state varchar(10) NOT NULL DEFAULT 'new',
	CONSTRAINT order_of FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE);
CREATE TABLE legacy (note varchar(40)) ENGINE=MyISAM;
CREATE VIEW open_orders AS SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer WHERE o.state = 'new';
CREATE TRIGGER shouts BEFORE INSERT ON legacy FOR EACH ROW SET NEW.note = upper(NEW.note);
CREATE TRIGGER totals BEFORE INSERT ON orders FOR EACH ROW SET NEW.total = abs(NEW.total);
INSERT INTO customers WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < 60) SELECT seq, concat('first', seq, ' last', seq), concat('c', seq, '@example.org') FROM s;
INSERT INTO orders (customer, total) WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < 200) SELECT 1 + seq % 60, seq FROM s;
INSERT INTO legacy WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < 30) SELECT concat('note ', seq) FROM s`

const addPhoneMySQL = `ALTER TABLE customers ADD COLUMN phone varchar(20);
UPDATE customers SET phone = concat('+1 ', id);`

var mysqlWhole = map[string]string{
	"000001_phone.up.sql": addPhoneMySQL,
	"000002_split_name.up.sql": `ALTER TABLE customers ADD COLUMN first varchar(60);
UPDATE customers SET first = substring_index(name, ' ', 1);
DROP VIEW open_orders;
ALTER TABLE customers DROP COLUMN name;
CREATE VIEW open_orders AS SELECT o.id, c.first FROM orders o JOIN customers c ON c.id = o.customer WHERE o.state = 'new';`,
	"000003_amounts.up.sql": `UPDATE orders SET total = total * 100;
CREATE INDEX orders_state ON orders (state);
DELETE FROM orders WHERE id % 7 = 0;`,
	"000004_drop_legacy.up.sql": `DROP TABLE legacy;
CREATE TABLE archive (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, what varchar(40) NOT NULL);
INSERT INTO archive (what) SELECT concat('order ', id) FROM orders;`,
}

const mysqlBreaks = `CREATE TABLE half (id int NOT NULL);
UPDATE customers SET phone = 'gone';
INSERT INTO half VALUES (NULL);`

const mysqlMended = `CREATE TABLE half (id int);`

const mysqlWrites = `INSERT INTO customers (first, phone) VALUES ('Later', '+2 1'), ('Later still', '+2 2');
INSERT INTO orders (customer, total, state) VALUES (1, 1725, 'paid');
UPDATE orders SET state = 'paid' WHERE id = 5;
DELETE FROM orders WHERE id = 6;
INSERT INTO archive (what) VALUES ('later')`

func mysqlScenarios() []scenario {
	all := scenarios(batches{
		whole: mysqlWhole, steps: mysqlWhole, breaks: mysqlBreaks, mended: mysqlMended, writes: mysqlWrites,
		lastWhole: "000005_breaks.up.sql", lastSteps: "000005_breaks.up.sql",
	})
	one, rest := act{args: []string{"up", "1"}}, act{args: []string{"up"}}
	return append(some(all, "up", "up-fails", "up-fails-kept", "rollback", "rollback-discards", "rollback-undo", "recover-running", "prune"),
		scenario{name: recoverRollback, files: mysqlWhole, command: []string{"recover"},
			prepare: []act{one, rest, {args: []string{"rollback"}, kill: "mysql.revert.step#6"}}})
}

// recoverRollback has a recover that brings back what a killed rollback was about to take out.
const recoverRollback = "recover-rollback"
