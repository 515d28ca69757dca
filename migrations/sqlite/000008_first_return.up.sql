UPDATE orders SET status = 'returned'
 WHERE id = (SELECT min(id) FROM orders WHERE status = 'shipped');

UPDATE stock
   SET qty = qty + (SELECT sum(i.qty) FROM order_items i JOIN orders o ON o.id = i.order_id
                     WHERE o.status = 'returned' AND i.product_id = stock.product_id)
 WHERE product_id IN (SELECT i.product_id FROM order_items i JOIN orders o ON o.id = i.order_id
                       WHERE o.status = 'returned');

CREATE INDEX orders_returned ON orders (ordered_at) WHERE status = 'returned';
