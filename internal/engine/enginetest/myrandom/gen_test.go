//go:build unix

package myrandom

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
	"github.com/safemigrate/safemigrate/internal/testmy"
)

// gen makes statements for the world that it sees.
type gen struct {
	soak.Dice
	w *world
}

// maxStatements bounds a batch.
const maxStatements = 9

// op makes one statement of a kind, or "" where there is nothing to make it of.
type op struct {
	weight int
	make   func(*gen) string
}

// onlyMariaDB has an operation there alone.
func onlyMariaDB(weight int, makes func(*gen) string) op {
	if testmy.Tested() != testmy.MariaDB {
		weight = 0
	}
	return op{weight, makes}
}

// stage is a part of a setup: how many statements of which kinds. The world is
// looked at again after each.
type stage struct {
	least, most int
	ops         []op
}

// grow makes a case in a database of its own.
func grow(t *testing.T, seed uint64) (c soak.Script) {
	t.Helper()
	g, s := &gen{Dice: soak.NewDice(seed)}, open(t, testmy.Start(t).Database(t))
	defer s.close()
	for _, stage := range setupStages {
		g.w = s.look(t)
		for range g.Between(stage.least, stage.most) {
			g.add(t, s, stage.ops, &c.Setup, 0)
		}
	}
	n, known := g.Between(1, maxStatements), -1
	for tries := 0; len(c.Batch) < n && tries < 4*n; tries++ {
		if known != len(c.Batch) { // what was refused has changed no definition
			g.w, known = s.look(t), len(c.Batch)
		}
		g.add(t, s, batchOps, &c.Batch, behind)
	}
	return c
}

// add runs one statement, and keeps it if the server does not refuse it; so many went before.
func (g *gen) add(t *testing.T, s *session, ops []op, to *[]string, before int) {
	t.Helper()
	sql := g.draw(ops)
	if sql == "" {
		return
	}
	err := s.run(clock(before + len(*to)))
	if err == nil {
		err = s.run(sql)
	}
	if err == nil {
		*to = append(*to, sql)
	} else if _, told := errors.AsType[*mysql.MySQLError](err); !told {
		t.Fatalf("%v; the server does not live through\n%s;\n%s", err, strings.Join(*to, ";\n"), sql)
	}
}

// draw chooses an operation by weight.
func (g *gen) draw(ops []op) string {
	return soak.Weigh(g.Dice, ops, func(o op) int { return o.weight }).make(g)
}

var plainNames = []string{
	"orders", "customers", "lines", "stock", "notes", "users", "prices", "tags", "logs", "id", "name", "state", "total", "amount", "kind", "parent", "email", "a", "b", "c", "d", "n", "v",
}

// oddNames are names that quoting has to get right.
var oddNames = []string{
	"Orders", "select", "table", "order", "two words", "quo\"te", "back`tick", "a.b", "o'clock", "größe", "名前", "%s", "$1", "back\\slash", "1st", "UPPER", "--", "/*", ";", "key", "primary", "check", "#", "x(y", "a,b",
	"a123456789b123456789c123456789d123456789e123456789f1234567890_64",
}

// name is a new name; that it is free is for the server to say.
func (g *gen) name() string {
	if g.Chance(15) {
		return g.One(oddNames...)
	}
	name := g.One(plainNames...)
	if g.Chance(60) {
		name += strconv.Itoa(g.IntN(9))
	}
	return name
}

func (g *gen) fresh() string { return quote(g.name()) }

func (g *gen) table() (*table, bool) { return soak.Pick(g.Dice, g.w.tables) }

// place is a table and a column of it.
func (g *gen) place(fits func(column) bool) (t *table, c column, ok bool) {
	if t, ok = g.table(); !ok {
		return nil, c, false
	}
	c, ok = soak.Pick(g.Dice, t.of(fits))
	return t, c, ok
}

// of are the columns of some kind.
func (t *table) of(fits func(column) bool) (out []column) {
	for _, c := range t.columns {
		if fits == nil || fits(c) {
			out = append(out, c)
		}
	}
	return out
}

func given(c column) bool { return !c.computed }

func (t *table) sql() string  { return quote(t.name) }
func (c column) sql() string  { return quote(c.name) }
func names(c []column) string { return quoteAll(nameList(c)) }

func nameList(columns []column) (out []string) {
	for _, c := range columns {
		out = append(out, c.name)
	}
	return out
}
