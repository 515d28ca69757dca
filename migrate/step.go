package migrate

import (
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// Segment is a run of a migration's statements that are committed together.
type Segment struct {
	Migration  int // index in the batch
	Statements []sqltext.Statement
	Last       bool // the migration ends here
}

// Step is what is committed at once: a transaction of one or more segments, or
// one statement that no transaction can hold.
type Step struct {
	Transaction bool
	Segments    []Segment
	// ForeignKeysOff asks SQLite for PRAGMA foreign_keys = OFF around the
	// transaction, because the file sets it (inside it would do nothing).
	ForeignKeysOff bool
}

// Place is a statement of a batch.
type Place struct {
	Migration int // index in the batch
	Offset    int // of the statement in the file
}

// Cuts are the places where a batch has to be cut that its text does not show.
type Cuts struct {
	Before  map[int]bool   // migrations that must not share a transaction with the one before
	Outside map[Place]bool // statements that no transaction can hold
}

// Refusal is a statement that a batch cannot hold, found before anything runs.
type Refusal struct {
	File         string
	Line, Column int
	Reason       string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", r.File, r.Line, r.Column, r.Reason)
}

// Script is a migration cut into statements.
type Script struct {
	Migration  Migration
	Statements []sqltext.Statement
}

// Steps cuts a batch into steps.
func Steps(scripts []Script, cuts Cuts) ([]Step, error) {
	c := cutter{cuts: cuts}
	for i, s := range scripts {
		if cuts.Before[i] || c.commitNext {
			c.commit()
		}
		if err := c.script(i, s); err != nil {
			return nil, err
		}
	}
	c.commit()
	return c.steps, nil
}

// cutter collects segments and closes a step wherever a commit must be.
type cutter struct {
	cuts    Cuts
	steps   []Step
	open    []Segment
	keysOff bool // the file under way sets PRAGMA foreign_keys = OFF
	// commitNext is set after a statement whose result can only be used once
	// it is committed: the next migration starts a new transaction.
	commitNext bool
}

func (c *cutter) commit() {
	if len(c.open) > 0 {
		c.steps = append(c.steps, Step{Transaction: true, Segments: c.open, ForeignKeysOff: c.keysOff})
	}
	c.open, c.commitNext = nil, false
}

func (c *cutter) script(i int, s Script) error {
	if turnsForeignKeysOff(s.Statements) {
		c.commit()
		c.keysOff = true
		defer func() { c.commit(); c.keysOff = false }()
	}
	end := lastReal(s.Statements)
	seg := Segment{Migration: i}
	flush := func(last bool) {
		if len(seg.Statements) > 0 || last {
			seg.Last = last
			c.open = append(c.open, seg)
		}
		seg = Segment{Migration: i}
	}
	explicit := false // within the file's own BEGIN … COMMIT
	for k, st := range s.Statements {
		if reason := refused(st); reason != "" {
			return &Refusal{File: s.Migration.File, Line: st.Line, Column: st.Column, Reason: reason}
		}
		outside := st.Traits.Has(sqltext.Outside) || c.cuts.Outside[Place{i, st.Offset}]
		switch {
		case st.Traits.Has(sqltext.Begin):
			explicit = true // the step's own transaction stands for it
		case st.Traits.Has(sqltext.Commit):
			explicit = false
			if k < end { // else the end of the file commits
				flush(false)
				c.commit()
			}
		case st.Traits.Has(sqltext.ForeignKeysPragma):
			// The step's setting stands for it.
		case outside:
			flush(false)
			c.commit()
			c.steps = append(c.steps, Step{Segments: []Segment{{Migration: i, Statements: []sqltext.Statement{st}, Last: k == end}}})
			if k == end {
				return nil
			}
		case s.Migration.OutsideTransaction && !explicit:
			// Committed alone, as the file asks, but in a transaction wherever one
			// can hold it: so nobody else's rows are taken for the batch's.
			flush(false)
			c.commit()
			c.open = append(c.open, Segment{Migration: i, Statements: []sqltext.Statement{st}, Last: k == end})
			c.commit()
			if k == end {
				return nil
			}
		default:
			seg.Statements = append(seg.Statements, st)
			c.commitNext = c.commitNext || st.Traits.Has(sqltext.CommitAfter)
		}
	}
	flush(true)
	return nil
}

// lastReal is the index of the last statement that a step carries itself.
func lastReal(statements []sqltext.Statement) int {
	for k, statement := range slices.Backward(statements) {
		t := statement.Traits
		if !t.Has(sqltext.Begin) && !t.Has(sqltext.Commit) && !t.Has(sqltext.ForeignKeysPragma) {
			return k
		}
	}
	return -1
}

// refused names what no batch can hold, whatever its transaction.
func refused(st sqltext.Statement) string {
	switch {
	case st.Traits.Has(sqltext.Rollback):
		return "ROLLBACK in a migration: what it undoes should not be in the file"
	case st.Traits.Has(sqltext.Chain):
		return "COMMIT AND CHAIN is not supported: write COMMIT and BEGIN"
	case st.Traits.Has(sqltext.TwoPhase):
		return "two-phase commit in a migration cannot be taken back"
	}
	return ""
}

func turnsForeignKeysOff(statements []sqltext.Statement) bool {
	for _, st := range statements {
		if on, set := st.ForeignKeysValue(); set && !on {
			return true
		}
	}
	return false
}
