-- A good release: points for loyal customers, and one column that nobody misses.
CREATE TABLE loyalty (
    customer_id bigint PRIMARY KEY REFERENCES customers ON DELETE CASCADE,
    points      integer NOT NULL DEFAULT 0
);
INSERT INTO loyalty (customer_id, points)
SELECT o.customer_id, floor(sum(t.total))::integer
  FROM orders o JOIN order_totals t ON t.order_id = o.id
 GROUP BY o.customer_id;

ALTER TABLE customers DROP COLUMN telephone;
