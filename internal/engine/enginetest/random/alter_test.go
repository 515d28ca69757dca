//go:build unix

package random

import (
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
)

// grant gives or takes a privilege.
func grant(g *gen) string {
	to := g.One(reader, "PUBLIC", reader)
	var what string
	switch g.IntN(7) {
	case 0, 1:
		if r, ok := g.relation("rpvm"); ok {
			what = g.One("SELECT", "INSERT, UPDATE", "ALL", "TRIGGER, REFERENCES") + " ON " + r.sql()
			if strings.HasPrefix(what, "INSERT") || strings.HasPrefix(what, "TRIGGER") {
				to = g.One(to, "CURRENT_USER") // who may not read cannot keep rows
			}
		}
	case 2:
		if r, c, ok := g.place("rpvm", nil); ok {
			what = g.One("SELECT", "UPDATE", "REFERENCES") + " (" + quote(c.Name) + ") ON " + r.sql()
		}
	case 3:
		if r, ok := g.relation("S"); ok {
			what = g.One("USAGE", "SELECT", "ALL") + " ON SEQUENCE " + r.sql()
		}
	case 4:
		if f, ok := soak.Pick(g.Dice, g.w.Routines); ok {
			what = "EXECUTE ON ROUTINE " + f.sql()
		}
	case 5:
		if t, ok := soak.Pick(g.Dice, g.w.Types); ok {
			what = "USAGE ON TYPE " + t.sql()
		}
	default:
		if s, ok := soak.Pick(g.Dice, g.w.Schemas); ok {
			what = g.One("USAGE", "CREATE") + " ON SCHEMA " + quote(s)
		}
	}
	switch {
	case what == "":
		return ""
	case g.Chance(40):
		return "REVOKE " + what + " FROM " + to + g.Or(30, " CASCADE")
	case to == reader:
		return "GRANT " + what + " TO " + to + g.Or(20, " WITH GRANT OPTION")
	}
	return "GRANT " + what + " TO " + to
}

func alterEnum(g *gen) string {
	t, ok := soak.Pick(g.Dice, g.w.typesOf("e"))
	if !ok {
		return ""
	}
	label, ok := soak.Pick(g.Dice, t.Labels)
	fresh := literal(g.One("extra", "more", "last", "it's", "Größe", "a", "new"))
	if !ok || g.Chance(50) {
		place := ""
		if ok {
			place = g.One("", " BEFORE "+literal(label), " AFTER "+literal(label))
		}
		return "ALTER TYPE " + t.sql() + " ADD VALUE " + fresh + place
	}
	return "ALTER TYPE " + t.sql() + " RENAME VALUE " + literal(label) + " TO " + fresh
}

func alterSequence(g *gen) string {
	s, ok := g.relation("S")
	if !ok {
		return ""
	}
	if g.Chance(20) {
		return "SELECT " + g.One("nextval("+literal(s.sql())+")", "setval("+literal(s.sql())+", 7)", "setval("+literal(s.sql())+", 3, false)")
	}
	owner := "NONE"
	if r, c, ok := g.place("r", func(r relation, _ column) bool { return r.Schema == s.Schema }); ok && g.Chance(70) {
		owner = r.sql() + "." + quote(c.Name)
	}
	return "ALTER SEQUENCE " + s.sql() + " " + g.One("INCREMENT BY 3", "CYCLE", "CACHE 7", "RESTART", "RESTART WITH 4", "MAXVALUE 30000", "NO MAXVALUE", "START WITH 2",
		"OWNED BY "+owner, "OWNED BY "+owner, "AS bigint", "MINVALUE -5")
}

func alterFunction(g *gen) string {
	f, ok := soak.Pick(g.Dice, g.w.routinesOf(func(r routine) bool { return r.Kind == "f" }))
	if !ok {
		return ""
	}
	return "ALTER FUNCTION " + f.sql() + " " + g.One("STRICT", "CALLED ON NULL INPUT", "SECURITY DEFINER", "SET work_mem = '5MB'", "RESET ALL", "COST 77", "STABLE", "VOLATILE", "PARALLEL RESTRICTED")
}

func alterTrigger(g *gen) string {
	r, ok := g.relation("r")
	if !ok {
		return ""
	}
	x, ok := soak.Pick(g.Dice, append(append([]string{}, r.Triggers...), "USER", "ALL"))
	if !ok {
		return ""
	}
	if x != "USER" && x != "ALL" {
		x = quote(x)
	}
	return "ALTER TABLE " + r.sql() + " " + g.One("DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS", "ENABLE", "DISABLE") + " TRIGGER " + x
}

func alterRule(g *gen) string {
	r, ok := g.relation("r")
	if !ok {
		return ""
	}
	x, ok := soak.Pick(g.Dice, r.Rules)
	if !ok {
		return ""
	}
	return "ALTER TABLE " + r.sql() + " " + g.One("DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS", "ENABLE") + " RULE " + quote(x)
}

func alterPolicy(g *gen) string {
	r, ok := g.relation("rp")
	if !ok {
		return ""
	}
	x, ok := soak.Pick(g.Dice, r.Policies)
	c, ok2 := soak.Pick(g.Dice, r.Columns)
	if !ok || !ok2 {
		return ""
	}
	return fmt.Sprintf("ALTER POLICY %s ON %s %s", quote(x), r.sql(), g.One("USING ("+g.condition(c)+")", "TO "+reader, "TO PUBLIC"))
}

func alterView(g *gen) string {
	r, c, ok := g.place("v", nil)
	if !ok {
		return ""
	}
	return "ALTER VIEW " + r.sql() + " " + g.One("SET (security_barrier)", "RESET (security_barrier, check_option)",
		"ALTER COLUMN "+quote(c.Name)+" SET DEFAULT "+g.value(c), "ALTER COLUMN "+quote(c.Name)+" DROP DEFAULT")
}

func alterMatview(g *gen) string {
	m, c, ok := g.place("m", nil)
	if !ok {
		return ""
	}
	return g.One("REFRESH MATERIALIZED VIEW "+m.sql(), "REFRESH MATERIALIZED VIEW "+m.sql(), "ALTER MATERIALIZED VIEW "+m.sql()+" SET (fillfactor = 80)",
		"ALTER MATERIALIZED VIEW "+m.sql()+" ALTER COLUMN "+quote(c.Name)+" SET STATISTICS 99")
}

func alterStatistics(g *gen) string {
	r, ok := g.relation("r")
	if !ok {
		return ""
	}
	s, ok := soak.Pick(g.Dice, r.Statistics)
	if !ok {
		return ""
	}
	return "ALTER STATISTICS " + s + " SET STATISTICS " + g.One("10", "-1", "0")
}
