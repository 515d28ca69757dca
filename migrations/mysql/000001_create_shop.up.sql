-- The shop as it opened: customers, products, orders, and the stock on the shelves.
CREATE TABLE customers (
    id     BIGINT AUTO_INCREMENT PRIMARY KEY,
    name   VARCHAR(120) NOT NULL,
    email  VARCHAR(254) NOT NULL UNIQUE,
    joined CHAR(10) NOT NULL COMMENT 'Day of the first contact, YYYY-MM-DD.',
    CONSTRAINT email_has_at CHECK (LOCATE('@', email) > 1)
) COMMENT 'People who have ordered at least once, or registered to.';

CREATE TABLE products (
    id          BIGINT AUTO_INCREMENT PRIMARY KEY,
    sku         VARCHAR(40) NOT NULL UNIQUE,
    title       VARCHAR(200) NOT NULL,
    price_cents INT NOT NULL,
    CONSTRAINT price_cents_not_negative CHECK (price_cents >= 0)
);

CREATE TABLE stock (
    product_id BIGINT PRIMARY KEY,
    qty        INT NOT NULL DEFAULT 0,
    CONSTRAINT qty_not_negative CHECK (qty >= 0),
    CONSTRAINT stock_product FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE
);

CREATE TABLE orders (
    id          BIGINT AUTO_INCREMENT PRIMARY KEY,
    customer_id BIGINT NOT NULL,
    ordered_at  DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id)
);

CREATE TABLE order_items (
    order_id    BIGINT NOT NULL,
    product_id  BIGINT NOT NULL,
    qty         INT NOT NULL,
    price_cents INT NOT NULL COMMENT 'What was paid for one piece; the price in the catalogue may have changed since.',
    PRIMARY KEY (order_id, product_id),
    CONSTRAINT item_qty_positive CHECK (qty > 0),
    CONSTRAINT item_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT item_product FOREIGN KEY (product_id) REFERENCES products (id)
);

-- Baskets of the shop software before this one.
CREATE TABLE legacy_baskets (
    session VARCHAR(64) PRIMARY KEY,
    content TEXT NOT NULL
);
