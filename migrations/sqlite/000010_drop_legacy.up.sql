DROP TABLE legacy_baskets;
ALTER TABLE customers RENAME COLUMN phone TO telephone;
ALTER TABLE stock RENAME TO shelves;
UPDATE products SET price_cents = price_cents * 105 / 100 WHERE sku LIKE 'TEA-%';
