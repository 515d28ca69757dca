package catalog

import (
	"cmp"
	"strings"
)

func (a Address) compare(b Address) int {
	return cmp.Or(strings.Compare(a.Catalog, b.Catalog), cmp.Compare(a.OID, b.OID), cmp.Compare(a.Column, b.Column))
}

// whole is the address of the object that a column belongs to.
func (a Address) whole() Address {
	a.Column = 0
	return a
}

func relation(oid uint32) Address { return Address{Catalog: "pg_class", OID: oid} }
