package hazard

import "github.com/safemigrate/safemigrate/migrate"

// kinds are all kinds of hazard here. What is the same as on PostgreSQL has the same ID.
var kinds = migrate.HazardKinds{
	{ID: "table-rewrite", Groups: []string{migrate.HazardBlocking}, Felt: migrate.FeltIfLarge, Instead: "add a new column, fill it in portions, let the application write both, and drop the old one in a later release"},
	{ID: "several-rewrites", Groups: []string{migrate.HazardBlocking}, Felt: migrate.FeltIfLarge, Instead: "put the changes into one ALTER TABLE: all its actions share one rewrite"},
	{ID: "index-blocks-writes", Groups: []string{migrate.HazardBlocking}, Felt: migrate.FeltIfLarge, Instead: "no form of it works without the lock: run it when nobody writes"},
	{ID: "set-not-null-scan", Groups: []string{migrate.HazardBlocking, migrate.HazardFailing}, Felt: migrate.FeltIfLarge, Instead: "fill the column first, and make sure that no new NULL comes"},
	{ID: "check-validates", Groups: []string{migrate.HazardBlocking, migrate.HazardFailing}, Felt: migrate.FeltIfLarge, Instead: "run it when nobody writes, or let the application check"},
	{ID: "foreign-key-validates", Groups: []string{migrate.HazardBlocking, migrate.HazardFailing}, Felt: migrate.FeltIfLarge, Instead: "run it when nobody writes to either table"},
	{ID: "unique-builds-index", Groups: []string{migrate.HazardFailing}, Felt: migrate.FeltIfFilled, Instead: "look for duplicates first: SELECT … GROUP BY … HAVING count(*) > 1"},
	{ID: "lock-table", Groups: []string{migrate.HazardBlocking}, Instead: "leave it out: a statement takes the locks that it needs"},
	{ID: "trigger-added", Groups: []string{migrate.HazardBreaking}, Felt: migrate.FeltIfFilled, Instead: "make sure that the code of the release before can live with what the trigger does"},
	{ID: "unbounded-write", Groups: []string{migrate.HazardBlocking, migrate.HazardDestructive}, Felt: migrate.FeltIfLarge, Instead: "a WHERE clause on an index, and portions: each its own statement"},
	{ID: "not-null-without-default", Groups: []string{migrate.HazardBreaking}, Instead: "give the column a DEFAULT: code that does not know it inserts rows without it, which a strict sql_mode refuses"},
	{ID: "column-dropped", Groups: []string{migrate.HazardDestructive, migrate.HazardBreaking}, Instead: "deploy code that no longer uses the column, then drop it in the next release"},
	{ID: "column-renamed", Groups: []string{migrate.HazardBreaking}, Instead: "add a column with the new name, write both, and drop the old one in a later release"},
	{ID: "column-type-changed", Groups: []string{migrate.HazardBreaking}, Felt: migrate.FeltIfFilled, Instead: "add a column of the new type, write both, and drop the old one in a later release"},
	{ID: "not-null-dropped", Groups: []string{migrate.HazardBreaking}, Felt: migrate.FeltIfFilled, Instead: "make sure that the code of the release before can read NULL"},
	{ID: "table-dropped", Groups: []string{migrate.HazardDestructive, migrate.HazardBreaking}, Instead: "deploy code that no longer uses the table, then drop it in the next release"},
	{ID: "table-renamed", Groups: []string{migrate.HazardBreaking}, Instead: "rename it and create a view with the old name in the same migration"},
	{ID: "view-dropped", Groups: []string{migrate.HazardBreaking}, Instead: "deploy code that no longer uses the view, then drop it in the next release"},
	{ID: "foreign-key-dropped", Groups: []string{migrate.HazardBreaking}, Instead: "make sure that nothing relied on it: ON DELETE CASCADE goes with it, too"},
	{ID: "foreign-keys-lost", Groups: []string{migrate.HazardDestructive, migrate.HazardBreaking}, Instead: "rename it in a statement of its own"},
	{ID: "partition-dropped", Groups: []string{migrate.HazardDestructive}, Felt: migrate.FeltIfFilled, Instead: "make sure that nobody needs the rows of the partition"},
	{ID: "truncate", Groups: []string{migrate.HazardDestructive, migrate.HazardBlocking}, Felt: migrate.FeltIfFilled, Instead: "DELETE with a WHERE clause, where not every row is meant"},
	{ID: "outside-way-back", Groups: []string{migrate.HazardIrreversible}, Instead: "do it apart from the migrations, where it is known and can be undone by hand"},
	{ID: "foreign-key-checks-off", Groups: []string{migrate.HazardDestructive}, Instead: "leave the checks on: rows without a parent stay unseen, and cascades do not happen"},
	{ID: "strict-mode-off", Groups: []string{migrate.HazardDestructive}, Instead: "leave sql_mode strict: values that do not fit are cut, and nobody is told"},
	{ID: "no-primary-key", Groups: []string{migrate.HazardDesign}, Instead: "give the table a primary key: replication and the correction of single rows need one"},
}

// Words lists what a policy can name: IDs and groups.
func Words() []string {
	return append(kinds.IDs(), migrate.HazardBlocking, migrate.HazardBreaking, migrate.HazardDestructive,
		migrate.HazardFailing, migrate.HazardIrreversible, migrate.HazardRights, migrate.HazardDesign)
}
