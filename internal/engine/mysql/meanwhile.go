package mysql

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// Others change definitions, too, while batches are taken back. What a taking back does not
// touch it leaves alone and names. What it touches is between two definitions that are
// known: the one that was read and the one that is wanted. Before it changes a table it
// reads its definition again, where it can under the lock under which it changes it, and
// stops at whatever neither of the two has.

// partForms keeps these definitions, by object, for whoever goes on after a crash.
const partForms = "forms"

// forms are the definitions that objects can have while batches are taken back.
type forms map[string][]string

// touched finds what this taking back changes, as it is now and will be.
func (v *revert) touched() forms {
	all := forms{}
	for _, key := range catalog.Keys(v.now, v.want) {
		is, there := v.now.Objects[key]
		want, wanted := v.want.Objects[key]
		src := v.source[want.Name]
		if there == wanted && is == want && (is.Kind != catalog.Trigger || !v.disturbs(is)) &&
			(is.Kind != catalog.Table || src == nil && len(v.loosens(v.now, is)) == 0) {
			continue
		}
		all[key] = append(all[key], want.Create)
		if want.Kind == catalog.Table && src != nil && src.form.Create != "" {
			all[key] = append(all[key], v.formOf(want).Create)
			v.loose[want.Name] = true
		}
		if lost := v.lost(want.Name); want.Kind == catalog.Table && len(lost) > 0 {
			all[key] = append(all[key], catalog.WithoutKeysOver(want.Create, lost))
			refers, _ := catalog.References(want.Create)
			v.loose[want.Name] = v.loose[want.Name] || slices.ContainsFunc(refers, func(r catalog.Reference) bool { return catalog.Meet(r.Columns, lost) })
		}
		if c := want.Settings.Database; v.otherDefault(c) { // while it is made, so is the database
			defaults := v.defaultsIn(v.want)
			all[defaults.Key()] = append(all[defaults.Key()], defaults.Create, defaultsOf(c))
		}
		if there {
			all[key] = append(all[key], is.Create)
			v.onTheWay(all, is)
		}
	}
	for table, names := range v.names {
		key := catalog.Table + " " + table
		for _, create := range all[key] {
			named, _ := catalog.Rename(create, names)
			all[key] = append(all[key], named)
		}
	}
	for key := range all {
		all[key] = slices.DeleteFunc(all[key], func(create string) bool { return create == "" })
	}
	return all
}

// onTheWay adds the definitions that a table gets since it, or a table that it refers to,
// gets another name.
func (v *revert) onTheWay(all forms, is catalog.Object) {
	if is.Kind != catalog.Table {
		return
	}
	for _, m := range v.moves {
		is.Create = catalog.Referring(is.Create, m[0], m[1])
		if is.Name == m[0] {
			is.Create, is.Name = catalog.Renamed(is.Create, m[0], m[1]), m[1]
		}
		all[is.Key()] = append(all[is.Key()], is.Create)
	}
}

// readForms reads what the earlier takings back of a batch have kept; nil where none began.
func (d *DB) readForms(ctx context.Context, id string) (forms, error) {
	n, err := d.ledger.number(ctx, "SELECT count(*) FROM safemigrate_part WHERE batch = $1 AND name = $2", id, partForms)
	if err != nil || n == 0 {
		return nil, err
	}
	var all forms
	err = d.part(ctx, id, partForms, "", &all)
	return all, err
}

// noteForms keeps them, for a batch.
func (v *revert) noteForms(ctx context.Context, id string) error {
	all, err := v.readForms(ctx, id)
	if err != nil {
		return err
	}
	if all == nil {
		all = forms{}
	}
	for key, some := range v.mine {
		all[key] = slices.Compact(slices.Sorted(slices.Values(append(all[key], some...))))
	}
	_, err = v.putPart(ctx, v.own, id, partForms, all)
	return err
}

// strange tells what somebody else has done to a table, in words; more is what it only has
// besides.
func (f forms) strange(table, create string) (words, more []string) {
	known, mine := f[catalog.Table+" "+table]
	if !mine {
		return []string{"table " + table + " was changed"}, nil
	}
	more, lacks := catalog.Strange(create, known...)
	for _, text := range more {
		words = append(words, fmt.Sprintf("table %s has %s", table, text))
	}
	for _, text := range lacks {
		words = append(words, fmt.Sprintf("table %s lacks %s", table, text))
	}
	if len(lacks) > 0 {
		more = nil
	}
	return words, more
}

// unchanged makes sure that objects are still what was read, before they are changed.
func (v *revert) unchanged(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	is, err := v.census(ctx, v.req.History.Table)
	if err != nil {
		return err
	}
	var found []string
	for _, key := range catalog.Changed(v.now, is) {
		o := is.Objects[key]
		// A trigger that is new would fire, but for those that were made again.
		if slices.Contains(keys, key) || o.Kind == catalog.Trigger && v.disturbs(o) && o != v.want.Objects[key] {
			found = append(found, catalog.Describe(key, v.now, is, "was created", "was dropped", "was changed"))
		}
	}
	return conflict(found)
}

func conflict(found []string) error {
	if len(found) == 0 {
		return nil
	}
	return &migrate.ConflictError{Conflicts: found}
}

// unaltered makes sure that nobody else has changed a table that is about to be changed.
func (v *revert) unaltered(ctx context.Context, table string) error {
	is, err := v.own.definition(ctx, table)
	if err != nil {
		return err
	}
	words, _ := v.mine.strange(table, is)
	return conflict(words)
}

// untriggered makes sure that a table has no trigger but those that stay, which where rows
// are written is none: those that it had are gone by now (dropObjects, disarm).
func (v *revert) untriggered(ctx context.Context, table string) error {
	rows, err := v.own.query(ctx, "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = $1 AND event_object_table = $2", v.name, table)
	if err != nil {
		return fmt.Errorf("look for triggers: %w", err)
	}
	var found []string
	for _, r := range rows {
		key := catalog.Trigger + " " + r.Text(0)
		_, had := v.now.Objects[key]
		if _, mine := v.mine[key]; had && !mine {
			continue
		}
		found = append(found, fmt.Sprintf("trigger %s was created on table %s", r.Text(0), table))
	}
	return conflict(found)
}

// leftAlone reports whether an object that is not as wanted is so by the work of others
// alone: it was not touched, or has got some more since it is as wanted.
func (v *revert) leftAlone(key string, is catalog.Object) bool {
	if _, mine := v.mine[key]; !mine {
		return true
	}
	want := v.want.Objects[key]
	if want.Kind != catalog.Table || is.Kind != catalog.Table || is.Engine != want.Engine {
		return false
	}
	_, more := v.mine.strange(want.Name, is.Create)
	return len(more) > 0 && catalog.Besides(is.Create, want.Create, more)
}

// halfway is the schema as what stopped half-way left it, without what others have changed
// since a taking back began: before that, nobody can tell theirs from the batch's. aside
// are tables that are as they were, with something more, and conflicts what others changed
// of what has to be put back.
func (v *revert) halfway(ctx context.Context, s *stage) (left catalog.State, aside map[string][]string, conflicts []string, err error) {
	known, err := v.readForms(ctx, s.manifest.ID)
	if err != nil || known == nil {
		return v.now, nil, nil, err
	}
	v.tried = known
	left = catalog.State{Objects: maps.Clone(v.now.Objects), Counters: v.now.Counters}
	aside = map[string][]string{}
	for _, key := range catalog.Changed(s.before.State, v.now) {
		was, inB := s.before.State.Objects[key]
		is, there := v.now.Objects[key]
		some, mine := known[key]
		var words, more []string
		switch {
		case !mine:
		case !there:
			continue
		case is.Kind == catalog.Table:
			if words, more = known.strange(is.Name, is.Create); len(words) == 0 {
				continue
			}
			if len(more) == 0 || !catalog.Besides(is.Create, was.Create, more) {
				conflicts = append(conflicts, words...)
				continue
			}
			aside[is.Name] = words
		case slices.Contains(some, is.Create):
			continue
		default:
			conflicts = append(conflicts, catalog.Describe(key, s.before.State, v.now, "was created", "was dropped", "was changed"))
			continue
		}
		if delete(left.Objects, key); inB {
			left.Objects[key] = was
		}
	}
	return left, aside, conflicts, nil
}
