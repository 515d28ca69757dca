package migrate

// ProblemKind is one way in which files, history and ledger can disagree. Its
// value is the word for --allow.
type ProblemKind string

// The kinds of problem.
const (
	Edited     ProblemKind = "edited"       // an applied file is no longer what ran
	Missing    ProblemKind = "missing"      // applied, but its file is gone
	OutOfOrder ProblemKind = "out-of-order" // not applied, but older than what is
	TooNew     ProblemKind = "too-new"      // the database is at a version that no file has
	Gap        ProblemKind = "gap"          // a number is left out in a numbered row
	Duplicate  ProblemKind = "duplicate"    // two files with one version
	BadName    ProblemKind = "name"         // a file name that cannot be right
	BadText    ProblemKind = "text"         // encoding, placeholder or configuration
	DirtyState ProblemKind = "dirty"        // the plain tool stopped half-way
	Published  ProblemKind = "published"    // subscribers would receive safemigrate's own tables; only a word for --allow
)

// Problem is one disagreement, named, with the choice that exists.
type Problem struct {
	Kind    ProblemKind `json:"kind"`
	Version string      `json:"version,omitempty"`
	File    string      `json:"file,omitempty"`
	Detail  string      `json:"detail"`           // a sentence without capital and full stop
	Choice  string      `json:"choice,omitempty"` // what can be done
	Warning bool        `json:"warning,omitempty"`
}

// Allowable reports whether --allow can wave the problem through.
func (p Problem) Allowable() bool {
	switch p.Kind {
	case Edited, Missing, OutOfOrder, TooNew, Gap, Published:
		return true
	}
	return false
}
