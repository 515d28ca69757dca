package sqltext

// mysqlVerb moves over the keywords that say what the statement does.
func (c *cursor) mysqlVerb() string {
	for ahead := *c; ahead.tok.kind == word || ahead.tok.kind == quoted; {
		ahead.advance()
		if !ahead.acceptSymbol(":") {
			break
		}
		*c = ahead // a label
	}
	first := c.take()
	switch first {
	case "CREATE", "ALTER", "DROP":
		c.skipModifiers()
		return join(first, c.mysqlObject())
	case "SET":
		return c.mysqlSetVerb()
	case "BEGIN":
		if c.accept("NOT") && c.accept("ATOMIC") {
			return "BEGIN NOT ATOMIC"
		}
	case "ROLLBACK":
		ahead := *c
		ahead.accept("WORK")
		if ahead.accept("TO") {
			return "ROLLBACK TO"
		}
	case "ANALYZE", "CHECK", "CHECKSUM", "OPTIMIZE", "REPAIR":
		c.skip("NO_WRITE_TO_BINLOG", "LOCAL")
		if c.is("TABLE", "TABLES", "VIEW") {
			return join(first, c.singular())
		}
	case "LOCK", "UNLOCK", "RENAME", "LOAD", "INSTALL", "UNINSTALL", "XA", "START", "STOP", "RESET", "PURGE",
		"CHANGE", "DEALLOCATE", "IMPORT", "CACHE", "TRUNCATE":
		if first == "TRUNCATE" && !c.is("TABLE") {
			return "TRUNCATE TABLE"
		}
		return join(first, c.singular())
	case "EXECUTE":
		if c.accept("IMMEDIATE") {
			return "EXECUTE IMMEDIATE"
		}
	}
	return first
}

// skipModifiers moves over what can stand between CREATE and its kind.
func (c *cursor) skipModifiers() {
	for {
		switch {
		case c.accept("OR", "REPLACE", "TEMPORARY", "UNIQUE", "FULLTEXT", "ONLINE", "OFFLINE", "IGNORE", "AGGREGATE", "UNDO"):
		case c.is("SPATIAL"):
			if ahead := *c; ahead.accept("SPATIAL") && ahead.is("REFERENCE") {
				return
			}
			c.advance()
		case c.accept("SQL"):
			c.accept("SECURITY")
			c.advance()
		case c.accept("ALGORITHM"):
			c.acceptSymbol("=")
			c.advance()
		case c.accept("DEFINER"):
			c.skipDefiner()
		default:
			return
		}
	}
}

// skipDefiner moves over = user@host.
func (c *cursor) skipDefiner() {
	c.acceptSymbol("=")
	c.advance()
	if c.tok.kind == opening {
		c.advance()
		c.advance()
	}
	if c.acceptSymbol("@") {
		c.advance()
	}
}

// mysqlObject moves over the words that name a kind of object.
func (c *cursor) mysqlObject() string {
	first := c.singular()
	switch first {
	case "LOGFILE", "RESOURCE":
		return join(first, c.take())
	case "SPATIAL":
		return join(first, c.take(), c.take())
	case "SCHEMA":
		return "DATABASE"
	case "PACKAGE":
		if c.accept("BODY") {
			return "PACKAGE BODY"
		}
	case "KEY":
		return "INDEX"
	}
	return first
}

// singular takes a word; TABLES is TABLE.
func (c *cursor) singular() string {
	w := c.take()
	if w == "TABLES" {
		return "TABLE"
	}
	return w
}

// mysqlSetVerb tells the forms of SET that are no assignment of a variable.
func (c *cursor) mysqlSetVerb() string {
	ahead := *c
	switch {
	case ahead.accept("PASSWORD", "ROLE"):
		return join("SET", c.take())
	case ahead.accept("DEFAULT") && ahead.is("ROLE"):
		return "SET DEFAULT ROLE"
	case c.is("STATEMENT"):
		return "SET STATEMENT"
	}
	ahead = *c
	ahead.skip("GLOBAL", "SESSION", "LOCAL")
	if ahead.is("TRANSACTION") {
		return "SET TRANSACTION"
	}
	return "SET"
}
