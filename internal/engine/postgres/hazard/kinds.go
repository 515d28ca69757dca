package hazard

import "github.com/safemigrate/safemigrate/migrate"

// kinds are all kinds of hazard here.
var kinds = migrate.HazardKinds{
	{ID: "table-rewrite", Groups: []string{migrate.HazardBlocking}, Felt: migrate.FeltIfLarge, Instead: "add a new column, fill it in portions, let the application write both, and drop the old one in a later release"},
	{ID: "several-rewrites", Groups: []string{migrate.HazardBlocking}, Felt: migrate.FeltIfLarge, Instead: "put the changes into one ALTER TABLE: all its actions share one rewrite"},
	{ID: "index-not-concurrent", Groups: []string{migrate.HazardBlocking}, Felt: migrate.FeltIfLarge, Instead: "CREATE INDEX CONCURRENTLY, in a migration of its own"},
	{ID: "index-drop-not-concurrent", Groups: []string{migrate.HazardBlocking}, Felt: migrate.FeltIfLarge, Instead: "DROP INDEX CONCURRENTLY, in a migration of its own"},
	{ID: "reindex-not-concurrent", Groups: []string{migrate.HazardBlocking}, Felt: migrate.FeltIfLarge, Instead: "REINDEX … CONCURRENTLY, in a migration of its own"},
	{ID: "partitioned-index", Groups: []string{migrate.HazardBlocking}, Felt: migrate.FeltIfLarge, Instead: "CREATE INDEX ON ONLY the parent, CREATE INDEX CONCURRENTLY on each partition, then ALTER INDEX … ATTACH PARTITION"},
	{ID: "set-not-null-scan", Groups: []string{migrate.HazardBlocking, migrate.HazardFailing}, Felt: migrate.FeltIfLarge, Instead: "ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in a later migration, then SET NOT NULL, which needs no scan any more"},
	{ID: "check-validates", Groups: []string{migrate.HazardBlocking, migrate.HazardFailing}, Felt: migrate.FeltIfLarge, Instead: "ADD CONSTRAINT … NOT VALID, and VALIDATE CONSTRAINT in a later migration"},
	{ID: "foreign-key-validates", Groups: []string{migrate.HazardBlocking, migrate.HazardFailing}, Felt: migrate.FeltIfLarge, Instead: "ADD CONSTRAINT … FOREIGN KEY … NOT VALID, and VALIDATE CONSTRAINT in a later migration"},
	{ID: "unique-builds-index", Groups: []string{migrate.HazardBlocking, migrate.HazardFailing}, Felt: migrate.FeltIfLarge, Instead: "CREATE UNIQUE INDEX CONCURRENTLY in a migration of its own, then ADD CONSTRAINT … USING INDEX"},
	{ID: "exclusion-constraint", Groups: []string{migrate.HazardBlocking, migrate.HazardFailing}, Felt: migrate.FeltIfLarge, Instead: "no form of it works without the lock: run it when nobody writes, or build a new table with the constraint and move the rows"},
	{ID: "domain-constraint-scan", Groups: []string{migrate.HazardBlocking, migrate.HazardFailing}, Instead: "ALTER DOMAIN … ADD CONSTRAINT … NOT VALID, and VALIDATE CONSTRAINT in a later migration"},
	{ID: "refresh-not-concurrent", Groups: []string{migrate.HazardBlocking}, Felt: migrate.FeltIfLarge, Instead: "REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on it"},
	{ID: "attach-partition-scan", Groups: []string{migrate.HazardBlocking, migrate.HazardFailing}, Felt: migrate.FeltIfLarge, Instead: "add a validated CHECK constraint on the table that implies the partition's bounds, then attach it"},
	{ID: "detach-not-concurrent", Groups: []string{migrate.HazardBlocking}, Felt: migrate.FeltIfLarge, Instead: "ALTER TABLE … DETACH PARTITION … CONCURRENTLY, in a migration of its own"},
	{ID: "lock-table", Groups: []string{migrate.HazardBlocking}, Instead: "leave it out: safemigrate locks what the batch needs, and gives up a try after a short time"},
	{ID: "several-tables-locked", Groups: []string{migrate.HazardBlocking}, Felt: migrate.FeltIfLarge, Instead: "one migration per table, each with its own commit"},
	{ID: "lock-order", Groups: []string{migrate.HazardBlocking}, Instead: "touch the tables in the same order everywhere"},
	{ID: "backfill-under-lock", Groups: []string{migrate.HazardBlocking}, Felt: migrate.FeltIfLarge, Instead: "change the schema in one migration and fill the rows in a later one"},
	{ID: "trigger-added", Groups: []string{migrate.HazardBlocking, migrate.HazardBreaking}, Felt: migrate.FeltIfLarge, Instead: "the lock is short; make sure that no long transaction uses the table, and that the trigger's function is fast"},
	{ID: "rule-added", Groups: []string{migrate.HazardBlocking, migrate.HazardBreaking}, Instead: "a trigger, or an INSTEAD OF trigger on a view"},
	{ID: "unbounded-write", Groups: []string{migrate.HazardBlocking, migrate.HazardDestructive}, Felt: migrate.FeltIfLarge, Instead: "a WHERE clause, and portions: each its own statement in a file that runs outside a transaction"},
	{ID: "foreign-key-not-indexed", Groups: []string{migrate.HazardBlocking}, Felt: migrate.FeltIfLarge, Instead: "CREATE INDEX CONCURRENTLY on the child's columns first"},
	{ID: "not-null-without-default", Groups: []string{migrate.HazardFailing, migrate.HazardBreaking}, Felt: migrate.FeltIfFilled, Instead: "give the column a constant DEFAULT, which needs no rewrite, or add it without NOT NULL"},
	{ID: "column-dropped", Groups: []string{migrate.HazardDestructive, migrate.HazardBreaking}, Instead: "deploy code that no longer uses the column, then drop it in the next release"},
	{ID: "column-renamed", Groups: []string{migrate.HazardBreaking}, Instead: "add a column with the new name, write both, and drop the old one in a later release; or keep the name and put a view in front"},
	{ID: "column-type-changed", Groups: []string{migrate.HazardBreaking}, Felt: migrate.FeltIfFilled, Instead: "add a column of the new type, write both, and drop the old one in a later release"},
	{ID: "not-null-dropped", Groups: []string{migrate.HazardBreaking}, Felt: migrate.FeltIfFilled, Instead: "make sure that the code of the release before can read NULL"},
	{ID: "table-dropped", Groups: []string{migrate.HazardDestructive, migrate.HazardBreaking}, Instead: "deploy code that no longer uses the table, then drop it in the next release"},
	{ID: "table-renamed", Groups: []string{migrate.HazardBreaking}, Instead: "rename it and create a view with the old name in the same migration, which simple reads and writes go through"},
	{ID: "view-dropped", Groups: []string{migrate.HazardBreaking}, Instead: "deploy code that no longer uses the view, then drop it in the next release"},
	{ID: "schema-dropped", Groups: []string{migrate.HazardDestructive, migrate.HazardBreaking}, Instead: "drop what is in it by name, so that nothing goes unseen"},
	{ID: "foreign-key-dropped", Groups: []string{migrate.HazardBreaking}, Instead: "make sure that nothing relied on it: ON DELETE CASCADE goes with it, too"},
	{ID: "truncate", Groups: []string{migrate.HazardDestructive, migrate.HazardBlocking}, Felt: migrate.FeltIfFilled, Instead: "DELETE with a WHERE clause, where not every row is meant"},
	{ID: "truncate-cascade", Groups: []string{migrate.HazardDestructive, migrate.HazardBlocking}, Instead: "name every table that is to be emptied"},
	{ID: "drop-cascade", Groups: []string{migrate.HazardDestructive, migrate.HazardBreaking}, Instead: "drop the dependents by name first, so that nothing goes unseen"},
	{ID: "set-unlogged", Groups: []string{migrate.HazardDestructive}, Instead: "leave the table logged: an unlogged one is empty after a crash, and standbys do not have it"},
	{ID: "enum-value-added", Groups: []string{migrate.HazardIrreversible}, Instead: "a table of values with a foreign key, where values come and go; the rollback has to rebuild every column of the type"},
	{ID: "enum-value-renamed", Groups: []string{migrate.HazardBreaking}, Instead: "add the new value, write both, and leave the old one"},
	{ID: "outside-way-back", Groups: []string{migrate.HazardIrreversible}, Instead: "do it by hand, apart from the migrations"},
	{ID: "extension-changed", Groups: []string{migrate.HazardIrreversible}, Instead: "install extensions apart from the migrations: they need the server's files, and often a superuser"},
	{ID: "statement-outside-transaction", Groups: []string{migrate.HazardStepwise}, Instead: "leave it, where there is no other form; keep such statements in migrations of their own"},
	{ID: "commit-in-file", Groups: []string{migrate.HazardStepwise}, Instead: "leave BEGIN and COMMIT out: safemigrate holds the whole batch in one transaction"},
	{ID: "concurrently-in-transaction", Groups: []string{migrate.HazardFailing, migrate.HazardStepwise}, Instead: "take the statement out of BEGIN … COMMIT: no transaction can hold it, and it is committed apart"},
	{ID: "public-privileges", Groups: []string{migrate.HazardRights}, Instead: "grant to a role, not to PUBLIC; and REVOKE from PUBLIC only when no one relies on it"},
	{ID: "triggers-disabled", Groups: []string{migrate.HazardRights, migrate.HazardDestructive}, Instead: "leave the triggers on, and change rows in a way that they can follow"},
	{ID: "row-security-disabled", Groups: []string{migrate.HazardRights}, Instead: "a policy for the role that has to see more"},
	{ID: "json-column", Groups: []string{migrate.HazardDesign}, Instead: "jsonb, which has an equality operator and can be indexed"},
	{ID: "char-column", Groups: []string{migrate.HazardDesign}, Instead: "text, with a CHECK constraint on its length where that matters"},
	{ID: "serial-column", Groups: []string{migrate.HazardDesign}, Instead: "GENERATED BY DEFAULT AS IDENTITY"},
	{ID: "int-key", Groups: []string{migrate.HazardDesign}, Instead: "bigint: 2^31 values run out, and the change to bigint rewrites the table"},
	{ID: "timestamp-without-zone", Groups: []string{migrate.HazardDesign}, Instead: "timestamptz, which is a point in time whatever the session's time zone"},
	{ID: "wide-index", Groups: []string{migrate.HazardDesign}, Instead: "the columns that narrow a search the most; the others seldom pay for their space"},
}

// IDs lists the stable names of all kinds of hazard.
func IDs() []string { return kinds.IDs() }

// Words lists what a policy can name: IDs and groups.
func Words() []string {
	return append(kinds.IDs(), migrate.HazardBlocking, migrate.HazardBreaking, migrate.HazardDestructive, migrate.HazardFailing,
		migrate.HazardIrreversible, migrate.HazardStepwise, migrate.HazardRights, migrate.HazardDesign)
}
