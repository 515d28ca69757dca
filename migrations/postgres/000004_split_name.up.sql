-- One name becomes two. The old column goes, and with it what was in it.
ALTER TABLE customers
    ADD COLUMN first_name text,
    ADD COLUMN last_name  text;

UPDATE customers
   SET first_name = CASE WHEN name LIKE '% %' THEN regexp_replace(name, ' [^ ]+$', '') ELSE '' END,
       last_name  = regexp_replace(name, '^.* ', '');

ALTER TABLE customers
    ALTER COLUMN first_name SET NOT NULL,
    ALTER COLUMN last_name SET NOT NULL,
    DROP COLUMN name;
