CREATE TABLE customers (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name  text NOT NULL,
    email text NOT NULL UNIQUE
);

CREATE TABLE orders (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    ordered_at  timestamptz NOT NULL DEFAULT now(),
    total_cents integer NOT NULL CHECK (total_cents >= 0)
);

COPY customers (name, email) FROM stdin;
Ada Lovelace	ada@example.org
Grace Hopper	grace@example.org
Edgar Frank Codd	edgar@example.org
\.

INSERT INTO orders (customer_id, ordered_at, total_cents)
SELECT id, timestamptz '2024-03-01 09:00+00' + id * interval '1 day', 1000 * id FROM customers;
