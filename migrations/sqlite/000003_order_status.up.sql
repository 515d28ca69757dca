ALTER TABLE orders ADD COLUMN status TEXT NOT NULL DEFAULT 'placed' CHECK (status IN ('placed', 'paid', 'shipped'));
ALTER TABLE customers ADD COLUMN phone TEXT;

UPDATE orders SET status = 'shipped' WHERE ordered_at < '2024-03-03';
UPDATE customers SET phone = '+1 212 555 010' || id WHERE id <= 2;
