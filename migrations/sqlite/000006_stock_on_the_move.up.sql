-- An order takes its pieces off the shelf by itself.
CREATE TRIGGER order_takes_stock AFTER INSERT ON order_items
BEGIN
    -- The message is for people; the check on stock.qty would refuse it as well.
    SELECT RAISE(ABORT, 'sold out')
     WHERE NOT EXISTS (SELECT 1 FROM stock WHERE product_id = NEW.product_id AND qty >= NEW.qty);
    UPDATE stock SET qty = qty - NEW.qty WHERE product_id = NEW.product_id;
END;

CREATE VIEW order_totals AS
SELECT o.id AS order_id,
       c.first_name || ' ' || c.last_name AS customer,
       o.status,
       printf('%.2f', sum(i.qty * i.price_cents) / 100.0) AS total
  FROM orders o
  JOIN customers c ON c.id = o.customer_id
  JOIN order_items i ON i.order_id = o.id
 GROUP BY o.id;
