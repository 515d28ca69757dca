package footprint

import "slices"

// fire runs the triggers of an event; columns are those that an UPDATE sets, nil: any.
func (w *walker) fire(r *rel, how string, row bool, columns []int16) {
	for _, t := range w.triggersOf(r, row) {
		if t.row == row && !t.instead && t.fires(how, columns) {
			w.runTrigger(t)
		}
	}
}

// fireInstead runs INSTEAD OF triggers and reports whether there is one.
func (w *walker) fireInstead(r *rel, how string) bool {
	some := false
	for _, t := range r.triggers {
		if t.instead && t.fires(how, nil) {
			some = true
			w.runTrigger(t)
		}
	}
	return some
}

// triggersOf lists a relation's triggers, with those for rows that it has as a
// partition; what was a partition before the batch has copies of its own.
func (w *walker) triggersOf(r *rel, row bool) []*trig {
	if !row {
		return r.triggers
	}
	out := r.triggers
	for _, p := range r.ancestors() {
		for _, t := range p.triggers {
			if t.row && (r.attached || t.routines == nil || !slices.ContainsFunc(r.triggers, func(o *trig) bool { return o.name == t.name })) {
				anyColumn := *t // its columns are numbered as in the parent
				anyColumn.columns = nil
				out = append(slices.Clip(out), &anyColumn)
			}
		}
	}
	return out
}

func (t *trig) fires(how string, columns []int16) bool {
	if t.off {
		return false
	}
	switch how {
	case inserting:
		return t.events.Insert
	case deleting:
		return t.events.Delete
	case emptying:
		return t.events.Truncate
	}
	return t.events.Update && (len(t.columns) == 0 || columns == nil ||
		slices.ContainsFunc(columns, func(num int16) bool { return slices.Contains(t.columns, num) }))
}

func (w *walker) runTrigger(t *trig) {
	for _, r := range t.routines {
		w.run(r)
	}
}

// assignedBefore tells which columns of the new row BEFORE triggers may change
// on an update; every: all of them.
func (w *walker) assignedBefore(r *rel, changed []*col) (columns []*col, every bool) {
	for _, t := range w.triggersOf(r, true) {
		if !t.row || !t.before || !t.fires(updating, numbersOf(changed)) {
			continue
		}
		switch t.builtin {
		case "":
		case "suppress_redundant_updates_trigger":
		case "tsvector_update_trigger", "tsvector_update_trigger_column":
			for _, c := range r.present() {
				if c.typ == tsvectorType {
					columns = union(columns, []*col{c})
				}
			}
		default:
			every = true
		}
		for _, f := range t.routines {
			names, all := f.assigns()
			every = every || all
			for _, n := range names {
				found := r.column(n)
				columns = union(columns, found)
			}
		}
	}
	return columns, every
}

// tsvectorType is the OID of tsvector, which every server has.
const tsvectorType = 3614

// assigns tells which fields of NEW a trigger's function may assign.
func (r *routine) assigns() (columns []string, all bool) {
	for _, b := range r.bodies {
		if b.language != "plpgsql" {
			return nil, true
		}
		b.parse()
		if b.broken != "" {
			return nil, true
		}
		found, every := assignments(b.code)
		columns, all = append(columns, found...), all || every
	}
	return columns, all
}
