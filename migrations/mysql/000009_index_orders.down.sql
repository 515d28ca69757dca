CREATE INDEX orders_customer ON orders (customer_id);
DROP INDEX orders_customer_idx ON orders;
