//go:build unix

package myrandom

import (
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
	"github.com/safemigrate/safemigrate/internal/testmy"
)

// orReplace is for what MariaDB alone can make anew.
func (g *gen) orReplace() string {
	if testmy.Tested() == testmy.MariaDB {
		return g.Or(25, "OR REPLACE ")
	}
	return ""
}

// relation is a table or a view.
func (g *gen) relation() (*table, bool) {
	if v, ok := soak.Pick(g.Dice, g.w.views); ok && g.Chance(25) {
		return v, true
	}
	return g.table()
}

func (g *gen) query() string {
	t, ok := g.relation()
	if !ok || len(t.columns) == 0 {
		return "SELECT 1 AS one"
	}
	columns := soak.Some(g.Dice, t.columns, 1, 4)
	c, _ := soak.Pick(g.Dice, t.columns)
	switch g.IntN(6) {
	case 0:
		if u, ok := g.relation(); ok && u != t && len(u.columns) > 0 {
			d, _ := soak.Pick(g.Dice, u.columns)
			return fmt.Sprintf("SELECT x.%s AS l, y.%s AS r FROM %s AS x %sJOIN %s AS y ON x.%s = y.%s", c.sql(), d.sql(), t.sql(), g.One("", "LEFT "), u.sql(), columns[0].sql(), d.sql())
		}
	case 1:
		return fmt.Sprintf("SELECT %s AS e, count(*) AS n FROM %s GROUP BY %s", g.expression(c), t.sql(), g.expression(c))
	case 2:
		return "SELECT * FROM " + t.sql()
	case 3:
		return "SELECT " + g.expression(c) + " AS `an expression` FROM " + t.sql() + g.where(t)
	}
	return "SELECT " + names(columns) + " FROM " + t.sql() + g.where(t)
}

func newView(g *gen) string {
	name := g.fresh()
	if v, ok := soak.Pick(g.Dice, g.w.views); ok && g.Chance(30) {
		name = v.sql()
		if g.Chance(30) {
			return "ALTER VIEW " + name + " AS " + g.query()
		}
		return "CREATE OR REPLACE VIEW " + name + " AS " + g.query()
	}
	return "CREATE " + g.Or(15, "ALGORITHM="+g.One("MERGE", "TEMPTABLE")+" ") + g.Or(15, "SQL SECURITY INVOKER ") + "VIEW " + name + " AS " + g.query() + g.Or(5, " WITH CHECK OPTION")
}

func dropView(g *gen) string {
	if v, ok := soak.Pick(g.Dice, g.w.views); ok {
		return "DROP VIEW " + g.Or(20, "IF EXISTS ") + v.sql()
	}
	return ""
}

// writes is a statement of a program's.
func (g *gen) writes() string {
	var out string
	switch g.IntN(4) {
	case 0:
		out = insert(g)
	case 1:
		out = update(g)
	case 2:
		out = remove(g)
	default:
		out = insertSelect(g)
	}
	if out == "" {
		return "SET @x = 1"
	}
	return out
}

// block is the body of a program.
func (g *gen) block(one string) string {
	switch g.IntN(4) {
	case 0:
		return "BEGIN " + one + "; SET @done = 1; END"
	case 1:
		return "BEGIN DECLARE i int DEFAULT 0; IF i < 1 THEN " + one + "; ELSE SET i = 'it''s; END'; END IF; -- done\nEND"
	}
	return one
}

func newTrigger(g *gen) string {
	t, ok := g.table()
	if !ok {
		return ""
	}
	when, what := g.One("BEFORE", "AFTER"), g.One("INSERT", "UPDATE", "DELETE")
	do := g.One("SET @t = ifnull(@t, 0) + 1", g.writes())
	if c, ok := soak.Pick(g.Dice, t.of(given)); ok && when == "BEFORE" && what != "DELETE" && g.Chance(60) {
		do = "SET NEW." + c.sql() + " = " + g.value(c)
	}
	place := ""
	if other, ok := soak.Pick(g.Dice, g.w.triggers); ok && g.Chance(15) {
		place = g.One("FOLLOWS ", "PRECEDES ") + quote(other) + " "
	}
	name := g.fresh()
	replace := g.orReplace()
	if other, ok := soak.Pick(g.Dice, g.w.triggers); ok && replace != "" {
		name = quote(other)
	}
	return fmt.Sprintf("CREATE %sTRIGGER %s %s %s ON %s FOR EACH ROW %s%s", replace, name, when, what, t.sql(), place, g.block(do))
}

func dropTrigger(g *gen) string {
	if name, ok := soak.Pick(g.Dice, g.w.triggers); ok {
		return "DROP TRIGGER " + quote(name)
	}
	return ""
}

func newRoutine(g *gen) string {
	replace, name := g.orReplace(), g.fresh()
	if r, ok := soak.Pick(g.Dice, g.w.routines); ok && replace != "" {
		name = quote(r.name)
	}
	if g.Chance(50) {
		return "CREATE " + replace + "FUNCTION " + name + g.One("(x int) RETURNS int DETERMINISTIC RETURN x * 2", "(x varchar(20)) RETURNS varchar(40) CHARSET utf8mb4 DETERMINISTIC NO SQL COMMENT 'it''s' RETURN concat(x, ';')",
			"() RETURNS bigint READS SQL DATA BEGIN DECLARE n bigint; SELECT count(*) INTO n FROM ("+g.query()+") AS q; RETURN n; END")
	}
	return "CREATE " + replace + "PROCEDURE " + name + g.One("()", "(IN a int, OUT b varchar(20))") + g.Or(20, " COMMENT 'does; things'") + g.Or(20, " SQL SECURITY INVOKER") + " " + g.block(g.writes())
}

func alterRoutine(g *gen) string {
	r, ok := soak.Pick(g.Dice, g.w.routines)
	if !ok {
		return ""
	}
	if g.Chance(50) {
		return "DROP " + r.kind + " " + quote(r.name)
	}
	if r.kind == "PROCEDURE" && g.Chance(50) {
		return "CALL " + quote(r.name) + g.One("()", "(1, @o)")
	}
	return "ALTER " + r.kind + " " + quote(r.name) + g.One(" COMMENT 'altered'", " SQL SECURITY INVOKER", " READS SQL DATA")
}

func newEvent(g *gen) string {
	name := g.fresh()
	if e, ok := soak.Pick(g.Dice, g.w.events); ok && g.Chance(50) {
		return g.One("DROP EVENT "+quote(e), "ALTER EVENT "+quote(e)+" "+g.One("DISABLE", "ENABLE", "COMMENT 'other'", "RENAME TO "+name, "ON SCHEDULE EVERY 3 DAY STARTS '2031-01-01 00:00:00'"))
	}
	return "CREATE EVENT " + name + " ON SCHEDULE " + g.One("EVERY 1 DAY STARTS '2030-01-01 03:00:00'", "AT '2035-01-01 00:00:00'", "EVERY 2 HOUR STARTS '2030-01-01 00:00:00' ENDS '2031-01-01 00:00:00'") +
		g.Or(20, " ON COMPLETION PRESERVE") + g.Or(50, " DISABLE") + g.Or(20, " COMMENT 'cleans; up'") + " DO " + g.block(g.writes())
}

func newSequence(g *gen) string {
	if s, ok := soak.Pick(g.Dice, g.w.sequence); ok && g.Chance(70) {
		n := quote(s)
		return g.One("DO nextval("+n+")", "DO setval("+n+", 77)", "ALTER SEQUENCE "+n+" INCREMENT BY 5", "DROP SEQUENCE "+n, "RENAME TABLE "+n+" TO "+g.fresh(), "ALTER SEQUENCE "+n+" RESTART 30", "CREATE OR REPLACE SEQUENCE "+n+" START WITH 9",
			g.defaultFrom(n))
	}
	return "CREATE SEQUENCE " + g.fresh() + g.One("", " START WITH 100 INCREMENT BY 10", " MINVALUE 5 MAXVALUE 500 CYCLE", " NOCACHE", " INCREMENT BY -1")
}

// defaultFrom has a column take its values from a sequence.
func (g *gen) defaultFrom(sequence string) string {
	t, ok := g.table()
	if !ok {
		return ""
	}
	return "ALTER TABLE " + t.sql() + " ADD COLUMN " + g.fresh() + " bigint NOT NULL DEFAULT nextval(" + sequence + ")"
}

// settings change how what follows is read and checked.
func settings(g *gen) string {
	return strings.TrimSpace(g.One("SET foreign_key_checks = 0", "SET foreign_key_checks = 0", "SET foreign_key_checks = 1", "SET sql_mode = ''", "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'", "SET NAMES utf8mb4", "SET unique_checks = 0",
		"SET sql_mode = DEFAULT", "SET autocommit = 1", "COMMIT", "START TRANSACTION"))
}
