package postgres

import (
	"context"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/migrate"
)

// changedRows lists the tables whose rows have to come from their copies. Where
// a statement outside a transaction may have written rows before it was
// recorded, every table that no longer equals its copy counts.
func (u *undo) changedRows(ctx context.Context, b migrate.Batch, p *past) (map[uint32]bool, error) {
	_, verb, _ := strings.Cut(b.Running, " ")
	if !u.req.Incomplete || !mayWrite(verb) {
		return p.effect.RowsChanged, nil
	}
	everything := map[uint32]bool{}
	for oid := range p.kept.Copies {
		everything[oid] = true
	}
	return u.compare(ctx, everything, p.before, u.now, p.kept)
}

// mayWrite reports whether a statement outside a transaction can change rows.
func mayWrite(verb string) bool {
	for _, builds := range []string{"CREATE INDEX", "DROP INDEX", "REINDEX", "VACUUM", "CLUSTER", "ALTER SYSTEM"} {
		if strings.HasPrefix(verb, builds) {
			return false
		}
	}
	return verb != ""
}

// count adds the rows that somebody wrote since to the report.
func (u *undo) count(ctx context.Context, plan *revert.Plan, p *past) error {
	for _, t := range plan.Tables {
		line, told := reportLine(plan.Tables, t)
		if told {
			continue
		}
		mark, marked := p.effect.Marks[t.OID]
		takenOut := t.Now != "" && t.Way != revert.InPlace
		switch {
		case !takenOut || u.req.Incomplete:
		case marked:
			var err error
			if line.Written, line.Gone, err = rows.Since(ctx, u.conn, t.Now, mark); err != nil {
				return plain(err)
			}
		default:
			line.Written, line.Gone = -1, -1
		}
		u.report.Tables = append(u.report.Tables, line)
	}
	return nil
}

// reportLine names a table and its way. A table that goes for another one of the
// same name is one line for people: rebuilt.
func reportLine(all []revert.TableWay, t revert.TableWay) (line migrate.TableReport, told bool) {
	line = migrate.TableReport{Name: t.Now, Way: string(t.Way)}
	if t.Now == "" {
		line.Name = t.Before
	}
	for _, o := range all {
		switch {
		case t.Way == revert.BroughtBack && o.Way == revert.Dropped && o.Now == t.Before:
			return line, true
		case t.Way == revert.Dropped && o.Way == revert.BroughtBack && o.Before == t.Now:
			line.Way = string(revert.Rebuilt)
		}
	}
	return line, false
}

// decide stops where rows would be taken out and nobody said what to do.
func (u *undo) decide() error {
	if u.req.PlanOnly || u.req.Incomplete || u.report.Losses() == 0 {
		return nil
	}
	switch u.req.Decide {
	case migrate.Discard:
		return nil
	case migrate.Keep:
		var names []string
		for _, t := range u.report.Tables {
			if t.Written != 0 || t.Gone != 0 {
				names = append(names, t.Name)
			}
		}
		return &migrate.KeepError{Tables: names}
	}
	return &migrate.UndecidedError{Report: u.report}
}
