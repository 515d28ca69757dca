//go:build unix

package random

import (
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
)

// insert puts one to four rows into a table; a row of a table without a key may
// come twice.
func insert(g *gen) string {
	r, ok := g.relation("rp")
	if !ok {
		return ""
	}
	return g.insertInto(r)
}

func (g *gen) insertInto(r relation) string {
	columns := slices.DeleteFunc(slices.Clone(r.Columns), func(c column) bool {
		return c.Computed != "" || (c.Default || c.Identity != "" || !c.NotNull) && g.Chance(20)
	})
	if len(columns) == 0 {
		return "INSERT INTO " + r.sql() + " DEFAULT VALUES"
	}
	var lines []string
	for range g.Between(1, 4) {
		values := make([]string, len(columns))
		for i, c := range columns {
			if values[i] = g.value(c); c.Identity == "a" {
				values[i] = "DEFAULT"
			}
		}
		lines = append(lines, "("+strings.Join(values, ", ")+")")
	}
	if len(r.keys()) == 0 && g.Chance(40) {
		lines = append(lines, lines[0])
	}
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES %s%s", r.sql(), quoted(names(columns)), strings.Join(lines, ", "), g.Or(60, " ON CONFLICT DO NOTHING"))
}

func update(g *gen) string {
	r, c, ok := g.place("rp", func(_ relation, c column) bool { return c.Computed == "" && c.Identity != "a" })
	if !ok {
		return ""
	}
	where := ""
	if w, ok := soak.Pick(g.Dice, r.Columns); ok && g.Chance(40) {
		where = " WHERE " + g.condition(w)
	}
	return fmt.Sprintf("UPDATE %s SET %s = %s%s", r.sql(), quote(c.Name), g.One(g.value(c), g.value(c), quote(c.Name)), where)
}

func remove(g *gen) string {
	r, c, ok := g.place("rp", nil)
	if !ok {
		return ""
	}
	return "DELETE FROM " + r.sql() + g.Or(70, " WHERE "+g.condition(c))
}

func truncate(g *gen) string {
	r, ok := g.relation("rp")
	if !ok {
		return ""
	}
	return "TRUNCATE " + r.sql() + g.Or(40, " RESTART IDENTITY") + g.Or(50, " CASCADE")
}
