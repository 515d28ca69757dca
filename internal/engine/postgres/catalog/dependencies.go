package catalog

import (
	"context"
	"slices"
)

// dependenciesSQL leaves out what the server itself made: all that is below
// 16384 but schemas, extensions and PL/pgSQL. What a foreign key or a trigger
// becomes in each partition needs nothing that it does not need itself.
const dependenciesSQL = `
SELECT classid, objid, refclassid, refobjid, refobjsubid::int2 FROM pg_depend
WHERE deptype IN ('n', 'a', 'i', 'P', 'S') AND objid >= 16384
  AND NOT (classid = 'pg_constraint'::regclass
    AND EXISTS (SELECT FROM pg_constraint WHERE oid = objid AND conparentid <> 0 AND contype = 'f'))
  AND NOT (classid = 'pg_trigger'::regclass AND EXISTS (SELECT FROM pg_trigger WHERE oid = objid AND tgparentid <> 0))
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
	var class, refClass uint32
	var from, to Address
	into := []any{&class, &from.OID, &refClass, &to.OID, &to.Column}
	err := r.each(ctx, "dependencies", dependenciesSQL, func(rows row) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		from.Catalog, to.Catalog = r.catalogs[class], r.catalogs[refClass]
		r.depend(from, to)
		return nil
	})
	if err != nil {
		return err
	}
	if err := r.readExtensionTies(ctx); err != nil {
		return err
	}
	for i := range r.objects {
		on := r.objects[i].DependsOn
		slices.SortFunc(on, Address.compare)
		r.objects[i].DependsOn = slices.Clip(slices.Compact(on))
	}
	return nil
}

// readExtensionTies reads what goes with an extension without being a member of
// it: ALTER … DEPENDS ON EXTENSION, which completes a definition.
func (r *reader) readExtensionTies(ctx context.Context) error {
	const sql = `SELECT DISTINCT d.classid, d.objid, e.oid, e.extname::text FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
		WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'x' AND d.objid >= 16384 ORDER BY 4`
	return r.each(ctx, "ties to extensions", sql, func(rows row) error {
		var class uint32
		var from Address
		to := Address{Catalog: "pg_extension"}
		var extension string
		if err := rows.Scan(&class, &from.OID, &to.OID, &extension); err != nil {
			return err
		}
		from.Catalog = r.catalogs[class]
		o := r.object(r.whole(from))
		if o == nil {
			return nil
		}
		if alter := tied(o); alter != "" {
			o.After = append(o.After, alter+" DEPENDS ON EXTENSION "+Quote(extension))
			o.DependsOn = append(o.DependsOn, to)
		}
		return nil
	})
}

// tied begins the statement that ties an object to an extension; for a
// constraint that is its index. Empty for a kind that cannot be tied.
func tied(o *Object) string {
	switch o.Kind {
	case KindConstraint:
		return "ALTER INDEX " + Qualified(o.Schema, o.Name)
	case KindIndex:
		return "ALTER INDEX " + o.Identity
	case KindTrigger:
		return "ALTER TRIGGER " + o.Identity
	case KindMatview:
		return "ALTER MATERIALIZED VIEW " + o.Identity
	case KindFunction, KindAggregate:
		return "ALTER ROUTINE " + o.Identity
	}
	return ""
}

func (r *reader) depend(from, to Address) {
	o := r.object(r.whole(from))
	if o == nil {
		return
	}
	target := r.whole(to)
	if target == to.whole() || r.rows[target] == to.whole() {
		target.Column = to.Column
	}
	if _, out := r.hidden[target.whole()]; out || target.whole() == o.Address {
		return
	}
	if s, ok := r.under[o.Address]; ok && !s.holds(target) {
		o = r.object(DomainDefault(o.Address))
	}
	if o != nil {
		o.DependsOn = append(o.DependsOn, target)
	}
}
