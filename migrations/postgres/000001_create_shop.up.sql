-- The shop as it opened: customers, products, orders, and the stock on the shelves.
CREATE TABLE customers (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    email      text NOT NULL UNIQUE,
    joined     text NOT NULL DEFAULT to_char(current_date, 'YYYY-MM-DD'),
    CONSTRAINT email_has_at CHECK (position('@' IN email) > 1)
);
COMMENT ON TABLE customers IS 'People who have ordered at least once, or registered to.';
COMMENT ON COLUMN customers.joined IS 'Day of the first contact, YYYY-MM-DD.';

CREATE TABLE products (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku         text NOT NULL UNIQUE,
    title       text NOT NULL,
    price_cents integer NOT NULL CHECK (price_cents >= 0)
);

CREATE TABLE stock (
    product_id bigint PRIMARY KEY REFERENCES products ON DELETE CASCADE,
    qty        integer NOT NULL DEFAULT 0 CHECK (qty >= 0)
);

CREATE TABLE orders (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    ordered_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE order_items (
    order_id    bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
    product_id  bigint NOT NULL REFERENCES products,
    qty         integer NOT NULL CHECK (qty > 0),
    price_cents integer NOT NULL,
    PRIMARY KEY (order_id, product_id)
);
COMMENT ON COLUMN order_items.price_cents IS 'What was paid for one piece; the price in the catalogue may have changed since.';

-- Baskets of the shop software before this one.
CREATE TABLE legacy_baskets (
    session text PRIMARY KEY,
    content text NOT NULL
);
