package migrate

// The groups of hazards, for --fail-on.
const (
	HazardBlocking     = "blocking"     // the application waits while the statement works
	HazardBreaking     = "breaking"     // code of the release before may fail
	HazardDestructive  = "destructive"  // rows or values go
	HazardFailing      = "failing"      // it fails on rows that are there
	HazardIrreversible = "irreversible" // the way back does not cover it, or only in part
	HazardStepwise     = "stepwise"     // the batch is no longer one transaction
	HazardRights       = "rights"       // who may do what
	HazardDesign       = "design"       // works, and will be regretted
)

// Felt says which tables a kind of hazard is felt on; on others it is a mere note.
type Felt int

// Where a kind of hazard is felt.
const (
	FeltAlways   Felt = iota
	FeltIfFilled      // not where the table is empty
	FeltIfLarge       // not where the table is small
)

// smallTable is how many bytes a table can have and still count as small: work on
// them takes less time than the wait for its lock.
const smallTable = 8 << 20

// HazardKind is one kind of hazard: what is the same at every place where it is met.
type HazardKind struct {
	ID      string
	Groups  []string
	Felt    Felt
	Instead string
}

// Note reports whether the hazard is a mere note on a table of so many bytes.
func (k HazardKind) Note(bytes int64, empty bool) bool {
	return k.Felt == FeltIfLarge && bytes < smallTable || k.Felt == FeltIfFilled && empty
}

// HazardKinds are the kinds that an engine knows, in the order of docs/hazards.md. An
// ID is an interface: it stays once it was released.
type HazardKinds []HazardKind

// Called is the kind of an ID. That one is missing is a mistake in the program.
func (all HazardKinds) Called(id string) HazardKind {
	for _, k := range all {
		if k.ID == id {
			return k
		}
	}
	panic("no hazard is called " + id)
}

// IDs lists the stable names of the kinds.
func (all HazardKinds) IDs() []string {
	out := make([]string, len(all))
	for i, k := range all {
		out[i] = k.ID
	}
	return out
}
