ALTER TABLE customers ADD COLUMN phone text;
COMMENT ON COLUMN customers.phone IS 'As the customer wrote it.';
