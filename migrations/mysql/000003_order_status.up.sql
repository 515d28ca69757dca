ALTER TABLE orders ADD COLUMN status ENUM('placed', 'paid', 'shipped') NOT NULL DEFAULT 'placed';
ALTER TABLE customers ADD COLUMN phone VARCHAR(40);

UPDATE orders SET status = 'shipped' WHERE ordered_at < '2024-03-03';
UPDATE customers SET phone = CONCAT('+1 212 555 010', id) WHERE id <= 2;
