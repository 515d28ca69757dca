package revert

import (
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// sameNotNull compares what forbids NULL in a column. Up to PostgreSQL 17 that is a
// mark and no more; later it is a constraint, which has a name, may be NOT VALID,
// and may be none of the tables' that inherit from this one.
func sameNotNull(a, b *catalog.Column) bool {
	return a.NotNull == b.NotNull && a.NotNullName == b.NotNullName && a.NoInherit == b.NoInherit && a.NotNullBad == b.NotNullBad
}

func takeNotNull(d, s *catalog.Column) {
	d.NotNull, d.NotNullName, d.NoInherit, d.NotNullBad = s.NotNull, s.NotNullName, s.NoInherit, s.NotNullBad
}

// alterNotNull lists what gives the column c of a table the NOT NULL of w.
// alter begins the statement.
func alterNotNull(alter string, w, c *catalog.Column) []string {
	column := alter + "ALTER COLUMN " + catalog.Quote(c.Name) + " "
	switch {
	case sameNotNull(w, c):
		return nil
	case !w.NotNull:
		return []string{column + "DROP NOT NULL"}
	case w.NotNullName == "":
		return []string{column + "SET NOT NULL"}
	case !c.NotNull:
		return []string{addNotNull(alter, w, c)}
	case w.NotNullBad && !c.NotNullBad: // there is no way back from validation
		return []string{column + "DROP NOT NULL", addNotNull(alter, w, c)}
	}
	var out []string
	name := catalog.Quote(w.NotNullName)
	if w.NotNullName != c.NotNullName {
		out = append(out, alter+"RENAME CONSTRAINT "+catalog.Quote(c.NotNullName)+" TO "+name)
	}
	if w.NoInherit != c.NoInherit {
		out = append(out, alter+"ALTER CONSTRAINT "+name+either(w.NoInherit, " NO INHERIT", " INHERIT"))
	}
	if !w.NotNullBad && c.NotNullBad {
		out = append(out, alter+"VALIDATE CONSTRAINT "+name)
	}
	return out
}

// addNotNull spells the constraint of w for the column that is called as c is.
func addNotNull(alter string, w, c *catalog.Column) string {
	named := *w
	named.Name = c.Name
	return alter + "ADD " + named.NotNullConstraint()
}

// freeNotNullNames takes the names of NOT NULL constraints that other columns of the
// table are to have, and returns what the constraints are called then, by column.
func freeNotNullNames(want, cur *object) ([]string, map[int16]string) {
	wanted := map[string]int16{}
	for i := range want.Table.Columns {
		if w := &want.Table.Columns[i]; w.NotNullName != "" {
			wanted[w.NotNullName] = w.Num
		}
	}
	var out []string
	names := map[int16]string{}
	for i := range cur.Table.Columns {
		c := &cur.Table.Columns[i]
		names[c.Num] = c.NotNullName
		if by, taken := wanted[c.NotNullName]; taken && by != c.Num {
			names[c.Num] = fmt.Sprintf("safemigrate_not_null_%d", c.Num)
			out = append(out, "ALTER TABLE ONLY "+cur.Identity+" RENAME CONSTRAINT "+
				catalog.Quote(c.NotNullName)+" TO "+catalog.Quote(names[c.Num]))
		}
	}
	return out, names
}
