package revert

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// placeCatalog is the catalog of the addresses that stand for putting a table
// where it was among others: its OID is the table's.
const placeCatalog = "pg_inherits"

func placeOf(table address) address { return address{Catalog: placeCatalog, OID: table.OID} }

func tableOf(place address) address { return address{Catalog: "pg_class", OID: place.OID} }

// parents are the tables that a table is a partition of, or inherits from.
func (x *index) parents(o *object) []address {
	if o == nil || o.Table == nil {
		return nil
	}
	all := make([]address, 0, len(o.Table.Parents))
	for _, name := range o.Table.Parents {
		if a, ok := x.tables[name]; ok {
			all = append(all, a)
		}
	}
	return all
}

// depth is how many tables stand above one.
func (x *index) depth(a address) int {
	deepest := 0
	for _, p := range x.parents(x.objects[a]) {
		deepest = max(deepest, 1+x.depth(p))
	}
	return deepest
}

// below calls f for a table and all tables under it.
func (x *index) below(a address, f func(address)) {
	f(a)
	for _, child := range x.children[a] {
		x.below(child, f)
	}
}

// wantedParents are the parents of a table as it is expected to be.
func (w *work) wantedParents(a address) []address {
	want := w.expect[a]
	if want != nil && want == w.cur.objects[a] {
		return w.cur.parents(want)
	}
	return w.before.parents(want)
}

func (w *work) placeDiffers(want, cur *object) bool {
	return !w.cmp.texts(want.Table.Parents, cur.Table.Parents) || !w.cmp.ren.explains(want.Table.Partition, cur.Table.Partition)
}

// extraParents lists what a table has to stop inheriting from where that is all
// that its place differs by; nil where it is not.
func (w *work) extraParents(want, cur *object) []string {
	if cur.Table.Partition != "" || want.Table.Partition != "" {
		return nil
	}
	var extra []string
	rest := want.Table.Parents
	for _, name := range cur.Table.Parents {
		if len(rest) > 0 && w.cmp.ren.explains(rest[0], name) {
			rest = rest[1:]
			continue
		}
		extra = append(extra, name)
	}
	if len(rest) > 0 {
		return nil
	}
	return extra
}

// joins says whether a table that stands alone can be put where it was: as a
// partition always, under other parents if all its columns are its own, too.
func joins(want *object) bool { return !want.Table.ByParents() }

// move takes a table that stays to another place.
func (w *work) move(want, cur *object) {
	if extra := w.extraParents(want, cur); extra != nil {
		w.leave[cur.Address] = extra
		return
	}
	w.leave[cur.Address] = cur.Table.Parents
	w.join[cur.Address] = len(want.Table.Parents) > 0
}

// placeTables finds which tables leave their parents and which join some. One
// whose parent has to go leaves it, or has to be made anew itself.
func (w *work) placeTables() {
	for again := true; again; {
		again = false
		for _, a := range addresses(w.cur) {
			cur, want := w.cur.objects[a], w.expect[a]
			if cur.Table == nil || want == nil || w.drop[a] || len(w.leave[a]) > 0 || !w.anyDropped(w.cur.parents(cur)) {
				continue
			}
			if joins(want) {
				w.leave[a], w.join[a] = cur.Table.Parents, len(want.Table.Parents) > 0
				continue
			}
			w.rebuild(want, cur, "its parent has to be made anew")
			again = true
		}
	}
	for _, a := range addresses(w.before, w.cur) {
		cur, want := w.cur.objects[a], w.expect[a]
		if w.drop[a] && cur.Table != nil && cur.Table.Partition != "" {
			w.leave[a] = cur.Table.Parents
		}
		made := want != nil && want.Table != nil && (cur == nil || w.drop[a])
		if made && len(want.Table.Parents) > 0 && joins(want) {
			w.join[a] = true
		}
	}
	w.dropBareIndexes()
	w.dropTwins()
	w.dropExclusions()
	w.checkFollowers()
	w.checkIdentities()
}

// dropBareIndexes has indexes of partitioned tables made anew that have no part in
// a partition which comes back, or one that is not valid: ATTACH PARTITION would make one.
func (w *work) dropBareIndexes() {
	parts := map[[2]address]bool{} // table and index that one of its indexes belongs to
	for _, o := range w.expect {
		if o.Part != nil && !o.Invalid {
			parts[[2]address{o.Parent, o.Part.Of}] = true
		}
	}
	for a, joins := range w.join {
		if !joins {
			continue
		}
		above := w.wantedParents(a)
		for i := range w.cur.state.Objects {
			o := &w.cur.state.Objects[i]
			index := o.Kind == catalog.KindIndex || o.Kind == catalog.KindConstraint && hasIndex(o)
			if index && slices.Contains(above, o.Parent) && w.expect[o.Address] != nil && !parts[[2]address{a, o.Address}] {
				w.drop[o.Address] = true
			}
		}
	}
}

func (w *work) anyDropped(all []address) bool {
	return slices.ContainsFunc(all, func(a address) bool { return w.drop[a] })
}

// checkFollowers finds columns that would take a new name from their parent and
// must not: their table came under it after it had been renamed.
func (w *work) checkFollowers() {
	for _, a := range addresses(w.cur) {
		cur, want := w.cur.objects[a], w.expect[a]
		if cur.Table == nil || want == nil {
			continue
		}
		for _, p := range w.cur.parents(cur) {
			w.checkColumnNames(want, cur, w.expect[p], w.cur.objects[p])
		}
	}
}

func (w *work) checkColumnNames(want, cur, wantParent, curParent *object) {
	for i := range cur.Table.Columns {
		c := &cur.Table.Columns[i]
		j := slices.IndexFunc(curParent.Table.Columns, func(p catalog.Column) bool { return p.Name == c.Name })
		if c.Inherited == 0 || j < 0 {
			continue
		}
		is, was := column(want, c.Num), column(wantParent, curParent.Table.Columns[j].Num)
		if is != nil && was != nil && is.Name != was.Name {
			w.conflictf("%s came under %s when column %s of that had its new name already", label(cur), curParent.Identity, catalog.Quote(c.Name))
		}
	}
}

// identityOfTree is the first version in which the identity of a column is that of all
// partitions.
const identityOfTree = 170000

// checkIdentities finds partitions, partitioned themselves, that would have to be
// attached or detached with an identity column. The server gives a table that it
// attaches the parent's identity, and takes it from one that it detaches; what lies
// under the table has to have it, and does not get it.
func (w *work) checkIdentities() {
	if w.cur.state.Server < identityOfTree {
		return
	}
	for _, a := range addresses(w.before, w.cur) {
		cur, want := w.cur.objects[a], w.expect[a]
		if w.join[a] && want.Table.Partition != "" && len(w.before.children[a]) > 0 {
			if c := identity(want, nil); c != nil {
				w.conflictf("%s would have to be attached again, and the server would not give its partitions the identity of column %s", label(want), catalog.Quote(c.Name))
			}
		}
		if len(w.leave[a]) == 0 || cur.Table.Partition == "" {
			continue
		}
		for _, child := range w.cur.children[a] {
			if c := identity(cur, w.cur.objects[child]); c != nil {
				w.conflictf("%s would have to be detached, which the server cannot do, for %s is without the identity of column %s", label(cur), label(w.cur.objects[child]), catalog.Quote(c.Name))
			}
		}
	}
}

// dropTwins has indexes of partitioned tables made anew, of whose parts the server could take
// one for another when a table is attached again: it looks for one that fits, and overlooks
// names and order. Only a constraint gets that of a constraint, for certain.
func (w *work) dropTwins() {
	alike := map[string][]*object{}
	for _, a := range addresses(w.before, w.cur) {
		o := w.expect[a]
		if o == nil || !w.join[o.Parent] || o.Kind != catalog.KindIndex && (o.Kind != catalog.KindConstraint || !hasIndex(o)) {
			continue
		}
		definition := w.fits(o)
		alike[definition] = append(alike[definition], o)
	}
	for _, all := range alike {
		constraints := 0
		for _, o := range all {
			if o.Kind == catalog.KindConstraint {
				constraints++
			}
		}
		for _, o := range all {
			if len(all) > 1 && o.Part != nil && w.cur.objects[o.Part.Of] != nil && (o.Kind == catalog.KindIndex || constraints > 1) {
				w.drop[o.Part.Of] = true
			}
		}
	}
}

// fits spells what the server looks at when it looks for an index that fits.
func (w *work) fits(o *object) string {
	like := *o
	like.Create = strings.Replace(strings.Replace(o.Create, "CREATE INDEX ", "CREATE UNIQUE INDEX ", 1), " ON ONLY ", " ON ", 1)
	key, known := uniqueKeyOf(&like, w.expect[o.Parent])
	if !known {
		return fmt.Sprint(o.Parent, strings.Replace(o.Create, catalog.Quote(o.Name), "", 1))
	}
	return fmt.Sprint(o.Parent, strings.HasPrefix(o.Create, "CREATE INDEX "), key)
}

// identity is the first identity column of a table that another one, if there is one,
// does not have as such.
func identity(o, other *object) *catalog.Column {
	for i := range o.Table.Columns {
		c := &o.Table.Columns[i]
		same := func(d catalog.Column) bool { return d.Name == c.Name && d.Identity != "" }
		if c.Identity != "" && (other == nil || !slices.ContainsFunc(other.Table.Columns, same)) {
			return c
		}
	}
	return nil
}

// placeParts finds parts of indexes that have to go with the index that they are
// a part of: nothing takes one out alone.
func (w *work) placeParts(o *object) (again bool) {
	if o.Part == nil || len(w.leave[o.Parent]) > 0 {
		return false
	}
	want := w.expect[o.Address]
	stays := !w.drop[o.Address] && want != nil && want.Part != nil && want.Part.Of == o.Part.Of
	if stays || w.drop[o.Part.Of] {
		return false
	}
	if w.cur.objects[o.Part.Of] == nil {
		return false
	}
	w.drop[o.Address], w.drop[o.Part.Of] = true, true
	return true
}

// moving are the tables whose rows or place among others change, and those that
// they leave or join.
func (w *work) moving() map[address]bool {
	all := map[address]bool{}
	for a := range w.refill {
		all[a] = true
	}
	for a := range w.leave {
		all[a] = true
		for _, p := range w.cur.parents(w.cur.objects[a]) {
			all[p] = true
		}
	}
	for a, joins := range w.join {
		if !joins {
			continue
		}
		all[a] = true
		for _, p := range w.wantedParents(a) {
			all[p] = true
		}
	}
	return all
}

// leaveSteps take tables out from under their parents.
func (w *work) leaveSteps() []step {
	var steps []step
	for _, a := range addresses(w.cur) {
		cur := w.cur.objects[a]
		for _, parent := range w.leave[a] {
			sql := "ALTER TABLE " + cur.Identity + " NO INHERIT " + parent
			if cur.Table.Partition != "" {
				sql = "ALTER TABLE " + parent + " DETACH PARTITION " + cur.Identity
			}
			steps = append(steps, step{sql: sql, what: "taking " + label(cur) + " out of " + parent})
		}
	}
	return steps
}

// joinSteps put a table under its parents.
func (w *work) joinSteps(a address) []step {
	var steps []step
	want := w.expect[a]
	for _, p := range w.wantedParents(a) {
		parent := w.expect[p].Identity
		sql := "ALTER TABLE " + want.Identity + " INHERIT " + parent
		if want.Table.Partition != "" {
			sql = "ALTER TABLE ONLY " + parent + " ATTACH PARTITION " + want.Identity + " " + want.Table.Partition
		}
		steps = append(steps, step{sql: sql, what: "putting " + label(want) + " back under " + parent, runs: true})
	}
	for i := range want.Table.Columns {
		// ATTACH PARTITION takes a constraint for the parent's alone.
		if c := &want.Table.Columns[i]; want.Table.Partition != "" && c.NotNullName != "" && !c.NotNullOver {
			sql := "ALTER TABLE " + want.Identity + " ALTER COLUMN " + catalog.Quote(c.Name) + " SET NOT NULL"
			steps = append(steps, step{sql: sql, what: "putting " + label(want) + " back"})
		}
	}
	return steps
}

// partSteps put the parts of an index made anew under it, which makes it valid:
// ATTACH PARTITION of its table would pass it over otherwise, and make another.
func (w *work) partSteps(of *object) []step {
	var steps []step
	for _, a := range addresses(w.before, w.cur) {
		if want := w.expect[a]; want != nil && want.Part != nil && want.Part.Of == of.Address && !isExclusionPart(want) {
			steps = append(steps, partStep(of, want))
		}
	}
	return steps
}

// looseParts put indexes under those that stayed. Where the table's coming back
// has done that already, the server only looks whether the one above is valid by now:
// that it must not, where this is not to be valid.
func (w *work) looseParts() []step {
	var steps []step
	for _, a := range addresses(w.before, w.cur) {
		want, cur := w.expect[a], w.cur.objects[a]
		if want == nil || want.Part == nil || w.make[want.Part.Of] || isExclusionPart(want) {
			continue
		}
		of := w.expect[want.Part.Of]
		if of != nil && of.Invalid && w.join[want.Parent] {
			continue
		}
		kept := cur != nil && cur.Part != nil && !w.make[a] && len(w.leave[cur.Parent]) == 0
		if of != nil && !kept {
			steps = append(steps, partStep(of, want))
		}
	}
	return steps
}

func partStep(of, part *object) step {
	return step{
		sql:  "ALTER INDEX " + indexIdentity(of) + " ATTACH PARTITION " + indexIdentity(part),
		what: "putting " + label(part) + " back under " + label(of),
	}
}

// indexIdentity names an index, or that of a constraint.
func indexIdentity(o *object) string {
	if o.Kind == catalog.KindConstraint {
		return catalog.Qualified(o.Schema, o.Name)
	}
	return o.Identity
}

// comesFromParent says whether something goes when the same of the parent does:
// a part of an index, a check or a column that is inherited.
func (w *work) comesFromParent(a address) bool {
	o := w.cur.objects[whole(a)]
	if c := column(o, a.Column); c != nil {
		return c.Inherited > 0 && len(w.leave[o.Address]) == 0
	}
	return (o.Part != nil || o.Inherited) && len(w.leave[o.Parent]) == 0
}

// byDepth sorts what hangs on tables: parents first.
func (w *work) byDepth(all []address) {
	depth := func(a address) int {
		if o := w.cur.objects[whole(a)]; o.Table == nil {
			return w.cur.depth(o.Parent)
		}
		return w.cur.depth(whole(a))
	}
	slices.SortStableFunc(all, func(a, b address) int { return cmp.Compare(depth(a), depth(b)) })
}

// treeNeeds adds to what something needs to be made the order that trees of
// tables ask for: a table joins its parents with its indexes and checks in place,
// before indexes are made above it; checks are made from the leaves upwards, for
// those of a parent come to its children by themselves.
func (w *work) treeNeeds(set []address) func(a address) []address {
	hangers := map[address][]address{}
	for _, a := range set {
		if o := w.expect[a]; o != nil && o.Parent != (address{}) && (o.Kind == catalog.KindIndex || o.Kind == catalog.KindConstraint) && !isForeignKey(o) {
			hangers[o.Parent] = append(hangers[o.Parent], a)
		}
	}
	under := map[address][]address{}
	for _, a := range addresses(w.before, w.cur) {
		for _, p := range w.wantedParents(a) {
			under[p] = append(under[p], a)
		}
	}
	return func(a address) []address {
		if a.Catalog == placeCatalog {
			table := tableOf(a)
			needs := append([]address{table}, hangers[table]...)
			for _, p := range w.wantedParents(table) {
				needs = append(append(needs, p), under[p]...)
			}
			return needs
		}
		o := w.expect[a]
		needs := dependencies(o)
		if base, _ := w.givenBy(o); base != nil {
			needs = append(slices.Clone(needs), catalog.DomainDefault(base.Address))
		}
		if o.Part != nil {
			needs = slices.DeleteFunc(slices.Clone(needs), func(d address) bool { return whole(d) == o.Part.Of })
		}
		return append(slices.Clone(needs), w.belowFirst(o, under, hangers)...)
	}
}

// belowFirst lists what of the tables under that of an index or check is first.
func (w *work) belowFirst(o *object, under, hangers map[address][]address) []address {
	if o.Kind != catalog.KindIndex && o.Kind != catalog.KindConstraint || isForeignKey(o) {
		return nil
	}
	var first []address
	for _, child := range under[o.Parent] {
		index := o.Kind == catalog.KindIndex || hasIndex(o)
		if index {
			first = append(first, placeOf(child))
		}
		for _, h := range hangers[child] {
			part := w.expect[h].Part
			if index && part != nil && part.Of == o.Address || !index && w.expect[h].Name == o.Name {
				first = append(first, h)
			}
		}
	}
	return first
}
