package catalog

import (
	"context"
	"slices"
)

// dependenciesSQL leaves out what the server itself made: all that is below
// 16384 but schemas, extensions and PL/pgSQL.
const dependenciesSQL = `
SELECT classid, objid, refclassid, refobjid, refobjsubid::int2 FROM pg_depend
WHERE deptype IN ('n', 'a', 'i', 'P', 'S') AND objid >= 16384
  AND (refobjid >= 16384 OR refclassid IN
  ('pg_namespace'::regclass, 'pg_extension'::regclass, 'pg_language'::regclass))`

// readDependencies fills DependsOn. What belongs to something greater stands
// for that; what hangs on a table always needs it.
func (r *reader) readDependencies(ctx context.Context) error {
	for i := range r.objects {
		if o := &r.objects[i]; o.Parent.OID != 0 {
			o.DependsOn = append(o.DependsOn, o.Parent)
		}
	}
	err := r.each(ctx, "dependencies", dependenciesSQL, func(rows row) error {
		var class, refClass uint32
		var from, to Address
		if err := rows.Scan(&class, &from.OID, &refClass, &to.OID, &to.Column); err != nil {
			return err
		}
		from.Catalog, to.Catalog = r.catalogs[class], r.catalogs[refClass]
		r.depend(from, to)
		return nil
	})
	if err != nil {
		return err
	}
	for i := range r.objects {
		on := r.objects[i].DependsOn
		slices.SortFunc(on, Address.compare)
		r.objects[i].DependsOn = slices.Clip(slices.Compact(on))
	}
	return nil
}

func (r *reader) depend(from, to Address) {
	o := r.object(r.whole(from))
	if o == nil {
		return
	}
	target := r.whole(to)
	if target == to.whole() {
		target.Column = to.Column
	}
	if _, out := r.hidden[target.whole()]; out || target.whole() == o.Address {
		return
	}
	o.DependsOn = append(o.DependsOn, target)
}
