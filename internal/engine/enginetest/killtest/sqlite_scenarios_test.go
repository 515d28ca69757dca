//go:build failpoint && unix

package killtest

const sqliteBase = `
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE);
CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, customer INTEGER NOT NULL REFERENCES customers ON DELETE CASCADE,
	total INTEGER NOT NULL CHECK (total >= 0), state TEXT NOT NULL DEFAULT 'new');
CREATE TABLE legacy (id INTEGER PRIMARY KEY, note TEXT);
CREATE VIEW open_orders AS SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer WHERE o.state = 'new';
CREATE TRIGGER shouts AFTER INSERT ON legacy BEGIN UPDATE legacy SET note = upper(note) WHERE id = NEW.id; END;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
	INSERT INTO customers SELECT i, 'first' || i || ' last' || i, 'c' || i || '@example.org' FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
	INSERT INTO orders (customer, total) SELECT 1 + i % 60, i FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)
	INSERT INTO legacy SELECT i, 'note ' || i FROM n;`

const addPhoneSQLite = `ALTER TABLE customers ADD phone TEXT;
UPDATE customers SET phone = '+1 ' || id;`

var sqliteWhole = map[string]string{
	"000001_phone.up.sql": addPhoneSQLite,
	"000002_split_name.up.sql": `ALTER TABLE customers ADD first TEXT;
ALTER TABLE customers ADD last TEXT;
UPDATE customers SET first = substr(name, 1, instr(name, ' ') - 1), last = substr(name, instr(name, ' ') + 1);
DROP VIEW open_orders;
ALTER TABLE customers DROP COLUMN name;
CREATE VIEW open_orders AS SELECT o.id, c.last FROM orders o JOIN customers c ON c.id = o.customer WHERE o.state = 'new';`,
	"000003_amounts.up.sql": `UPDATE orders SET total = total * 100;
CREATE INDEX orders_customer ON orders (customer);
DELETE FROM orders WHERE id % 7 = 0;`,
	"000004_drop_legacy.up.sql": `DROP TABLE legacy;
CREATE TABLE archive (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL);
INSERT INTO archive (what) SELECT 'order ' || id FROM orders;`,
}

var sqliteSteps = map[string]string{
	"000001_phone.up.sql": addPhoneSQLite,
	"000002_rebuild.up.sql": `PRAGMA foreign_keys=OFF;
DROP VIEW open_orders;
CREATE TABLE new_customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, phone TEXT);
INSERT INTO new_customers SELECT id, name, phone FROM customers;
DROP TABLE customers;
ALTER TABLE new_customers RENAME TO customers;
PRAGMA foreign_keys=ON;`,
	"000003_send.up.sql": `UPDATE orders SET state = 'sent' WHERE id % 3 = 0;`,
	"000004_commits.up.sql": `BEGIN;
UPDATE orders SET total = total + 1;
COMMIT;
BEGIN;
DROP TABLE legacy;
COMMIT;`,
	"000005_vacuum.up.sql": `VACUUM;`,
	"000006_lose.up.sql":   `UPDATE orders SET state = 'lost' WHERE id % 10 = 0;`,
}

// sqliteBreaks fails on the file, and not on a copy of it in memory.
const sqliteBreaks = `CREATE TABLE half (id INTEGER NOT NULL);
UPDATE customers SET phone = 'gone';
INSERT INTO half SELECT NULL FROM pragma_database_list WHERE name = 'main' AND file <> '';`

const sqliteMended = `CREATE TABLE half (id INTEGER);`

const sqliteWrites = `
INSERT INTO customers (last, phone) VALUES ('Later', '+2 1'), ('Later still', '+2 2');
INSERT INTO orders (customer, total, state) VALUES (1, 1725, 'paid');
UPDATE orders SET state = 'paid' WHERE id = 5;
DELETE FROM orders WHERE id = 6;
INSERT INTO archive (what) VALUES ('later');`

func sqliteScenarios() []scenario {
	return scenarios(batches{
		whole: sqliteWhole, steps: sqliteSteps, breaks: sqliteBreaks, mended: sqliteMended, writes: sqliteWrites,
		lastWhole: "000005_breaks.up.sql", lastSteps: "000008_breaks.up.sql",
	})
}
