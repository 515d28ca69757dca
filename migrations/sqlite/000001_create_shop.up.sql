-- The shop as it opened: customers, products, orders, and the stock on the shelves.
CREATE TABLE customers (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL,
    email  TEXT NOT NULL UNIQUE CHECK (instr(email, '@') > 1),
    joined TEXT NOT NULL DEFAULT (date('now'))
);

CREATE TABLE products (
    id          INTEGER PRIMARY KEY,
    sku         TEXT NOT NULL UNIQUE,
    title       TEXT NOT NULL,
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0)
);

CREATE TABLE stock (
    product_id INTEGER PRIMARY KEY REFERENCES products (id) ON DELETE CASCADE,
    qty        INTEGER NOT NULL DEFAULT 0 CHECK (qty >= 0)
);

CREATE TABLE orders (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    ordered_at  TEXT NOT NULL DEFAULT (datetime('now'))
);

CREATE TABLE order_items (
    order_id    INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    product_id  INTEGER NOT NULL REFERENCES products (id),
    qty         INTEGER NOT NULL CHECK (qty > 0),
    price_cents INTEGER NOT NULL, -- what was paid; the catalogue may have changed since
    PRIMARY KEY (order_id, product_id)
) WITHOUT ROWID;

-- Baskets of the shop software before this one.
CREATE TABLE legacy_baskets (
    session TEXT PRIMARY KEY,
    content TEXT NOT NULL
);
