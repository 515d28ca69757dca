//go:build unix

package random

import (
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
)

func newSchema(g *gen) string { return "CREATE SCHEMA " + quote(g.name()) }

func newEnum(g *gen) string {
	labels := soak.Some(g.Dice, []string{"'new'", "'paid'", "'sent'", "'Größe'", "''''", "'with space'", "'a'", "'b'"}, 1, 5)
	return fmt.Sprintf("CREATE TYPE %s AS ENUM (%s)", g.fresh(), strings.Join(labels, ", "))
}

func newSequence(g *gen) string {
	return "CREATE SEQUENCE " + g.fresh() + g.One("", "", " AS smallint", " INCREMENT BY -1", " START 5 MINVALUE 2 MAXVALUE 1000 CYCLE", " CACHE 20")
}

// newView is a view of one of many shapes, also over other views.
func newView(g *gen) string {
	query := g.query()
	if query == "" {
		return ""
	}
	if g.Chance(20) {
		return fmt.Sprintf("CREATE MATERIALIZED VIEW %s AS %s%s", g.fresh(), query, g.Or(15, " WITH NO DATA"))
	}
	options := g.One("", "", "", " WITH (security_barrier)", " WITH (security_invoker = true)", " WITH (check_option = local)")
	if v, ok := g.relation("v"); ok && g.Chance(15) && !strings.Contains(query, v.sql()) { // one that reads itself can never be read
		return fmt.Sprintf("CREATE OR REPLACE VIEW %s%s AS %s", v.sql(), options, query)
	}
	return fmt.Sprintf("CREATE VIEW %s%s AS %s", g.fresh(), options, query)
}

func (g *gen) query() string {
	r, c, ok := g.place("rpvm", nil)
	if !ok {
		return ""
	}
	all, from, x := quoted(names(r.Columns)), r.sql(), quote(c.Name)
	switch g.IntN(10) {
	case 0:
		return "SELECT * FROM " + from
	case 1:
		return fmt.Sprintf("SELECT %s FROM %s WHERE %s", quoted(names(soak.Some(g.Dice, r.Columns, 1, 3))), from, g.condition(c))
	case 2:
		return fmt.Sprintf("SELECT %s, count(*) AS how_many FROM %s GROUP BY %s", x, from, x)
	case 3: // depends on the primary key
		for _, k := range r.Constraints {
			if k.Kind == "p" {
				return fmt.Sprintf("SELECT %s FROM %s GROUP BY %s", all, from, quoted(k.Columns))
			}
		}
	case 4:
		if u, d, ok := g.place("rpvm", func(_ relation, d column) bool { return d.Type == c.Type }); ok {
			return fmt.Sprintf("SELECT l.%s AS first, r.* FROM %s l %s JOIN %s r ON l.%s::text = r.%s::text", x, from, g.One("", "LEFT", "FULL"), u.sql(), x, quote(d.Name))
		}
	case 5:
		return fmt.Sprintf("SELECT %s AS computed, %s FROM %s", g.expression(c), x, from)
	case 6:
		return fmt.Sprintf("WITH w AS (SELECT %s FROM %s) SELECT * FROM w UNION ALL SELECT * FROM w", all, from)
	case 7:
		return fmt.Sprintf("SELECT t AS whole, row_number() OVER (ORDER BY t::text) AS number FROM %s t", from)
	case 8:
		if f, ok := soak.Pick(g.Dice, g.w.routinesOf(func(f routine) bool {
			return f.Kind == "f" && f.Arguments == "" && !f.Trigger && !strings.HasPrefix(f.Result, "SETOF")
		})); ok {
			return fmt.Sprintf("SELECT f.* FROM %s f", quote(f.Schema, f.Name)+"()")
		}
	}
	return fmt.Sprintf("SELECT %s FROM %s", all, from)
}

// newFunction is a function or procedure, sometimes in the place of another.
func newFunction(g *gen) string {
	name := g.fresh()
	if f, ok := soak.Pick(g.Dice, g.w.routinesOf(func(r routine) bool { return r.Kind == "f" })); ok && g.Chance(20) {
		name = quote(f.Schema, f.Name)
	}
	start := "CREATE OR REPLACE FUNCTION " + name
	words := g.One("", "", " STRICT", " SECURITY DEFINER", " SET search_path = pg_catalog", " COST 5", " PARALLEL SAFE", " LEAKPROOF"[:0])
	r, c, ok := g.place("rpv", nil)
	switch g.IntN(11) {
	case 0, 1:
		return start + "(integer) RETURNS integer LANGUAGE sql IMMUTABLE" + words + " AS 'SELECT $1 + " + g.One("1", "2") + "'"
	case 2:
		return start + "(text) RETURNS text LANGUAGE sql IMMUTABLE" + words + " RETURN " + g.One("lower($1)", "$1 || 'y'", "COALESCE($1, '')")
	case 3:
		return start + "() RETURNS " + g.One("integer", "text", "bigint") + " LANGUAGE plpgsql" + words + " AS $$BEGIN RETURN " + g.One("1", "2") + "; END$$"
	case 4:
		if t, ok := soak.Pick(g.Dice, g.w.Types); ok {
			return start + "(" + t.sql() + ") RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 IS NOT NULL'"
		}
	case 5:
		if ok {
			return start + "() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(" + quote(c.Name) + ") FROM " + r.sql() + "; END"
		}
	case 6:
		if ok {
			return start + "(row_in " + r.sql() + ", n integer DEFAULT 3) RETURNS text LANGUAGE sql STABLE" + words + " AS 'SELECT $1::text'"
		}
	case 7:
		if ok {
			return start + "() RETURNS SETOF " + r.sql() + " LANGUAGE sql STABLE AS " + literal("SELECT * FROM "+r.sql())
		}
	case 8:
		return "CREATE OR REPLACE PROCEDURE " + name + "(INOUT n integer, VARIADIC rest text[] DEFAULT '{}') LANGUAGE plpgsql AS $$BEGIN n := n + 1; END$$"
	case 9:
		return start + "(a integer, OUT b integer, OUT c text) LANGUAGE sql AS 'SELECT $1, $1::text'"
	}
	return triggerFunction(g)
}

func triggerFunction(g *gen) string {
	body := g.One("RETURN NEW;", "RETURN NEW;", "RETURN NULL;", "RETURN COALESCE(NEW, OLD);", "IF TG_OP = ''DELETE'' THEN RETURN OLD; END IF; RETURN NEW;",
		"RAISE EXCEPTION ''never'';")
	return "CREATE FUNCTION " + g.fresh() + "() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN " + body + " END'"
}

func newTrigger(g *gen) string {
	r, c, ok := g.place("rv", nil)
	f, ok2 := soak.Pick(g.Dice, g.w.routinesOf(func(r routine) bool { return r.Trigger }))
	if !ok || !ok2 {
		return ""
	}
	when := g.One("BEFORE INSERT", "AFTER INSERT OR UPDATE", "BEFORE UPDATE OF "+quote(c.Name), "AFTER DELETE", "BEFORE INSERT OR UPDATE OR DELETE", "AFTER TRUNCATE")
	each := g.One("ROW", "ROW", "STATEMENT")
	if strings.HasSuffix(when, "TRUNCATE") {
		each = "STATEMENT"
	}
	condition := ""
	if each == "ROW" && g.Chance(20) && !strings.Contains(when, "INSERT") && !strings.Contains(when, "DELETE") {
		condition = " WHEN (OLD." + quote(c.Name) + "::text IS DISTINCT FROM NEW." + quote(c.Name) + "::text)"
	}
	if r.Kind == "v" {
		when, each = "INSTEAD OF "+g.One("INSERT", "UPDATE", "DELETE"), "ROW"
	}
	kind := "TRIGGER"
	if strings.HasPrefix(when, "AFTER") && each == "ROW" && g.Chance(20) {
		kind, each = "CONSTRAINT TRIGGER", "ROW"
	}
	referencing := ""
	if when == "AFTER DELETE" && each == "STATEMENT" {
		referencing = g.Or(50, " REFERENCING OLD TABLE AS was")
	}
	deferrable := ""
	if kind != "TRIGGER" {
		deferrable = g.One("", " DEFERRABLE INITIALLY DEFERRED", " DEFERRABLE")
	}
	return fmt.Sprintf("CREATE %s %s %s ON %s%s%s FOR EACH %s%s EXECUTE FUNCTION %s(%s)", kind, quote(g.name()), when, r.sql(), deferrable, referencing, each, condition,
		quote(f.Schema, f.Name), g.One("", "", "'argument'", "'1', 'it''s'"))
}

func newRule(g *gen) string {
	r, c, ok := g.place("rv", nil)
	if !ok {
		return ""
	}
	event := g.One("INSERT", "UPDATE", "DELETE")
	do := g.One("ALSO NOTHING", "INSTEAD NOTHING", "ALSO SELECT 1", "ALSO NOTIFY rules")
	if event == "UPDATE" && g.Chance(40) {
		return fmt.Sprintf("CREATE RULE %s AS ON UPDATE TO %s WHERE old.%s IS NULL DO INSTEAD NOTHING", quote(g.name()), r.sql(), quote(c.Name))
	}
	return fmt.Sprintf("CREATE RULE %s AS ON %s TO %s DO %s", quote(g.name()), event, r.sql(), do)
}

func newPolicy(g *gen) string {
	r, c, ok := g.place("rp", nil)
	if !ok {
		return ""
	}
	return fmt.Sprintf("CREATE POLICY %s ON %s%s%s USING (%s)", quote(g.name()), r.sql(), g.One("", " AS RESTRICTIVE"), g.One("", " FOR UPDATE", " FOR DELETE", " TO "+reader), g.condition(c))
}

func newStatistics(g *gen) string {
	r, ok := g.relation("r")
	if !ok || len(r.Columns) < 2 {
		return ""
	}
	return fmt.Sprintf("CREATE STATISTICS %s%s ON %s FROM %s", g.fresh(), g.One("", " (ndistinct)", " (dependencies, mcv)"), quoted(names(soak.Some(g.Dice, r.Columns, 2, 3))), r.sql())
}

// target names any object, as COMMENT and DROP do.
func (g *gen) target() (word, name string, ok bool) {
	switch g.IntN(10) {
	case 0, 1, 2:
		if r, ok := g.relation("rpvmS"); ok {
			return r.word(), r.sql(), true
		}
	case 3:
		if r, c, ok := g.place("rpvm", nil); ok {
			return "COLUMN", r.sql() + "." + quote(c.Name), true
		}
	case 4:
		if f, ok := soak.Pick(g.Dice, g.w.Routines); ok {
			return f.word(), f.sql(), true
		}
	case 5:
		if t, ok := soak.Pick(g.Dice, g.w.Types); ok {
			return t.word(), t.sql(), true
		}
	case 6:
		if s, ok := soak.Pick(g.Dice, g.w.Schemas); ok {
			return "SCHEMA", quote(s), true
		}
	default:
		return g.hanging()
	}
	return "", "", false
}

// hanging names something that hangs on a relation.
func (g *gen) hanging() (word, name string, ok bool) {
	r, ok := g.relation("rpvm")
	if !ok {
		return "", "", false
	}
	on := func(word string, names []string) (string, string, bool) {
		n, ok := soak.Pick(g.Dice, names)
		return word, quote(n) + " ON " + r.sql(), ok
	}
	switch g.IntN(6) {
	case 0:
		return on("TRIGGER", r.Triggers)
	case 1:
		return on("RULE", r.Rules)
	case 2:
		return on("POLICY", r.Policies)
	case 3:
		s, ok := soak.Pick(g.Dice, r.Statistics)
		return "STATISTICS", s, ok
	case 4:
		x, ok := soak.Pick(g.Dice, r.Indexes)
		return "INDEX", quote(r.Schema, x.Name), ok
	}
	k, ok := soak.Pick(g.Dice, r.Constraints)
	return "CONSTRAINT", quote(k.Name) + " ON " + r.sql(), ok
}

func comment(g *gen) string {
	word, name, ok := g.target()
	if !ok {
		return ""
	}
	return "COMMENT ON " + word + " " + name + " IS " + g.One("'what it is'", "'it''s'", `E'two\nlines'`, "NULL", "'größe %s $$'")
}

// drop drops anything but a column or a constraint, often with all that hangs on it.
func drop(g *gen) string {
	word, name, ok := g.target()
	if !ok || word == "COLUMN" || word == "CONSTRAINT" {
		return ""
	}
	return "DROP " + word + " " + name + g.Or(70, " CASCADE")
}

// rename renames or moves anything that can be.
func rename(g *gen) string {
	word, name, ok := g.target()
	if !ok {
		return ""
	}
	switch word {
	case "COLUMN", "CONSTRAINT":
		return ""
	case "SCHEMA", "TRIGGER", "RULE", "POLICY", "INDEX":
		return "ALTER " + word + " " + name + " RENAME TO " + quote(g.name())
	}
	if g.Chance(40) {
		return "ALTER " + word + " " + name + " SET SCHEMA " + quote(g.schema())
	}
	return "ALTER " + word + " " + name + " RENAME TO " + quote(g.name())
}

func changeOwner(g *gen) string {
	word, name, ok := g.target()
	if !ok || word == "COLUMN" || word == "CONSTRAINT" || word == "TRIGGER" || word == "RULE" || word == "POLICY" || word == "INDEX" {
		return ""
	}
	return "ALTER " + word + " " + name + " OWNER TO " + g.One(keeper, keeper, "CURRENT_USER")
}
