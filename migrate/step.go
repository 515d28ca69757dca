package migrate

import (
	"fmt"

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// Segment is a run of a migration's statements that are committed together.
type Segment struct {
	Migration   int // index in the batch
	Statements  []sqltext.Statement
	First, Last bool // the migration starts, ends here
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

// Steps cuts a batch into steps. splitAt holds the indices of migrations that
// must not share a transaction with the one before them.
func Steps(scripts []Script, splitAt map[int]bool) ([]Step, error) {
	c := cutter{}
	for i, s := range scripts {
		if splitAt[i] {
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
	steps []Step
	open  Step
	// commitNext is set after a statement whose result can only be used once
	// it is committed: the next migration starts a new transaction.
	commitNext bool
}

func (c *cutter) commit() {
	if len(c.open.Segments) > 0 {
		c.open.Transaction = true
		c.steps = append(c.steps, c.open)
	}
	c.open = Step{}
	c.commitNext = false
}

func (c *cutter) script(i int, s Script) error {
	if c.commitNext {
		c.commit()
	}
	if off := turnsForeignKeysOff(s.Statements); off {
		c.commit()
		c.open.ForeignKeysOff = true
		defer c.commit()
	}
	seg := Segment{Migration: i, First: true}
	flush := func(last bool) {
		seg.Last = last
		if len(seg.Statements) > 0 || last || seg.First {
			c.open.Segments = append(c.open.Segments, seg)
		}
		seg = Segment{Migration: i}
	}
	for k, st := range s.Statements {
		if reason := refused(st); reason != "" {
			return &Refusal{File: s.Migration.File, Line: st.Line, Column: st.Column, Reason: reason}
		}
		final := k == len(s.Statements)-1
		switch {
		case st.Traits.Has(sqltext.ForeignKeysPragma) || st.Traits.Has(sqltext.Begin):
			// The step's own transaction and setting stand for them.
		case st.Traits.Has(sqltext.Commit):
			// The file's own commit, unless it is the end of the file anyway.
			if !final {
				flush(false)
				c.commit()
			}
		case st.Traits.Has(sqltext.Outside) || s.Migration.OutsideTransaction:
			if len(seg.Statements) > 0 {
				flush(false)
			}
			c.commit()
			c.steps = append(c.steps, Step{Segments: []Segment{{
				Migration: i, Statements: []sqltext.Statement{st}, First: seg.First && k == 0, Last: final,
			}}})
			seg.First = false
			if final {
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
