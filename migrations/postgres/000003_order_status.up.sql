CREATE TYPE order_status AS ENUM ('placed', 'paid', 'shipped');

ALTER TABLE orders ADD COLUMN status order_status NOT NULL DEFAULT 'placed';
ALTER TABLE customers ADD COLUMN phone text;

UPDATE orders SET status = 'shipped' WHERE ordered_at < timestamptz '2024-03-03 00:00+00';
UPDATE customers SET phone = '+1 212 555 010' || id WHERE id <= 2;
