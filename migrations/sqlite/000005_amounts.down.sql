DROP INDEX products_price;
ALTER TABLE products DROP COLUMN price;
