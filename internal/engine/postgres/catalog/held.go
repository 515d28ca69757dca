package catalog

// HeldAlone is a query of the tables that somebody else has, or awaits, for himself alone.
// The server locks a table to measure it: a plan that leaves these out can say who that is
// instead of waiting behind it.
const HeldAlone = `SELECT DISTINCT relation FROM pg_catalog.pg_locks
	WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock' AND pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
	  AND database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())`
