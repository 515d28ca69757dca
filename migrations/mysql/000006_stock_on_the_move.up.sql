-- An order takes its pieces off the shelf by itself.
CREATE TRIGGER order_takes_stock AFTER INSERT ON order_items FOR EACH ROW
BEGIN
    UPDATE stock SET qty = qty - NEW.qty WHERE product_id = NEW.product_id AND qty >= NEW.qty;
    -- The check on stock.qty would refuse what is not there; the message is for people.
    IF ROW_COUNT() = 0 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'sold out';
    END IF;
END;

CREATE VIEW order_totals AS
SELECT o.id AS order_id,
       CONCAT(c.first_name, ' ', c.last_name) AS customer,
       o.status,
       SUM(i.qty * i.price) AS total
  FROM orders o
  JOIN customers c ON c.id = o.customer_id
  JOIN order_items i ON i.order_id = o.id
 GROUP BY o.id, c.first_name, c.last_name, o.status;
