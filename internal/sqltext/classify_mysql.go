package sqltext

import "strings"

// mysqlTraits classifies a statement of MySQL or MariaDB; c stands behind the
// verb.
func mysqlTraits(verb string, c cursor) Traits {
	if t := mysqlTransaction(verb, c); t != 0 {
		return t
	}
	if t := mysqlServer(verb); t != 0 {
		return t
	}
	switch verb {
	case "SET":
		return SessionSetting | when(c.setsServer(), NoWayBack)
	case "USE":
		return SessionSetting
	case "SHOW", "HELP", "DESC", "DESCRIBE", "EXPLAIN":
		return Harmless
	case "LOCK TABLE", "LOCK INSTANCE", "UNLOCK TABLE", "UNLOCK INSTANCE":
		return CommitsItself | SessionSetting
	case "SELECT", "WITH", "TABLE", "VALUES":
		return when(c.writesFile(), NoWayBack)
	case "CREATE FUNCTION":
		return CommitsItself | when(c.find("SONAME"), NoWayBack)
	case "CREATE TABLE", "DROP TABLE":
		return when(!c.temporary(), CommitsItself)
	case "RENAME TABLE", "TRUNCATE TABLE", "ANALYZE TABLE", "CHECK TABLE", "OPTIMIZE TABLE", "REPAIR TABLE",
		"CACHE INDEX", "LOAD INDEX":
		return CommitsItself
	}
	kind, _, _ := strings.Cut(verb, " ")
	return when(isKeyword(kind, "CREATE", "ALTER", "DROP") && verb != "DROP PREPARE", CommitsItself)
}

func mysqlTransaction(verb string, c cursor) Traits {
	switch verb {
	case "BEGIN", "START TRANSACTION":
		return Begin
	case "COMMIT":
		return Commit | chainTraits(c)
	case "ROLLBACK":
		return Rollback | chainTraits(c)
	case "SAVEPOINT", "RELEASE", "ROLLBACK TO":
		return Savepoint
	case "SET TRANSACTION":
		return SessionSetting
	}
	return when(strings.HasPrefix(verb, "XA "), TwoPhase)
}

// mysqlServer classifies what belongs to the whole server.
func mysqlServer(verb string) Traits {
	switch verb {
	case "SHUTDOWN", "RESTART", "KILL", "BINLOG", "CLONE", "SET ROLE":
		return NoWayBack
	case "GRANT", "REVOKE", "SET PASSWORD", "SET DEFAULT ROLE", "RENAME USER", "FLUSH":
		return NoWayBack | CommitsItself
	}
	first, kind, _ := strings.Cut(verb, " ")
	switch first {
	case "CREATE", "ALTER", "DROP":
		return when(isKeyword(kind, "DATABASE", "USER", "ROLE", "SERVER", "TABLESPACE", "LOGFILE GROUP", "RESOURCE GROUP",
			"SPATIAL REFERENCE SYSTEM", "INSTANCE"), NoWayBack|CommitsItself)
	case "INSTALL", "UNINSTALL", "RESET", "PURGE", "CHANGE", "STOP", "START", "IMPORT":
		return NoWayBack | CommitsItself
	}
	return 0
}

// temporary looks for the modifier in front of TABLE: such a table is of the
// session alone, and making it commits nothing.
func (c *cursor) temporary() bool {
	first := newCursor(c.scan.rules, c.scan.text)
	first.mysqlSkipTo("TABLE", "TABLES")
	return first.accept("TEMPORARY")
}

// mysqlSkipTo moves to TEMPORARY, or to the kind of object.
func (c *cursor) mysqlSkipTo(kinds ...string) {
	for !c.atEnd() && !c.is("TEMPORARY") && !c.is(kinds...) {
		c.advance()
	}
}

// writesFile finds SELECT … INTO OUTFILE and INTO DUMPFILE.
func (c *cursor) writesFile() bool {
	for ahead := *c; !ahead.atEnd(); {
		if ahead.accept("INTO") {
			if ahead.is("OUTFILE", "DUMPFILE") {
				return true
			}
			continue
		}
		ahead.advance()
	}
	return false
}

// setsServer finds a variable of the server among those that SET assigns to.
func (c *cursor) setsServer() bool {
	for ahead := *c; !ahead.atEnd(); {
		if _, _, of := ahead.variable(); of == scopeServer {
			return true
		}
		ahead.value()
	}
	return false
}
