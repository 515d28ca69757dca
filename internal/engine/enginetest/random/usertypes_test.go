//go:build unix

package random

import (
	"fmt"
	"strings"
)

func newDomain(g *gen) string {
	base := g.one("integer", "text", "numeric(10,2)", "bigint", "text[]", g.one(typeNames...))
	if t, ok := pick(g, g.w.typesOf("ed")); ok && g.chance(25) {
		base = t.sql()
	}
	words := g.or(10, " NOT NULL")
	if base == "integer" || base == "bigint" {
		words += g.or(50, " CHECK (VALUE > -100)") + g.or(20, " DEFAULT 3")
	}
	if base == "text" {
		words += g.or(40, " CHECK (VALUE IS NULL OR length(VALUE) < 9999)") + g.or(20, ` COLLATE "C"`)
	}
	return "CREATE DOMAIN " + g.fresh() + " AS " + base + words
}

func newComposite(g *gen) string {
	parts := make([]string, g.between(1, 4))
	for i := range parts {
		parts[i] = quote(g.name()) + " " + g.columnType()
	}
	return fmt.Sprintf("CREATE TYPE %s AS (%s)", g.fresh(), strings.Join(parts, ", "))
}

func newRange(g *gen) string {
	return "CREATE TYPE " + g.fresh() + " AS RANGE (" + g.one("subtype = integer", "subtype = text, collation = \"C\"", "subtype = double precision, subtype_diff = float8mi",
		"subtype = numeric, multirange_type_name = "+g.fresh()) + ")"
}

func alterDomain(g *gen) string {
	t, ok := pick(g, g.w.typesOf("d"))
	if !ok {
		return ""
	}
	base := column{Type: t.Base, Base: t.Base}
	what := g.one("SET DEFAULT "+g.value(base), "DROP DEFAULT", "SET NOT NULL", "DROP NOT NULL", "ADD CHECK (VALUE IS NOT NULL OR true)",
		"ADD CONSTRAINT "+quote(g.name())+" CHECK (VALUE IS NULL OR VALUE::text <> 'never') NOT VALID")
	if k, ok := pick(g, t.Constraints); ok && g.chance(50) {
		name := quote(k)
		what = g.one("DROP CONSTRAINT "+name, "RENAME CONSTRAINT "+name+" TO "+quote(g.name()), "VALIDATE CONSTRAINT "+name)
	}
	return "ALTER DOMAIN " + t.sql() + " " + what
}

func alterComposite(g *gen) string {
	t, ok := pick(g, g.w.typesOf("c"))
	if !ok {
		return ""
	}
	what := "ADD ATTRIBUTE " + quote(g.name()) + " " + g.columnType() + g.or(50, " CASCADE")
	if c, ok := pick(g, t.Columns); ok && g.chance(60) {
		name := quote(c.Name)
		what = g.one("DROP ATTRIBUTE "+name, "RENAME ATTRIBUTE "+name+" TO "+quote(g.name()), "ALTER ATTRIBUTE "+name+" TYPE text CASCADE")
	}
	return "ALTER TYPE " + t.sql() + " " + what
}
