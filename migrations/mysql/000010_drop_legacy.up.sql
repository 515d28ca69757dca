DROP TABLE legacy_baskets;
ALTER TABLE customers RENAME COLUMN phone TO telephone;
DROP TRIGGER order_takes_stock;
RENAME TABLE stock TO shelves;

-- MySQL keeps the bodies of triggers as text: this one has to learn the new name.
CREATE TRIGGER order_takes_stock AFTER INSERT ON order_items FOR EACH ROW
BEGIN
    UPDATE shelves SET qty = qty - NEW.qty WHERE product_id = NEW.product_id AND qty >= NEW.qty;
    -- The check on shelves.qty would refuse what is not there; the message is for people.
    IF ROW_COUNT() = 0 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'sold out';
    END IF;
END;

UPDATE products SET price = ROUND(price * 1.05, 2) WHERE sku LIKE 'TEA-%';
