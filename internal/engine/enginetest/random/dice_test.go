//go:build unix

package random

import (
	"slices"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
)

// gen makes statements for the world that it sees.
type gen struct {
	soak.Dice
	w     *world
	setup []stage // how a schema is made
	batch []op    // what a batch does
}

func newGen(seed uint64) *gen {
	g := &gen{Dice: soak.NewDice(seed), w: &world{}, setup: setupStages, batch: batchOps}
	if seed >= wideFrom {
		g.setup, g.batch = append(slices.Clip(setupStages), stage{0, 4, wideOps}), slices.Concat(batchOps, wideOps)
	}
	if seed >= treesFrom {
		g.setup, g.batch = append(slices.Clip(g.setup), treeStages...), slices.Concat(g.batch, treeOps)
	}
	return g
}

var plainNames = []string{
	"orders", "customers", "lines", "stock", "notes", "users", "events", "prices", "tags", "logs", "id", "name", "state", "total",
	"amount", "kind", "parent", "email", "code", "body", "a", "b", "c", "d", "n", "v", "x", "y",
}

// oddNames are names that quoting has to get right.
var oddNames = []string{
	"Orders", "select", "user", "table", "order", "two words", `quo"te`, `a.b`, "o'clock", "größe", "名前", "%s", "$1", "$$", "back\\slash",
	"line\nbreak", "1st", "", "tab\there", "safe_migrate", "UPPER", "é", "--", "/*", ";", "array", "public", "current_user", "none",
	"a123456789b123456789c123456789d123456789e123456789f123456789_63", "дддддддддддддддддддддддддддддддд"[:62],
}

// name is a new name; that it is free is for the server to say.
func (g *gen) name() string {
	if g.Chance(25) {
		if odd := g.One(oddNames...); odd != "" {
			return odd
		}
	}
	name := g.One(plainNames...)
	if g.Chance(60) {
		name += strconv.Itoa(g.IntN(9))
	}
	return name
}

// schema is a schema to make something in.
func (g *gen) schema() string {
	if s, ok := soak.Pick(g.Dice, g.w.Schemas); ok && !g.Chance(40) {
		return s
	}
	return "public"
}

// fresh is a new, qualified name.
func (g *gen) fresh() string { return quote(g.schema(), g.name()) }

func (g *gen) relation(kinds string) (relation, bool) { return soak.Pick(g.Dice, g.w.of(kinds)) }

// place is a relation's column.
func (g *gen) place(kinds string, fits func(relation, column) bool) (r relation, c column, ok bool) {
	type spot struct {
		r relation
		c column
	}
	var all []spot
	for _, r := range g.w.of(kinds) {
		for _, c := range r.Columns {
			if fits == nil || fits(r, c) {
				all = append(all, spot{r, c})
			}
		}
	}
	s, ok := soak.Pick(g.Dice, all)
	return s.r, s.c, ok
}

func names(columns []column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Name
	}
	return out
}

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quote(n)
	}
	return strings.Join(out, ", ")
}

// op makes one statement of a kind, or "" where there is nothing to make it of.
type op struct {
	weight int
	make   func(*gen) string
}

// draw chooses an operation by weight.
func (g *gen) draw(ops []op) string {
	return soak.Weigh(g.Dice, ops, func(o op) int { return o.weight }).make(g)
}
