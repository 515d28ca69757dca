//go:build unix

package random

import (
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
)

// treesFrom is the first seed whose grammar has trees of tables, typed tables and
// publications, too: that of the whole level, of some cases of the fast one, and of every
// soak. What an earlier seed makes stays the same.
const treesFrom = 1_000_001

// treeStages make trees where a schema has its types and tables.
var treeStages = []stage{
	{1, 2, []op{{4, newTree}, {2, newChild}, {1, newTyped}}},
	{1, 5, []op{{4, newPartition}, {2, newChild}, {1, attach}, {1, detach}, {1, treeIndex}, {2, newPublication}}},
	{1, 6, []op{{1, insert}}},
	{0, 4, []op{{1, treeIndex}, {1, treeConstraint}, {1, newForeignKey}, {1, addColumn}, {1, dropColumn}, {1, newTrigger}, {1, insert}}},
}

// treeOps are what a batch does to them.
var treeOps = []op{
	{4, newTree}, {8, newPartition}, {10, attach}, {12, detach}, {6, dropInTree}, {4, newChild}, {8, inherit}, {3, newTyped}, {5, typedOrNot},
	{6, treeIndex}, {4, treeConstraint}, {4, treeTrigger}, {8, moveRows}, {6, only}, {4, newPublication}, {6, changePublication},
}

// newTree is a partitioned table with partitions, one of which may be partitioned.
func newTree(g *gen) string {
	key := column{Name: "key", Type: g.One("integer", "integer", "text", "boolean", "numeric(10,2)", "date", g.columnType())}
	key.Base = key.Type
	columns := []column{key}
	parts := []string{quote(key.Name) + " " + key.Type + g.Or(30, " NOT NULL")}
	for i := range g.Between(1, 4) {
		c := column{Name: fmt.Sprintf("%s_%d", g.One("a", "b", `odd "name`), i), Type: g.columnType()}
		c.Base = c.Type
		parts = append(parts, quote(c.Name)+" "+c.Type+g.columnWords(c, columns))
		columns = append(columns, c)
	}
	g.Shuffle(len(parts), func(i, k int) { parts[i], parts[k] = parts[k], parts[i] })
	if g.Chance(40) {
		parts = append(parts, g.One("PRIMARY KEY", "UNIQUE")+" ("+quote(key.Name)+g.Or(30, ", "+quote(columns[1].Name))+")")
	}
	schema, name := g.schema(), g.name()
	by := g.strategy(key)
	made := []string{fmt.Sprintf("CREATE TABLE %s (%s) PARTITION BY %s (%s)", quote(schema, name), strings.Join(parts, ", "), by, quote(key.Name))}
	for i := range g.Between(0, 3) {
		made = append(made, fmt.Sprintf("CREATE TABLE %s PARTITION OF %s%s", quote(schema, fmt.Sprintf("%.50s_%d", name, i)), quote(schema, name), g.bound(by, key, i)))
	}
	if by != "HASH" && g.Chance(50) {
		made = append(made, fmt.Sprintf("CREATE TABLE %s PARTITION OF %s DEFAULT%s", quote(schema, fmt.Sprintf("%.50s_d", name)), quote(schema, name), g.under(key)))
	}
	return strings.Join(made, "; ")
}

// strategy is how a table is partitioned by a column. The hash of an enum's label hangs on its
// number, and two databases with the same rows have them in other partitions.
func (g *gen) strategy(key column) string {
	by := g.One("LIST", "RANGE", "HASH")
	if strings.Contains(key.Type, `"`) && by == "HASH" { // a type of the user's
		return "LIST"
	}
	return by
}

// under makes a partition a partitioned table.
func (g *gen) under(key column) string {
	return g.Or(25, " PARTITION BY "+g.strategy(key)+" ("+quote(key.Name)+")")
}

// bound says which rows the n-th partition of a table takes.
func (g *gen) bound(by string, key column, n int) string {
	key.NotNull = by == "RANGE"
	switch by {
	case "HASH":
		return fmt.Sprintf(" FOR VALUES WITH (MODULUS %d, REMAINDER %d)", g.one0(1, 2, 4, 4), n) + g.under(key)
	case "LIST":
		return " FOR VALUES IN (" + g.value(key) + g.Or(40, ", "+g.value(key)) + ")" + g.under(key)
	}
	v := g.value(key)
	return g.One(" FOR VALUES FROM (MINVALUE) TO ("+v+")", " FOR VALUES FROM ("+v+") TO (MAXVALUE)", " FOR VALUES FROM ("+v+") TO ("+g.value(key)+")") + g.under(key)
}

// partitioned draws a partitioned table and its key.
func (g *gen) partitioned() (r relation, by string, key column, ok bool) {
	r, ok = g.relation("p")
	if !ok {
		return r, by, key, false
	}
	by, rest, _ := strings.Cut(r.Key, " ")
	for _, c := range r.Columns {
		if rest == "("+quote(c.Name)+")" || rest == "("+c.Name+")" {
			return r, by, c, true
		}
	}
	return r, by, key, false
}

func newPartition(g *gen) string {
	r, by, key, ok := g.partitioned()
	if !ok {
		return ""
	}
	own := ""
	if c, ok := soak.Pick(g.Dice, r.Columns); ok && g.Chance(25) {
		own = " (" + quote(c.Name) + " " + g.One("DEFAULT "+g.value(c), "NOT NULL", "CHECK ("+g.condition(c)+")") + ")"
	}
	bound := g.bound(by, key, g.IntN(4))
	if by != "HASH" && g.Chance(15) {
		bound = " DEFAULT"
	}
	return fmt.Sprintf("CREATE TABLE %s PARTITION OF %s%s%s", g.fresh(), r.sql(), own, bound)
}

// attach puts a table under a partitioned one: one that is there, or one like it.
func attach(g *gen) string {
	p, by, key, ok := g.partitioned()
	if !ok {
		return ""
	}
	bound := g.bound(by, key, g.IntN(4))
	if by != "HASH" && g.Chance(25) {
		bound = " DEFAULT"
	}
	bound, _, _ = strings.Cut(bound, " PARTITION BY")
	var name, before string
	if r, ok := g.relation("rp"); ok && g.Chance(50) {
		name = r.sql()
	} else {
		name = g.fresh()
		before = fmt.Sprintf("CREATE TABLE %s (LIKE %s%s); ", name, p.sql(), g.One("", " INCLUDING ALL", " INCLUDING CONSTRAINTS INCLUDING INDEXES"))
		if g.Chance(20) {
			before = fmt.Sprintf("CREATE TABLE %s (LIKE %s) PARTITION BY %s (%s); ", name, p.sql(), g.strategy(key), quote(key.Name))
		}
	}
	return fmt.Sprintf("%sALTER TABLE %s ATTACH PARTITION %s%s", before, p.sql(), name, bound)
}

// child draws a table that is under another one.
func (g *gen) child(partition bool) (relation, bool) {
	var all []relation
	for _, r := range g.w.of("rp") {
		if len(r.Parents) > 0 && r.Partition == partition {
			all = append(all, r)
		}
	}
	return soak.Pick(g.Dice, all)
}

// detach takes a partition out, and may do something with it or put it back.
func detach(g *gen) string {
	r, ok := g.child(true)
	if !ok {
		return ""
	}
	out := fmt.Sprintf("ALTER TABLE %s DETACH PARTITION %s", r.Parents[0], r.sql())
	c, ok := soak.Pick(g.Dice, r.Columns)
	if !ok {
		return out
	}
	in := fmt.Sprintf("ALTER TABLE %s ATTACH PARTITION %s %s", r.Parents[0], r.sql(), r.Bound)
	return out + g.One("", "", "; "+in, "; DROP TABLE "+r.sql(), "; ALTER TABLE "+r.sql()+" DROP COLUMN "+quote(c.Name)+" CASCADE",
		fmt.Sprintf("; UPDATE %s SET %s = %s; %s", r.sql(), quote(c.Name), g.value(c), in), fmt.Sprintf("; ALTER TABLE %s RENAME COLUMN %s TO %s", r.sql(), quote(c.Name), quote(g.name())))
}

// dropInTree drops a table of a tree, and may make it again.
func dropInTree(g *gen) string {
	r, ok := g.child(g.Chance(70))
	if !ok {
		return ""
	}
	drop := "DROP TABLE " + r.sql() + g.Or(50, " CASCADE")
	if r.Partition && g.Chance(30) {
		return fmt.Sprintf("%s; CREATE TABLE %s PARTITION OF %s %s", drop, r.sql(), r.Parents[0], r.Bound)
	}
	return drop
}

// newChild inherits from one or two tables, with columns of its own.
func newChild(g *gen) string {
	parents := soak.Some(g.Dice, g.w.of("r"), 1, 2)
	if len(parents) == 0 {
		return ""
	}
	names := make([]string, len(parents))
	for i, p := range parents {
		names[i] = p.sql()
	}
	own := ""
	if g.Chance(60) {
		own = quote(g.name()) + " " + g.columnType()
	}
	if c, ok := soak.Pick(g.Dice, parents[0].Columns); ok && g.Chance(30) {
		own = quote(c.Name) + " " + c.Type + g.Or(50, " DEFAULT "+g.value(c))
	}
	return fmt.Sprintf("CREATE TABLE %s (%s) INHERITS (%s)", g.fresh(), own, strings.Join(names, ", "))
}

// inherit puts a table under another one, or takes it out.
func inherit(g *gen) string {
	if r, ok := g.child(false); ok && g.Chance(60) {
		p, _ := soak.Pick(g.Dice, r.Parents)
		return fmt.Sprintf("ALTER TABLE %s NO INHERIT %s", r.sql(), p) + g.Or(30, fmt.Sprintf("; ALTER TABLE %s INHERIT %s", r.sql(), p))
	}
	p, ok := g.relation("r")
	if !ok {
		return ""
	}
	name := g.fresh()
	return fmt.Sprintf("CREATE TABLE %s (LIKE %s INCLUDING ALL); ALTER TABLE %[1]s INHERIT %[2]s", name, p.sql())
}

func newTyped(g *gen) string {
	t, ok := soak.Pick(g.Dice, g.w.typesOf("c"))
	if !ok {
		return ""
	}
	own := ""
	if c, ok := soak.Pick(g.Dice, t.Columns); ok {
		own = g.Or(50, " ("+quote(c.Name)+" WITH OPTIONS "+g.One("UNIQUE", "NOT NULL", "DEFAULT "+g.value(c), "PRIMARY KEY")+")")
	}
	return "CREATE TABLE " + g.fresh() + " OF " + t.sql() + own
}

// typedOrNot ties a table to a type or takes it off it.
func typedOrNot(g *gen) string {
	r, ok := g.relation("r")
	if !ok {
		return ""
	}
	if t, ok := soak.Pick(g.Dice, g.w.typesOf("c")); ok && g.Chance(40) {
		return "ALTER TABLE " + r.sql() + " OF " + t.sql()
	}
	return "ALTER TABLE " + r.sql() + " NOT OF"
}

// treeIndex makes an index of a whole tree, of its root alone, or puts one together.
func treeIndex(g *gen) string {
	r, c, ok := g.place("p", nil)
	if !ok {
		return ""
	}
	if child, ok := g.child(true); ok && g.Chance(25) {
		own, ok1 := soak.Pick(g.Dice, child.Indexes)
		for _, p := range g.w.of("p") {
			of, ok2 := soak.Pick(g.Dice, p.Indexes)
			if ok1 && ok2 && p.sql() == child.Parents[0] {
				return fmt.Sprintf("ALTER INDEX %s ATTACH PARTITION %s", quote(p.Schema, of.Name), quote(child.Schema, own.Name))
			}
		}
	}
	return fmt.Sprintf("CREATE %sINDEX %s ON %s%s (%s)", g.Or(20, "UNIQUE "), quote(g.name()), g.Or(20, "ONLY "), r.sql(), quote(c.Name)+g.Or(20, " DESC"))
}

func treeConstraint(g *gen) string {
	r, ok := g.relation("p")
	if !ok {
		return ""
	}
	return "ALTER TABLE " + r.sql() + " ADD " + g.tableConstraint(r.Columns)
}

func treeTrigger(g *gen) string {
	r, ok := g.relation("p")
	f, ok2 := soak.Pick(g.Dice, g.w.routinesOf(func(r routine) bool { return r.Trigger }))
	if !ok || !ok2 {
		return ""
	}
	if x, ok := soak.Pick(g.Dice, r.Triggers); ok && g.Chance(50) {
		return g.One("DROP TRIGGER "+quote(x)+" ON "+r.sql(), "ALTER TABLE "+g.Or(40, "ONLY ")+r.sql()+" "+g.One("DISABLE", "ENABLE ALWAYS")+" TRIGGER "+quote(x))
	}
	return fmt.Sprintf("CREATE TRIGGER %s %s ON %s FOR EACH %s EXECUTE FUNCTION %s()", quote(g.name()),
		g.One("BEFORE INSERT OR UPDATE", "AFTER INSERT", "AFTER DELETE"), r.sql(), g.One("ROW", "ROW", "STATEMENT"), quote(f.Schema, f.Name))
}

// moveRows changes the key of rows.
func moveRows(g *gen) string {
	r, _, key, ok := g.partitioned()
	if !ok {
		return ""
	}
	return fmt.Sprintf("UPDATE %s SET %s = %s%s", r.sql(), quote(key.Name), g.value(key), g.Or(60, " WHERE "+g.condition(key)))
}

// only changes one table of a tree.
func only(g *gen) string {
	r, c, ok := g.place("rp", func(r relation, _ column) bool { return r.Kind == "p" || len(r.Parents) > 0 })
	if !ok {
		return ""
	}
	x, t := quote(c.Name), r.sql()
	return g.One("ALTER TABLE ONLY "+t+" ALTER "+x+" SET DEFAULT "+g.value(c), "ALTER TABLE ONLY "+t+" ALTER "+x+" DROP DEFAULT", "UPDATE ONLY "+t+" SET "+x+" = "+g.value(c),
		"ALTER TABLE "+t+" ALTER "+x+" "+g.One("SET", "DROP")+" NOT NULL", "DELETE FROM ONLY "+t, "ALTER TABLE "+t+" ADD CHECK ("+g.condition(c)+") NO INHERIT", "ALTER TABLE "+t+" SET SCHEMA "+quote(g.schema()),
		"ALTER TABLE "+t+" RENAME TO "+quote(g.name()), "TRUNCATE ONLY "+t, "ALTER TABLE ONLY "+t+" ALTER "+x+" SET STATISTICS 7")
}

func newPublication(g *gen) string {
	r, ok := g.relation("rp")
	if !ok {
		return ""
	}
	return "CREATE PUBLICATION " + quote(g.name()) + " FOR TABLE " + g.Or(20, "ONLY ") + r.sql() + g.Or(40, " WITH (publish = 'insert', publish_via_partition_root)")
}

func changePublication(g *gen) string {
	p, ok := soak.Pick(g.Dice, g.w.Publications)
	r, ok2 := g.relation("rp")
	if !ok || !ok2 {
		return ""
	}
	p = quote(p)
	return g.One("ALTER PUBLICATION "+p+" ADD TABLE "+r.sql(), "ALTER PUBLICATION "+p+" SET TABLE "+r.sql(), "ALTER PUBLICATION "+p+" DROP TABLE "+r.sql(), "DROP PUBLICATION "+p,
		"ALTER PUBLICATION "+p+" RENAME TO "+quote(g.name()), "ALTER PUBLICATION "+p+" SET (publish = 'update')", "COMMENT ON PUBLICATION "+p+" IS 'sent'")
}

// publicationFactsSQL are the facts of publications.
const publicationFactsSQL = `
UNION ALL SELECT format('publication %I of %s: %s %s', pubname, pg_get_userbyid(pubowner), to_jsonb(p) - ARRAY['oid', 'pubname', 'pubowner'],
	(SELECT string_agg(prrelid::regclass::text, ' ' ORDER BY prrelid::regclass::text) FROM pg_publication_rel r WHERE r.prpubid = p.oid)) FROM pg_publication p`
