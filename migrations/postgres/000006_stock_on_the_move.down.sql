DROP VIEW order_totals;
DROP TRIGGER order_takes_stock ON order_items;
DROP FUNCTION take_from_stock();
