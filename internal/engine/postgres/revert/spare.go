package revert

import (
	"slices"
	"strings"
)

// An index of a partitioned table that was made on ONLY that is not valid until a part is
// put under it with which every partition has a valid one. A partition that goes does not
// make it valid, nor does one that comes with its part. An index that is left like that is
// made while there is one more partition, without a part.

// besideSpare lists what makes an index that is not to be valid though nothing is missing.
func (w *work) besideSpare(o *object, steps []step) []step {
	if !w.spares(o) {
		return steps
	}
	table, spare := w.expect[o.Parent].Identity, likeTable(o.Address)
	of := either(w.byHash(o.Parent), "FOR VALUES WITH (MODULUS 1, REMAINDER 0)", "DEFAULT")
	what := "bringing " + label(o) + " back"
	return slices.Concat(
		[]step{{sql: "CREATE TABLE " + spare + " PARTITION OF " + table + " " + of, what: what}},
		steps,
		[]step{
			{sql: "ALTER TABLE " + table + " DETACH PARTITION " + spare, what: what},
			{sql: "DROP TABLE " + spare, what: what},
		})
}

// spares says whether an index of a partitioned table would be valid when it is made, and
// is not to be.
func (w *work) spares(o *object) bool {
	if !o.Invalid {
		return false
	}
	parts := map[address]bool{}
	for _, h := range w.expect {
		if h.Part != nil && h.Part.Of == o.Address && !h.Invalid {
			parts[h.Parent] = true
		}
	}
	return !slices.ContainsFunc(w.partitions(o.Parent), func(child address) bool { return !parts[child] })
}

// checkSpare finds such indexes beside which there is no room for a partition.
func (w *work) checkSpare(o *object) {
	if !w.spares(o) {
		return
	}
	full := func(child address) bool { return w.byHash(o.Parent) || w.expect[child].Table.Partition == "DEFAULT" }
	if slices.ContainsFunc(w.partitions(o.Parent), full) {
		w.conflictf("%s has to be made anew, and would be valid, which it was not", label(o))
	}
}

// partitions are those that a table is to have.
func (w *work) partitions(table address) []address {
	return slices.DeleteFunc(addresses(w.before, w.cur), func(a address) bool {
		return w.expect[a] == nil || !slices.Contains(w.wantedParents(a), table)
	})
}

func (w *work) byHash(table address) bool {
	return strings.HasPrefix(w.expect[table].Table.Key, "HASH ")
}
