package revert

import "github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"

// Between says under which numbers the objects of one database are found in another one
// that was made from what the first one held.
func Between(pairs []catalog.Pair) Renumbered {
	r := newRenumbered()
	for _, p := range pairs {
		if p.Here == nil || p.There == nil {
			continue
		}
		r.object(p.Here, p.There)
		r.sequences(p.Here, p.There)
		if p.Here.With != nil && p.There.With != nil {
			r.add(address{Catalog: "pg_type", OID: p.Here.With.OID}, address{Catalog: "pg_type", OID: p.There.With.OID})
		}
	}
	return r
}
