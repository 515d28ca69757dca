package revert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// work is the difference between what is and what is expected, and what that
// makes necessary. New does it on the state as it was read, overlooking what
// only follows a rename; Apply does it again once the names are back.
type work struct {
	in       Input
	before   *index
	cur      *index
	cmp      comparer // from before to cur
	verdicts map[address]verdict
	expect   map[address]*object // missing: gone

	drop       map[address]bool // objects to drop, for good or to make anew
	dropColumn map[address]bool
	retype     map[address]bool     // columns of an enum that is swapped
	swap       map[address]bool     // enums that lose labels
	make       map[address]bool     // objects to create
	alter      map[address]bool     // objects to change in place
	refill     map[address]bool     // tables that stay, and get their kept rows back
	correct    map[address]bool     // tables that stay, and whose rows are corrected one by one
	mend       map[address]bool     // tables that are made anew and keep their present rows
	leave      map[address][]string // parents that tables leave
	join       map[address]bool     // tables that are put under their parents
	tables     map[address]TableWay

	built map[address]string // tables made beside: what they are called there
	ready map[address]bool   // indexes and constraints that were made with them
	aside map[address]string // foreign keys to them that are there under another name

	objects   []string
	conflicts []string
}

func newWork(in Input, before, cur *index, cmp comparer, verdicts map[address]verdict) *work {
	w := &work{
		in: in, before: before, cur: cur, cmp: cmp, verdicts: verdicts,
		expect: map[address]*object{},
		drop:   map[address]bool{}, dropColumn: map[address]bool{}, retype: map[address]bool{},
		swap: map[address]bool{}, make: map[address]bool{}, alter: map[address]bool{}, refill: map[address]bool{},
		correct: map[address]bool{}, mend: map[address]bool{}, built: map[address]string{}, ready: map[address]bool{}, aside: map[address]string{},
		leave: map[address][]string{}, join: map[address]bool{},
		tables: map[address]TableWay{},
	}
	all := addresses(before, cur)
	for _, a := range all {
		if o := w.expected(a); o != nil {
			w.expect[a] = o
		}
	}
	for _, a := range all {
		w.decide(a)
	}
	w.spread()
	w.misfitting()
	w.holdBack()
	w.checkMended()
	w.checkMade(all)
	w.checkHidden(all)
	w.checkContained(all)
	w.checkHashes(all)
	w.checkBound()
	w.checkPassed()
	w.checkTyped()
	w.checkNotNulls()
	w.checkNeeds(all)
	w.checkSlots(all)
	return w
}

// expected is what an object has to be in the end. An object that was never
// judged was not there when the plan was made.
func (w *work) expected(a address) *object {
	cur := w.cur.objects[a]
	v, ok := w.verdicts[a]
	if !ok {
		return w.before.objects[a]
	}
	if !v.drift {
		v.before = w.before.objects[a]
	}
	return v.expected(cur)
}

func (w *work) conflictf(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(w.conflicts, s) {
		w.conflicts = append(w.conflicts, s)
	}
}

// decide says what has to happen to one object.
func (w *work) decide(a address) {
	want, cur := w.expect[a], w.cur.objects[a]
	switch {
	case want == nil && cur == nil:
	case want == nil:
		w.goes(cur)
	case cur == nil:
		w.comes(want)
	default:
		w.changes(want, cur)
	}
}

func (w *work) goes(cur *object) {
	w.drop[cur.Address] = true
	if cur.Table != nil {
		w.tables[cur.Address] = TableWay{OID: cur.Address.OID, Now: cur.Identity, Way: Dropped, Why: "the batch made it", NeedsQuarantine: true}
		return
	}
	w.report(cur, "dropped")
}

func (w *work) comes(want *object) {
	w.make[want.Address] = true
	if want.Table != nil {
		w.tables[want.Address] = TableWay{OID: want.Address.OID, Before: want.Identity, Way: BroughtBack, Why: "the batch dropped it"}
		w.hasRows(want)
		return
	}
	w.report(want, "brought back")
}

// report names an object for people, unless it comes and goes with its table.
func (w *work) report(o *object, what string) {
	if _, ok := w.tables[o.Parent]; ok && (what == "dropped" && w.expect[o.Parent] == nil || what == "brought back" && w.cur.objects[o.Parent] == nil) {
		return
	}
	w.objects = append(w.objects, label(o)+" "+what)
}

func (w *work) changes(want, cur *object) {
	diff := w.cmp.differences(want, cur)
	if want.Table != nil && cur.Table != nil {
		w.table(want, cur, diff)
		return
	}
	if len(diff) == 0 {
		return
	}
	w.objects = append(w.objects, fmt.Sprintf("%s: %s put back", label(want), list(cur, diff)))
	if blocked(w.before, w.cur, want, cur) {
		w.drop[cur.Address] = true
		return
	}
	if len(deep(diff)) == 0 {
		return
	}
	switch want.Kind {
	case catalog.KindEnum:
		w.labels(want, cur)
	case catalog.KindComposite:
		w.attributes(want, cur)
	case catalog.KindSequence:
		w.alter[want.Address] = true
	default:
		switch _, ok := inPlace(want, cur); {
		case ok:
			w.alter[want.Address] = true
		case want.Kind == catalog.KindExtension:
			w.conflictf("%s changed, and what it was cannot be brought back", label(want))
		default:
			w.drop[cur.Address] = true
		}
	}
}

// labels decides how an enum gets its old labels back. As many labels in other
// words are renamed ones, which are names; otherwise one list has to hold the
// other, or nobody could tell which label became which.
func (w *work) labels(want, cur *object) {
	switch {
	case len(want.Labels) == len(cur.Labels):
	case holds(cur.Labels, want.Labels), holds(want.Labels, cur.Labels):
		w.swap[cur.Address] = true
	default:
		w.conflictf("%s: labels were both added and renamed", label(want))
	}
}

func holds(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// spread finds what hangs on what goes or changes its type, however far.
// All of it is dropped too, and made anew when it is expected to be there.
func (w *work) spread() {
	for _, a := range addresses(w.cur) {
		if w.swap[a] {
			w.retypeColumns(a)
		}
	}
	for again := true; again; {
		again = false
		w.placeTables()
		w.clearConstraints()
		for i := range w.cur.state.Objects {
			o := &w.cur.state.Objects[i]
			again = w.placeParts(o) || again
			if w.drop[o.Address] || w.swap[o.Address] {
				continue
			}
			cause, hit := w.hangsOnWhatGoes(o)
			if !hit {
				continue
			}
			if o.Table != nil && !w.rebuildOver(o, cause) {
				w.conflictf("%s depends on %s, which has to go", label(o), w.describe(cause))
				continue
			}
			w.drop[o.Address] = true
			again = true
		}
	}
	for _, a := range addresses(w.cur) {
		o := w.expect[a]
		if !w.drop[a] || o == nil {
			continue
		}
		w.make[a] = true
		delete(w.alter, a)
		if o.Kind == catalog.KindMatview {
			w.objects = append(w.objects, label(o)+" made anew and, if it was populated, refreshed")
		}
	}
}

// retypeColumns finds the columns that are of an enum.
func (w *work) retypeColumns(enum address) {
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if o.Table == nil || w.drop[o.Address] {
			continue
		}
		for j := range o.Table.Columns {
			c := &o.Table.Columns[j]
			a := o.Address
			a.Column = c.Num
			if e, _, ok := w.cur.typeOf(c.Type); !ok || e != enum || w.dropColumn[a] {
				continue
			}
			w.retype[a] = true
			w.noteRetyped(o, c)
			w.rebuildHolders(o, enum)
			if why := fixed(o, c); why != "" {
				w.conflictf("%s cannot get its labels back: %s", w.describe(a), why)
			}
			if g := generatedFrom(o, c); g != "" {
				w.conflictf("%s: its generated column %s depends on the labels of %s", label(o), catalog.Quote(g), w.describe(enum))
			}
		}
	}
}

// fixed says why the type of a column cannot change.
func fixed(o *object, c *catalog.Column) string {
	switch {
	case slices.Contains(tokens(o.Table.Key), catalog.Quote(c.Name)):
		return "it is part of the partition key"
	case c.Inherited > 1:
		return "it comes from several parents"
	}
	return o.Unsupported
}

func (w *work) noteRetyped(o *object, c *catalog.Column) {
	way, ok := w.tables[o.Address]
	if !ok {
		way = TableWay{OID: o.Address.OID, Before: w.expect[o.Address].Identity, Now: o.Identity, Way: InPlace}
	}
	way.Why = strings.TrimPrefix(way.Why+", ", ", ") + "column " + catalog.Quote(c.Name) + "'s labels"
	// The undo of this undo meets a column of another type, and makes the table anew.
	way.NeedsQuarantine = true
	w.tables[o.Address] = way
}

// generatedFrom names a generated column that is, or is made from, column c.
func generatedFrom(o *object, c *catalog.Column) string {
	for i := range o.Table.Columns {
		g := &o.Table.Columns[i]
		if g.Generated != "" && (g == c || slices.Contains(tokens(g.Generated), catalog.Quote(c.Name))) {
			return g.Name
		}
	}
	return ""
}

func (w *work) hangsOnWhatGoes(o *object) (address, bool) {
	for _, d := range dependencies(o) {
		switch {
		case whole(d) == o.Address, w.movesOutOf(o, d):
		case o.Table != nil && len(w.leave[o.Address]) > 0 && slices.Contains(w.cur.parents(o), whole(d)):
		case (o.Table != nil || o.Kind == catalog.KindComposite) && !w.tableNeeds(o, d), w.lets(o, d):
		case w.drop[whole(d)], w.dropColumn[d], w.retype[d], w.swap[d] && o.Table == nil:
			return d, true
		}
	}
	return address{}, false
}

// movesOutOf says whether an object will have left a schema before that goes.
func (w *work) movesOutOf(o *object, d address) bool {
	want := w.expect[o.Address]
	return d.Catalog == "pg_namespace" && want != nil && schemaMoved(w.before, w.cur, want, o)
}

// tableNeeds says whether a table will still depend on something when the
// columns that the batch added are gone.
func (w *work) tableNeeds(o *object, d address) bool {
	want := w.expect[o.Address]
	return want == nil || slices.Contains(want.DependsOn, d) || w.verdicts[o.Address].keepsColumns()
}

// lets says whether an object that is altered in place lets go of something
// before that is dropped.
func (w *work) lets(o *object, d address) bool {
	return w.alter[o.Address] && releases[o.Kind] != nil && !slices.Contains(w.expect[o.Address].DependsOn, d)
}

// describe names what an address stands for.
func (w *work) describe(a address) string {
	var o *object
	for _, x := range []*index{w.before, w.cur} {
		found := x.objects[whole(a)]
		if found == nil {
			continue
		}
		o = found
		if name := columnName(found, a.Column); name != "" {
			return either(found.Kind == catalog.KindComposite, "attribute ", "column ") + catalog.Quote(name) + " of " + found.Identity
		}
	}
	if o == nil {
		return fmt.Sprintf("%s %d", a.Catalog, a.OID)
	}
	return label(o)
}

// columnName is that of a column of a table or view, or of an attribute; "" when
// there is none.
func columnName(o *object, num int16) string {
	if c := column(o, num); c != nil {
		return c.Name
	}
	if c := o.Column(num); o.Table == nil && num > 0 && c != nil {
		return c.Name
	}
	return ""
}

func joined(all []string) string { return strings.Join(all, ", ") }
