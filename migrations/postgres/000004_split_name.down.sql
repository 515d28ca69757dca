ALTER TABLE customers ADD COLUMN name text;
UPDATE customers SET name = ltrim(first_name || ' ' || last_name);
ALTER TABLE customers
    ALTER COLUMN name SET NOT NULL,
    DROP COLUMN first_name,
    DROP COLUMN last_name;
