-- A release that goes wrong: by the time its last statement fails, customers are
-- gone and prices are changed.
DELETE FROM order_items;
DELETE FROM orders;
DELETE FROM customers WHERE email <> 'ada@example.org';
UPDATE products SET price_cents = price_cents * 2;
INSERT INTO customers (first_name, last_name, email) VALUES ('Ada', 'King', 'ada@example.org');
