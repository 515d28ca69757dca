package sqltext

import "strings"

// looseStringsAfter reads SET standard_conforming_strings: ok is false for any
// other statement, loose true when the setting is off from here on.
func looseStringsAfter(s Statement) (loose, ok bool) {
	if s.Verb != "SET" || s.rules.Dialect != PostgreSQL {
		return false, false
	}
	c := newCursor(s.rules, s.Text)
	c.advance()
	if c.is("SESSION", "LOCAL") {
		c.advance()
	}
	if !equalASCII(c.name(), "standard_conforming_strings") {
		return false, false
	}
	c.advance()
	c.advance()
	return !isKeyword(c.name(), "ON", "TRUE", "YES", "1", "DEFAULT"), true
}

// looseString refuses a plain string with a backslash while the server would
// read the backslash as an escape: where it ends cannot be told from the text
// of the statement alone.
func looseString(text string, t token) *fault {
	if text[t.start] != '\'' || strings.IndexByte(text[t.start:t.end], '\\') < 0 {
		return nil
	}
	return &fault{t.start, `a backslash in a plain string, while standard_conforming_strings is off: write E'…'`}
}
