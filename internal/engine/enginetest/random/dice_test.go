//go:build unix

package random

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// gen makes statements for the world that it sees.
type gen struct {
	*rand.Rand
	w     *world
	setup []stage // how a schema is made
	batch []op    // what a batch does
}

func newGen(seed uint64) *gen {
	g := &gen{Rand: rand.New(rand.NewPCG(seed, 0)), w: &world{}, setup: setupStages, batch: batchOps}
	if seed >= wideFrom {
		g.setup, g.batch = append(slices.Clip(setupStages), stage{0, 4, wideOps}), slices.Concat(batchOps, wideOps)
	}
	if seed >= treesFrom {
		g.setup, g.batch = append(slices.Clip(g.setup), treeStages...), slices.Concat(g.batch, treeOps)
	}
	return g
}

// chance is true in so many of 100.
func (g *gen) chance(percent int) bool { return g.IntN(100) < percent }

// between is a number from low to high.
func (g *gen) between(low, high int) int { return low + g.IntN(high-low+1) }

func pick[T any](g *gen, list []T) (one T, ok bool) {
	if len(list) == 0 {
		return one, false
	}
	return list[g.IntN(len(list))], true
}

func (g *gen) one(texts ...string) string { return texts[g.IntN(len(texts))] }

// or is a text in so many of 100, else nothing.
func (g *gen) or(percent int, text string) string {
	if g.chance(percent) {
		return text
	}
	return ""
}

// some draws up to most of a list, without repeating.
func some[T any](g *gen, list []T, least, most int) []T {
	n := min(g.between(least, most), len(list))
	out := make([]T, 0, n)
	for _, i := range g.Perm(len(list))[:n] {
		out = append(out, list[i])
	}
	return out
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
	if g.chance(25) {
		if odd := g.one(oddNames...); odd != "" {
			return odd
		}
	}
	name := g.one(plainNames...)
	if g.chance(60) {
		name += strconv.Itoa(g.IntN(9))
	}
	return name
}

// schema is a schema to make something in.
func (g *gen) schema() string {
	if s, ok := pick(g, g.w.Schemas); ok && !g.chance(40) {
		return s
	}
	return "public"
}

// fresh is a new, qualified name.
func (g *gen) fresh() string { return quote(g.schema(), g.name()) }

func (g *gen) relation(kinds string) (relation, bool) { return pick(g, g.w.of(kinds)) }

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
	s, ok := pick(g, all)
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
	total := 0
	for _, o := range ops {
		total += o.weight
	}
	for n := g.IntN(total); ; {
		for _, o := range ops {
			if n -= o.weight; n < 0 {
				return o.make(g)
			}
		}
	}
}
