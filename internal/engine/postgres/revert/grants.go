package revert

import (
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// target names an object for GRANT; "" when it has no privileges.
func target(o *object) string {
	if word := o.Kind.Facts().Grant; word != "" {
		return word + " " + o.Identity
	}
	return ""
}

// RegrantDatabase lists what turns the privileges cur on a database into want.
func RegrantDatabase(identity string, want, cur []catalog.Grant) []string {
	return regrant("DATABASE "+identity, "", want, cur)
}

// regrant lists what turns the privileges cur into want, on one column of the
// target or, with "", on the whole. New objects may carry default privileges.
func regrant(target, column string, want, cur []catalog.Grant) []string {
	if target == "" {
		return nil
	}
	var out []string
	for _, c := range cur {
		w, ok := granted(want, c)
		switch {
		case !ok:
			out = append(out, fmt.Sprintf("REVOKE %s ON %s FROM %s", privilege(c, column), target, grantee(c.Grantee)))
		case c.Grantable && !w.Grantable:
			out = append(out, fmt.Sprintf("REVOKE GRANT OPTION FOR %s ON %s FROM %s", privilege(c, column), target, grantee(c.Grantee)))
		}
	}
	for _, w := range want {
		c, ok := granted(cur, w)
		if ok && (c.Grantable || !w.Grantable) {
			continue
		}
		out = append(out, fmt.Sprintf("GRANT %s ON %s TO %s%s", privilege(w, column), target, grantee(w.Grantee), either(w.Grantable, " WITH GRANT OPTION", "")))
	}
	return out
}

func granted(all []catalog.Grant, g catalog.Grant) (catalog.Grant, bool) {
	for _, x := range all {
		if x.Grantee == g.Grantee && x.Privilege == g.Privilege && x.Grantor == g.Grantor {
			return x, true
		}
	}
	return catalog.Grant{}, false
}

func privilege(g catalog.Grant, column string) string {
	if column == "" {
		return g.Privilege
	}
	return g.Privilege + " (" + catalog.Quote(column) + ")"
}

func grantee(role string) string {
	if role == "" {
		return "PUBLIC"
	}
	return catalog.Quote(role)
}
