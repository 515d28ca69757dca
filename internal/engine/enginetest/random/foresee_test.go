//go:build unix

package random

import (
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
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
	return s.users()
}

// unforeseen tells what the batch has done to tables that its footprint does
// not have.
func (s *session) unforeseen(k *kept, batch []string) (string, error) {
	if err := s.own(); err != nil {
		return "", err
	}
	after, err := s.read()
	if err != nil {
		return "", err
	}
	changed, err := s.changed(k, after)
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
		is := after.Object(catalog.Address{Catalog: "pg_class", OID: oid})
		said := f.Tables[oid]
		gone := is == nil
		switch {
		case said != nil && (said.Dropped || !gone && (said.Deletes || said.Inserts)):
		case gone:
			missed = append(missed, fmt.Sprintf("table %d is gone", oid))
		case said == nil && changed[oid]:
			missed = append(missed, fmt.Sprintf("table %s has changed", is.Identity))
		case said != nil:
			missed = append(missed, lacking(c.Columns, present(c, is.Table), said, changed[oid])...)
		}
	}
	if len(missed) == 0 {
		return "", nil
	}
	slices.Sort(missed)
	return "footprint: " + strings.Join(missed, "\n"), nil
}

// lacking lists columns that are gone although the footprint has them stay, and
// whether values changed although it says of no column that they may.
func lacking(before, after []revert.CopyColumn, said *footprint.Table, changed bool) []string {
	var missed []string
	for _, c := range before {
		stays := slices.ContainsFunc(after, func(o revert.CopyColumn) bool { return o.Num == c.Num })
		if !stays && said.Columns[c.Num].Verdict != migrate.DroppedAway {
			missed = append(missed, fmt.Sprintf("column %s of table %s.%s is gone", c.Name, said.Schema, said.Name))
		}
	}
	if changed && len(missed) == 0 && len(said.Columns) == 0 {
		missed = append(missed, fmt.Sprintf("rows of table %s.%s have changed", said.Schema, said.Name))
	}
	return missed
}
