package migrate

import "fmt"

// Outcome is the class of an ending; its number is the exit code of the command.
type Outcome int

// The outcomes. Their meaning is an API: see docs/exit-codes.md.
const (
	Done         Outcome = 0 // done, or nothing to do
	Unchanged    Outcome = 1 // failed; the database was not changed
	Usage        Outcome = 2 // wrong usage or configuration
	Restored     Outcome = 3 // the migration failed; the database is back at the old version
	Interrupted  Outcome = 4 // half-way: recover brings it to one side
	Locked       Outcome = 5 // somebody else is at work
	NoWayBack    Outcome = 6 // no way back could be made, or a limit refused it; nothing was changed
	Undecided    Outcome = 7 // a rollback would take out rows written since
	Disagreement Outcome = 8 // history and files disagree, or the schema drifted
)

// Failure is an ending other than Done, in the terms that a person in the
// middle of an incident needs.
type Failure struct {
	Outcome Outcome
	Op      string // what was tried: "apply migration 14"
	State   string // the state that the database is in
	Hint    string // the next command
	Err     error
}

// Error gives what was tried, why it failed and the state of the database.
func (f *Failure) Error() string {
	text := f.Op
	if f.Err != nil {
		text = fmt.Sprintf("%s: %v", f.Op, f.Err)
	}
	if f.State != "" {
		text += "; " + f.State
	}
	return text
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }
