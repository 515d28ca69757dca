package footprint

import (
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/migrate"
)

// What a statement does to rows.
const (
	inserting = "insert"
	updating  = "update"
	deleting  = "delete"
	emptying  = "truncate"
)

// insert puts rows into a relation and whatever reacts to that.
func (w *walker) insert(r *rel) {
	if w.once(r, inserting) && !w.elsewhere(r, inserting, nil) {
		w.insertInto(r)
	}
}

// insertInto puts rows into a table itself, whatever its rules are.
func (w *walker) insertInto(r *rel) {
	w.fire(r, inserting, false, nil)
	for _, t := range r.family(r.kind == 'p') {
		if t.kind == 'f' {
			w.elsewhere(t, inserting, nil)
			continue
		}
		if entry := w.table(t); entry != nil && t.kind == 'r' {
			entry.Inserts = true
			w.filled(t)
		}
		w.compute(t, OnInsert)
		w.compute(t, OnWrite)
		w.presets(t, nil)
		w.fire(t, inserting, true, nil)
	}
}

// delete takes rows out of a relation; whole: and of its children.
func (w *walker) delete(r *rel, whole bool) {
	if !w.once(r, fmt.Sprint(deleting, whole)) || w.elsewhere(r, deleting, nil) {
		return
	}
	w.fire(r, deleting, false, nil)
	for _, t := range r.family(whole || r.kind == 'p') {
		w.deleteFrom(t)
	}
}

func (w *walker) deleteFrom(t *rel) {
	if t.kind == 'f' {
		w.elsewhere(t, deleting, nil)
		return
	}
	if entry := w.table(t); entry != nil {
		entry.Deletes, w.unsure[t] = true, true
	}
	w.compute(t, OnRead)
	w.fire(t, deleting, true, nil)
	w.cascadeDelete(t)
}

// update changes columns of a relation by name; nil: any column.
func (w *walker) update(r *rel, columns []string, whole bool) {
	if !w.once(r, fmt.Sprint(updating, whole, columns, w.bound())) || w.elsewhere(r, updating, columns) {
		return
	}
	w.fire(r, updating, false, numbersOf(r.withGenerated(w.chosen(r, columns))))
	moves := false
	for _, t := range r.family(whole || r.kind == 'p') {
		if t.kind == 'f' {
			w.elsewhere(t, updating, nil)
			continue
		}
		changed := w.updateIn(t, columns)
		moves = moves || r.kind == 'p' && movesRows(r, t, changed)
	}
	if moves {
		w.moveRows(r)
	}
}

// updateIn changes columns of one table, and returns which change in the end.
func (w *walker) updateIn(t *rel, columns []string) []*col {
	changed := t.withGenerated(w.chosen(t, columns))
	fires := numbersOf(changed)
	assigned, every := w.assignedBefore(t, changed)
	if every {
		changed = t.present()
	}
	changed = t.withGenerated(union(changed, assigned))
	if entry := w.table(t); entry != nil && t.kind == 'r' {
		entry.Updates, w.unsure[t] = true, true
		for _, c := range changed {
			w.column(t, c, migrate.LosesRows)
		}
	}
	w.compute(t, OnWrite)
	w.compute(t, OnRead)
	w.fire(t, updating, true, fires)
	w.cascadeUpdate(t, changed)
	return changed
}

// chosen gives columns by their names; every one where a name is not known. In a
// definition a name is that of the time when it was made.
func (w *walker) chosen(r *rel, columns []string) []*col {
	if columns == nil {
		return r.present()
	}
	var out []*col
	for _, n := range columns {
		found := r.column(n)
		if w.bound() {
			found = append(found, r.called(n)...)
		}
		if len(found) == 0 {
			return r.present()
		}
		out = union(out, found)
	}
	return out
}

// bound reports whether names were resolved when a definition was made.
func (w *walker) bound() bool {
	return w.def != nil && (w.def.base || w.def.bound != nil)
}

// called finds the columns that had a name before the batch renamed them.
func (r *rel) called(name string) []*col {
	return slices.DeleteFunc(r.present(), func(c *col) bool { return !slices.Contains(c.had, name) })
}

func (r *rel) present() []*col {
	return slices.DeleteFunc(slices.Clone(r.columns), func(c *col) bool { return c.gone })
}

// withGenerated adds the columns that are computed from others.
func (r *rel) withGenerated(changed []*col) []*col {
	out := slices.Clone(changed)
	for _, c := range r.columns {
		if c.generated && !c.gone && slices.ContainsFunc(c.uses, func(num int16) bool {
			return num == 0 || slices.ContainsFunc(changed, func(o *col) bool { return o.num == num })
		}) {
			out = union(out, []*col{c})
		}
	}
	return out
}

func union(a, b []*col) []*col {
	out := slices.Clone(a)
	for _, c := range b {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func numbersOf(columns []*col) []int16 {
	out := make([]int16, len(columns))
	for i, c := range columns {
		out[i] = c.num
	}
	return out
}

// movesRows reports whether an update of a partitioned table may send a row to
// another partition.
func movesRows(root, t *rel, changed []*col) bool {
	for _, p := range append(t.ancestors(), root) {
		for _, num := range p.parts {
			if num == 0 {
				return true
			}
			key := p.numbered(num)
			if key == nil || slices.ContainsFunc(changed, func(c *col) bool { return overlaps(c.names, key.names) }) {
				return true
			}
		}
	}
	return false
}

func overlaps(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// moveRows sends rows from any partition to any other, which is a deletion and
// an insertion. Before PostgreSQL 15 foreign keys take it for one, too.
func (w *walker) moveRows(root *rel) {
	for _, t := range root.family(true) {
		if t.kind == 'p' {
			continue
		}
		if entry := w.table(t); entry != nil {
			entry.Inserts, entry.Deletes, w.unsure[t] = true, true, true
		}
		w.fire(t, inserting, true, nil)
		w.fire(t, deleting, true, nil)
		if w.facts.Version < 15 {
			w.cascadeDelete(t)
		}
	}
}

// truncate empties relations, with what refers to them where cascade is set.
func (w *walker) truncate(roots []*rel, cascade, restart bool) {
	all := slices.Clone(roots)
	for i := 0; i < len(all); i++ {
		r := all[i]
		if cascade {
			for _, k := range w.refers(r) {
				for _, t := range k.child.family(true) {
					if !slices.Contains(all, t) {
						all = append(all, t)
					}
				}
			}
		}
	}
	for _, r := range all {
		w.fire(r, emptying, false, nil)
		if entry := w.table(r); entry != nil {
			entry.Deletes, w.unsure[r] = true, true
		}
		if r.kind == 'f' {
			w.elsewhere(r, emptying, nil)
		}
		if restart && r.base != nil {
			w.object("sequences of " + r.base.Label() + " restarted")
		}
	}
}

// refers lists the foreign keys that refer to a table, or to a partitioned
// table that it is a partition of.
func (w *walker) refers(r *rel) []*key {
	var out []*key
	for _, p := range append([]*rel{r}, r.ancestors()...) {
		out = append(out, w.s.keys[p]...)
		if p.base == nil {
			continue
		}
		for _, k := range w.facts.refers[p.id] {
			child := w.s.rel(k.Child)
			if child == nil || w.s.dropped[keyName{k.Child, k.Name}] {
				continue
			}
			out = append(out, &key{name: k.Name, child: child, parent: p, columns: k.Columns, refers: k.Refers, sets: k.Sets, onUpdate: k.OnUpdate, onDelete: k.OnDelete})
		}
	}
	return out
}

// cascadeDelete does what foreign keys do when rows go.
func (w *walker) cascadeDelete(r *rel) {
	for _, k := range w.refers(r) {
		switch k.onDelete {
		case 'c':
			w.delete(k.child, k.child.kind == 'p')
		case 'n', 'd':
			sets := k.sets
			if len(sets) == 0 {
				sets = k.columns
			}
			w.set(k.child, sets)
		}
	}
}

// cascadeUpdate does what foreign keys do when a column that they refer to changes.
func (w *walker) cascadeUpdate(r *rel, changed []*col) {
	for _, k := range w.refers(r) {
		touches := slices.ContainsFunc(k.refers, func(num int16) bool {
			key := k.parent.numbered(num)
			return key == nil || slices.ContainsFunc(changed, func(c *col) bool { return overlaps(c.names, key.names) })
		})
		if touches && k.onUpdate != 'a' && k.onUpdate != 'r' {
			w.set(k.child, k.columns)
		}
	}
}

// set updates columns by their numbers.
func (w *walker) set(r *rel, numbers []int16) {
	var columns []string
	for _, num := range numbers {
		c := r.numbered(num)
		if c == nil {
			columns = nil
			break
		}
		columns = append(columns, c.names[len(c.names)-1])
	}
	w.presets(r, columns)
	w.compute(r, OnInsert)
	w.update(r, columns, r.kind == 'p')
}

// presets computes defaults that the batch gave columns.
func (w *walker) presets(r *rel, columns []string) {
	for _, c := range r.columns {
		if c.preset != nil && (columns == nil || overlaps(c.names, columns)) {
			w.under(c.preset, func() { w.visitAll(c.preset.nodes) })
		}
	}
}
