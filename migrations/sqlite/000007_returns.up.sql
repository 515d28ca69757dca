-- A CHECK cannot be changed in place: the table is rebuilt, in the twelve steps of
-- SQLite's manual. Without the pragma, dropping the old table would delete the lines
-- of every order with it.
PRAGMA foreign_keys = OFF;

DROP VIEW order_totals;

CREATE TABLE orders_new (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    ordered_at  TEXT NOT NULL DEFAULT (datetime('now')),
    status      TEXT NOT NULL DEFAULT 'placed' CHECK (status IN ('placed', 'paid', 'shipped', 'returned'))
);
INSERT INTO orders_new (id, customer_id, ordered_at, status)
SELECT id, customer_id, ordered_at, status FROM orders;
DROP TABLE orders;
ALTER TABLE orders_new RENAME TO orders;

CREATE VIEW order_totals AS
SELECT o.id AS order_id,
       c.first_name || ' ' || c.last_name AS customer,
       o.status,
       printf('%.2f', sum(i.qty * i.price_cents) / 100.0) AS total
  FROM orders o
  JOIN customers c ON c.id = o.customer_id
  JOIN order_items i ON i.order_id = o.id
 GROUP BY o.id;

PRAGMA foreign_key_check;
PRAGMA foreign_keys = ON;
