-- One name becomes two. The old column goes, and with it what was in it.
ALTER TABLE customers
    ADD COLUMN first_name VARCHAR(120) NOT NULL DEFAULT '',
    ADD COLUMN last_name  VARCHAR(120) NOT NULL DEFAULT '';

UPDATE customers
   SET first_name = IF(LOCATE(' ', name) > 0, REGEXP_REPLACE(name, ' [^ ]+$', ''), ''),
       last_name  = SUBSTRING_INDEX(name, ' ', -1);

ALTER TABLE customers DROP COLUMN name;
