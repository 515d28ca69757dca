package footprint

import (
	"slices"

	tree "github.com/pganalyze/pg_query_go/v6"
)

// unchecked notes a check that the batch adds without looking at the rows.
func (w *walker) unchecked(r *rel, k *tree.Constraint) {
	if !k.GetSkipValidation() {
		return
	}
	if w.pending[r] == nil {
		w.pending[r] = map[string]bool{}
	}
	w.pending[r][k.GetConname()] = true
}

// validated: a check holds for the rows that are there.
func (w *walker) validated(r *rel, constraint string) {
	if !w.maybe {
		delete(w.pending[r], constraint)
	}
}

// unfit says of which tables the batch makes something that single rows could not
// be put right in: they may break a check that they never had to pass, have no key to
// be told by, or belong to a partition that came or went.
func (w *walker) unfit() {
	for oid, t := range w.out.Tables {
		r := w.s.rel(oid)
		switch {
		case len(w.pending[r]) > 0:
			t.Unfit = "the batch adds a check that is not valid"
		case w.keyless(r):
			t.Unfit = "the batch drops its primary key"
		case w.regrouped(r):
			t.Unfit = "the batch changes which partitions or children stand beside it"
		}
	}
}

// keyless reports whether the batch drops the primary key of a table, or of what the table
// is a partition of.
func (w *walker) keyless(r *rel) bool {
	if r == nil || r.base == nil {
		return false
	}
	return r.base.KeyName != "" && w.s.dropped[keyName{r.id, r.base.KeyName}] ||
		r.base.Partition && slices.ContainsFunc(r.base.Parents, func(oid uint32) bool { return w.keyless(w.s.rel(oid)) })
}

// regrouped reports whether a table has other siblings than before the batch.
func (w *walker) regrouped(r *rel) bool {
	for _, oid := range r.base.Parents {
		parent := w.s.rel(oid)
		if parent == nil {
			continue
		}
		there := 0
		for _, c := range parent.children {
			if c.base == nil || c.gone || c.attached {
				return true
			}
			there++
		}
		if there != len(parent.base.Children) {
			return true
		}
	}
	return false
}
