package revert

import (
	"context"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// The exclusion constraint of a partition is a part of its parent's only where the server
// made it, with the parent's or when the table was attached: it compares no two of them,
// and puts none under another. So none is made here; each gets its name afterwards.

// isExclusionPart tells a constraint that only the server can make.
func isExclusionPart(o *object) bool {
	return o != nil && o.Part != nil && isExclusion(o)
}

func isExclusion(o *object) bool {
	return o.Kind == catalog.KindConstraint && strings.Contains(o.Create, " ADD CONSTRAINT "+catalog.Quote(o.Name)+" EXCLUDE ")
}

// dropExclusions has those go that are to be parts and stand alone now, or will when
// their table has left its parent.
func (w *work) dropExclusions() {
	for _, a := range addresses(w.cur) {
		cur := w.cur.objects[a]
		if isExclusionPart(w.expect[a]) && (cur.Part == nil || len(w.leave[cur.Parent]) > 0) {
			w.drop[a] = true
		}
	}
}

// overParts is the statement that makes an object: an exclusion constraint of a
// partitioned table with its parts.
func (w *work) overParts(o *object) string {
	if !isExclusion(o) {
		return o.Create
	}
	for _, want := range w.expect {
		if isExclusionPart(want) && want.Part.Of == o.Address {
			return strings.Replace(o.Create, "ALTER TABLE ONLY ", "ALTER TABLE ", 1)
		}
	}
	return o.Create
}

// nameExclusions gives the parts that the server has made their names, and completes them.
func (r *run) nameExclusions(ctx context.Context, w *work) error {
	cur := newIndex(r.cur)
	var aside, back []step
	for _, a := range addresses(w.before) {
		want := w.expect[a]
		if !w.make[a] || !isExclusionPart(want) {
			continue
		}
		is := r.made(w, cur, a)
		if is == nil {
			continue // matchUp names what is missing
		}
		what := "naming " + label(want) + " back"
		rename := func(from, to string) step {
			return step{sql: "ALTER TABLE " + cur.objects[is.Parent].Identity + " RENAME CONSTRAINT " + catalog.Quote(from) + " TO " + catalog.Quote(to), what: what}
		}
		if is.Name != want.Name {
			other := outOfTheWay(is.Address.OID)
			aside, back = append(aside, rename(is.Name, other)), append(back, rename(other, want.Name))
		}
		for _, sql := range want.After {
			back = append(back, step{sql: sql, what: what})
		}
	}
	if len(back) == 0 {
		return nil
	}
	if err := r.exec(ctx, append(aside, back...)); err != nil {
		return err
	}
	return r.read(ctx)
}

// made finds what is there now of what was expected.
func (r *run) made(w *work, cur *index, a address) *object {
	want := w.expect[a]
	switch {
	case want == nil:
		return nil
	case !w.make[a]:
		return cur.objects[a]
	case !isExclusionPart(want):
		return r.cur.ByIdentity(want.Kind, want.Identity)
	}
	table, of := r.made(w, cur, want.Parent), r.made(w, cur, want.Part.Of)
	if table == nil || of == nil {
		return nil
	}
	for i := range r.cur.Objects {
		if o := &r.cur.Objects[i]; o.Part != nil && o.Parent == table.Address && o.Part.Of == of.Address {
			return o
		}
	}
	return nil
}
