package revert

import (
	"context"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// createSequence makes a sequence, which is its table's owner's before that gets it.
func (r *run) createSequence(ctx context.Context, w *work, o *object) ([]step, error) {
	steps := w.createSteps(o)
	given, err := r.giveToTable(ctx, w, o)
	if err != nil {
		return nil, err
	}
	if w.besideType(o) {
		given = append(nameSequence(o, &steps[0]), given...)
	}
	return slices.Insert(steps, 1, given...), nil
}

// besideType says whether a sequence has the name of a type, or one that the server may
// have given to the array of a type. A sequence comes with no type, and can have such a
// name; but the server makes none of it once the type is there, and gives an array
// another name.
func (w *work) besideType(o *object) bool {
	_, before := w.before.types[o.Identity]
	_, now := w.cur.types[o.Identity]
	return before || now || strings.HasPrefix(o.Name, "_")
}

// nameSequence has a sequence made under another name, and given its own then, where
// the server does not look for types.
func nameSequence(o *object, create *step) []step {
	aside := catalog.Qualified(o.Schema, outOfTheWay(o.Address.OID))
	create.sql = strings.Replace(create.sql, o.Identity, aside, 1)
	return []step{{sql: "ALTER SEQUENCE " + aside + " RENAME TO " + catalog.Quote(o.Name), what: create.what}}
}
