package revert

// checkHidden finds foreign keys that have to be made anew while one of their
// tables hides rows from the role. The server checks such a key by a query of that
// role, which then is an error: it would see a part of the rows only. To force the
// row security no more for that moment is not this program's to decide.
func (w *work) checkHidden(all []address) {
	for _, a := range all {
		o := w.expect[a]
		if o == nil || !w.make[a] || !isEnforcedKey(o) || notValid(o) {
			continue
		}
		_, _, parent := w.foreignKey(w.before, o)
		if parent != nil {
			parent = w.expect[parent.Address]
		}
		if hidden := w.hiding(w.expect[o.Parent], parent); hidden != nil {
			w.conflictf("%s has to be made anew, and could not be checked: row security hides rows of %s from this role", label(o), label(hidden))
		}
	}
}

// hiding finds, among tables and what is under them, one with rows that the role
// does not see although it owns it; nil where there is none.
func (w *work) hiding(tables ...*object) *object {
	var found *object
	for _, t := range tables {
		if t == nil || !w.in.Filtered {
			continue
		}
		if t.Table != nil && t.Table.RowSecurity && t.Table.ForceRLS {
			return t
		}
		w.cur.below(t.Address, func(a address) {
			if p := w.cur.objects[a]; a != t.Address && p.Table != nil && p.Table.RowSecurity && p.Table.ForceRLS {
				found = p
			}
		})
	}
	return found
}
