package revert

import (
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// fill spells the statement that puts the kept rows of o into the table of that
// name.
func fill(o *object, into string, c Copy) string {
	var names, from []string
	for i := range o.Table.Columns {
		col := &o.Table.Columns[i]
		if col.Generated != "" {
			continue
		}
		for _, k := range c.Columns {
			if k.Num != col.Num {
				continue
			}
			names, from = append(names, catalog.Quote(col.Name)), append(from, value("", k, col))
		}
	}
	if len(names) == 0 {
		return "INSERT INTO " + into + " SELECT FROM " + c.Source
	}
	return "INSERT INTO " + into + " (" + strings.Join(names, ", ") + ") OVERRIDING SYSTEM VALUE SELECT " +
		strings.Join(from, ", ") + " FROM " + c.Source
}
