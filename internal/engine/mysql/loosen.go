package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

// loosen drops the foreign keys that rest on a column which gets another form again: the
// server changes neither column of one, in whatever order, and whether it checks or not.
// So it does with those by which a table that is replaced refers to itself, and with those of
// tables that get another engine or other partitions again, on either side: one that can have
// no foreign key is referred to by its name alone, and comes to be referred to by others under
// a lock that does not hold them. Tables that lack such a key get none yet. They come back
// with the end of it (tighten). A crash in between leaves a definition that is not as
// wanted, like any other.
func (v *revert) loosen(ctx context.Context) error {
	now, err := v.census(ctx, v.req.History.Table)
	if err != nil {
		return err
	}
	for _, key := range catalog.Keys(now, v.want) {
		is := now.Objects[key]
		want, wanted := v.want.Objects[key]
		if wanted && slices.ContainsFunc(catalog.ForeignKeys(want.Create), func(parent string) bool {
			return parent == want.Name && v.replaced(is) || v.storedAnew(now, parent)
		}) {
			v.loose[want.Name] = true
		}
		drops := v.loosens(now, is)
		if !wanted || len(drops) == 0 {
			continue
		}
		if err := v.unaltered(ctx, is.Name); err != nil {
			return err
		}
		v.tellf("table %s: %s", is.Name, strings.Join(drops, ", "))
		if err := v.change(ctx, is.Name, is.Create, drops); err != nil {
			return fmt.Errorf("table %s: %w", is.Name, err)
		}
		v.loose[is.Name] = true
	}
	return nil
}

// codeCannotDrop is ER_CANT_DROP_FIELD_OR_KEY.
const codeCannotDrop = 1091

// change alters a table. MySQL can have lost a foreign key which it shows, where a column that this
// refers to got another name; it finds it again once anything about the table is altered, such as
// that a key gets the name which it has.
func (v *revert) change(ctx context.Context, table, create string, clauses []string) error {
	err := v.own.exec(ctx, alter(table, clauses))
	if v.server.maria || !isCode(err, codeCannotDrop) {
		return err
	}
	var foreign []string
	for _, c := range clauses {
		if name, is := strings.CutPrefix(c, "DROP FOREIGN KEY "); is {
			foreign = append(foreign, "ADD CONSTRAINT "+name+" ")
		}
	}
	again := catalog.Asked(create, foreign)
	if len(again) == 0 {
		return err
	}
	if err := v.own.exec(ctx, alter(table, again)); err != nil {
		return err
	}
	return v.own.exec(ctx, alter(table, clauses))
}

// loosens are the clauses by which a table loses such foreign keys.
func (v *revert) loosens(now catalog.State, is catalog.Object) (drops []string) {
	if is.Kind != catalog.Table {
		return nil
	}
	all, _ := catalog.References(is.Create)
	for _, r := range all {
		if r.Database != "" {
			continue // nobody here can change its columns
		}
		if !v.stays(now, is.Name, r.Columns) || !v.stays(now, r.Parent, r.ParentColumns) || r.Parent == is.Name && v.replaced(is) {
			drops = append(drops, "DROP FOREIGN KEY "+quote(r.Name))
		}
	}
	return drops
}

// replaced reports whether a table can be made anew under LOCK TABLES (replace). The server
// loses that lock where the table referred to itself, or does so then.
func (v *revert) replaced(is catalog.Object) bool {
	src, want := v.source[is.Name], v.want.Objects[is.Key()]
	return v.server.maria && is.Kind == catalog.Table && src != nil && src.copy != "" && src.way != wayCorrected &&
		(is.Create != want.Create || is.Engine != want.Engine || !empties(is, src.of))
}

// stays reports whether columns of a table are as they have to be, and so is how it is stored.
func (v *revert) stays(now catalog.State, table string, columns []string) bool {
	is, there := now.Objects[catalog.Table+" "+table]
	want, wanted := v.want.Objects[catalog.Table+" "+table]
	return there && wanted && catalog.SameColumns(is.Create, want.Create, columns) && !v.storedAnew(now, table)
}

// storedAnew reports whether a table that is there gets another engine, or other partitions.
func (v *revert) storedAnew(now catalog.State, table string) bool {
	is, there := now.Objects[catalog.Table+" "+table]
	want, wanted := v.want.Objects[catalog.Table+" "+table]
	return there && wanted && !storedAlike(is, want)
}

// storedAlike reports whether two tables have one engine, and the same partitions.
func storedAlike(a, b catalog.Object) bool {
	return a.Engine == b.Engine && catalog.SamePartitions(a.Create, b.Create)
}

// tighten gives the foreign keys back that loosen has dropped.
func (v *revert) tighten(ctx context.Context) error {
	if len(v.loose) == 0 {
		return nil
	}
	return v.redefine(ctx)
}

// redefine gives every table the definition that is wanted.
func (v *revert) redefine(ctx context.Context) error {
	now, err := v.census(ctx, v.req.History.Table)
	if err != nil {
		return err
	}
	for _, key := range catalog.Keys(v.want) {
		want, is := v.want.Objects[key], now.Objects[key]
		if want.Kind != catalog.Table || v.leftAlone(key, is) {
			continue
		}
		if err := v.alter(ctx, want, is); err != nil {
			return fmt.Errorf("table %s: %w", want.Name, err)
		}
	}
	return nil
}

// forNow is the definition that a table gets before tighten: without foreign keys where
// some of it were dropped, since what they refer to may not be as it has to be yet.
func (v *revert) forNow(want catalog.Object) catalog.Object {
	if v.loose[want.Name] {
		want.Create = catalog.WithoutForeignKeys(want.Create, want.Name)
	}
	return want
}

// straighten puts right what foreign keys that came back have made of a table's keys. The
// server makes an index of its own for each that had none and drops the one that it made
// before, so that it has another name, or another place among the keys. What was made
// for the table is kept this time, for it was asked for.
func (v *revert) straighten(ctx context.Context) error { return v.redefine(ctx) }
