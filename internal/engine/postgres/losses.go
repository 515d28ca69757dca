package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
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
		if err := u.cost(ctx, p, t, &line); err != nil {
			return err
		}
		mark, marked := p.effect.Marks[t.OID]
		takenOut := t.Now != "" && t.Way != revert.InPlace
		switch {
		case !takenOut || u.req.Incomplete:
		case t.Way == revert.Corrected || t.Way == revert.PutBack:
			if err := u.countOverlap(ctx, plan, p, t, &line); err != nil {
				return err
			}
		case marked:
			var err error
			if line.Written, line.Gone, err = u.sinceBatch(ctx, t, p.manifest.ID, mark); err != nil {
				return err
			}
		default:
			line.Written, line.Gone = -1, -1
		}
		u.report.Tables = append(u.report.Tables, line)
	}
	return nil
}

// incomplete tells a copy or record that is gone from other errors.
func incomplete(id string, err error) error {
	if code(err) == "42P01" || code(err) == "3F000" {
		return fmt.Errorf("snapshot %s: %w: %w", id, snapshot.ErrDamaged, err)
	}
	return err
}

// orphans counts the rows of tables which keep theirs that would refer to rows
// that are gone. It is a conflict: they are none of the batch's, and stay.
func (u *undo) orphans(ctx context.Context, plan *revert.Plan) error {
	var conflicts []string
	for _, o := range plan.Orphans() {
		var n int64
		if err := u.conn.QueryRow(ctx, o.SQL).Scan(&n); err != nil {
			return fmt.Errorf("count the rows of %s that refer to what goes: %w", o.Table, plain(err))
		}
		if n > 0 {
			conflicts = append(conflicts, fmt.Sprintf("%s: %s, by foreign key %s, to rows that would be gone", o.Table, migrate.RowsRefer(n), o.Constraint))
		}
	}
	if len(conflicts) > 0 {
		return &migrate.ConflictError{Conflicts: conflicts}
	}
	return nil
}

// countOverlap counts, of a table whose later rows stay, those that nevertheless
// cannot stay as they are: rows that the batch wrote, too, and rows without a value
// for a column that comes back and must have one.
func (u *undo) countOverlap(ctx context.Context, plan *revert.Plan, p *past, t revert.TableWay, line *migrate.TableReport) error {
	if o, ok := plan.Overlap(t); ok {
		if err := u.conn.QueryRow(ctx, o.Count).Scan(&line.Written, &line.Gone); err != nil {
			return fmt.Errorf("count the rows of %s that the batch wrote, too: %w", t.Now, plain(err))
		}
		if err := u.countHomeless(ctx, o, line.Name); err != nil {
			return fmt.Errorf("count the rows of %s that have no place: %w", t.Now, err)
		}
	}
	if err := u.noteLater(ctx, t, p); err != nil {
		return err
	}
	query, columns := plan.Bare(t)
	if query == "" {
		return nil
	}
	bare, err := revert.Count(ctx, u.conn, query)
	if err != nil {
		return fmt.Errorf("count the rows of %s without %s: %w", t.Now, strings.Join(columns, ", "), plain(err))
	}
	u.countMisfits(line, u.misfits[p.manifest.ID][t.Before], bare)
	return nil
}

// countMisfits notes how many rows break what comes back, and have to go.
func (u *undo) countMisfits(line *migrate.TableReport, m revert.Misfit, n int64) {
	if n == 0 {
		return
	}
	line.Written += n
	u.bare[line.Name] = true
	if m.Whole {
		line.Why = strings.TrimPrefix(line.Why+"; rows that break "+m.What+" go whole, also where they were there before", "; ")
	}
}

// countTakenOut adds the rows that Apply took out of tables which stay.
func (u *undo) countTakenOut(plan *revert.Plan, p *past) {
	for _, t := range plan.Tables {
		for i := len(u.report.Tables) - 1; i >= 0; i-- { // those of later batches come before
			if line := &u.report.Tables[i]; line.Name == t.Now {
				u.countMisfits(line, u.misfits[p.manifest.ID][t.Before], plan.TakenOut[t.OID])
				noteUnasked(line, u.unasked[t.OID])
				break
			}
		}
	}
}

// countHomeless finds out whether some of the rows that were counted could not be kept.
func (u *undo) countHomeless(ctx context.Context, o revert.Overlap, name string) error {
	if o.Homeless == "" || u.req.Decide != migrate.Keep {
		return nil
	}
	var n int64
	if err := u.conn.QueryRow(ctx, o.Homeless).Scan(&n); err != nil {
		return plain(err)
	}
	u.bare[name] = u.bare[name] || n > 0
	return nil
}

// cost tells about how much is written to take a table back.
func (u *undo) cost(ctx context.Context, p *past, t revert.TableWay, line *migrate.TableReport) error {
	if !usesCopy(t) {
		return nil
	}
	words, later, ready := u.prepared(t)
	line.Prepared = words
	if ready {
		line.Rows = later
		return nil
	}
	source := t.Now
	if c, kept := p.kept.Copies[t.OID]; kept && t.Way != revert.PutBack {
		source = c.Source
	}
	if source == "" {
		return nil // its partitions hold its rows
	}
	err := u.conn.QueryRow(ctx, `SELECT CASE WHEN c.reltuples BETWEEN 0 AND 1e15 THEN c.reltuples::bigint ELSE 0 END, pg_catalog.pg_table_size(c.oid)
		FROM pg_catalog.pg_class c WHERE c.oid = $1::regclass`, source).Scan(&line.Rows, &line.Bytes)
	if err != nil {
		return fmt.Errorf("measure %s: %w", source, plain(err))
	}
	sum, summed := p.kept.Sums[t.OID]
	all := max(sum.Rows, 1)
	switch {
	case t.Way == revert.Corrected:
		line.Rows = p.effect.Records[t.OID].Rows
		line.Bytes = line.Bytes * min(line.Rows, all) / all
	case summed:
		line.Rows = sum.Rows
	}
	return nil
}

// noteLater counts what was written since the batch in a table that keeps it, for
// the batches before.
func (u *undo) noteLater(ctx context.Context, t revert.TableWay, p *past) error {
	mark, marked := p.effect.Marks[t.OID]
	if t.Way != revert.PutBack || !marked {
		return nil
	}
	if s, ready := u.ready[t.OID]; ready && !s.later && s.Later != nil {
		u.later[t.OID] = *s.Later // nothing has come since
		return nil
	}
	written, gone, err := u.sinceBatch(ctx, t, p.manifest.ID, mark)
	u.later[t.OID] = since{Written: written, Gone: gone}
	return err
}

// since counts what was written to a present table since a mark. While nothing is taken
// back yet, the table is read for what the quarantine, which a plan has none of, is
// going to ask, too.
func (u *undo) since(ctx context.Context, oid uint32, name string, m rows.Mark) (written, gone int64, err error) {
	if u.done > 0 || u.req.PlanOnly {
		written, gone, err = rows.Since(ctx, u.conn, name, m)
		return written, gone, plain(err)
	}
	if u.earlier == nil {
		if u.earlier, err = u.readEarlier(ctx); err != nil {
			return 0, 0, err
		}
	}
	counts, err := u.earlier.count(ctx, u.conn, oid, name, rows.Asked{Mark: m})
	if err != nil {
		return 0, 0, err
	}
	return counts[0].Written, counts[0].Gone, nil
}

// sinceBatch counts what was written to a present table since a batch, which may have
// been counted with what is asked of the table besides.
func (u *undo) sinceBatch(ctx context.Context, t revert.TableWay, batch string, m rows.Mark) (written, gone int64, err error) {
	if u.done == 0 && u.earlier != nil {
		if n, counted := u.earlier.since(batch, t.OID); counted {
			return n.Written, n.Gone, nil
		}
	}
	return u.since(ctx, t.OID, t.Now, m)
}

// withoutPlace leaves out the tables whose later rows can be kept.
func (u *undo) withoutPlace(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		i := slices.IndexFunc(u.report.Tables, func(t migrate.TableReport) bool { return t.Name == name })
		way := revert.Way(u.report.Tables[i].Way)
		return !u.bare[name] && (way == revert.Corrected || way == revert.PutBack)
	})
}

// reportLine names a table and its way. A table that goes for another one of the
// same name is one line for people: rebuilt.
func reportLine(all []revert.TableWay, t revert.TableWay) (line migrate.TableReport, told bool) {
	line = migrate.TableReport{Name: t.Now, Way: string(t.Way), Why: t.Why, Readers: t.Readers}
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

// decide stops where rows would be taken out and nobody said what to do. Later rows of
// some tables can be kept.
func (u *undo) decide() error {
	err := u.req.Decided(u.report)
	if keep, ok := errors.AsType[*migrate.KeepError](err); ok {
		if keep.Tables = u.withoutPlace(keep.Tables); len(keep.Tables) == 0 {
			return nil
		}
	}
	return err
}
