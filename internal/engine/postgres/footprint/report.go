package footprint

import (
	"cmp"
	"maps"
	"slices"

	"github.com/safemigrate/safemigrate/migrate"
)

// Report puts the footprint into the words of plan. Tables stand in the order
// of their names, columns in the order of the table.
func (f *Footprint) Report(_ *Facts) *migrate.Footprint {
	out := &migrate.Footprint{Tables: make([]migrate.TableFootprint, 0, len(f.Tables)), Objects: f.Objects, Whole: f.Whole}
	for _, t := range f.Tables {
		r := migrate.TableFootprint{Name: t.Schema + "." + t.Name, Rows: t.Rows(), Files: t.Files}
		for _, num := range slices.Sorted(maps.Keys(t.Columns)) {
			c := t.Columns[num]
			r.Columns = append(r.Columns, migrate.ColumnFootprint{Name: c.Name, Verdict: c.Verdict})
		}
		out.Tables = append(out.Tables, r)
	}
	slices.SortFunc(out.Tables, func(a, b migrate.TableFootprint) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
