package sqltext

import "strconv"

// sqliteTraits classifies a statement of SQLite; c stands behind the verb.
func sqliteTraits(verb string, c cursor) Traits {
	switch verb {
	case "BEGIN":
		return Begin
	case "COMMIT", "END":
		return Commit
	case "ROLLBACK":
		return Rollback
	case "SAVEPOINT", "RELEASE", "ROLLBACK TO":
		return Savepoint
	case "VACUUM":
		return Outside | when(c.find("INTO"), NoWayBack)
	case "ATTACH":
		return Outside | NoWayBack
	case "DETACH":
		return Outside
	case "PRAGMA":
		return pragmaTraits(c)
	case "EXPLAIN":
		if c.accept("QUERY") {
			c.accept("PLAN")
		}
		// A pragma can take effect while it is prepared, also under EXPLAIN.
		if c.accept("PRAGMA") {
			return pragmaTraits(c)
		}
		return Harmless
	}
	return 0
}

func pragmaTraits(c cursor) Traits {
	p := readPragma(c)
	t := SessionSetting
	switch {
	case isKeyword(p.name, "FOREIGN_KEYS"):
		t |= ForeignKeysPragma | when(p.set, Outside)
	case isKeyword(p.name, "JOURNAL_MODE", "SYNCHRONOUS", "TEMP_STORE"):
		t |= when(p.set, Outside)
	case isKeyword(p.name, "WAL_CHECKPOINT"):
		t |= Outside
	}
	return t
}

// pragma is PRAGMA [schema.]name, = value or (value).
type pragma struct {
	name, value string
	set         bool
}

// readPragma reads from behind the keyword PRAGMA.
func readPragma(c cursor) pragma {
	p := pragma{name: c.name()}
	c.advance()
	if c.acceptSymbol(".") {
		p.name = c.name()
		c.advance()
	}
	if c.tok.kind != opening && !c.isSymbol("=") {
		return p
	}
	c.advance()
	p.set = true
	c.acceptSymbol("+")
	p.value = c.name()
	return p
}

// ForeignKeysValue reads a statement that has ForeignKeysPragma: on is the
// value that it sets as SQLite understands it; set is false when it only
// reads, or is another statement.
func (s Statement) ForeignKeysValue() (on, set bool) {
	if !s.Traits.Has(ForeignKeysPragma) {
		return false, false
	}
	c := newCursor(s.rules, s.Text)
	c.find("PRAGMA")
	c.advance()
	p := readPragma(c)
	return p.set && isTrueForSQLite(p.value), p.set
}

// isTrueForSQLite follows SQLite's reading of a boolean: on, yes, true, or a
// number of 32 bits whose last eight are not all zero; all else is false.
func isTrueForSQLite(value string) bool {
	if isKeyword(value, "ON", "YES", "TRUE") {
		return true
	}
	base := 10
	if len(value) > 2 && equalASCII(value[:2], "0x") {
		base, value = 16, value[2:]
	}
	n, err := strconv.ParseInt(value, base, 32)
	return err == nil && n&0xff != 0
}
