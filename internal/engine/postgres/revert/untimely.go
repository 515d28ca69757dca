package revert

import (
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Untimely tells of an error of Prepare or Apply which check, as it is on a table and what
// hangs below that, or on a domain, old rows do not pass before all is as it was; none where
// it is about something else, or the batch made the check another one. A check calls
// functions, and nobody knows what these depend on: other functions, or rows. So it is found
// by trying, and made again behind everything else.
func (p *Plan) Untimely(err error) []*catalog.Object {
	_, casts := errors.AsType[*castError](err) // of a column that gets the domain back
	said, ok := errors.AsType[*pgconn.PgError](err)
	if casts || !ok || said.Code != "23514" || said.ConstraintName == "" {
		return nil
	}
	w := p.work()
	var on address
	for _, a := range addresses(w.before) {
		o := w.before.objects[a]
		if o.Kind == catalog.KindDomain && o.Schema == said.SchemaName && o.Name == said.DataTypeName ||
			o.Table != nil && o.Name == said.TableName && (o.Schema == said.SchemaName || besideSchema(a) == said.SchemaName) {
			on = a
		}
	}
	tree := w.before.tree(on)
	var all []*catalog.Object
	for _, a := range addresses(w.before) {
		o := w.before.objects[a]
		if o.Name != said.ConstraintName || !slices.Contains(tree, o.Parent) || o.Kind != catalog.KindDomainCheck && o.Kind != catalog.KindConstraint {
			continue
		}
		if !w.binds(o) || p.in.Behind[a] {
			return nil
		}
		all = append(all, o)
	}
	return all
}

// tree lists a table and all that it is tied to by inheritance, above, below and beside.
func (x *index) tree(a address) []address {
	all := []address{a}
	for i := 0; i < len(all); i++ {
		o := x.objects[all[i]]
		if o == nil || o.Table == nil {
			continue
		}
		for _, b := range slices.Concat(x.parents(o), x.children[o.Address]) {
			if !slices.Contains(all, b) {
				all = append(all, b)
			}
		}
	}
	return all
}
