//go:build unix

package soak

import "math/rand/v2"

// Dice draw for one case; the same seed draws the same.
type Dice struct{ *rand.Rand }

// NewDice are those of a seed.
func NewDice(seed uint64) Dice { return Dice{rand.New(rand.NewPCG(seed, 0))} } //nolint:gosec // the same each time is what it is for

// Chance is true in so many of 100.
func (d Dice) Chance(percent int) bool { return d.IntN(100) < percent }

// Between is a number from low to high.
func (d Dice) Between(low, high int) int { return low + d.IntN(high-low+1) }

// One is one of some texts.
func (d Dice) One(texts ...string) string { return texts[d.IntN(len(texts))] }

// Or is a text in so many of 100, else nothing.
func (d Dice) Or(percent int, text string) string {
	if d.Chance(percent) {
		return text
	}
	return ""
}

// Pick is one of a list, if it holds any.
func Pick[T any](d Dice, list []T) (one T, ok bool) {
	if len(list) == 0 {
		return one, false
	}
	return list[d.IntN(len(list))], true
}

// Some draws up to most of a list, without repeating.
func Some[T any](d Dice, list []T, least, most int) []T {
	n := min(d.Between(least, most), len(list))
	out := make([]T, 0, n)
	for _, i := range d.Perm(len(list))[:n] {
		out = append(out, list[i])
	}
	return out
}

// Weigh draws one of a list by weight.
func Weigh[T any](d Dice, list []T, weight func(T) int) (one T) {
	total := 0
	for _, o := range list {
		total += weight(o)
	}
	n := d.IntN(total)
	for _, one = range list {
		if n -= weight(one); n < 0 {
			break
		}
	}
	return one
}
