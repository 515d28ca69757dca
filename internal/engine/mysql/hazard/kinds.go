package hazard

// The groups of hazards, for --fail-on.
const (
	blocking     = "blocking"     // the application waits while the statement works
	breaking     = "breaking"     // code of the release before may fail
	destructive  = "destructive"  // rows or values go
	failing      = "failing"      // it fails on rows that are there
	irreversible = "irreversible" // the way back does not cover it, or only in part
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

// small is how many bytes a table can have and still count as small: work on
// them takes less time than the wait for its lock.
const small = 8 << 20

type kind struct {
	id      string
	groups  []string
	felt    size
	instead string
}

// kinds are all kinds of hazard, in the order of docs/hazards.md. What is the
// same as on PostgreSQL has the same ID. An ID stays once it was released.
var kinds = []kind{
	{"table-rewrite", []string{blocking}, ifLarge, "add a new column, fill it in portions, let the application write both, and drop the old one in a later release"},
	{"several-rewrites", []string{blocking}, ifLarge, "put the changes into one ALTER TABLE: all its actions share one rewrite"},
	{"index-blocks-writes", []string{blocking}, ifLarge, "no form of it works without the lock: run it when nobody writes"},
	{"set-not-null-scan", []string{blocking, failing}, ifLarge, "fill the column first, and make sure that no new NULL comes"},
	{"check-validates", []string{blocking, failing}, ifLarge, "run it when nobody writes, or let the application check"},
	{"foreign-key-validates", []string{blocking, failing}, ifLarge, "run it when nobody writes to either table"},
	{"unique-builds-index", []string{failing}, ifFilled, "look for duplicates first: SELECT … GROUP BY … HAVING count(*) > 1"},
	{"lock-table", []string{blocking}, always, "leave it out: a statement takes the locks that it needs"},
	{"trigger-added", []string{breaking}, ifFilled, "make sure that the code of the release before can live with what the trigger does"},
	{"unbounded-write", []string{blocking, destructive}, ifLarge, "a WHERE clause on an index, and portions: each its own statement"},
	{"not-null-without-default", []string{breaking}, always, "give the column a DEFAULT: code that does not know it inserts rows without it, which a strict sql_mode refuses"},
	{"column-dropped", []string{destructive, breaking}, always, "deploy code that no longer uses the column, then drop it in the next release"},
	{"column-renamed", []string{breaking}, always, "add a column with the new name, write both, and drop the old one in a later release"},
	{"column-type-changed", []string{breaking}, ifFilled, "add a column of the new type, write both, and drop the old one in a later release"},
	{"not-null-dropped", []string{breaking}, ifFilled, "make sure that the code of the release before can read NULL"},
	{"table-dropped", []string{destructive, breaking}, always, "deploy code that no longer uses the table, then drop it in the next release"},
	{"table-renamed", []string{breaking}, always, "rename it and create a view with the old name in the same migration"},
	{"view-dropped", []string{breaking}, always, "deploy code that no longer uses the view, then drop it in the next release"},
	{"foreign-key-dropped", []string{breaking}, always, "make sure that nothing relied on it: ON DELETE CASCADE goes with it, too"},
	{"partition-dropped", []string{destructive}, ifFilled, "make sure that nobody needs the rows of the partition"},
	{"truncate", []string{destructive, blocking}, ifFilled, "DELETE with a WHERE clause, where not every row is meant"},
	{"outside-way-back", []string{irreversible}, always, "do it apart from the migrations, where it is known and can be undone by hand"},
	{"foreign-key-checks-off", []string{destructive}, always, "leave the checks on: rows without a parent stay unseen, and cascades do not happen"},
	{"strict-mode-off", []string{destructive}, always, "leave sql_mode strict: values that do not fit are cut, and nobody is told"},
	{"no-primary-key", []string{design}, always, "give the table a primary key: replication and the correction of single rows need one"},
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
	return append(IDs(), blocking, breaking, destructive, failing, irreversible, rights, design)
}
