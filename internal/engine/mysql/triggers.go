package mysql

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/failpoint"
)

// A trigger would fire for the rows that a taking back writes, so it is away meanwhile. What
// others write then would miss it, and nobody would be told. So triggers go and come back
// under the lock under which their table is changed. A crash before they are back leaves a
// schema that lacks them, as one at any other place does.

// remade are the triggers of a table that have to be made, in the order in which they fire.
func (v *revert) remade(table string) (all []catalog.Object) {
	for _, key := range catalog.Keys(v.want) {
		o := v.want.Objects[key]
		if _, mine := v.mine[key]; mine && o.Kind == catalog.Trigger && o.Table == table {
			all = append(all, o)
		}
	}
	slices.SortStableFunc(all, func(a, b catalog.Object) int { return place(a) - place(b) })
	return all
}

// stands reports whether a table is what it has to be, by name, and goes back under a lock.
func (v *revert) stands(table string) bool {
	_, there := v.now.Objects[catalog.Table+" "+table]
	_, wanted := v.want.Objects[catalog.Table+" "+table]
	moved := slices.ContainsFunc(v.moves, func(m [2]string) bool { return m[0] == table || m[1] == table })
	return there && wanted && !moved && len(v.unfits[table]) == 0
}

// lingers reports whether a trigger that is going to be made again stays until its table is
// locked: it is the same one, on the same table.
func (v *revert) lingers(o catalog.Object) bool {
	want := v.want.Objects[o.Key()]
	return o.Kind == catalog.Trigger && want.Kind == catalog.Trigger && want.Table == o.Table && v.stands(o.Table) &&
		!slices.ContainsFunc(v.remade(o.Table), v.inOtherDefault)
}

// inOtherDefault reports whether a trigger can only be made while the database has another
// default collation, which nobody can give it under LOCK TABLES.
func (v *revert) inOtherDefault(o catalog.Object) bool { return v.otherDefault(o.Settings.Database) }

// lingering are the triggers of a table that are still there, and have to go.
func (v *revert) lingering(table string) (all []catalog.Object) {
	if v.armed[table] {
		return nil
	}
	for _, o := range v.remade(table) {
		if is, there := v.now.Objects[o.Key()]; there && v.lingers(is) {
			all = append(all, is)
		}
	}
	return all
}

// readsItself reports whether a trigger that is still on a table has to do with the table
// itself, by what it calls, too: the server locks the table for that once more, for reading.
func (v *revert) readsItself(table string) bool {
	return slices.ContainsFunc(v.lingering(table), func(o catalog.Object) bool {
		n := named{state: v.now, tables: map[string]bool{}, seen: map[string]bool{o.Key(): true}}
		n.read(o.Create[bodyOf(o.Create):], o.Key())
		return n.tables[table]
	})
}

var eachRow = regexp.MustCompile(`(?i)\bFOR\s+EACH\s+ROW\b`)

// bodyOf is where the body of a trigger begins; where that is not told, its whole text counts.
func bodyOf(create string) int {
	if at := eachRow.FindStringIndex(create); at != nil {
		return at[1]
	}
	return 0
}

// disarm drops the triggers that a table had until now, and makes sure that it has no other.
func (v *revert) disarm(ctx context.Context, table string) error {
	for _, o := range v.lingering(table) {
		if err := v.dropUnstored(ctx, o); err != nil {
			return err
		}
	}
	return v.untriggered(ctx, table)
}

// arm makes the triggers of a table before its lock is given back. One that cannot be made
// yet, and those that fire after it, come at the end, with the error if there is one
// (createObjects).
func (v *revert) arm(ctx context.Context, table string) error {
	all := v.remade(table)
	if v.armed[table] || len(all) == 0 || slices.ContainsFunc(all, v.inOtherDefault) {
		return nil
	}
	failpoint.Hit("mysql.revert.disarmed")
	v.armed[table] = !slices.ContainsFunc(all, func(o catalog.Object) bool { return v.create(ctx, o) != nil })
	return v.ownSettings(ctx)
}

// rearm makes the triggers again of tables that nothing else happens to.
func (v *revert) rearm(ctx context.Context) error {
	for _, key := range catalog.Keys(v.want) {
		o := v.want.Objects[key]
		if o.Kind != catalog.Table || len(v.lingering(o.Name)) == 0 {
			continue
		}
		if err := v.lockFollowed(ctx, o.Name); err != nil {
			return fmt.Errorf("table %s: %w", o.Name, err)
		}
		err := v.disarm(ctx, o.Name)
		if err == nil {
			err = v.arm(ctx, o.Name)
		}
		if err = v.unlocked(ctx, err); err != nil {
			return fmt.Errorf("table %s: %w", o.Name, err)
		}
	}
	return nil
}

// lock locks a table, and what goes with it, sequences too. The server locks what the table's
// triggers use, too, and refuses where that is gone; then they go first.
func (v *revert) lock(ctx context.Context, table string, locks []string) error {
	sequences, err := v.sequencesThere(ctx)
	if err != nil {
		return err
	}
	lock := "LOCK TABLES " + strings.Join(append(slices.Clip(locks), sequences...), ", ")
	err = v.own.exec(ctx, lock)
	if err != nil && !unread(ctx, err) && len(v.lingering(table)) > 0 {
		if err = v.disarm(ctx, table); err == nil {
			err = v.own.exec(ctx, lock)
		}
	}
	if err != nil {
		return fmt.Errorf("lock it: %w", err)
	}
	return nil
}

// unlocked ends what was done under locks.
func (v *revert) unlocked(ctx context.Context, err error) error {
	return errors.Join(err, v.own.exec(context.WithoutCancel(ctx), "UNLOCK TABLES"))
}
