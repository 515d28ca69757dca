//go:build unix

package random

import (
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// foresee reads what the footprint of a batch is told from.
func (s *session) foresee(k *kept) error {
	if err := s.own(); err != nil {
		return err
	}
	var err error
	if k.known, err = footprint.Read(s.ctx, s.Conn); err != nil {
		return err
	}
	if k.nodes, err = s.nodes(); err != nil {
		return err
	}
	return s.users()
}

// nodes tells in which files the rows of tables lie. What the server counts of rows
// cannot be asked here: statements that it refused, and that are undone, count too.
func (s *session) nodes() (map[uint32]uint32, error) {
	return s.filesOf("r")
}

// unforeseen tells what the batch has done to tables that its footprint does
// not have.
func (s *session) unforeseen(k *kept, batch []string) (string, error) {
	if err := s.own(); err != nil {
		return "", err
	}
	now, err := s.nodes()
	if err != nil {
		return "", err
	}
	after, err := s.read()
	if err != nil {
		return "", err
	}
	text := strings.Join(batch, ";\n")
	statements, err := sqltext.Split(sqltext.PostgreSQL, text)
	if err != nil {
		return "", err
	}
	f := footprint.Of(k.known, []migrate.Script{{Migration: migrate.Migration{File: "batch", Text: text}, Statements: statements}})
	if len(f.Whole) > 0 {
		return "", nil
	}
	var missed []string
	for oid, c := range k.copies {
		at := catalog.Address{Catalog: "pg_class", OID: oid}
		if k.state.Object(at).Table.Key != "" {
			continue // a partitioned table has no rows itself
		}
		is := after.Object(at)
		said := f.Tables[oid]
		if said == nil {
			said = &footprint.Table{}
		}
		switch {
		case said.Dropped:
		case is == nil:
			missed = append(missed, fmt.Sprintf("table %d is gone", oid))
		default:
			if now[oid] != k.nodes[oid] && !anew(said) {
				missed = append(missed, is.Identity+": it was written anew")
			}
			more, err := s.lacking(c, is, said)
			if err != nil {
				return "", err
			}
			missed = append(missed, more...)
		}
	}
	if len(missed) == 0 {
		return "", nil
	}
	slices.Sort(missed)
	return "footprint: " + strings.Join(missed, "\n"), nil
}

// anew reports whether a footprint has a table's rows get another file.
func anew(said *footprint.Table) bool {
	for _, c := range said.Columns {
		if c.Verdict == migrate.Rewritten || c.Verdict == migrate.LosesRows {
			return true
		}
	}
	return said.Rewrites || said.Deletes
}

// lacking lists columns that are gone although the footprint has them stay, and
// whether values changed of columns that it has untouched.
func (s *session) lacking(c revert.Copy, is *catalog.Object, said *footprint.Table) ([]string, error) {
	after := present(c, is.Table)
	var missed []string
	for _, was := range c.Columns {
		stays := slices.ContainsFunc(after, func(o revert.CopyColumn) bool { return o.Num == was.Num })
		if !stays && said.Columns[was.Num].Verdict != migrate.DroppedAway {
			missed = append(missed, fmt.Sprintf("%s: column %s is gone", is.Identity, was.Name))
		}
	}
	untouched := slices.DeleteFunc(after, func(o revert.CopyColumn) bool { _, touched := said.Columns[o.Num]; return touched })
	if said.Inserts || said.Deletes || len(untouched) == 0 || len(missed) > 0 {
		return missed, nil
	}
	were, err := rows.Kept(s.ctx, s.Conn, revert.Copy{Source: c.Source, Columns: untouched})
	if err != nil {
		return nil, err
	}
	are, err := rows.Live(s.ctx, s.Conn, is.Identity, untouched)
	if err == nil && were != are {
		missed = append(missed, is.Identity+": values changed in a column that stays as it is")
	}
	return missed, err
}
