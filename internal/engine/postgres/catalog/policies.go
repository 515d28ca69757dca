package catalog

import (
	"context"
	"strings"
)

const policiesSQL = `
SELECT p.oid, p.polrelid, p.polname::text, p.polcmd::text, p.polpermissive,
  ARRAY(SELECT CASE WHEN o = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(o)::text) END
    FROM unnest(p.polroles) WITH ORDINALITY u (o, n) ORDER BY n),
  coalesce(pg_get_expr(p.polqual, p.polrelid), ''), coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')
FROM pg_policy p WHERE p.oid >= 16384`

var policyCommands = map[string]string{"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}

func (r *reader) readPolicies(ctx context.Context) error {
	return r.each(ctx, "policies", policiesSQL, func(rows row) error {
		var oid, table uint32
		var name, command, using, check string
		var permissive bool
		var roles []string
		if err := rows.Scan(&oid, &table, &name, &command, &permissive, &roles, &using, &check); err != nil {
			return err
		}
		o, ok := r.hanging(Address{Catalog: "pg_policy", OID: oid}, KindPolicy, name, table)
		if !ok {
			return nil
		}
		as := " AS PERMISSIVE"
		if !permissive {
			as = " AS RESTRICTIVE"
		}
		o.Create = "CREATE POLICY " + o.Identity + as + " FOR " + policyCommands[command] +
			" TO " + strings.Join(roles, ", ")
		if using != "" {
			o.Create += " USING (" + using + ")"
		}
		if check != "" {
			o.Create += " WITH CHECK (" + check + ")"
		}
		r.add(o, 0, 0)
		return nil
	})
}
