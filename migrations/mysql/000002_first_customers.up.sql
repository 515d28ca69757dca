INSERT INTO customers (name, email, joined) VALUES
    ('Ada Lovelace',      'ada@example.org',    '2023-12-10'),
    ('Grace Hopper',      'grace@example.org',  '2023-12-09'),
    ('Edgar Frank Codd',  'edgar@example.org',  '2024-01-19'),
    ('Hypatia',           'hypatia@example.org', '2024-02-29');

INSERT INTO products (sku, title, price_cents) VALUES
    ('TEA-001', 'Darjeeling, 100 g',  890),
    ('TEA-002', 'Sencha, 100 g',     1150),
    ('POT-001', 'Teapot, cast iron', 4900),
    ('CUP-001', 'Cup; "old blue"',    750);

INSERT INTO stock (product_id, qty)
SELECT id, CASE WHEN sku LIKE 'TEA-%' THEN 40 ELSE 12 END FROM products;

INSERT INTO orders (customer_id, ordered_at)
SELECT id, TIMESTAMP('2024-03-01 09:00:00') + INTERVAL id DAY FROM customers ORDER BY id LIMIT 3;

INSERT INTO order_items (order_id, product_id, qty, price_cents)
SELECT o.id, p.id, 1 + (o.id + p.id) % 2, p.price_cents
  FROM orders o JOIN products p ON (o.id + p.id) % 3 <> 0;

INSERT INTO legacy_baskets VALUES
    ('5f1c', 'TEA-001 x 2'),
    ('9ab0', 'POT-001');
