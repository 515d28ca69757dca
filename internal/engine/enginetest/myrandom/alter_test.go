//go:build unix

package myrandom

import (
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
	"github.com/safemigrate/safemigrate/internal/testmy"
)

// alterTable has one clause or several.
func alterTable(g *gen) string {
	t, ok := g.table()
	if !ok {
		return ""
	}
	prefix := ""
	if t.versioned {
		prefix = g.Or(90, "SET system_versioning_alter_history = KEEP; ")
	}
	if len(t.parts) > 0 && g.Chance(45) || g.Chance(4) {
		return prefix + "ALTER TABLE " + t.sql() + " " + g.partition(t)
	}
	var clauses []string
	for range []int{1, 1, 1, 2, 2, 3, 4}[g.IntN(7)] {
		if c := g.clause(t); c != "" {
			clauses = append(clauses, c)
		}
	}
	if len(clauses) == 0 {
		return ""
	}
	ignore := ""
	if testmy.Tested() == testmy.MariaDB {
		ignore = g.Or(3, "IGNORE ")
	}
	return prefix + "ALTER " + ignore + "TABLE " + t.sql() + " " + strings.Join(clauses, ", ") + g.Or(8, ", ALGORITHM="+g.One("COPY", "INPLACE", "INSTANT", "DEFAULT")) + g.Or(3, ", LOCK=SHARED")
}

// at is where a column goes.
func (g *gen) at(t *table) string {
	if !g.Chance(35) {
		return ""
	}
	if c, ok := soak.Pick(g.Dice, t.columns); ok && g.Chance(70) {
		return " AFTER " + c.sql()
	}
	return " FIRST"
}

func (g *gen) clause(t *table) string {
	return soak.Weigh(g.Dice, clauses, func(c clauseOf) int { return c.weight }).make(g, t)
}

type clauseOf struct {
	weight int
	make   func(*gen, *table) string
}

// over is a clause about a column.
func over(clause func(g *gen, t *table, c column) string) func(*gen, *table) string {
	return func(g *gen, t *table) string {
		if c, ok := soak.Pick(g.Dice, t.columns); ok {
			return clause(g, t, c)
		}
		return ""
	}
}

// named is a clause about a thing with a name.
func named(list func(*table) []string, texts ...string) func(*gen, *table) string {
	return func(g *gen, t *table) string {
		if n, ok := soak.Pick(g.Dice, list(t)); ok {
			return g.One(texts...) + quote(n)
		}
		return ""
	}
}

func indexNames(t *table) (out []string) {
	for _, i := range t.indexes {
		out = append(out, i.name)
	}
	return out
}

var clauses = []clauseOf{
	{10, func(g *gen, t *table) string {
		return "ADD COLUMN " + g.fresh() + " " + g.definition(t.columns) + g.at(t)
	}},
	{2, func(g *gen, _ *table) string {
		return "ADD COLUMN " + g.fresh() + " " + g.One("int", "bigint") + " NOT NULL AUTO_INCREMENT, ADD " + g.One("PRIMARY KEY", "UNIQUE KEY", "KEY") + " (" + quote(g.One(plainNames...)) + ")"
	}},
	{1, func(g *gen, _ *table) string {
		return "ADD COLUMN counted int NOT NULL AUTO_INCREMENT " + g.One("PRIMARY KEY", "UNIQUE")
	}},
	{9, over(func(_ *gen, _ *table, c column) string { return "DROP COLUMN " + c.sql() })},
	{8, over(func(g *gen, t *table, c column) string {
		return "MODIFY " + g.Or(50, "COLUMN ") + c.sql() + " " + g.altered(c) + g.at(t)
	})},
	{5, over(func(g *gen, _ *table, c column) string { // by this alone, it is kept in part
		return g.One("MODIFY ", "CHANGE "+c.sql()+" ") + c.sql() + " " + g.altered(c)
	})},
	{5, over(func(g *gen, t *table, c column) string {
		return "CHANGE " + c.sql() + " " + g.fresh() + " " + g.altered(c) + g.at(t)
	})},
	{5, over(func(g *gen, _ *table, c column) string { return "RENAME COLUMN " + c.sql() + " TO " + g.fresh() })},
	{1, func(g *gen, t *table) string {
		if two := soak.Some(g.Dice, t.columns, 2, 2); len(two) == 2 {
			return fmt.Sprintf("RENAME COLUMN %[1]s TO %[2]s, RENAME COLUMN %[2]s TO %[1]s", two[0].sql(), two[1].sql())
		}
		return ""
	}},
	{4, over(func(g *gen, _ *table, c column) string {
		if c.counts { // MariaDB takes a default of it, and no definition that has it
			return ""
		}
		return "ALTER COLUMN " + c.sql() + g.One(" DROP DEFAULT", " SET"+g.defaultOf(c.kind, c.null))
	})},
	{8, func(g *gen, t *table) string { return "ADD " + g.indexOver(t.columns) }},
	{2, func(g *gen, t *table) string { return "ADD PRIMARY KEY (" + g.parts(t.columns) + ")" }},
	{6, named(indexNames, "DROP INDEX ", "DROP KEY ")},
	{2, func(*gen, *table) string { return "DROP PRIMARY KEY" }},
	{3, func(g *gen, t *table) string {
		if i, ok := soak.Pick(g.Dice, t.indexes); ok {
			return "RENAME INDEX " + quote(i.name) + " TO " + g.fresh()
		}
		return ""
	}},
	{6, func(g *gen, t *table) string {
		if r := g.reference(t); r != "" {
			return "ADD " + r
		}
		return ""
	}},
	{4, named(func(t *table) []string { return t.keys }, "DROP FOREIGN KEY ", "DROP FOREIGN KEY ", "DROP CONSTRAINT ")},
	{4, over(func(g *gen, _ *table, c column) string { return "ADD " + g.check(c) })},
	{3, named(func(t *table) []string { return t.checks }, "DROP CONSTRAINT ")},
	{2, func(g *gen, _ *table) string { return "COMMENT=" + g.One("'other'", "''", "'it''s'") }},
	{2, func(g *gen, _ *table) string { return "ENGINE=" + g.One("InnoDB", "MyISAM", "InnoDB", "MEMORY") }},
	{2, func(g *gen, t *table) string {
		if len(t.of(func(c column) bool { return c.counts })) == 0 {
			return ""
		}
		return "AUTO_INCREMENT=" + g.One("5", "500", "1")
	}},
	{2, func(g *gen, _ *table) string {
		return "CONVERT TO CHARACTER SET " + g.One("utf8mb4", "latin1", "utf8mb4 COLLATE utf8mb4_bin", "utf8mb3")
	}},
	{1, func(g *gen, _ *table) string {
		return g.One("DEFAULT CHARSET=latin1", "COLLATE=utf8mb4_bin", "DEFAULT CHARSET=utf8mb4")
	}},
	{2, func(g *gen, _ *table) string {
		return g.One("ROW_FORMAT=DYNAMIC", "ROW_FORMAT=COMPACT", "FORCE", "STATS_PERSISTENT=0", "CHECKSUM=1", "MAX_ROWS=1000", "KEY_BLOCK_SIZE=0", "DISABLE KEYS", "ENABLE KEYS")
	}},
	{1, over(func(_ *gen, _ *table, c column) string { return "ORDER BY " + c.sql() })},
	{2, func(g *gen, t *table) string {
		if len(t.keys) > 0 {
			return "" // MariaDB loses the foreign keys of one that it copies meanwhile, and gives their names to nobody any more
		}
		return "RENAME TO " + g.fresh()
	}},
	{1, over(func(g *gen, _ *table, c column) string {
		return "DROP COLUMN " + c.sql() + ", ADD COLUMN " + c.sql() + " " + g.definition(nil)
	})},
	{1, func(g *gen, t *table) string {
		if i, ok := soak.Pick(g.Dice, t.indexes); ok {
			return "DROP INDEX " + quote(i.name) + ", ADD " + g.One("KEY ", "UNIQUE KEY ") + quote(i.name) + " (" + g.parts(t.columns) + ")"
		}
		return ""
	}},
	{2, func(g *gen, t *table) string { return g.product(t) }},
}

// product is a clause that only one of the products knows.
func (g *gen) product(t *table) string {
	c, _ := soak.Pick(g.Dice, t.of(func(c column) bool { return !c.counts }))
	i, _ := soak.Pick(g.Dice, t.indexes)
	if testmy.Tested() == testmy.MySQL {
		return g.One("ALTER INDEX "+quote(i.name)+g.One(" INVISIBLE", " VISIBLE"), "ALTER COLUMN "+c.sql()+" SET INVISIBLE", "COMPRESSION='zlib'", "ALTER CHECK "+quote(strings.Join(t.checks, ""))+" NOT ENFORCED")
	}
	return g.One("ALTER INDEX "+quote(i.name)+g.One(" IGNORED", " NOT IGNORED"), "ADD COLUMN IF NOT EXISTS "+c.sql()+" int", "DROP COLUMN IF EXISTS "+c.sql(), "PAGE_COMPRESSED=1", "ADD SYSTEM VERSIONING", "DROP SYSTEM VERSIONING",
		"ADD INDEX IF NOT EXISTS "+quote(i.name)+" ("+g.parts(t.columns)+")", "MODIFY COLUMN IF EXISTS "+c.sql()+" "+g.altered(c), "ENGINE=Aria", "SEQUENCE=0", "ALTER COLUMN "+c.sql()+" SET DEFAULT (1 + 1)")
}

// wider are types that a type can become without loss, and others.
func (g *gen) altered(c column) string {
	if g.Chance(35) {
		return g.definition(nil)
	}
	kind := c.kind
	if g.Chance(60) {
		switch classOf(kind) {
		case number:
			kind = g.One("int", "bigint", "bigint unsigned", "decimal(12,3)", "smallint", "double", "varchar(40)")
		case text:
			kind = g.One("varchar(10)", "varchar(200)", "text", "char(20)", "varchar(20) CHARACTER SET latin1", "varchar(90) COLLATE utf8mb4_bin", "mediumtext", "blob")
		case date:
			kind = g.One("date", "datetime(6)", "timestamp NULL", "varchar(30)")
		case choice:
			kind = g.One("enum('a','b','c','d')", "enum('c','b','a')", "varchar(20)", "set('a','b')", "enum('x,y','it''s','','more')")
		default:
			kind = g.columnType()
		}
	}
	return kind + g.One("", " NULL", " NOT NULL", "") + g.Or(20, g.defaultOf(kind, false)) + g.Or(10, " COMMENT 'changed'") + g.Or(map[bool]int{true: 85}[c.counts], " AUTO_INCREMENT")
}

// partition is a clause about partitions.
func (g *gen) partition(t *table) string {
	if len(t.parts) == 0 {
		numbers := t.of(func(c column) bool { return strings.Contains(c.kind, "int") })
		if c, ok := soak.Pick(g.Dice, numbers); ok {
			return g.partitionBy(c)
		}
		return ""
	}
	p, _ := soak.Pick(g.Dice, t.parts)
	n := quote(p)
	all := []string{"TRUNCATE PARTITION " + n, "REMOVE PARTITIONING", "REBUILD PARTITION " + g.One(n, "ALL"), "OPTIMIZE PARTITION " + n, "ANALYZE PARTITION " + n}
	switch {
	case strings.Contains(t.method, "RANGE"):
		all = append(all, "DROP PARTITION "+n, "DROP PARTITION "+n, "ADD PARTITION (PARTITION more VALUES LESS THAN (5000))", "REORGANIZE PARTITION "+quoteAll(t.parts)+" INTO (PARTITION q0 VALUES LESS THAN (7), PARTITION q1 VALUES LESS THAN (100000))")
	case strings.Contains(t.method, "LIST"):
		all = append(all, "DROP PARTITION "+n, "ADD PARTITION (PARTITION more VALUES IN (77, 78))")
	default:
		all = append(all, "COALESCE PARTITION 1", "ADD PARTITION PARTITIONS 1")
	}
	if u, ok := g.table(); ok && u != t {
		all = append(all, "EXCHANGE PARTITION "+n+" WITH TABLE "+u.sql()+g.Or(40, " WITHOUT VALIDATION"))
		if testmy.Tested() == testmy.MariaDB {
			all = append(all, "CONVERT PARTITION "+n+" TO TABLE "+g.fresh())
		}
	}
	return g.One(all...)
}
