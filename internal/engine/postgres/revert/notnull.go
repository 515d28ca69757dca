package revert

import (
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// sameNotNull compares what forbids NULL in a column. Up to PostgreSQL 17 that is a
// mark and no more; later it is a constraint, which has a name, may be NOT VALID,
// may be none of the tables' that inherit from this one, and may be a parent's alone.
func sameNotNull(a, b *catalog.Column) bool {
	return a.NotNull == b.NotNull && a.NotNullName == b.NotNullName && a.NoInherit == b.NoInherit &&
		a.NotNullBad == b.NotNullBad && a.NotNullOver == b.NotNullOver
}

func takeNotNull(d, s *catalog.Column) {
	d.NotNull, d.NotNullName, d.NoInherit, d.NotNullBad, d.NotNullOver = s.NotNull, s.NotNullName, s.NoInherit, s.NotNullBad, s.NotNullOver
}

// alterNull gives a column its NOT NULL back where that is no constraint. On a
// partitioned table that goes on to all partitions; those that have it of their
// own get it again.
func alterNull(k *work, want, cur *object, w, c *catalog.Column) []string {
	alter := "ALTER TABLE " + either(cur.Table.Key != "", "", "ONLY ") + cur.Identity + " ALTER COLUMN " + catalog.Quote(c.Name)
	switch again := w.NotNull && want.Table.Partition != "" && loosened(k, cur, c.Name); {
	case k.namesNotNulls() || w.NotNull == c.NotNull && !again:
		return nil
	case w.NotNull:
		return []string{alter + " SET NOT NULL"}
	}
	return []string{alter + " DROP NOT NULL"}
}

// loosened says whether a table above loses the NOT NULL of a column.
func loosened(k *work, cur *object, name string) bool {
	return slices.ContainsFunc(k.cur.parents(cur), func(p address) bool {
		parent, want := k.cur.objects[p], k.expect[p]
		i := slices.IndexFunc(parent.Table.Columns, func(c catalog.Column) bool { return c.Name == name })
		if i < 0 || want == nil {
			return false
		}
		is, was := &parent.Table.Columns[i], column(want, parent.Table.Columns[i].Num)
		return was != nil && is.NotNull && !was.NotNull || loosened(k, parent, name)
	})
}
