-- A release that goes wrong: by the time its last statement fails, customers are
-- gone and prices are changed.
DELETE FROM order_items;
DELETE FROM orders;
DELETE FROM customers WHERE email <> 'ada@example.org';
UPDATE products SET price = price * 2;
ALTER TABLE customers ADD CONSTRAINT joined_recently CHECK (joined > DATE '2024-06-01');
