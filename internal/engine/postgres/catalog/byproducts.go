package catalog

import (
	"cmp"
	"context"
)

// Byproduct is something that the server makes with an object and drops with it,
// and that has a comment: the cast of a range type, an array type, what a partition
// has from its parent.
type Byproduct struct {
	On      string `json:"n"` // as COMMENT ON has it: "TYPE public.t[]"
	Comment string `json:"t"`
}

// readMakers finds range types whose functions are not as the server makes them.
// They are the first superuser's, so that only superusers can have altered them.
func (r *reader) readMakers(ctx context.Context) error {
	var oids []uint32
	for part := range r.parts {
		if o := r.object(r.whole(part)); part.Catalog == "pg_proc" && o != nil && o.Kind == KindRange {
			oids = append(oids, part.OID)
		}
	}
	if len(oids) == 0 {
		return nil
	}
	sql := `SELECT oid FROM pg_proc WHERE oid = ANY ($1) AND (proowner <> 10
		OR proacl IS NOT NULL AND ` + sortedACL("proacl") + ` <> ` + sortedACL("acldefault('f', proowner)") + ` OR provolatile <> 'i' OR prosecdef
		OR proleakproof OR procost <> 1 OR proparallel <> 's' OR proconfig IS NOT NULL OR proisstrict <> (prosrc LIKE 'multirange%')
		OR prolang <> (SELECT oid FROM pg_language WHERE lanname = 'internal') OR obj_description(oid, 'pg_proc') IS NOT NULL)`
	return r.each(ctx, "the functions of range types", sql, func(rows row) error {
		at := Address{Catalog: "pg_proc"}
		err := rows.Scan(&at.OID)
		if o := r.object(r.whole(at)); o != nil {
			o.Unsupported = cmp.Or(o.Unsupported, "a function that comes with it was altered")
		}
		return err
	}, oids)
}

// readByproducts completes the objects with the comments on what comes with them.
func (r *reader) readByproducts(ctx context.Context, comments map[Address]string) error {
	var catalogs []string
	var oids []uint32
	for at := range comments {
		if r.byproduct(at) {
			catalogs, oids = append(catalogs, at.Catalog), append(oids, at.OID)
		}
	}
	if len(oids) == 0 {
		return nil
	}
	const sql = `SELECT x.c, x.o, coalesce(i.type, ''), coalesce(i.identity, ''), EXISTS (SELECT FROM pg_trigger t
		WHERE x.c = 'pg_trigger' AND t.oid = x.o AND t.tgisinternal AND t.tgparentid = 0)
		FROM unnest($1::text[], $2::oid[]) x (c, o), pg_identify_object(x.c::regclass, x.o, 0) i ORDER BY 4, 3`
	return r.each(ctx, "what comes with other objects", sql, func(rows row) error {
		var at Address
		var kind, identity string
		var numbered bool // its name is the server's, and would be another one
		if err := rows.Scan(&at.Catalog, &at.OID, &kind, &identity, &numbered); err != nil {
			return err
		}
		o := r.object(r.whole(at))
		if word := byproductWords[kind]; word != "" && !numbered {
			o.Byproducts = append(o.Byproducts, Byproduct{On: word + identity, Comment: comments[at]})
		} else {
			o.Fixed = cmp.Or(o.Fixed, "the "+cmp.Or(kind, "thing")+" "+identity+", which comes with it, has a comment")
		}
		return nil
	}, catalogs, oids)
}

// byproduct tells whether a comment is on one: neither on an object, a column, the
// row type or multirange of an object, nor on an index or sequence, which stand with
// the constraint or column, nor on the functions of a range type.
func (r *reader) byproduct(at Address) bool {
	o := r.object(r.whole(at))
	return o != nil && o.Kind != KindExtension && at.Column == 0 && at.Catalog != "pg_class" &&
		at.Catalog != "pg_proc" && at != o.Address && at != r.rows[o.Address]
}

// byproductWords are what COMMENT ON calls the types of pg_identify_object.
var byproductWords = map[string]string{
	"type": "TYPE ", "cast": "CAST ", "operator": "OPERATOR ", "rule": "RULE ", "trigger": "TRIGGER ", "table constraint": "CONSTRAINT ",
}
