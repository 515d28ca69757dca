ALTER TABLE customers ADD COLUMN name VARCHAR(120) NOT NULL DEFAULT '' AFTER id;
UPDATE customers SET name = LTRIM(CONCAT(first_name, ' ', last_name));
ALTER TABLE customers DROP COLUMN first_name, DROP COLUMN last_name;
