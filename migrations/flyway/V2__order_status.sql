CREATE TYPE order_status AS ENUM ('placed', 'shipped');

ALTER TABLE orders ADD COLUMN status order_status NOT NULL DEFAULT 'placed';
UPDATE orders SET status = 'shipped' WHERE ordered_at < timestamptz '2024-03-03 00:00+00';
