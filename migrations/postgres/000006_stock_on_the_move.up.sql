-- An order takes its pieces off the shelf by itself.
CREATE FUNCTION take_from_stock() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    -- The check on stock.qty refuses what is not there; the message is for people.
    UPDATE stock SET qty = qty - NEW.qty WHERE product_id = NEW.product_id AND qty >= NEW.qty;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'product % is sold out', NEW.product_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION take_from_stock() IS 'Takes what an order line asks for off the shelf.';

CREATE TRIGGER order_takes_stock
    AFTER INSERT ON order_items
    FOR EACH ROW EXECUTE FUNCTION take_from_stock();

CREATE VIEW order_totals AS
SELECT o.id AS order_id,
       c.first_name || ' ' || c.last_name AS customer,
       o.status,
       sum(i.qty * i.price) AS total
  FROM orders o
  JOIN customers c ON c.id = o.customer_id
  JOIN order_items i ON i.order_id = o.id
 GROUP BY o.id, c.first_name, c.last_name, o.status;
