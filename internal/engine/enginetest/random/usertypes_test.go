//go:build unix

package random

import (
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
)

func newDomain(g *gen) string {
	base := g.One("integer", "text", "numeric(10,2)", "bigint", "text[]", g.One(typeNames...))
	if t, ok := soak.Pick(g.Dice, g.w.typesOf("ed")); ok && g.Chance(25) {
		base = t.sql()
	}
	words := g.Or(10, " NOT NULL")
	if base == "integer" || base == "bigint" {
		words += g.Or(50, " CHECK (VALUE > -100)") + g.Or(20, " DEFAULT 3")
	}
	if base == "text" {
		words += g.Or(40, " CHECK (VALUE IS NULL OR length(VALUE) < 9999)") + g.Or(20, ` COLLATE "C"`)
	}
	return "CREATE DOMAIN " + g.fresh() + " AS " + base + words
}

func newComposite(g *gen) string {
	parts := make([]string, g.Between(1, 4))
	for i := range parts {
		parts[i] = quote(g.name()) + " " + g.columnType()
	}
	return fmt.Sprintf("CREATE TYPE %s AS (%s)", g.fresh(), strings.Join(parts, ", "))
}

func newRange(g *gen) string {
	return "CREATE TYPE " + g.fresh() + " AS RANGE (" + g.One("subtype = integer", "subtype = text, collation = \"C\"", "subtype = double precision, subtype_diff = float8mi",
		"subtype = numeric, multirange_type_name = "+g.fresh()) + ")"
}

func alterDomain(g *gen) string {
	t, ok := soak.Pick(g.Dice, g.w.typesOf("d"))
	if !ok {
		return ""
	}
	base := column{Type: t.Base, Base: t.Base}
	what := g.One("SET DEFAULT "+g.value(base), "DROP DEFAULT", "SET NOT NULL", "DROP NOT NULL", "ADD CHECK (VALUE IS NOT NULL OR true)",
		"ADD CONSTRAINT "+quote(g.name())+" CHECK (VALUE IS NULL OR VALUE::text <> 'never') NOT VALID")
	if k, ok := soak.Pick(g.Dice, t.Constraints); ok && g.Chance(50) {
		name := quote(k)
		what = g.One("DROP CONSTRAINT "+name, "RENAME CONSTRAINT "+name+" TO "+quote(g.name()), "VALIDATE CONSTRAINT "+name)
	}
	return "ALTER DOMAIN " + t.sql() + " " + what
}

func alterComposite(g *gen) string {
	t, ok := soak.Pick(g.Dice, g.w.typesOf("c"))
	if !ok {
		return ""
	}
	what := "ADD ATTRIBUTE " + quote(g.name()) + " " + g.columnType() + g.Or(50, " CASCADE")
	if c, ok := soak.Pick(g.Dice, t.Columns); ok && g.Chance(60) {
		name := quote(c.Name)
		what = g.One("DROP ATTRIBUTE "+name, "RENAME ATTRIBUTE "+name+" TO "+quote(g.name()), "ALTER ATTRIBUTE "+name+" TYPE text CASCADE")
	}
	return "ALTER TYPE " + t.sql() + " " + what
}
