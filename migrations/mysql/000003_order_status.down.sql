ALTER TABLE customers DROP COLUMN phone;
ALTER TABLE orders DROP COLUMN status;
