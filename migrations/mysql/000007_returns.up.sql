-- A value at the end of the list leaves the rows as they are.
ALTER TABLE orders MODIFY COLUMN status ENUM('placed', 'paid', 'shipped', 'returned') NOT NULL DEFAULT 'placed';
