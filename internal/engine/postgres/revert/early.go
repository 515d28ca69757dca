package revert

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Early is a table that can be made beside long before the batch is taken back.
type Early struct {
	TableWay

	Schema string // made for it, and for nothing else
	Name   string // quoted, qualified
	// Digest tells whether it is what would be made now: a hash of the statements
	// that make it, and of the definitions that decide what they do.
	Digest string
	// FromPresent is set where its rows come from the present ones, so that it is
	// out of date when those are written to; ByKey, where it can catch up with them.
	FromPresent, ByKey bool

	steps []step
}

// Ready is a table that was made so.
type Ready struct {
	Digest string
	// Since is a condition on the present rows l: they were written since it was
	// filled. "" where none was, and none is gone.
	Since string
}

// Early lists the tables that can be made long before, and why another one that is
// made anew cannot be. Apply has to follow on another plan.
func (p *Plan) Early() (all []Early, left map[uint32]string) {
	left = map[uint32]string{}
	r := &run{plan: p, before: p.in.Before, cur: p.in.Now}
	in := p.in
	in.Early = true
	before, cur := newIndex(in.Before), newIndex(in.Now)
	w := newWork(in, before, cur, comparer{x: before, y: cur, ren: renamed(before, cur)}, p.verdicts)
	made := map[uint32]bool{}
	for _, b := range w.besides() {
		if why := w.whyLate(r, b.table); why != "" {
			left[b.table.OID] = why
			continue
		}
		made[b.table.OID] = true
		all = append(all, Early{TableWay: w.tables[b.table], Schema: besideSchema(b.table), Name: w.built[b.table], Digest: w.digest(b),
			FromPresent: w.mend[b.table], ByKey: w.mend[b.table] && w.byKey(b.table), steps: b.all()})
	}
	for _, t := range p.Tables {
		anew := t.Way == PutBack || t.Way == Rebuilt || t.Way == BroughtBack
		if anew && !made[t.OID] && left[t.OID] == "" {
			left[t.OID] = "something that it needs has to be put back first"
		}
	}
	return all, left
}

// early says whether a table that is gone is made beside, or was.
func (w *work) early(a address) bool {
	_, ready := w.in.Ready[a.OID]
	return ready || w.in.Early
}

// whyLate says why a table cannot be made long before; "" where it can.
func (w *work) whyLate(r *run, a address) string {
	want, cur := w.expect[a], w.cur.objects[a]
	switch {
	case r.renames():
		return "something has to get its old name back first"
	case cur != nil && cur.Table.ForceRLS:
		return "row security is forced on it, and would have to be lifted"
	case cur != nil && w.mend[a] && w.computes(want, cur):
		return "later rows get a value from a function, which has to be called then"
	}
	return ""
}

// renames says whether anything gets another name before tables are made beside.
func (r *run) renames() bool {
	return slices.ContainsFunc(r.naming(), func(steps func() []step) bool { return len(steps()) > 0 })
}

// computes says whether the default of a lost column, which later rows get, may
// call a function: it could draw from a sequence, or tell the time.
func (w *work) computes(want, cur *object) bool {
	for i := range want.Table.Columns {
		b := &want.Table.Columns[i]
		if std := w.standard(want, b); b.Generated == "" && w.lost(b, cur) && std != "" && strings.Contains(std[1:len(std)-1], "(") {
			return true
		}
	}
	return false
}

// byKey says whether a table that is filled from its present rows can be matched
// with them row by row.
func (w *work) byKey(a address) bool {
	return keyStays(w.before, w.cur, a) && len(w.before.primaryKey(a)) > 0
}

// digest hashes what makes a table, and what decides what that makes of its rows.
func (w *work) digest(b *beside) string {
	h := sha256.New()
	write := func(all ...string) {
		for _, s := range all {
			_, _ = h.Write([]byte(s + "\x00")) // a hash takes everything
		}
	}
	for _, s := range b.all() {
		write(s.sql, s.none)
	}
	near := w.near(b.table)
	for i := range w.cur.state.Objects {
		if o := &w.cur.state.Objects[i]; decides(o.Kind) || near[o.Address] {
			write(string(o.Kind), o.Identity, o.Create)
			write(o.After...)
			write(o.Labels...)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// near are the table as it is now, and what it and its parts need.
func (w *work) near(table address) map[address]bool {
	all := map[address]bool{table: true}
	for _, x := range []*index{w.before, w.cur} {
		for i := range x.state.Objects {
			if o := &x.state.Objects[i]; o.Address == table || o.Parent == table {
				for _, d := range o.DependsOn {
					all[whole(d)] = true
				}
			}
		}
	}
	return all
}

// decides says whether an object of a kind can have a say in what a value becomes,
// without anything that names it: a function calls others unseen.
func decides(k catalog.Kind) bool {
	switch k {
	case catalog.KindExtension, catalog.KindEnum, catalog.KindDomain, catalog.KindComposite, catalog.KindRange,
		catalog.KindDomainCheck, catalog.KindDomainDefault, catalog.KindFunction, catalog.KindLanguage, catalog.KindAccessMethod,
		catalog.KindAggregate, catalog.KindOperator, catalog.KindOperatorFamily, catalog.KindOperatorClass, catalog.KindCast,
		catalog.KindTransform, catalog.KindConversion, catalog.KindCollation, catalog.KindTextParser, catalog.KindTextTemplate,
		catalog.KindTextDictionary, catalog.KindTextConfiguration:
		return true
	}
	return false
}

// Make makes one of the tables that Early lists, in the caller's transaction, on
// whose view of the rows it then rests.
func (p *Plan) Make(ctx context.Context, conn Conn, e Early) error {
	return (&run{conn: conn, plan: p}).exec(ctx, e.steps)
}

// Use has Prepare take tables that were made early, where they are still what it
// would make.
func (p *Plan) Use(ready map[uint32]Ready) { p.in.Ready = ready }

// standing makes a table beside, or takes the one that was made early: as it is, or
// after it has caught up with the present rows.
func (w *work) standing(b *beside) (steps []step, early bool) {
	ready, made := w.in.Ready[b.table.OID]
	switch {
	case !made:
		return b.all(), false
	case ready.Digest != w.digest(b):
		gone := step{sql: "DROP SCHEMA IF EXISTS " + besideSchema(b.table) + " CASCADE", what: "removing what was made early"}
		return append([]step{gone}, b.all()...), false
	case ready.Since == "":
		return nil, true
	}
	return w.catchUp(b, ready.Since), true
}

// catchUp brings a table that was filled from present rows up to date: whatever does
// not stem from a row that is still there, untouched since, goes and is made anew.
// What a row becomes depends on itself and on what is kept under its key, and that
// does not change.
func (w *work) catchUp(b *beside, since string) []step {
	want, cur := w.expect[b.table], w.cur.objects[b.table]
	name := w.built[b.table]
	var on []string
	for _, num := range w.before.primaryKey(b.table) {
		b := column(want, num)
		on = append(on, w.before.equal(b.TypeOID, "n."+catalog.Quote(b.Name), "l."+catalog.Quote(column(cur, num).Name)))
	}
	what := "catching up with the later rows of " + label(want)
	steps := []step{{sql: "DELETE FROM " + name + " n WHERE NOT EXISTS (SELECT FROM ONLY " + cur.Identity + " l WHERE " + strings.Join(on, " AND ") +
		" AND NOT (" + since + "))", what: what, runs: true}}
	fill, check := w.mendSteps(want, cur, name, since)
	return slices.Concat(steps, fill, check)
}
