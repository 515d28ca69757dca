-- One name becomes two. The old column goes, and with it what was in it.
ALTER TABLE customers ADD COLUMN first_name TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN last_name TEXT NOT NULL DEFAULT '';

UPDATE customers
   SET first_name = rtrim(rtrim(name, replace(name, ' ', ''))),
       last_name  = replace(name, rtrim(name, replace(name, ' ', '')), '');

ALTER TABLE customers DROP COLUMN name;
