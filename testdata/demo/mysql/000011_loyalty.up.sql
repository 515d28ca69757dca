-- A good release: points for loyal customers, and one column that nobody misses.
CREATE TABLE loyalty (
    customer_id BIGINT PRIMARY KEY,
    points      INT NOT NULL DEFAULT 0,
    CONSTRAINT loyalty_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
);
INSERT INTO loyalty (customer_id, points)
SELECT o.customer_id, FLOOR(SUM(t.total))
  FROM orders o JOIN order_totals t ON t.order_id = o.id
 GROUP BY o.customer_id;

ALTER TABLE customers DROP COLUMN telephone;
