-- A price in cents stays what is stored; the amount for people is computed.
ALTER TABLE products ADD COLUMN price TEXT GENERATED ALWAYS AS (printf('%.2f', price_cents / 100.0)) VIRTUAL;
CREATE INDEX products_price ON products (price_cents);
