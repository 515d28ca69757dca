package catalog

import "context"

// structure is what a domain cannot be without; whatever else its row depends
// on, its default does.
type structure struct{ base, collation Address }

func (s structure) holds(a Address) bool {
	return a == s.base || a == s.collation || a.Catalog == "pg_namespace"
}

const domainsSQL = `
SELECT t.oid, n.nspname::text, t.typname::text, t.typowner, format_type(t.typbasetype, t.typtypmod), t.typbasetype,
  coalesce(CASE WHEN t.typcollation <> b.typcollation THEN quote_ident(kn.nspname) || '.' || quote_ident(k.collname) END, ''),
  t.typcollation,
  t.typnotnull AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'n'),
  coalesce(pg_get_expr(t.typdefaultbin, 0), '')
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_collation k ON k.oid = t.typcollation LEFT JOIN pg_namespace kn ON kn.oid = k.collnamespace
WHERE t.typtype = 'd' AND t.oid >= 16384`

// readDomains reads domains. Their defaults and constraints are objects of
// their own, for a domain that a table uses cannot be made anew.
func (r *reader) readDomains(ctx context.Context) error {
	err := r.each(ctx, "domains", domainsSQL, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_type"}, Kind: KindDomain}
		var owner uint32
		var collation, byDefault string
		var notNull bool
		base, sorts := Address{Catalog: "pg_type"}, Address{Catalog: "pg_collation"}
		err := rows.Scan(&o.Address.OID, &o.Schema, &o.Name, &owner, &o.Of, &base.OID, &collation, &sorts.OID, &notNull, &byDefault)
		if err != nil || !r.defined(o.Address) {
			return err
		}
		o.Identity = Qualified(o.Schema, o.Name)
		o.Create = "CREATE DOMAIN " + o.Identity + " AS " + o.Of
		if collation != "" {
			o.Create += " COLLATE " + collation
		}
		if notNull {
			o.Create += " NOT NULL"
		}
		r.under[o.Address] = structure{r.whole(base), r.whole(sorts)}
		r.add(o, owner, 'T')
		if byDefault != "" {
			r.addDomainDefault(&o, byDefault)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.readDomainConstraints(ctx)
}

// domainDefault is the address of a domain's default, which the server keeps in
// the row of the domain.
func domainDefault(domain uint32) Address {
	return Address{Catalog: "pg_type.typdefault", OID: domain}
}

func (r *reader) addDomainDefault(domain *Object, expr string) {
	r.add(Object{
		Address: domainDefault(domain.Address.OID), Kind: KindDomainDefault, Parent: domain.Address,
		Schema: domain.Schema, Name: "default", Identity: domain.Identity,
		Create: "ALTER DOMAIN " + domain.Identity + " SET DEFAULT " + expr,
	}, 0, 0)
}

func (r *reader) readDomainConstraints(ctx context.Context) error {
	const sql = `SELECT oid, contypid, conname::text, coalesce(pg_get_constraintdef(oid), '')
		FROM pg_constraint WHERE contypid <> 0 AND oid >= 16384`
	return r.each(ctx, "constraints of domains", sql, func(rows row) error {
		at, domain := Address{Catalog: "pg_constraint"}, Address{Catalog: "pg_type"}
		var name, definition string
		if err := rows.Scan(&at.OID, &domain.OID, &name, &definition); err != nil {
			return err
		}
		parent := r.object(domain)
		if parent == nil || definition == "" {
			return nil
		}
		r.add(Object{
			Address: at, Kind: KindDomainCheck, Parent: domain, Schema: parent.Schema, Name: name,
			Identity: Quote(name) + " ON DOMAIN " + parent.Identity,
			Create:   "ALTER DOMAIN " + parent.Identity + " ADD CONSTRAINT " + Quote(name) + " " + definition,
		}, 0, 0)
		return nil
	})
}
