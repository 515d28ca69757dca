-- Whole cents become amounts, and text becomes a date: the tables are rewritten.
ALTER TABLE products DROP CONSTRAINT price_cents_not_negative;
ALTER TABLE products CHANGE COLUMN price_cents price DECIMAL(10, 2) NOT NULL;
UPDATE products SET price = price / 100;
ALTER TABLE products ADD CONSTRAINT price_not_negative CHECK (price >= 0);

ALTER TABLE order_items CHANGE COLUMN price_cents price DECIMAL(10, 2) NOT NULL
    COMMENT 'What was paid for one piece; the price in the catalogue may have changed since.';
UPDATE order_items SET price = price / 100;

ALTER TABLE customers MODIFY COLUMN joined DATE NOT NULL COMMENT 'Day of the first contact.';
