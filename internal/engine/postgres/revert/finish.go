package revert

import (
	"context"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// finish sets what is not part of a definition: owners first, for they change
// who grants, then all the rest.
func (r *run) finish(ctx context.Context) error {
	if err := r.nameArrays(ctx); err != nil {
		return err
	}
	if err := r.admitOwners(ctx); err != nil {
		return err
	}
	for _, plan := range []func(want, cur *object) []step{owner, giveMultirange, decorate} {
		steps := r.each(plan)
		if len(steps) == 0 {
			continue
		}
		if err := r.exec(ctx, steps); err != nil {
			return err
		}
		if err := r.read(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) each(plan func(want, cur *object) []step) []step {
	var steps []step
	cur := newIndex(r.cur)
	for _, w := range r.plan.expected {
		if o := cur.objects[w.address]; o != nil {
			steps = append(steps, plan(w.object, o)...)
		}
	}
	return steps
}

// owner gives an object to its owner. An owned sequence follows its table.
func owner(want, cur *object) []step {
	if want.Owner == cur.Owner || want.Owner == "" || !want.Kind.Facts().Owned {
		return nil
	}
	if cur.Sequence != nil && cur.Sequence.OwnedBy != "" {
		return nil
	}
	return []step{{
		sql:  "ALTER " + cur.Kind.Facts().Word + " " + cur.Identity + " OWNER TO " + catalog.Quote(want.Owner),
		what: "giving " + label(cur) + " back to its owner",
	}}
}

// decorate sets comments, privileges, and what a table says about its indexes.
func decorate(want, cur *object) []step {
	var steps []step
	add := func(what string, sqls ...string) {
		for _, sql := range sqls {
			steps = append(steps, step{sql: sql, what: what + label(cur)})
		}
	}
	if want.Table != nil {
		add("putting back the use of indexes by ", alterIndexUse(want, cur)...)
		add("putting back triggers of ", alterClones(want, cur)...)
		add("putting back an identity sequence of ", decorateSequences(want, cur)...)
	}
	if want.OnIndex != cur.OnIndex {
		add("putting back the comment on the index of ", comment("INDEX "+catalog.Qualified(cur.Schema, cur.Name), want.OnIndex))
	}
	if want.Comment != cur.Comment {
		add("putting back the comment on ", comment(cur.Kind.Facts().Word+" "+cur.Identity, want.Comment))
	}
	add("putting back the type that comes with ", decorateCompanion(want, cur)...)
	for _, sql := range commentByproducts(want, cur) {
		steps = append(steps, step{sql: sql, what: "putting back the comments on what comes with " + label(cur), rows: true})
	}
	add("putting back the privileges on ", regrant(target(cur), "", want.Grants, cur.Grants)...)
	for _, c := range columnPairs(want, cur) {
		if c.want.Comment != c.cur.Comment {
			add("putting back a column's comment of ", comment("COLUMN "+cur.Identity+"."+catalog.Quote(c.cur.Name), c.want.Comment))
		}
		add("putting back a column's privileges of ", regrant(target(cur), c.cur.Name, c.want.Grants, c.cur.Grants)...)
	}
	return steps
}

// alterClones lists what gives the triggers that a partition has from its parent
// back their states.
func alterClones(want, cur *object) []string {
	var out []string
	for _, state := range want.Table.Clones {
		if !slices.Contains(cur.Table.Clones, state) {
			out = append(out, "ALTER TABLE ONLY "+cur.Identity+" "+state)
		}
	}
	return out
}

// decorateSequences lists what gives identity sequences back what they have
// beside their definition. Columns are matched as columnPairs does.
func decorateSequences(want, cur *object) []string {
	var out []string
	for _, pair := range sequencePairs(want, cur) {
		w, c := pair.want, pair.cur
		if w.Persistence != c.Persistence {
			out = append(out, alterLogged(c.Name, w))
		}
		if w.Comment != c.Comment {
			out = append(out, comment("SEQUENCE "+c.Name, w.Comment))
		}
		out = append(out, regrant("SEQUENCE "+c.Name, "", w.Grants, c.Grants)...)
	}
	return out
}

// sequencePair is what an identity's sequence has to be, and what it is.
type sequencePair struct{ want, cur *catalog.Sequence }

// sequencePairs matches the identity sequences of two readings of a table.
func sequencePairs(want, cur *object) []sequencePair {
	if want.Table == nil || cur.Table == nil {
		return nil
	}
	var pairs []sequencePair
	w, c := want.Table.Columns, cur.Table.Columns
	for i := range min(len(w), len(c)) {
		if w[i].IdentitySeq != nil && c[i].IdentitySeq != nil {
			pairs = append(pairs, sequencePair{w[i].IdentitySeq, c[i].IdentitySeq})
		}
	}
	return pairs
}

func comment(on, text string) string {
	value := "NULL"
	if text != "" {
		value = catalog.Literal(text)
	}
	return "COMMENT ON " + on + " IS " + value
}

// columnPair is what a column has to carry, and what it carries.
type columnPair struct{ want, cur catalog.ColumnExtras }

// columnPairs matches columns by position: a table made anew numbers them afresh.
func columnPairs(want, cur *object) []columnPair {
	w, c := extras(want), extras(cur)
	var pairs []columnPair
	for i := range w {
		if i < len(c) {
			pairs = append(pairs, columnPair{w[i], c[i]})
		}
	}
	return pairs
}

func extras(o *object) []catalog.ColumnExtras {
	if o.Table == nil {
		return o.Columns
	}
	all := make([]catalog.ColumnExtras, len(o.Table.Columns))
	for i := range o.Table.Columns {
		c := &o.Table.Columns[i]
		all[i] = catalog.ColumnExtras{Name: c.Name, Comment: c.Comment, Grants: c.Grants}
	}
	return all
}
