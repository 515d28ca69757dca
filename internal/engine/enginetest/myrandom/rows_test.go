//go:build unix

package myrandom

import (
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
)

func (g *gen) tuple(columns []column) string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = g.value(c)
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// insert puts rows in, in one of the ways there are.
func insert(g *gen) string {
	t, ok := g.table()
	if !ok {
		return ""
	}
	columns := t.of(given)
	if g.Chance(25) {
		columns = soak.Some(g.Dice, columns, 1, len(columns))
	}
	if len(columns) == 0 {
		return ""
	}
	rows := make([]string, g.Between(1, 5))
	for i := range rows {
		rows[i] = g.tuple(columns)
	}
	verb, tail := g.verb(), ""
	if verb == "INSERT" && g.Chance(20) {
		c, _ := soak.Pick(g.Dice, columns)
		tail = " ON DUPLICATE KEY UPDATE " + c.sql() + " = " + g.One("VALUES("+c.sql()+")", g.value(c), g.expression(c))
	}
	return verb + " INTO " + t.sql() + " (" + names(columns) + ") VALUES " + strings.Join(rows, ", ") + tail
}

// verb is one that puts rows in.
func (g *gen) verb() string {
	return g.One("INSERT", "INSERT", "INSERT", "INSERT IGNORE", "INSERT IGNORE", "REPLACE")
}

// insertSelect fills a table from another.
func insertSelect(g *gen) string {
	t, ok := g.table()
	u, _ := g.table()
	if !ok || len(t.columns) == 0 || len(u.columns) == 0 {
		return ""
	}
	columns := soak.Some(g.Dice, t.of(given), 1, 5)
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = g.value(c)
		if same, ok := soak.Pick(g.Dice, u.of(func(o column) bool { return classOf(o.kind) == classOf(c.kind) })); ok && g.Chance(85) {
			out[i] = g.One(same.sql(), g.expression(same))
		}
	}
	return fmt.Sprintf("%s INTO %s (%s) SELECT %s FROM %s%s", g.verb(), t.sql(), names(columns), strings.Join(out, ", "), u.sql(), g.where(u))
}

// childRows gives tables that refer to others rows that refer to theirs.
func childRows(g *gen) string {
	var children []*table
	for _, t := range g.w.tables {
		if len(t.keys) > 0 && slices.ContainsFunc(t.columns, func(c column) bool { return c.name == "parent" }) {
			children = append(children, t)
		}
	}
	t, ok := soak.Pick(g.Dice, children)
	u, _ := g.table()
	if !ok || len(u.columns) == 0 {
		return ""
	}
	id := u.columns[0].sql()
	return fmt.Sprintf("INSERT IGNORE INTO %s (id, parent) SELECT %s, %s FROM %s", t.sql(), id, g.One(id, id, "NULL"), u.sql())
}

func (g *gen) where(t *table) string {
	c, ok := soak.Pick(g.Dice, t.columns)
	if !ok || g.Chance(30) {
		return ""
	}
	return " WHERE " + g.condition(c)
}

func update(g *gen) string {
	t, ok := g.table()
	if !ok {
		return ""
	}
	var sets []string
	for _, c := range soak.Some(g.Dice, t.of(given), 1, 3) {
		v := g.value(c)
		if same, ok := soak.Pick(g.Dice, t.of(func(o column) bool { return classOf(o.kind) == classOf(c.kind) })); ok && g.Chance(40) {
			v = g.expression(same)
		}
		sets = append(sets, c.sql()+" = "+v)
	}
	if len(sets) == 0 {
		return ""
	}
	return "UPDATE " + g.Or(20, "IGNORE ") + t.sql() + " SET " + strings.Join(sets, ", ") + g.where(t)
}

// updateJoin changes rows by others.
func updateJoin(g *gen) string {
	t, c, ok := g.place(given)
	u, d, there := g.place(nil)
	if !ok || !there {
		return ""
	}
	if g.Chance(50) {
		return fmt.Sprintf("DELETE %s FROM %s AS x JOIN %s AS y ON x.%s = y.%s", g.One("x", "y", "x, y"), t.sql(), u.sql(), c.sql(), d.sql())
	}
	set := c
	if s, ok := soak.Pick(g.Dice, t.of(given)); ok {
		set = s
	}
	return fmt.Sprintf("UPDATE %s AS x JOIN %s AS y ON x.%s = y.%s SET x.%s = %s", t.sql(), u.sql(), c.sql(), d.sql(), set.sql(), g.value(set))
}

func remove(g *gen) string {
	t, ok := g.table()
	if !ok {
		return ""
	}
	return "DELETE FROM " + t.sql() + g.where(t)
}
