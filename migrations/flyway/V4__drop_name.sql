ALTER TABLE customers ADD COLUMN last_name text;
UPDATE customers SET last_name = regexp_replace(name, '^.* ', '');
ALTER TABLE customers ALTER COLUMN last_name SET NOT NULL, DROP COLUMN name;
