-- PostgreSQL lets nobody use a new value before it is committed: 8 uses it.
ALTER TYPE order_status ADD VALUE 'returned' AFTER 'shipped';
