package sqlite

import (
	"context"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/migrate"
)

// child is a table whose rows follow those of a table that is being dropped.
type child struct {
	table, parent, action string
	before                tally
}

// childrenOf reads the tables to which foreign keys would pass on the deletion
// of the dropped tables' rows; none where foreign keys are not enforced.
func (d *DB) childrenOf(ctx context.Context, dropped []string) ([]child, error) {
	if len(dropped) == 0 {
		return nil, nil
	}
	if on, err := d.text(ctx, "PRAGMA foreign_keys"); err != nil || on != "1" {
		return nil, explain("read pragma foreign_keys", err)
	}
	seen := map[string]bool{}
	var children []child
	for _, table := range dropped {
		seen[fold(table)] = true
	}
	for queue := dropped; len(queue) > 0; queue = queue[1:] {
		followers, err := d.followers(ctx, queue[0])
		if err != nil {
			return nil, err
		}
		for _, f := range followers {
			if seen[fold(f.table)] {
				continue
			}
			seen[fold(f.table)] = true
			if f.before, err = d.scan(ctx, f.table, nil); err != nil {
				return nil, err
			}
			children = append(children, f)
			if f.action == "CASCADE" {
				queue = append(queue, f.table)
			}
		}
	}
	return children, nil
}

// followers lists the tables with a foreign key to parent that acts on a deletion.
func (d *DB) followers(ctx context.Context, parent string) ([]child, error) {
	var out []child
	err := d.each(ctx, `SELECT t.name, k.on_delete FROM main.sqlite_schema AS t, pragma_foreign_key_list(t.name, 'main') AS k
		WHERE t.type = 'table' AND t.rootpage > 0 AND k."table" = $1 COLLATE NOCASE AND k.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT')`,
		func(st *sqlite3.Stmt) error {
			out = append(out, child{table: st.ColumnText(0), parent: parent, action: st.ColumnText(1)})
			return nil
		}, parent)
	return out, explain("read the foreign keys", err)
}

// compareChildren refuses a DROP TABLE that changed other tables' rows.
func (d *DB) compareChildren(ctx context.Context, children []child) error {
	var silent []string
	for _, c := range children {
		now, err := d.scan(ctx, c.table, nil)
		if err != nil {
			return err
		}
		if now != c.before {
			silent = append(silent, fmt.Sprintf("table %s: %d rows before, %d after, because dropping %s deletes its rows ON DELETE %s; set PRAGMA foreign_keys=OFF in the file, or DELETE them there",
				c.table, c.before.Rows, now.Rows, c.parent, c.action))
		}
	}
	if len(silent) > 0 {
		return &migrate.GuardError{Unexplained: silent}
	}
	return nil
}
