package catalog

import "context"

// structure is what a domain cannot be without; whatever else its row depends
// on, its default does.
type structure struct{ base, collation Address }

func (s structure) holds(a Address) bool {
	return a == s.base || a == s.collation || a.Catalog == "pg_namespace"
}

// givenDefault tells that the default of domain t is the one that its base, domain b, had
// when t was made. Such a one is of the base's own base type; one of the domain's own is
// of its base, which stands at the beginning or at the end of an expression.
const givenDefault = `
  b.typtype = 'd' AND t.typdefaultbin IS NOT NULL
  AND t.typdefaultbin::text !~ ('^\{[A-Z]+ (:\w+ \d+ )*:\w+type ' || b.oid || ' ')
  AND t.typdefaultbin::text !~ (':resulttype ' || b.oid || '( :\w+ -?\d+)*\}$')`

const domainsSQL = `
SELECT t.oid, n.nspname::text, t.typname::text, t.typowner, format_type(t.typbasetype, t.typtypmod), t.typbasetype,
  coalesce(CASE WHEN t.typcollation <> b.typcollation THEN quote_ident(kn.nspname) || '.' || quote_ident(k.collname) END, ''),
  t.typcollation,
  t.typnotnull AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'n'),
  coalesce(pg_get_expr(t.typdefaultbin, 0), ''), b.typtype = 'd', ` + givenDefault + `
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
		var notNull, overDomain, given bool
		base, sorts := Address{Catalog: "pg_type"}, Address{Catalog: "pg_collation"}
		err := rows.Scan(&o.Address.OID, &o.Schema, &o.Name, &owner, &o.Of, &base.OID, &collation, &sorts.OID, &notNull,
			&byDefault, &overDomain, &given)
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
		switch {
		case given:
			o.Default = byDefault
		case overDomain: // revert tells by this that it is over one
			o.After = append(o.After, DropStatement(domainDefaultOf(&o, ""))) // what the base has comes along
		}
		if !given {
			r.under[o.Address] = structure{r.whole(base), r.whole(sorts)}
		}
		r.add(o, owner, 'T')
		if byDefault != "" && !given {
			r.add(domainDefaultOf(&o, byDefault), 0, 0)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.readDomainConstraints(ctx)
}

// DomainDefault is the address of a domain's own default, which the server keeps in
// the row of the domain.
func DomainDefault(domain Address) Address {
	return Address{Catalog: "pg_type.typdefault", OID: domain.OID}
}

func domainDefaultOf(domain *Object, expr string) Object {
	return Object{
		Address: DomainDefault(domain.Address), Kind: KindDomainDefault, Parent: domain.Address,
		Schema: domain.Schema, Name: "default", Identity: domain.Identity,
		Create: SetDomainDefault(domain, expr),
	}
}

// SetDomainDefault spells the statement that gives a domain a default of its own.
func SetDomainDefault(domain *Object, expr string) string {
	return "ALTER DOMAIN " + domain.Identity + " SET DEFAULT " + expr
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
