package catalog

import (
	"cmp"
	"context"
	"slices"
)

// privileges holds the access lists that the catalogs spell out, and what the
// absence of one means for each owner and class of object.
type privileges struct {
	explicit map[Address][]Grant
	implied  map[ownership][]Grant
}

// of returns the whole list of one object. An empty list that is spelled out
// differs from an absent one.
func (p *privileges) of(a Address, own ownership) []Grant {
	if list, ok := p.explicit[a]; ok {
		return list
	}
	return p.implied[own]
}

const explicitSQL = `
SELECT a.class, a.oid, a.num::int2, pg_get_userbyid(x.grantor)::text,
  CASE WHEN x.grantee = 0 THEN '' ELSE pg_get_userbyid(x.grantee)::text END, x.privilege_type, x.is_grantable
FROM (SELECT 'pg_class' AS class, oid, 0 AS num, relacl AS acl FROM pg_class WHERE relacl IS NOT NULL AND oid >= 16384
  UNION ALL SELECT 'pg_class', attrelid, attnum, attacl FROM pg_attribute
    WHERE attacl IS NOT NULL AND attrelid >= 16384 AND NOT attisdropped
  UNION ALL SELECT 'pg_proc', oid, 0, proacl FROM pg_proc WHERE proacl IS NOT NULL AND oid >= 16384
  UNION ALL SELECT 'pg_type', oid, 0, typacl FROM pg_type WHERE typacl IS NOT NULL AND oid >= 16384
  UNION ALL SELECT 'pg_language', oid, 0, lanacl FROM pg_language WHERE lanacl IS NOT NULL AND oid >= 16384
  UNION ALL SELECT 'pg_namespace', oid, 0, nspacl FROM pg_namespace WHERE nspacl IS NOT NULL
  UNION ALL SELECT 'pg_foreign_data_wrapper', oid, 0, fdwacl FROM pg_foreign_data_wrapper WHERE fdwacl IS NOT NULL
  UNION ALL SELECT 'pg_foreign_server', oid, 0, srvacl FROM pg_foreign_server WHERE srvacl IS NOT NULL
  UNION ALL SELECT 'pg_database', oid, 0, datacl FROM pg_database WHERE datacl IS NOT NULL AND oid = ` + thisDatabase + `) a
LEFT JOIN LATERAL aclexplode(a.acl) x ON true`

const impliedSQL = `
SELECT o.oid, k.class::text, pg_get_userbyid(x.grantor)::text,
  CASE WHEN x.grantee = 0 THEN '' ELSE pg_get_userbyid(x.grantee)::text END, x.privilege_type, x.is_grantable
FROM unnest($1::oid[]) o (oid), unnest('{r,s,f,l,T,n,F,S,d}'::"char"[]) k (class), aclexplode(acldefault(k.class, o.oid)) x`

func (r *reader) readGrants(ctx context.Context) (*privileges, error) {
	p := &privileges{explicit: map[Address][]Grant{}, implied: map[ownership][]Grant{}}
	err := r.each(ctx, "privileges", explicitSQL, func(rows row) error {
		var a Address
		var grantor, grantee, privilege *string
		var grantable *bool
		if err := rows.Scan(&a.Catalog, &a.OID, &a.Column, &grantor, &grantee, &privilege, &grantable); err != nil {
			return err
		}
		a.Catalog = r.text(a.Catalog)
		if privilege == nil {
			p.explicit[a] = nil
			return nil
		}
		p.explicit[a] = append(p.explicit[a], r.grant(*grantor, *grantee, *privilege, *grantable))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := r.readImpliedGrants(ctx, p); err != nil {
		return nil, err
	}
	for _, list := range p.explicit {
		slices.SortFunc(list, Grant.compare)
	}
	for _, list := range p.implied {
		slices.SortFunc(list, Grant.compare)
	}
	return p, nil
}

func (r *reader) readImpliedGrants(ctx context.Context, p *privileges) error {
	return r.each(ctx, "default privileges", impliedSQL, func(rows row) error {
		var own ownership
		var class, grantor, grantee, privilege string
		var grantable bool
		if err := rows.Scan(&own.role, &class, &grantor, &grantee, &privilege, &grantable); err != nil {
			return err
		}
		own.class = class[0]
		p.implied[own] = append(p.implied[own], r.grant(grantor, grantee, privilege, grantable))
		return nil
	}, r.roles())
}

func (r *reader) grant(grantor, grantee, privilege string, grantable bool) Grant {
	return Grant{
		Grantor: r.text(grantor), Grantee: r.text(grantee),
		Privilege: r.text(privilege), Grantable: grantable,
	}
}

func (g Grant) compare(h Grant) int {
	return cmp.Or(cmp.Compare(g.Grantee, h.Grantee), cmp.Compare(g.Privilege, h.Privilege), cmp.Compare(g.Grantor, h.Grantor))
}
