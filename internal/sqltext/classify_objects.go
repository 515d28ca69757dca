package sqltext

func reindexTraits(c cursor) Traits {
	concurrent := false
	c.options(func(name, value string) {
		if isKeyword(name, "CONCURRENTLY") {
			concurrent = !isFalse(value)
		}
	})
	whole := c.is("SCHEMA", "DATABASE", "SYSTEM")
	c.advance()
	return when(whole || concurrent || c.is("CONCURRENTLY"), Outside)
}

// clusteringTraits: CLUSTER without a table goes through all of them, each in
// a transaction of its own.
func clusteringTraits(c cursor) Traits {
	c.options(func(string, string) {})
	c.accept("VERBOSE")
	return when(c.atEnd(), Outside)
}

func detachTraits(c cursor) Traits {
	for c.find("DETACH") {
		c.advance()
		if c.accept("PARTITION") {
			c.skipName()
			return when(c.is("CONCURRENTLY", "FINALIZE"), Outside)
		}
	}
	return 0
}

// subscriptionTraits says whether the statement talks to the publisher, which
// it refuses to do inside a transaction block.
func subscriptionTraits(verb string, c cursor) Traits {
	c.skipName()
	switch verb {
	case "CREATE SUBSCRIPTION":
		c.find("WITH")
		return when(!c.switchedOff("CONNECT", "CREATE_SLOT"), Outside)
	case "DROP SUBSCRIPTION":
		return Outside
	}
	switch action := c.take(); action {
	case "REFRESH":
		return Outside
	case "ADD", "DROP", "SET":
		if c.is("PUBLICATION") {
			c.find("WITH")
			return when(!c.switchedOff("REFRESH"), Outside)
		}
		slot := false
		c.options(func(name, _ string) { slot = slot || isKeyword(name, "FAILOVER", "TWO_PHASE") })
		return when(slot, Outside)
	}
	return 0
}

// switchedOff reads WITH (…) and reports whether one of the options is off.
func (c *cursor) switchedOff(options ...string) bool {
	off := false
	c.advance()
	c.options(func(name, value string) {
		off = off || isKeyword(name, options...) && isFalse(value)
	})
	return off
}

// copyTraits: STDIN and STDOUT mean the same to the grammar, the direction
// decides. The text before FROM or TO can only be a name or a list in
// parentheses.
func copyTraits(c cursor) Traits {
	if !c.find("FROM", "TO") {
		return 0
	}
	from := c.is("FROM")
	c.advance()
	switch {
	case c.is("STDIN", "STDOUT"):
		return when(from, CopyFromStdin)
	case c.is("PROGRAM"):
		return NoWayBack
	}
	return when(!from, NoWayBack)
}

// grantTraits: without ON it is a membership in a role; on a database, a
// tablespace or a parameter it is stored for the whole server.
func grantTraits(c cursor) Traits {
	if !c.find("ON", "TO", "FROM") {
		return 0
	}
	if !c.accept("ON") {
		return NoWayBack
	}
	if !c.accept("DATABASE", "TABLESPACE", "PARAMETER") {
		return 0
	}
	// A table can be called database: then no second name follows.
	table := c.is("TO", "FROM") || c.tok.kind == symbol
	return when(!table, NoWayBack)
}
