DROP VIEW order_totals;
DROP TRIGGER order_takes_stock;
