package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// survey finds out what a taking back would take out that is not the batches'
// own work. It reads under the lock that keeps writers out.
func (v *revert) survey(ctx context.Context) error {
	v.report = migrate.RevertReport{Whole: v.whole}
	if v.req.Incomplete {
		return v.surveyIncomplete(ctx)
	}
	v.tellf("counting rows written since")
	before, err := v.cloneSchema(ctx, v.oldest().ID)
	if err != nil {
		return err
	}
	rows, err := v.census(ctx, v.history, nil)
	if err != nil {
		return err
	}
	now, err := v.readSchema(ctx, v.history)
	if err != nil {
		return err
	}
	state, err := v.getAfter(ctx, v.req.Batches[0].ID)
	if err != nil {
		return err
	}
	if state == nil {
		v.unknownSince(rows)
		return nil
	}
	losses, err := v.since(ctx, state, v.home.dir(v.req.Batches[0].ID), rows)
	if err != nil {
		return err
	}
	conflicts := slices.Concat(state.Drift, state.Schema.difference(now, "was created", "was dropped", "was changed"))
	between, err := v.between(ctx, losses)
	if err != nil {
		return err
	}
	v.list(state, losses)
	v.report.Objects = state.Schema.difference(before, "is brought back", "is taken out", "is put back")
	if conflicts = append(conflicts, between...); len(conflicts) > 0 {
		v.report.Drift = conflicts
		return &migrate.ConflictError{Conflicts: conflicts}
	}
	return nil
}

// surveyIncomplete counts what others wrote beside a batch that stopped
// half-way, as far as its last step recorded it.
func (v *revert) surveyIncomplete(ctx context.Context) error {
	b := v.req.Batches[0]
	state, err := v.getAfter(ctx, b.ID)
	if err != nil || state == nil {
		return err
	}
	losses := state.Carried
	// What a statement outside a transaction was about to write is the batch's.
	if b.Running == "" {
		rows, err := v.census(ctx, v.history, nil)
		if err != nil {
			return err
		}
		if losses, err = v.since(ctx, state, v.home.dir(b.ID), rows); err != nil {
			return err
		}
	}
	v.list(state, losses)
	return nil
}

// unknownSince is the report where the state after the batch is not known:
// every row may have been written since.
func (v *revert) unknownSince(rows census) {
	for _, t := range rows {
		v.report.Tables = append(v.report.Tables, migrate.TableReport{Name: t.Name, Way: "whole file", Written: -1, Gone: -1})
	}
	v.report.Drift = []string{"the state after batch " + v.req.Batches[0].ID + " is not recorded, so rows written since cannot be told"}
}

// between adds what was written after each older batch and before the next
// one. A row that was written twice in different stretches counts twice.
func (v *revert) between(ctx context.Context, losses map[string]loss) ([]string, error) {
	var conflicts []string
	for i := len(v.req.Batches) - 1; i > 0; i-- {
		older, newer := v.req.Batches[i].ID, v.manifests[i-1]
		state, err := v.getAfter(ctx, older)
		if err != nil {
			return nil, err
		}
		if state == nil {
			conflicts = append(conflicts, fmt.Sprintf("the state after batch %s is not recorded", older))
			continue
		}
		found, drift, err := v.stretch(ctx, state, older, newer)
		if err != nil {
			return nil, err
		}
		conflicts = append(conflicts, drift...)
		for name, l := range found {
			losses[name] = losses[name].plus(l)
		}
	}
	return conflicts, nil
}

// stretch compares the state after one batch with the snapshot of the next.
func (v *revert) stretch(ctx context.Context, state *after, older string, newer *snapshot.Manifest) (found map[string]loss, drift []string, err error) {
	var rows census
	for _, t := range newer.Tables {
		rows = append(rows, count{Name: t.Name, Rows: t.Rows, Sum: t.Sum})
	}
	if err := v.home.checksum(ctx, newer); err != nil {
		return nil, nil, err
	}
	l, err := connect(ctx, filepath.Join(v.home.dir(newer.ID), cloneName), frozen)
	if err != nil {
		return nil, nil, damaged(ctx, newer.ID, err)
	}
	defer func() { err = errors.Join(err, l.close()) }()
	now, err := l.readSchema(ctx, v.history)
	if err != nil {
		return nil, nil, damaged(ctx, newer.ID, err)
	}
	drift = slices.Concat(state.Drift, state.Schema.difference(now,
		"was created before batch "+newer.ID, "was dropped before batch "+newer.ID, "was changed before batch "+newer.ID))
	found, err = l.since(ctx, state, v.home.dir(older), rows)
	if err != nil {
		return nil, nil, damaged(ctx, newer.ID, err)
	}
	return found, drift, nil
}

func (v *revert) cloneSchema(ctx context.Context, id string) (s schema, err error) {
	l, err := connect(ctx, filepath.Join(v.home.dir(id), cloneName), frozen)
	if err != nil {
		return nil, damaged(ctx, id, err)
	}
	defer func() { err = errors.Join(err, l.close()) }()
	s, err = l.readSchema(ctx, v.history)
	return s, damaged(ctx, id, err)
}

// list reports every table that the batches changed or that somebody wrote to since.
func (v *revert) list(state *after, losses map[string]loss) {
	tables := map[string]migrate.TableReport{}
	for _, t := range state.Tables {
		i := slices.IndexFunc(v.oldest().Tables, func(s snapshot.Table) bool { return fold(s.Name) == fold(t.Name) })
		switch {
		case i < 0:
			tables[t.Name] = migrate.TableReport{Name: t.Name, Way: "dropped"}
		case v.oldest().Tables[i].Sum != t.Sum || v.oldest().Tables[i].Rows != t.Rows:
			tables[t.Name] = migrate.TableReport{Name: t.Name, Way: "whole file"}
		}
	}
	for _, s := range v.oldest().Tables {
		if _, ok := state.Tables.find(s.Name); !ok {
			tables[s.Name] = migrate.TableReport{Name: s.Name, Way: "brought back"}
		}
	}
	for name, l := range losses {
		t, ok := tables[name]
		if !ok {
			t = migrate.TableReport{Name: name, Way: "whole file"}
		}
		t.Written, t.Gone = l.Written, l.Gone
		tables[name] = t
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		v.report.Tables = append(v.report.Tables, tables[name])
	}
}
