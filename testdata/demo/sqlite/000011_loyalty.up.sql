-- A good release: points for loyal customers, and one column that nobody misses.
CREATE TABLE loyalty (
    customer_id INTEGER PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    points      INTEGER NOT NULL DEFAULT 0
);
INSERT INTO loyalty (customer_id, points)
SELECT o.customer_id, sum(CAST(t.total AS INTEGER))
  FROM orders o JOIN order_totals t ON t.order_id = o.id
 GROUP BY o.customer_id;

ALTER TABLE customers DROP COLUMN telephone;
