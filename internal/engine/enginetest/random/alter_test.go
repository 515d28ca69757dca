//go:build unix

package random

import (
	"fmt"
	"strings"
)

// grant gives or takes a privilege.
func grant(g *gen) string {
	to := g.one(reader, "PUBLIC", reader)
	var what string
	switch g.IntN(7) {
	case 0, 1:
		if r, ok := g.relation("rpvm"); ok {
			what = g.one("SELECT", "INSERT, UPDATE", "ALL", "TRIGGER, REFERENCES") + " ON " + r.sql()
			if strings.HasPrefix(what, "INSERT") || strings.HasPrefix(what, "TRIGGER") {
				to = g.one(to, "CURRENT_USER") // who may not read cannot keep rows
			}
		}
	case 2:
		if r, c, ok := g.place("rpvm", nil); ok {
			what = g.one("SELECT", "UPDATE", "REFERENCES") + " (" + quote(c.Name) + ") ON " + r.sql()
		}
	case 3:
		if r, ok := g.relation("S"); ok {
			what = g.one("USAGE", "SELECT", "ALL") + " ON SEQUENCE " + r.sql()
		}
	case 4:
		if f, ok := pick(g, g.w.Routines); ok {
			what = "EXECUTE ON ROUTINE " + f.sql()
		}
	case 5:
		if t, ok := pick(g, g.w.Types); ok {
			what = "USAGE ON TYPE " + t.sql()
		}
	default:
		if s, ok := pick(g, g.w.Schemas); ok {
			what = g.one("USAGE", "CREATE") + " ON SCHEMA " + quote(s)
		}
	}
	switch {
	case what == "":
		return ""
	case g.chance(40):
		return "REVOKE " + what + " FROM " + to + g.or(30, " CASCADE")
	case to == reader:
		return "GRANT " + what + " TO " + to + g.or(20, " WITH GRANT OPTION")
	}
	return "GRANT " + what + " TO " + to
}

func alterEnum(g *gen) string {
	t, ok := pick(g, g.w.typesOf("e"))
	if !ok {
		return ""
	}
	label, ok := pick(g, t.Labels)
	fresh := literal(g.one("extra", "more", "last", "it's", "Größe", "a", "new"))
	if !ok || g.chance(50) {
		place := ""
		if ok {
			place = g.one("", " BEFORE "+literal(label), " AFTER "+literal(label))
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
	if g.chance(20) {
		return "SELECT " + g.one("nextval("+literal(s.sql())+")", "setval("+literal(s.sql())+", 7)", "setval("+literal(s.sql())+", 3, false)")
	}
	owner := "NONE"
	if r, c, ok := g.place("r", func(r relation, _ column) bool { return r.Schema == s.Schema }); ok && g.chance(70) {
		owner = r.sql() + "." + quote(c.Name)
	}
	return "ALTER SEQUENCE " + s.sql() + " " + g.one("INCREMENT BY 3", "CYCLE", "CACHE 7", "RESTART", "RESTART WITH 4", "MAXVALUE 30000", "NO MAXVALUE", "START WITH 2",
		"OWNED BY "+owner, "OWNED BY "+owner, "AS bigint", "MINVALUE -5")
}

func alterFunction(g *gen) string {
	f, ok := pick(g, g.w.routinesOf(func(r routine) bool { return r.Kind == "f" }))
	if !ok {
		return ""
	}
	return "ALTER FUNCTION " + f.sql() + " " + g.one("STRICT", "CALLED ON NULL INPUT", "SECURITY DEFINER", "SET work_mem = '5MB'", "RESET ALL", "COST 77", "STABLE", "VOLATILE", "PARALLEL RESTRICTED")
}

func alterTrigger(g *gen) string {
	r, ok := g.relation("r")
	if !ok {
		return ""
	}
	x, ok := pick(g, append(append([]string{}, r.Triggers...), "USER", "ALL"))
	if !ok {
		return ""
	}
	if x != "USER" && x != "ALL" {
		x = quote(x)
	}
	return "ALTER TABLE " + r.sql() + " " + g.one("DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS", "ENABLE", "DISABLE") + " TRIGGER " + x
}

func alterRule(g *gen) string {
	r, ok := g.relation("r")
	if !ok {
		return ""
	}
	x, ok := pick(g, r.Rules)
	if !ok {
		return ""
	}
	return "ALTER TABLE " + r.sql() + " " + g.one("DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS", "ENABLE") + " RULE " + quote(x)
}

func alterPolicy(g *gen) string {
	r, ok := g.relation("rp")
	if !ok {
		return ""
	}
	x, ok := pick(g, r.Policies)
	c, ok2 := pick(g, r.Columns)
	if !ok || !ok2 {
		return ""
	}
	return fmt.Sprintf("ALTER POLICY %s ON %s %s", quote(x), r.sql(), g.one("USING ("+g.condition(c)+")", "TO "+reader, "TO PUBLIC"))
}

func alterView(g *gen) string {
	r, c, ok := g.place("v", nil)
	if !ok {
		return ""
	}
	return "ALTER VIEW " + r.sql() + " " + g.one("SET (security_barrier)", "RESET (security_barrier, check_option)",
		"ALTER COLUMN "+quote(c.Name)+" SET DEFAULT "+g.value(c), "ALTER COLUMN "+quote(c.Name)+" DROP DEFAULT")
}

func alterMatview(g *gen) string {
	m, c, ok := g.place("m", nil)
	if !ok {
		return ""
	}
	return g.one("REFRESH MATERIALIZED VIEW "+m.sql(), "REFRESH MATERIALIZED VIEW "+m.sql(), "ALTER MATERIALIZED VIEW "+m.sql()+" SET (fillfactor = 80)",
		"ALTER MATERIALIZED VIEW "+m.sql()+" ALTER COLUMN "+quote(c.Name)+" SET STATISTICS 99")
}

func alterStatistics(g *gen) string {
	r, ok := g.relation("r")
	if !ok {
		return ""
	}
	s, ok := pick(g, r.Statistics)
	if !ok {
		return ""
	}
	return "ALTER STATISTICS " + s + " SET STATISTICS " + g.one("10", "-1", "0")
}
