package hazard

// The groups of hazards, for --fail-on.
const (
	blocking     = "blocking"     // the application waits while the statement works
	breaking     = "breaking"     // code of the release before may fail
	destructive  = "destructive"  // rows or values go
	failing      = "failing"      // it fails on rows that are there
	irreversible = "irreversible" // the way back does not cover it, or only in part
	stepwise     = "stepwise"     // the batch is no longer one transaction
	rights       = "rights"       // who may do what
	design       = "design"       // works, and will be regretted
)

// size says which tables a kind of hazard is felt on.
type size int

const (
	always   size = iota
	ifFilled      // a note where the table is empty
	ifLarge       // a note where the table is small
)

// smallPages is how many pages a table can have and still count as small: work
// on 8 MiB takes less time than the wait for its lock.
const smallPages = 1024

// kind is one kind of hazard: what is the same at every place where it is met.
type kind struct {
	id      string
	groups  []string
	felt    size
	instead string
}

// kinds are all kinds of hazard, in the order of docs/hazards.md. An ID is an
// interface: it stays once it was released.
var kinds = []kind{
	{"table-rewrite", []string{blocking}, ifLarge, "add a new column, fill it in portions, let the application write both, and drop the old one in a later release"},
	{"several-rewrites", []string{blocking}, ifLarge, "put the changes into one ALTER TABLE: all its actions share one rewrite"},
	{"index-not-concurrent", []string{blocking}, ifLarge, "CREATE INDEX CONCURRENTLY, in a migration of its own"},
	{"index-drop-not-concurrent", []string{blocking}, ifLarge, "DROP INDEX CONCURRENTLY, in a migration of its own"},
	{"reindex-not-concurrent", []string{blocking}, ifLarge, "REINDEX … CONCURRENTLY, in a migration of its own"},
	{"partitioned-index", []string{blocking}, ifLarge, "CREATE INDEX ON ONLY the parent, CREATE INDEX CONCURRENTLY on each partition, then ALTER INDEX … ATTACH PARTITION"},
	{"set-not-null-scan", []string{blocking, failing}, ifLarge, "ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in a later migration, then SET NOT NULL, which needs no scan any more"},
	{"check-validates", []string{blocking, failing}, ifLarge, "ADD CONSTRAINT … NOT VALID, and VALIDATE CONSTRAINT in a later migration"},
	{"foreign-key-validates", []string{blocking, failing}, ifLarge, "ADD CONSTRAINT … FOREIGN KEY … NOT VALID, and VALIDATE CONSTRAINT in a later migration"},
	{"unique-builds-index", []string{blocking, failing}, ifLarge, "CREATE UNIQUE INDEX CONCURRENTLY in a migration of its own, then ADD CONSTRAINT … USING INDEX"},
	{"exclusion-constraint", []string{blocking, failing}, ifLarge, "no form of it works without the lock: run it when nobody writes, or build a new table with the constraint and move the rows"},
	{"domain-constraint-scan", []string{blocking, failing}, always, "ALTER DOMAIN … ADD CONSTRAINT … NOT VALID, and VALIDATE CONSTRAINT in a later migration"},
	{"refresh-not-concurrent", []string{blocking}, ifLarge, "REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on it"},
	{"attach-partition-scan", []string{blocking, failing}, ifLarge, "add a validated CHECK constraint on the table that implies the partition's bounds, then attach it"},
	{"detach-not-concurrent", []string{blocking}, ifLarge, "ALTER TABLE … DETACH PARTITION … CONCURRENTLY, in a migration of its own"},
	{"lock-table", []string{blocking}, always, "leave it out: safemigrate locks what the batch needs, and gives up a try after a short time"},
	{"several-tables-locked", []string{blocking}, ifLarge, "one migration per table, each with its own commit"},
	{"lock-order", []string{blocking}, always, "touch the tables in the same order everywhere"},
	{"backfill-under-lock", []string{blocking}, ifLarge, "change the schema in one migration and fill the rows in a later one"},
	{"trigger-added", []string{blocking, breaking}, ifLarge, "the lock is short; make sure that no long transaction uses the table, and that the trigger's function is fast"},
	{"rule-added", []string{blocking, breaking}, always, "a trigger, or an INSTEAD OF trigger on a view"},
	{"unbounded-write", []string{blocking, destructive}, ifLarge, "a WHERE clause, and portions: each its own statement in a file that runs outside a transaction"},
	{"foreign-key-not-indexed", []string{blocking}, ifLarge, "CREATE INDEX CONCURRENTLY on the child's columns first"},
	{"not-null-without-default", []string{failing, breaking}, ifFilled, "give the column a constant DEFAULT, which needs no rewrite, or add it without NOT NULL"},
	{"column-dropped", []string{destructive, breaking}, always, "deploy code that no longer uses the column, then drop it in the next release"},
	{"column-renamed", []string{breaking}, always, "add a column with the new name, write both, and drop the old one in a later release; or keep the name and put a view in front"},
	{"column-type-changed", []string{breaking}, ifFilled, "add a column of the new type, write both, and drop the old one in a later release"},
	{"not-null-dropped", []string{breaking}, ifFilled, "make sure that the code of the release before can read NULL"},
	{"table-dropped", []string{destructive, breaking}, always, "deploy code that no longer uses the table, then drop it in the next release"},
	{"table-renamed", []string{breaking}, always, "rename it and create a view with the old name in the same migration, which simple reads and writes go through"},
	{"view-dropped", []string{breaking}, always, "deploy code that no longer uses the view, then drop it in the next release"},
	{"schema-dropped", []string{destructive, breaking}, always, "drop what is in it by name, so that nothing goes unseen"},
	{"foreign-key-dropped", []string{breaking}, always, "make sure that nothing relied on it: ON DELETE CASCADE goes with it, too"},
	{"truncate", []string{destructive, blocking}, ifFilled, "DELETE with a WHERE clause, where not every row is meant"},
	{"truncate-cascade", []string{destructive, blocking}, always, "name every table that is to be emptied"},
	{"drop-cascade", []string{destructive, breaking}, always, "drop the dependents by name first, so that nothing goes unseen"},
	{"set-unlogged", []string{destructive}, always, "leave the table logged: an unlogged one is empty after a crash, and standbys do not have it"},
	{"enum-value-added", []string{irreversible}, always, "a table of values with a foreign key, where values come and go; the rollback has to rebuild every column of the type"},
	{"enum-value-renamed", []string{breaking}, always, "add the new value, write both, and leave the old one"},
	{"outside-way-back", []string{irreversible}, always, "do it by hand, apart from the migrations"},
	{"extension-changed", []string{irreversible}, always, "install extensions apart from the migrations: they need the server's files, and often a superuser"},
	{"statement-outside-transaction", []string{stepwise}, always, "leave it, where there is no other form; keep such statements in migrations of their own"},
	{"commit-in-file", []string{stepwise}, always, "leave BEGIN and COMMIT out: safemigrate holds the whole batch in one transaction"},
	{"concurrently-in-transaction", []string{failing, stepwise}, always, "take the statement out of BEGIN … COMMIT: no transaction can hold it, and it is committed apart"},
	{"public-privileges", []string{rights}, always, "grant to a role, not to PUBLIC; and REVOKE from PUBLIC only when no one relies on it"},
	{"triggers-disabled", []string{rights, destructive}, always, "leave the triggers on, and change rows in a way that they can follow"},
	{"row-security-disabled", []string{rights}, always, "a policy for the role that has to see more"},
	{"json-column", []string{design}, always, "jsonb, which has an equality operator and can be indexed"},
	{"char-column", []string{design}, always, "text, with a CHECK constraint on its length where that matters"},
	{"serial-column", []string{design}, always, "GENERATED BY DEFAULT AS IDENTITY"},
	{"int-key", []string{design}, always, "bigint: 2^31 values run out, and the change to bigint rewrites the table"},
	{"timestamp-without-zone", []string{design}, always, "timestamptz, which is a point in time whatever the session's time zone"},
	{"wide-index", []string{design}, always, "the columns that narrow a search the most; the others seldom pay for their space"},
}

var byID = func() map[string]kind {
	m := make(map[string]kind, len(kinds))
	for _, k := range kinds {
		m[k.id] = k
	}
	return m
}()

// IDs lists the stable names of all kinds of hazard.
func IDs() []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = k.id
	}
	return out
}

// Words lists what a policy can name: IDs and groups.
func Words() []string {
	return append(IDs(), blocking, breaking, destructive, failing, irreversible, stepwise, rights, design)
}
