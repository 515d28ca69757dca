package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// againstDomains lists what comes back of the domains of a table's columns, and can forbid
// values that are there: checks, and NOT NULL.
func (w *work) againstDomains(cur *object) []breaking {
	var all []breaking
	for _, a := range addresses(w.before) {
		o := w.expect[a]
		if o == nil || !w.lookedThrough(o) || w.binds(o) {
			continue
		}
		domain := domainOf(o)
		if slices.ContainsFunc(o.DependsOn, func(d address) bool { return !w.stands(d, domain) }) {
			continue // it cannot be asked yet
		}
		for i := range cur.Table.Columns {
			c := &cur.Table.Columns[i]
			if rows := againstDomain(o, c); rows != nil && w.isOf(c.Type, domain) {
				all = append(all, breaking{what: label(o) + " of column " + catalog.Quote(c.Name), rows: rows})
			}
		}
	}
	return all
}

// againstDomain is the condition that a column's value breaks a check or the NOT NULL of its
// domain; nil where it cannot be told, for the column sorts in another way than the domain.
func againstDomain(o *object, c *catalog.Column) func(alias string) string {
	name := catalog.Quote(c.Name)
	if strings.HasSuffix(o.Create, " NOT NULL") {
		return func(alias string) string { return alias + name + " IS NOT DISTINCT FROM NULL" }
	}
	_, check, found := strings.Cut(o.Create, " ADD CONSTRAINT "+catalog.Quote(o.Name)+" CHECK ")
	if !found || c.Collation != "" {
		return nil
	}
	// What the check calls VALUE is a column here.
	return func(alias string) string {
		return "(SELECT " + check + " FROM (SELECT " + alias + name + ") AS x (value)) IS FALSE"
	}
}
