-- Whole cents become amounts, and text becomes a date: both tables are rewritten.
ALTER TABLE products DROP CONSTRAINT products_price_cents_check;
ALTER TABLE products RENAME COLUMN price_cents TO price;
ALTER TABLE products ALTER COLUMN price TYPE numeric(10, 2) USING price / 100.0;
ALTER TABLE products ADD CONSTRAINT price_not_negative CHECK (price >= 0);

ALTER TABLE order_items RENAME COLUMN price_cents TO price;
ALTER TABLE order_items ALTER COLUMN price TYPE numeric(10, 2) USING price / 100.0;
COMMENT ON COLUMN order_items.price IS 'What was paid for one piece; the price in the catalogue may have changed since.';

ALTER TABLE customers ALTER COLUMN joined DROP DEFAULT;
ALTER TABLE customers ALTER COLUMN joined TYPE date USING joined::date;
ALTER TABLE customers ALTER COLUMN joined SET DEFAULT current_date;
COMMENT ON COLUMN customers.joined IS 'Day of the first contact.';
