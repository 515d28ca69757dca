package sqltext

import "strings"

type visibility uint8

const (
	shown     visibility = iota
	hidden               // masked
	swallowed            // part of what was masked before
)

// masker decides, token by token, what of a statement an excerpt may show.
// Literals are always hidden. So is what follows a name with "password" in it
// where a value can stand: someone may have forgotten the quotes.
type masker struct {
	role     bool   // the statement is about a role: PASSWORD needs no sign
	password bool   // such a name came just before
	assigned bool   // and a sign or TO after it
	hiding   bool   // the token before was hidden as a password
	before   string // the token before
}

// see takes the next token; spaced tells whether a gap is before it.
func (m *masker) see(c *cursor, spaced bool) visibility {
	v := m.judge(c, spaced)
	m.before = c.raw()
	return v
}

func (m *masker) judge(c *cursor, spaced bool) visibility {
	if m.hiding && !spaced && c.tok.kind != closing && !c.isSymbol(",") {
		return swallowed
	}
	m.hiding = false
	if m.password && (c.is("TO") || c.isSymbol("=") || c.isSymbol(":")) {
		m.assigned = true
		return shown
	}
	if m.password && m.isValue(c) {
		m.hiding, m.password, m.assigned = true, false, false
		return hidden
	}
	name := c.tok.kind == word || c.tok.kind == quoted
	m.password, m.assigned = name && strings.Contains(upper(c.raw()), "PASSW"), false
	if c.tok.kind == literal || c.scan.rules.Dialect == SQLite && c.tok.kind == quoted && !m.isName(c) {
		return hidden
	}
	return shown
}

// isValue tells the value of a password from what else can follow the word,
// as in the definition of a column.
func (m *masker) isValue(c *cursor) bool {
	switch c.tok.kind {
	case numeral, quoted, literal:
		return true
	case word:
		return !c.is("NULL") && (m.assigned || m.role)
	case symbol:
		return m.assigned
	}
	return false
}

// isName tells an identifier in double quotes from a string: SQLite takes it
// for a string where no such name exists.
func (m *masker) isName(c *cursor) bool {
	if !strings.HasPrefix(c.raw(), `"`) {
		return true
	}
	return m.before == "." || isKeyword(m.before, "INTO", "UPDATE", "FROM", "JOIN", "TABLE", "EXISTS", "INDEX",
		"VIEW", "TRIGGER", "ON", "COLUMN", "RENAME", "TO", "ADD", "REFERENCES")
}

func namesRole(verb string) bool {
	for _, kind := range []string{" ROLE", " USER", " GROUP", " MAPPING"} {
		if strings.HasSuffix(verb, kind) {
			return true
		}
	}
	return false
}
