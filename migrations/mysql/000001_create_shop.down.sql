DROP TABLE legacy_baskets;
DROP TABLE order_items;
DROP TABLE orders;
DROP TABLE stock;
DROP TABLE products;
DROP TABLE customers;
