//go:build unix

package myrandom

import (
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
	"github.com/safemigrate/safemigrate/internal/testmy"
)

// definition is a column's, behind its name; beside are columns to compute it from.
func (g *gen) definition(beside []column) string {
	kind := g.columnType()
	if c, ok := soak.Pick(g.Dice, beside); ok && g.Chance(12) {
		stored := g.One("STORED", "VIRTUAL", "VIRTUAL")
		kind = g.One("int", "varchar(100)", "text", "bigint", "decimal(20,2)", "double")
		return kind + " GENERATED ALWAYS AS (" + g.expression(c) + ") " + stored + g.Or(15, " COMMENT 'made'")
	}
	out := kind
	null := strings.HasSuffix(kind, "NULL")
	if !null {
		switch {
		case g.Chance(30):
			out += " NOT NULL"
			null = false
		default:
			null = true
		}
	}
	if g.Chance(35) {
		out += g.defaultOf(kind, null)
	}
	if strings.HasPrefix(kind, "timestamp") || strings.HasPrefix(kind, "datetime ") {
		out += g.Or(20, " ON UPDATE current_timestamp"+precision(kind))
	}
	return out + g.Or(12, " COMMENT "+g.One("'what it is'", "'it''s; \\\\ \"x\"'", "'ä ☃'", "' AUTO_INCREMENT=7'")) + g.Or(4, " INVISIBLE")
}

func precision(kind string) string {
	if i := strings.IndexByte(kind, '('); i >= 0 {
		return kind[i : strings.IndexByte(kind, ')')+1]
	}
	return ""
}

func (g *gen) defaultOf(kind string, null bool) string {
	k := classOf(kind)
	switch {
	case null && g.Chance(20):
		return " DEFAULT NULL"
	case k == number && g.Chance(20):
		return " DEFAULT (1 + 2)"
	case k == date && g.Chance(40) && !strings.HasPrefix(kind, "date"):
		return " DEFAULT current_timestamp" + precision(kind)
	case k == text && strings.Contains(kind, "text") && testmy.Tested() == testmy.MySQL || k == other:
		return " DEFAULT (" + g.valueOf(kind) + ")"
	}
	return " DEFAULT " + g.valueOf(kind)
}

// newTable makes a table in one of the ways there are.
func newTable(g *gen) string {
	if t, ok := g.table(); ok && g.Chance(20) {
		switch g.IntN(3) {
		case 0:
			return "CREATE TABLE " + g.fresh() + " LIKE " + t.sql()
		case 1:
			return "CREATE TABLE " + g.fresh() + " AS SELECT * FROM " + t.sql()
		}
		return "CREATE TABLE " + g.fresh() + " (extra int DEFAULT 5, KEY by_extra (extra)) SELECT " + names(soak.Some(g.Dice, t.columns, 1, 4)) + " FROM " + t.sql()
	}
	return "CREATE " + "TABLE " + g.Or(5, "IF NOT EXISTS ") + g.fresh() + " " + g.body()
}

// newChild makes a table that refers to another by its primary key, or to itself.
func newChild(g *gen) string {
	t, ok := g.table()
	if !ok {
		return ""
	}
	i := slices.IndexFunc(t.indexes, func(i index) bool { return i.name == "PRIMARY" && len(i.columns) == 1 })
	if i < 0 {
		return ""
	}
	to := t.find(t.indexes[i].columns[0])
	name, parent := g.fresh(), t.sql()
	own := "id " + to.kind + " NOT NULL PRIMARY KEY"
	if g.Chance(25) {
		parent, to.name = name, "id"
	}
	actions := []string{"", " ON DELETE CASCADE", " ON DELETE SET NULL", " ON UPDATE CASCADE", " ON DELETE CASCADE ON UPDATE CASCADE"}
	out := fmt.Sprintf("CREATE TABLE %s (%s, parent %s, CONSTRAINT %s FOREIGN KEY (parent) REFERENCES %s (%s)%s, %s %s",
		name, own, to.kind, g.fresh(), parent, to.sql(), g.One(actions...), g.fresh(), g.definition(nil))
	return out + g.Or(40, ", "+g.fresh()+" "+g.definition(nil)) + g.Or(20, ", UNIQUE KEY (parent)") + ")"
}

// body is what stands behind the name of a new table.
func (g *gen) body() string {
	var columns []column
	var parts []string
	key := g.IntN(10)
	switch {
	case key < 5:
		columns = append(columns, column{name: "id", kind: g.One("int", "bigint", "int unsigned", "smallint"), counts: true})
		parts = append(parts, "id "+columns[0].kind+" NOT NULL AUTO_INCREMENT PRIMARY KEY")
	case key < 7:
		columns = append(columns, column{name: "id", kind: g.One("int", "varchar(20)", "bigint unsigned", "char(8)", "date")})
		parts = append(parts, "id "+columns[0].kind+" NOT NULL PRIMARY KEY")
	case key < 8:
		columns = append(columns, column{name: "k1", kind: "int"}, column{name: "k2", kind: "varchar(20)"})
		parts = append(parts, "k1 int NOT NULL", "k2 varchar(20) NOT NULL", "PRIMARY KEY (k1, k2)")
	}
	for range g.Between(1, 6) {
		name := g.name()
		d := g.definition(columns)
		parts = append(parts, quote(name)+" "+d)
		columns = append(columns, column{name: name, kind: d, computed: strings.Contains(d, "GENERATED")})
	}
	for range g.IntN(3) {
		parts = append(parts, g.indexOver(columns))
	}
	if g.Chance(20) {
		c, _ := soak.Pick(g.Dice, columns)
		parts = append(parts, g.check(c))
	}
	return "(" + strings.Join(parts, ", ") + ")" + g.options(key < 5) + g.partitions(columns)
}

func (g *gen) check(c column) string {
	return g.Or(70, "CONSTRAINT "+g.fresh()+" ") + "CHECK (" + g.condition(c) + g.One("", "", " OR "+c.sql()+" IS NULL") + ")"
}

func (g *gen) options(counts bool) string {
	var out strings.Builder
	if g.Chance(18) {
		engines := map[testmy.Product][]string{testmy.MariaDB: {"MyISAM", "Aria", "MEMORY", "MyISAM"}, testmy.MySQL: {"MyISAM", "MEMORY"}}[testmy.Tested()]
		out.WriteString(" ENGINE=" + g.One(engines...))
	}
	out.WriteString(g.Or(15, " COMMENT="+g.One("'a table'", "'it''s'", "'x COMMENT=\\'y\\''")))
	out.WriteString(g.Or(12, " "+g.One("DEFAULT CHARSET=latin1", "COLLATE=utf8mb4_bin", "CHARSET=utf8mb3", "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci")))
	if counts { // others tell it on some engines alone, where nothing can be read of it
		out.WriteString(g.Or(10, " AUTO_INCREMENT="+g.One("50", "7", "1000")))
	}
	out.WriteString(g.Or(8, " ROW_FORMAT="+g.One("COMPRESSED", "DYNAMIC", "COMPACT", "REDUNDANT")))
	out.WriteString(g.Or(6, " "+g.One("STATS_PERSISTENT=1", "STATS_AUTO_RECALC=0", "STATS_SAMPLE_PAGES=9", "CHECKSUM=1", "MIN_ROWS=3", "PACK_KEYS=1", "AVG_ROW_LENGTH=90")))
	if testmy.Tested() == testmy.MariaDB {
		out.WriteString(g.Or(3, " PAGE_COMPRESSED=1") + g.Or(7, " WITH SYSTEM VERSIONING"))
	}
	return out.String()
}

// partitions cuts a table into some, over a number.
func (g *gen) partitions(columns []column) string {
	var numbers []column
	for _, c := range columns {
		if word := baseWord.FindString(c.kind); strings.HasSuffix(word, "int") {
			numbers = append(numbers, c)
		}
	}
	if !g.Chance(14) || len(numbers) == 0 {
		return ""
	}
	return " " + g.partitionBy(numbers[0])
}

func (g *gen) partitionBy(c column) string {
	n := c.sql()
	return g.One(
		fmt.Sprintf("PARTITION BY RANGE (%s) (PARTITION p0 VALUES LESS THAN (3), PARTITION p1 VALUES LESS THAN (20)%s, PARTITION p2 VALUES LESS THAN MAXVALUE)", n, g.Or(30, " COMMENT 'mid'")),
		"PARTITION BY HASH ("+n+") PARTITIONS "+g.One("2", "3"), "PARTITION BY LINEAR HASH ("+n+") PARTITIONS 2", "PARTITION BY KEY ("+n+") PARTITIONS 2",
		"PARTITION BY LIST ("+n+") (PARTITION l0 VALUES IN (0, 1, 2, NULL), PARTITION l1 VALUES IN (3, 5, 7), PARTITION l2 VALUES IN (12, 100, 127, -3))",
		"PARTITION BY RANGE COLUMNS ("+n+") (PARTITION p0 VALUES LESS THAN (5), PARTITION p1 VALUES LESS THAN (1000))",
		"PARTITION BY RANGE ("+n+") SUBPARTITION BY HASH ("+n+") SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (4), PARTITION p1 VALUES LESS THAN MAXVALUE)",
	)
}

// indexOver is an index as a clause of CREATE and ALTER TABLE.
func (g *gen) indexOver(columns []column) string {
	kind, over := g.indexKind(), g.parts(columns)
	return kind + " " + g.Or(80, g.fresh()+" ") + "(" + over + ")" + g.Or(8, " COMMENT 'for speed'") + g.Or(8, " USING "+g.One("BTREE", "HASH"))
}

func (g *gen) indexKind() string {
	switch n := g.IntN(20); {
	case n < 12:
		return g.One("KEY", "INDEX")
	case n < 17:
		return "UNIQUE KEY"
	case n < 19:
		return "FULLTEXT KEY"
	}
	return "SPATIAL KEY"
}

// parts are the columns of an index.
func (g *gen) parts(columns []column) string {
	var out []string
	for _, c := range soak.Some(g.Dice, columns, 1, 3) {
		part := c.sql()
		if k := classOf(c.kind); k == text || k == bytes {
			part += g.Or(60, g.One("(5)", "(10)", "(3)"))
		}
		out = append(out, part+g.Or(10, g.One(" DESC", " ASC")))
	}
	if c, ok := soak.Pick(g.Dice, columns); ok && testmy.Tested() == testmy.MySQL && g.Chance(8) {
		out = append(out, "("+g.expression(c)+")")
	}
	return strings.Join(out, ", ")
}

// reference is a foreign key as a clause, to a table's column that an index begins with.
func (g *gen) reference(from *table) string {
	to, ok := g.table()
	if !ok || len(to.indexes) == 0 {
		return ""
	}
	i, _ := soak.Pick(g.Dice, to.indexes)
	if len(i.columns) == 0 || i.columns[0] == "" {
		return ""
	}
	target := to.find(i.columns[0])
	fits := from.of(func(c column) bool { return c.kind == target.kind })
	c, ok := soak.Pick(g.Dice, fits)
	if !ok {
		return ""
	}
	actions := []string{"CASCADE", "SET NULL", "RESTRICT", "NO ACTION"}
	return g.Or(70, "CONSTRAINT "+g.fresh()+" ") + "FOREIGN KEY " + g.Or(20, g.fresh()+" ") + "(" + c.sql() + ") REFERENCES " + to.sql() + " (" + target.sql() + ")" +
		g.Or(50, " ON DELETE "+g.One(actions...)) + g.Or(40, " ON UPDATE "+g.One(actions...))
}

func (t *table) find(name string) column {
	for _, c := range t.columns {
		if strings.EqualFold(c.name, name) {
			return c
		}
	}
	return column{}
}

func newIndex(g *gen) string {
	t, ok := g.table()
	if !ok {
		return ""
	}
	return "CREATE " + g.One("", "", "UNIQUE ", "FULLTEXT ", "SPATIAL ") + "INDEX " + g.fresh() + " ON " + t.sql() + " (" + g.parts(t.columns) + ")" + g.Or(10, " ALGORITHM="+g.One("INPLACE", "COPY"))
}

func dropIndex(g *gen) string {
	t, ok := g.table()
	if !ok {
		return ""
	}
	i, ok := soak.Pick(g.Dice, t.indexes)
	if !ok {
		return ""
	}
	return "DROP INDEX " + quote(i.name) + " ON " + t.sql()
}

func dropTable(g *gen) string {
	var all []string
	for _, t := range soak.Some(g.Dice, g.w.tables, 1, 2) {
		all = append(all, t.name)
	}
	if len(all) == 0 {
		return ""
	}
	return "DROP TABLE " + g.Or(25, "IF EXISTS ") + quoteAll(all)
}

// again drops a table and makes another of the same name.
func again(g *gen) string {
	t, ok := g.table()
	if !ok {
		return ""
	}
	if testmy.Tested() == testmy.MariaDB && g.Chance(40) {
		return "CREATE OR REPLACE TABLE " + t.sql() + " " + g.body()
	}
	return "DROP TABLE " + t.sql() + "; CREATE TABLE " + t.sql() + " " + g.body()
}

func renameTable(g *gen) string {
	t, ok := g.table()
	if !ok {
		return ""
	}
	to := g.fresh()
	switch u, _ := g.table(); g.IntN(5) {
	case 0:
		if u != t {
			return fmt.Sprintf("RENAME TABLE %s TO %s, %s TO %s", t.sql(), to, u.sql(), t.sql())
		}
	case 1:
		if u != t {
			return fmt.Sprintf("RENAME TABLE %s TO swapped, %s TO %s, swapped TO %s", t.sql(), u.sql(), t.sql(), u.sql())
		}
	case 2:
		return "ALTER TABLE " + t.sql() + " RENAME TO " + to
	case 3:
		if v, ok := soak.Pick(g.Dice, g.w.views); ok {
			return "RENAME TABLE " + v.sql() + " TO " + to
		}
	}
	return "RENAME TABLE " + t.sql() + " TO " + to
}

// rebuild puts a changed copy of a table in its place, as tools for schema changes do.
func rebuild(g *gen) string {
	t, ok := g.table()
	if !ok {
		return ""
	}
	stay := names(t.of(given))
	if stay == "" {
		return ""
	}
	out := fmt.Sprintf("CREATE TABLE _new LIKE %s; ALTER TABLE _new ADD COLUMN %s %s; INSERT INTO _new (%s) SELECT %s FROM %s; RENAME TABLE %s TO _old, _new TO %s",
		t.sql(), g.fresh(), g.definition(nil), stay, stay, t.sql(), t.sql(), t.sql())
	return out + g.One("; DROP TABLE _old", "; RENAME TABLE _old TO "+g.fresh())
}

func truncate(g *gen) string {
	t, ok := g.table()
	if !ok {
		return ""
	}
	return "TRUNCATE " + g.Or(50, "TABLE ") + t.sql()
}
