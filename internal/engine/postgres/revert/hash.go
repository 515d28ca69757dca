package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// checkHashes finds tables that are partitioned by the hash of values of an enum, or of what
// holds some, while the enum has to be made anew. The hash is that of the label's number,
// which is then another one, so that rows would have to be in other partitions than they were.
func (w *work) checkHashes(all []address) {
	for _, a := range all {
		o := w.expect[a]
		if o == nil || o.Table == nil || !strings.HasPrefix(o.Table.Key, "HASH ") {
			continue
		}
		for _, e := range all {
			enum := w.expect[e]
			if enum != nil && enum.Kind == catalog.KindEnum && (w.make[e] || w.swap[e]) && w.hashes(o, e) {
				w.conflictf("%s would have its rows in other partitions: it is partitioned by a hash of values of %s, which has to be made anew with other numbers", label(o), label(enum))
			}
		}
	}
}

// hashes says whether a value of the enum is in what a table is partitioned by. Of an
// expression each word is taken for a column.
func (w *work) hashes(o *object, enum address) bool {
	x := w.before
	if w.cur.objects[o.Address] == o {
		x = w.cur
	}
	return slices.ContainsFunc(o.Table.Columns, func(c catalog.Column) bool {
		a, _, ok := x.typeOf(c.Type)
		if !ok || !slices.Contains(tokens(o.Table.Key), catalog.Quote(c.Name)) {
			return false
		}
		t := x.objects[a]
		if t == nil {
			t = x.objects[x.parent(a)]
		}
		return a == enum || t != nil && w.uses(t, enum)
	})
}
