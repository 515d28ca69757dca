UPDATE orders SET status = 'returned' WHERE status = 'shipped' ORDER BY id LIMIT 1;

UPDATE stock s
  JOIN order_items i ON i.product_id = s.product_id
  JOIN orders o ON o.id = i.order_id
   SET s.qty = s.qty + i.qty
 WHERE o.status = 'returned';

CREATE INDEX orders_by_status ON orders (status, ordered_at);
