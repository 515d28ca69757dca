package catalog

import (
	"context"
	"slices"
	"strings"
)

// defaultPrivilegesSQL reads one row for each privilege; a list that is empty has
// one row of NULLs.
const defaultPrivilegesSQL = `
SELECT d.oid, pg_get_userbyid(d.defaclrole)::text, coalesce(n.nspname::text, ''), d.defaclobjtype::text,
  CASE WHEN x.grantee = 0 THEN '' ELSE pg_get_userbyid(x.grantee)::text END, x.privilege_type, x.is_grantable
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
LEFT JOIN LATERAL aclexplode(d.defaclacl) x ON true ORDER BY d.oid`

// defaultACL is one row of pg_default_acl.
type defaultACL struct {
	address      Address
	role, schema string // schema is "" for all
	class        string
	grants       []Grant
}

// readDefaultPrivileges reads what new objects are given beside what the server
// gives them (with a schema) or instead of that (without).
func (r *reader) readDefaultPrivileges(ctx context.Context) error {
	var found []*defaultACL
	err := r.each(ctx, "default privileges", defaultPrivilegesSQL, func(rows row) error {
		d := &defaultACL{address: Address{Catalog: "pg_default_acl"}}
		var grantee, privilege *string
		var grantable *bool
		if err := rows.Scan(&d.address.OID, &d.role, &d.schema, &d.class, &grantee, &privilege, &grantable); err != nil {
			return err
		}
		if n := len(found); n > 0 && found[n-1].address == d.address {
			d = found[n-1]
		} else {
			found = append(found, d)
		}
		if privilege != nil {
			d.grants = append(d.grants, Grant{Grantee: *grantee, Privilege: *privilege, Grantable: *grantable})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, d := range found {
		if classes[d.class] != "" {
			r.add(d.define(), 0, 0)
		}
	}
	return nil
}

// classes are the words for defaclobjtype.
var classes = map[string]string{"r": "TABLES", "S": "SEQUENCES", "f": "FUNCTIONS", "T": "TYPES", "n": "SCHEMAS", "L": "LARGE OBJECTS"}

// everybody is what PUBLIC has on new objects by itself.
var everybody = map[string]string{"f": "EXECUTE", "T": "USAGE"}

func (d *defaultACL) define() Object {
	slices.SortFunc(d.grants, Grant.compare)
	o := Object{Address: d.address, Kind: KindDefaultPrivileges, Identity: "FOR ROLE " + Quote(d.role)}
	if d.schema != "" {
		o.Identity += " IN SCHEMA " + Quote(d.schema)
	}
	alter, on := "ALTER DEFAULT PRIVILEGES "+o.Identity+" ", " ON "+classes[d.class]
	o.Identity += on
	grant := func(privilege, to string) string { return alter + "GRANT " + privilege + on + " TO " + to }
	var made []string
	drop := []string{alter + "REVOKE ALL" + on + " FROM " + d.grantees()}
	if d.schema == "" {
		// The server's own defaults are part of the list, and can be missing in it.
		made = append(made, alter+"REVOKE ALL"+on+" FROM PUBLIC, "+Quote(d.role))
		drop = append(drop, grant("ALL", Quote(d.role)))
		if p := everybody[d.class]; p != "" {
			drop = append(drop, grant(p, "PUBLIC"))
		}
	}
	for _, g := range d.grants {
		sql := grant(g.Privilege, granteeName(g.Grantee))
		if g.Grantable {
			sql += " WITH GRANT OPTION"
		}
		made = append(made, sql)
	}
	o.Create, o.After, o.Drop = made[0], made[1:], strings.Join(drop, "; ")
	return o
}

// grantees lists who has to lose what they have, the role itself included.
func (d *defaultACL) grantees() string {
	names := []string{Quote(d.role)}
	for _, g := range d.grants {
		if name := granteeName(g.Grantee); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func granteeName(role string) string {
	if role == "" {
		return "PUBLIC"
	}
	return Quote(role)
}
