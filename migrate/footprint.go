package migrate

// Footprint is what a batch touches, as far as its text and the database's
// catalogs tell before anything runs. It is never smaller than the truth; where
// that cannot be known, it is whole.
type Footprint struct {
	Tables []TableFootprint `json:"tables"`
	// Objects are other objects that change: "view public.totals dropped".
	Objects []string `json:"objects,omitempty"`
	// Whole says which statements may touch anything, and why.
	Whole []WholeReason `json:"whole,omitempty"`
}

// TableFootprint is what happens to one table that was there before the batch.
type TableFootprint struct {
	Name    string            `json:"name"` // "public.orders", as it is called before the batch
	Rows    Verdict           `json:"rows"`
	Columns []ColumnFootprint `json:"columns,omitempty"` // those that are touched
	// Files lists the migrations that touch it, in their order.
	Files []string `json:"files"`
}

// ColumnFootprint is what happens to one column.
type ColumnFootprint struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
}

// Verdict is what happens to the rows of a table, or to the values of a column.
type Verdict string

// The verdicts, from the mildest to the worst.
const (
	Untouched    Verdict = "untouched"
	AddedTo      Verdict = "added to" // rows or columns come, none changes
	Renamed      Verdict = "renamed"
	Rewritten    Verdict = "rewritten without loss"
	LosesColumns Verdict = "loses columns"
	LosesRows    Verdict = "loses or changes rows"
	DroppedAway  Verdict = "dropped"
)

// WholeReason is a statement whose effect cannot be known beforehand.
type WholeReason struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Why  string `json:"why"` // "EXECUTE of a text that is not a literal"
}
