package hazard

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// effect is how the server carries out an action of ALTER TABLE, from the
// cheapest on: by the definition alone; in place, while others read and write;
// by writing the rows anew, while others do; by a copy of the table, to which
// nobody can write meanwhile. Sources: MariaDB's "InnoDB Online DDL Operations"
// (INSTANT, NOCOPY, INPLACE), MySQL's manual, 17.12.1; a test asks the server.
type effect int

const (
	instant effect = iota
	online
	rebuilds
	copies
)

// apply notes the locks and the work of an action.
func (b *book) apply(t *table, e effect, why string) {
	if t == nil {
		return
	}
	if !t.innodb && e > instant {
		e = copies
	}
	switch e {
	case online:
		b.lock(t, upgradable, moment, indexBuild)
	case rebuilds:
		b.lock(t, upgradable, moment, rewrite)
		b.hazardf("table-rewrite", t, "%s: every row is written anew; others go on reading and writing, and wait at its end", why)
		b.rewritten(t)
	case copies:
		b.lock(t, noWrite, writes, rewrite)
		b.hazardf("table-rewrite", t, "%s: the table is copied row by row, and nobody can write to it meanwhile", why)
		b.rewritten(t)
	default:
		b.lock(t, exclusive, moment, "")
	}
}

// alterTable judges ALTER TABLE: all its actions are carried out as the dearest
// of them needs.
func (b *book) alterTable(tokens []sqltext.Token, i int) {
	t, _, next := b.name(tokens, sqltext.After(tokens, i, "IF", "EXISTS"))
	if t == nil || t.view {
		return
	}
	next = sqltext.After(tokens, next, "NOWAIT")
	if next+1 < len(tokens) && tokens[next].Is("WAIT") {
		next += 2
	}
	worst, why, columns, renamed := instant, "", false, false
	for _, a := range sqltext.Divide(tokens[min(next, len(tokens)):]) {
		if len(a) == 0 {
			continue
		}
		before := len(t.column)
		if e, because := b.action(t, a); e > worst {
			worst, why = e, because
		}
		columns = columns || len(t.column) != before
		renamed = renamed || a[0].Is("RENAME") && (len(a) < 2 || !a[1].Is("COLUMN", "INDEX", "KEY"))
	}
	if worst == online && columns { // what is done by the definition alone is so only by itself
		worst, why = rebuilds, "columns and indexes change together"
	}
	if !renamed || worst > instant { // else its lock is noted already
		b.apply(t, worst, why)
	}
	if renamed && worst == copies && b.MariaDB && t.tied {
		b.hazardf("foreign-keys-lost", t, "MariaDB loses the foreign keys of a table that one statement copies and renames: %s has some, or those of others come to refer to nothing", t.name)
	}
}

// action judges one action, and says why it is dear.
func (b *book) action(t *table, a []sqltext.Token) (effect, string) {
	switch {
	case a[0].Is("ADD"):
		return b.add(t, a)
	case a[0].Is("DROP"):
		return b.dropPart(t, a)
	case a[0].Is("MODIFY"):
		i := sqltext.After(a, 1, "COLUMN", "IF", "EXISTS")
		return b.retype(t, a, i+1)
	case a[0].Is("CHANGE"):
		i := sqltext.After(a, 1, "COLUMN", "IF", "EXISTS")
		if i+1 < len(a) && !strings.EqualFold(a[i].Value(), a[i+1].Value()) {
			b.columnRenamed(t, a[i].Value(), a[i+1].Value())
		}
		return b.retype(t, a, i+2)
	case a[0].Is("RENAME"):
		return b.renameIn(t, a)
	case a[0].Is("CONVERT") && sqltext.Has(a, "CHARACTER", "CHARSET"):
		return copies, "its texts get another character set"
	case a[0].Is("CONVERT"), a[0].Is("EXCHANGE"), a[0].Is("DISCARD"), a[0].Is("IMPORT"):
		return instant, ""
	case a[0].Is("ENGINE"):
		if engine := a[len(a)-1].Value(); strings.EqualFold(engine, "InnoDB") && t.innodb {
			return rebuilds, "ENGINE=" + engine
		}
		return copies, "it gets another engine"
	case a[0].Is("FORCE"), a[0].Is("ROW_FORMAT"), a[0].Is("KEY_BLOCK_SIZE"):
		return rebuilds, strings.ToUpper(a[0].Text)
	case a[0].Is("ALGORITHM") && sqltext.Has(a, "COPY"):
		return copies, "ALGORITHM=COPY"
	case a[0].Is("TRUNCATE"):
		b.hazardf("partition-dropped", t, "the rows of a partition of %s go", t.name)
		return instant, ""
	case a[0].Is("PARTITION"), a[0].Is("REORGANIZE"), a[0].Is("COALESCE"), a[0].Is("REMOVE"):
		return copies, "its rows go to other partitions"
	case a[0].Is("ORDER"):
		return copies, "its rows are sorted"
	}
	return instant, "" // comments, defaults, the names of indexes, AUTO_INCREMENT, …
}

// add judges ADD.
func (b *book) add(t *table, a []sqltext.Token) (effect, string) {
	i := 1
	if i < len(a) && a[i].Is("CONSTRAINT") {
		i = sqltext.After(a, 2, "IF", "NOT", "EXISTS")
		if i < len(a) && !a[i].Is("PRIMARY", "UNIQUE", "FOREIGN", "CHECK") {
			i++
		}
	}
	if i >= len(a) {
		return instant, ""
	}
	switch {
	case a[i].Is("PRIMARY"):
		return rebuilds, "it gets a primary key"
	case a[i].Is("UNIQUE", "FULLTEXT", "SPATIAL", "INDEX", "KEY"):
		return b.index(t, a[i:i+1]), "the index is built"
	case a[i].Is("FOREIGN"):
		return b.foreignKey(t, a)
	case a[i].Is("CHECK"):
		b.hazardf("check-validates", t, "every row of %s is read and checked", t.name)
		return copies, "every row is checked"
	case a[i].Is("PARTITION", "SYSTEM", "PERIOD"):
		return instant, ""
	}
	i = sqltext.After(a, 1, "COLUMN", "IF", "NOT", "EXISTS")
	if i < len(a) && a[i].Is("(") {
		worst, why := instant, ""
		for _, one := range sqltext.Divide(a[i+1 : len(a)-1]) {
			if e, because := b.addColumn(t, one); e > worst {
				worst, why = e, because
			}
		}
		return worst, why
	}
	return b.addColumn(t, a[min(i, len(a)):])
}

// addColumn judges a new column: its name and what follows.
func (b *book) addColumn(t *table, a []sqltext.Token) (effect, string) {
	if len(a) < 2 {
		return instant, ""
	}
	name, last := a[0].Value(), !sqltext.Has(a, "FIRST", "AFTER")
	notNull := sqltext.Has(a, "NOT") && !sqltext.Has(a, "DEFAULT", "AUTO_INCREMENT", "AS", "GENERATED")
	if notNull && b.strict {
		b.hazardf("not-null-without-default", t, "code that does not know %s inserts rows without it, and strict mode refuses them", name)
	}
	t.column[strings.ToLower(name)] = &column{kind: kindOf(a[1:]), nullable: !sqltext.Has(a, "NOT")}
	switch {
	case sqltext.Has(a, "AUTO_INCREMENT"):
		return copies, "every row gets a number"
	case sqltext.Has(a, "STORED", "PERSISTENT"):
		return copies, name + " is computed for every row"
	case sqltext.Has(a, "PRIMARY"):
		return rebuilds, "it gets a primary key"
	case sqltext.Has(a, "UNIQUE"):
		return b.index(t, nil), "the index is built"
	case sqltext.Has(a, "CHECK"):
		return copies, "every row is checked"
	case sqltext.Has(a, "VIRTUAL") || sqltext.Has(a, "AS"):
		return instant, ""
	}
	if e, why := b.instantly(t); e > instant {
		return e, why
	}
	switch {
	case b.MariaDB && !last && t.computes():
		return copies, name + " does not stand at the end, and the table has a virtual column"
	case !b.MariaDB && b.Number <= 800 && !last: // 8.0.29 does it by the definition, as all later versions do
		return rebuilds, name + " does not stand at the end"
	}
	return instant, ""
}

// instantly reports whether columns of a table come and go by its definition alone.
func (b *book) instantly(t *table) (effect, string) {
	switch {
	case !t.innodb:
		return copies, "its engine writes every row anew for a column"
	case t.words:
		return copies, "it has a FULLTEXT index, beside which every row is written anew for a column"
	case t.packed:
		return rebuilds, "its row format is compressed, in which every row is written anew for a column"
	}
	return instant, ""
}

// computes reports whether a table has a generated column.
func (t *table) computes() bool {
	for _, c := range t.column {
		if c.generated {
			return true
		}
	}
	return false
}

// index judges a new index by the words before it.
func (b *book) index(t *table, sort []sqltext.Token) effect {
	switch {
	case sqltext.Has(sort, "FULLTEXT", "SPATIAL"):
		b.hazardf("index-blocks-writes", t, "nobody can write to %s while the index is built", t.name)
		return copies
	case sqltext.Has(sort, "UNIQUE"):
		b.hazardf("unique-builds-index", t, "it fails where two rows of %s have the same values", t.name)
	}
	return online
}

func (b *book) foreignKey(t *table, a []sqltext.Token) (effect, string) {
	var parent *table
	for i := range a {
		if a[i].Is("REFERENCES") {
			parent, _, _ = b.name(a, i+1)
		}
	}
	if t.tied = true; parent != nil {
		parent.tied = true
	}
	if !b.checks {
		return online, ""
	}
	b.hazardf("foreign-key-validates", t, "every row of %s is compared with its parent, and nobody can write to the table meanwhile", t.name)
	if parent != nil && parent != t {
		b.lock(parent, exclusive, moment, "")
	}
	return copies, "the foreign key is checked"
}

// dropPart judges DROP.
func (b *book) dropPart(t *table, a []sqltext.Token) (effect, string) {
	i := 1
	switch {
	case i >= len(a):
		return instant, ""
	case a[i].Is("PRIMARY"):
		return copies, "it has no primary key any more"
	case a[i].Is("FOREIGN"):
		b.hazardf("foreign-key-dropped", t, "nothing holds the rows of %s to their parents any more", t.name)
		return instant, ""
	case a[i].Is("PARTITION"):
		b.hazardf("partition-dropped", t, "the rows of a partition of %s go", t.name)
		return instant, ""
	case a[i].Is("INDEX", "KEY", "CONSTRAINT", "CHECK", "SYSTEM", "PERIOD"):
		return instant, ""
	}
	i = sqltext.After(a, i, "COLUMN", "IF", "EXISTS")
	if i >= len(a) {
		return instant, ""
	}
	name := a[i].Value()
	was := t.column[strings.ToLower(name)]
	b.hazardf("column-dropped", t, "the values of %s.%s go, and who names it fails", t.name, name)
	delete(t.column, strings.ToLower(name))
	if was != nil && was.generated && t.innodb {
		return instant, ""
	}
	return b.instantly(t)
}

func (b *book) columnRenamed(t *table, from, to string) {
	b.hazardf("column-renamed", t, "%s.%s is called %s: who uses the old name fails", t.name, from, to)
	if c := t.column[strings.ToLower(from)]; c != nil {
		delete(t.column, strings.ToLower(from))
		t.column[strings.ToLower(to)] = c
	}
}

// renameIn judges RENAME COLUMN, INDEX, and TO.
func (b *book) renameIn(t *table, a []sqltext.Token) (effect, string) {
	switch {
	case len(a) > 4 && a[1].Is("COLUMN"):
		i := sqltext.After(a, 2, "IF", "EXISTS")
		if i+2 < len(a) {
			b.columnRenamed(t, a[i].Value(), a[i+2].Value())
		}
	case len(a) > 1 && a[1].Is("INDEX", "KEY"):
	default:
		b.renamed(t, a, sqltext.After(a, 1, "TO", "AS", "="))
	}
	return instant, ""
}

// retype judges a new definition of a column, which begins at a[def].
func (b *book) retype(t *table, a []sqltext.Token, def int) (effect, string) {
	if def >= len(a) {
		return instant, ""
	}
	name := a[def-1].Value()
	old := t.column[strings.ToLower(name)]
	if old == nil {
		return copies, name + " gets a new definition"
	}
	now := &column{kind: kindOf(a[def:]), nullable: !sqltext.Has(a[def:], "NOT", "PRIMARY"), generated: old.generated, charset: charsetOf(a[def:], old.charset)}
	t.column[strings.ToLower(name)] = now
	e, why := b.retyped(t, name, old, now)
	switch {
	case old.nullable && !now.nullable:
		b.hazardf("set-not-null-scan", t, "every row of %s is written anew, and one with NULL in %s stops it", t.name, name)
		return max(e, rebuilds), name + " becomes NOT NULL"
	case !old.nullable && now.nullable:
		b.hazardf("not-null-dropped", t, "%s.%s can be NULL from now on", t.name, name)
		if e < rebuilds {
			return rebuilds, name + " becomes nullable"
		}
	}
	return e, why
}

// retyped judges a change of type.
func (b *book) retyped(t *table, name string, old, now *column) (effect, string) {
	was, is := old.kind, now.kind
	if was == is && old.charset == now.charset {
		return instant, ""
	}
	b.hazardf("column-type-changed", t, "%s.%s is %s and becomes %s", t.name, name, was, is)
	from, to := catalog.Length(was), catalog.Length(is)
	switch {
	case old.charset != now.charset:
	case strings.HasPrefix(was, "varchar") && strings.HasPrefix(is, "varchar") && to >= from:
		// A length up to 255 bytes takes one byte of the row, a longer one two; MariaDB
		// reads both.
		if wide := widths[old.charset]; b.MariaDB || (from*wide > 255) == (to*wide > 255) {
			return instant, ""
		}
	case (strings.HasPrefix(was, "enum") || strings.HasPrefix(was, "set")) && strings.HasPrefix(is, strings.TrimSuffix(was, ")")+","):
		return instant, ""
	}
	return copies, fmt.Sprintf("%s changes its type from %s to %s", name, was, is)
}

// widths are the bytes of a character; one of a set that is not here counts as one.
var widths = map[string]int{"": 1, "ascii": 1, "latin1": 1, "utf8": 3, "utf8mb3": 3, "utf8mb4": 4}

// synonyms are types as information_schema writes them.
var synonyms = map[string]string{"integer": "int", "bool": "tinyint", "boolean": "tinyint", "dec": "decimal(10,0)", "decimal": "decimal(10,0)", "numeric": "decimal(10,0)",
	"char": "char(1)", "bit": "bit(1)", "year": "year(4)", "real": "double", "character varying": "varchar"}

// displayed is the width of an integer, which means nothing, and which MySQL no
// longer writes.
var displayed = regexp.MustCompile(`^((?:tiny|small|medium|big)?int)\(\d+\)`)

// kindOf reads the type at the head of a column's definition.
func kindOf(a []sqltext.Token) string {
	if len(a) == 0 {
		return ""
	}
	var kind strings.Builder
	name, i := strings.ToLower(a[0].Text), 1
	inside := i < len(a) && a[i].Is("(")
	if full := synonyms[name]; full != "" && !inside {
		name = full
	}
	kind.WriteString(name)
	for ; inside && i < len(a); i++ {
		kind.WriteString(a[i].Text)
		inside = !a[i].Is(")")
	}
	for ; i < len(a) && a[i].Is("UNSIGNED", "ZEROFILL", "SIGNED"); i++ {
		if !a[i].Is("SIGNED") {
			kind.WriteString(" " + strings.ToLower(a[i].Text))
		}
	}
	return displayed.ReplaceAllString(kind.String(), "$1")
}

// charsetOf is the character set that a definition names, else the one before.
func charsetOf(a []sqltext.Token, before string) string {
	for i, t := range a {
		switch {
		case t.Is("CHARSET") && i+1 < len(a):
			return strings.ToLower(a[i+1].Value())
		case t.Is("CHARACTER") && i+2 < len(a) && a[i+1].Is("SET"):
			return strings.ToLower(a[i+2].Value())
		}
	}
	return before
}
