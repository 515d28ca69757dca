package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// A column that a batch added goes in a restore, too. Where nobody else has written to it
// that takes nothing from anybody, and its table is not copied into the quarantine: whatever
// is in it came with it. That is looked at again under the lock under which it goes.

// numbers are the kinds that begin with 0.
var numbers = []string{"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "year"}

// notGiven is a condition: a row holds another value in a column than it had when that was
// added, or may do so.
func (c column) notGiven(create string) string {
	q := quote(c.name)
	given := "DEFAULT(" + q + ")"
	switch what := catalog.GivenTo(create, c.name); {
	case what == catalog.GivenNull:
		return q + " IS NOT NULL"
	case what == catalog.GivenDefault && slices.Contains(texts, c.kind):
		return "NOT (cast(" + q + " as binary) <=> cast(" + given + " as binary))"
	case what == catalog.GivenDefault:
		return "NOT (" + q + " <=> " + given + ")"
	case what == catalog.GivenBare && slices.Contains(numbers, c.kind):
		return q + " <> 0"
	case what == catalog.GivenBare && slices.Contains(texts, c.kind):
		return "length(" + q + ") > 0"
	}
	return "TRUE"
}

// wroteTo reports whether others may have written to columns of a table that go, and to which.
func (v *revert) wroteTo(ctx context.Context, is, want catalog.Object) (columns []string, err error) {
	if !loses(v.named(want.Name, is), want) {
		return nil, nil
	}
	of, err := v.shapeOf(ctx, is.Name)
	if err != nil {
		return nil, err
	}
	stay := catalog.Stored(want.Create)
	for _, c := range of.columns {
		if c.name == of.begin || c.name == of.end || slices.Contains(stay, c.name) || slices.Contains(stay, v.names[want.Name][c.name]) {
			continue
		}
		n, err := v.own.number(ctx, "SELECT EXISTS (SELECT 1 FROM "+of.from(is.Name)+" WHERE "+c.notGiven(is.Create)+")")
		if err != nil {
			return nil, fmt.Errorf("look for what was written to %s: %w", c.name, err)
		}
		if n > 0 {
			columns = append(columns, c.name)
		}
	}
	return columns, nil
}

// sheds reports whether a table has columns that go.
func (v *revert) sheds(table string) bool {
	return loses(v.named(table, v.now.Objects[catalog.Table+" "+v.nowName(table)]), v.want.Objects[catalog.Table+" "+table])
}

// keeps reports whether a table that is there is copied into the quarantine: in a rollback as
// much of each as that can destroy, in a restore those of which somebody may lose something.
func (v *revert) keeps(ctx context.Context, t *migrate.TableReport) (bool, error) {
	if !v.req.Incomplete || v.writes(*t) || v.displaces(t.Name) {
		return true, nil
	}
	columns, err := v.wroteTo(ctx, v.now.Objects[catalog.Table+" "+v.nowName(t.Name)], v.want.Objects[catalog.Table+" "+t.Name])
	if len(columns) > 0 {
		t.Why = "others may have written to " + strings.Join(columns, ", ")
	}
	return len(columns) > 0, err
}

// unwrittenTo makes sure, of a table that is locked and of which nothing is kept, that nobody
// has written to columns that go.
func (v *revert) unwrittenTo(ctx context.Context, is, want catalog.Object) error {
	if !v.req.Incomplete || v.quarantined(want.Name) != nil {
		return nil
	}
	columns, err := v.wroteTo(ctx, is, want)
	if err == nil && len(columns) > 0 {
		err = fmt.Errorf("somebody wrote to %s while it was taken back; once it is tried again that is kept", strings.Join(columns, ", "))
	}
	return err
}
