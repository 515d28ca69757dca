package revert

import (
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// fill spells the statement that puts the kept rows into a table made anew.
func fill(o *object, c Copy) string {
	var into, from []string
	for i := range o.Table.Columns {
		col := &o.Table.Columns[i]
		if col.Generated != "" {
			continue
		}
		for _, k := range c.Columns {
			if k.Num != col.Num {
				continue
			}
			value := catalog.Quote(k.Column)
			if k.Text {
				// By way of varchar, for somebody may have made a cast from text that
				// is not what the type's input function does.
				value = "CAST(CAST(" + value + " AS varchar) AS " + col.Type + ")"
			}
			into, from = append(into, catalog.Quote(col.Name)), append(from, value)
		}
	}
	if len(into) == 0 {
		return "INSERT INTO " + o.Identity + " SELECT FROM " + c.Source
	}
	return "INSERT INTO " + o.Identity + " (" + strings.Join(into, ", ") + ") OVERRIDING SYSTEM VALUE SELECT " +
		strings.Join(from, ", ") + " FROM " + c.Source
}
