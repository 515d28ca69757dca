UPDATE orders SET status = 'returned'
 WHERE id = (SELECT min(id) FROM orders WHERE status = 'shipped');

UPDATE stock s
   SET qty = s.qty + i.qty
  FROM order_items i JOIN orders o ON o.id = i.order_id
 WHERE o.status = 'returned' AND i.product_id = s.product_id;

CREATE INDEX orders_returned ON orders (ordered_at) WHERE status = 'returned';
