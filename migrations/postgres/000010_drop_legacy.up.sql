DROP TABLE legacy_baskets;
ALTER TABLE customers RENAME COLUMN phone TO telephone;
ALTER TABLE stock RENAME TO shelves;

-- PostgreSQL keeps function bodies as text: this one has to learn the new name.
CREATE OR REPLACE FUNCTION take_from_stock() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    -- The check on shelves.qty refuses what is not there; the message is for people.
    UPDATE shelves SET qty = qty - NEW.qty WHERE product_id = NEW.product_id AND qty >= NEW.qty;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'product % is sold out', NEW.product_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END;
$$;

UPDATE products SET price = round(price * 1.05, 2) WHERE sku LIKE 'TEA-%';
