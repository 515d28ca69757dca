package sqltext

import "strings"

// classify returns verb and traits of the text of one statement.
func classify(r Rules, text string) (string, Traits) {
	c := newCursor(r, text)
	for c.tok.kind == opening {
		c.advance()
	}
	if r.Dialect.mysql() {
		verb := c.mysqlVerb()
		return verb, mysqlTraits(verb, c)
	}
	verb := c.verb()
	if r.Dialect == SQLite {
		return verb, sqliteTraits(verb, c)
	}
	return verb, postgresTraits(verb, c)
}

// verb moves over the keywords that say what the statement does.
func (c *cursor) verb() string {
	first := c.take()
	switch first {
	case "CREATE":
		c.skip("OR", "REPLACE", "GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED", "UNIQUE",
			"RECURSIVE", "CONSTRAINT", "TRUSTED", "PROCEDURAL", "DEFAULT")
		return join(first, c.object())
	case "ALTER", "DROP":
		return join(first, c.object())
	case "IMPORT", "REFRESH", "REASSIGN":
		return join(first, c.take(), c.take())
	case "COMMENT":
		if c.accept("ON") {
			return join(first, "ON", c.object())
		}
	case "SECURITY":
		if c.accept("LABEL") && c.find("ON") && c.accept("ON") {
			return join(first, "LABEL ON", c.object())
		}
	case "START", "DISCARD":
		return join(first, c.take())
	case "SET":
		return c.settingVerb()
	case "PREPARE", "COMMIT", "ROLLBACK":
		return c.transactionVerb(first)
	}
	return first
}

// object moves over the words that name a kind of object.
func (c *cursor) object() string {
	c.accept("PROCEDURAL")
	first := c.take()
	switch first {
	case "MATERIALIZED", "EVENT", "ACCESS", "LARGE", "VIRTUAL", "DEFAULT":
		return join(first, c.take())
	case "TEXT":
		return join(first, c.take(), c.take())
	case "OPERATOR":
		if c.is("CLASS", "FAMILY") {
			return join(first, c.take())
		}
	case "FOREIGN":
		if c.accept("DATA") {
			return join(first, "DATA", c.take())
		}
		return join(first, c.take())
	case "USER":
		// A role can be called mapping; a user mapping goes on with FOR.
		ahead := *c
		if ahead.accept("MAPPING") && ahead.is("FOR", "IF") {
			return join(first, c.take())
		}
	}
	return first
}

// settingVerb tells the forms of SET that have a grammar of their own from
// those that name a parameter, which can be called role as well.
func (c *cursor) settingVerb() string {
	ahead := *c
	ahead.skip("SESSION", "LOCAL")
	value := ahead
	value.skipName()
	switch {
	case value.is("TO") || value.isSymbol("="):
		return "SET"
	case ahead.is("AUTHORIZATION", "CHARACTERISTICS"):
		return join("SET SESSION", ahead.take())
	case ahead.is("ROLE", "CONSTRAINTS", "TRANSACTION"):
		return join("SET", ahead.take())
	}
	return "SET"
}

// transactionVerb tells the two-phase forms and ROLLBACK TO from the plain
// ones. A prepared statement can be called transaction: only PREPARE
// TRANSACTION is followed by a string.
func (c *cursor) transactionVerb(first string) string {
	ahead := *c
	switch {
	case c.scan.rules.Dialect == PostgreSQL && first == "PREPARE":
		if ahead.accept("TRANSACTION") && ahead.tok.kind == literal {
			return "PREPARE TRANSACTION"
		}
	case c.scan.rules.Dialect == PostgreSQL && c.is("PREPARED"):
		return join(first, c.take())
	case first == "ROLLBACK":
		if ahead.accept("TRANSACTION", "WORK") && c.scan.rules.Dialect == SQLite && !ahead.is("TO") {
			ahead.advance()
		}
		if ahead.is("TO") {
			return "ROLLBACK TO"
		}
	}
	return first
}

func join(words ...string) string {
	kept := words[:0]
	for _, w := range words {
		if w != "" {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}
