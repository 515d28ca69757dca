package sqltext

import "strings"

// modes follows what SET does to the lexical rules of MySQL and MariaDB.
type modes struct {
	first Rules // before the text
	// unknown: sql_mode was set to something that the text does not tell.
	unknown bool
	// saved are the rules when @variable was set to @@sql_mode.
	saved map[string]Rules
}

func newModes(r Rules) modes { return modes{first: r, saved: map[string]Rules{}} }

// check refuses a token that two values of sql_mode would read differently,
// while nobody knows which one holds.
func (m *modes) check(text string, t token) *fault {
	if !m.unknown || t.kind != literal && t.kind != quoted {
		return nil
	}
	raw := text[t.start:t.end]
	if raw[0] == '"' || t.kind == literal && strings.IndexByte(raw, '\\') >= 0 {
		return &fault{t.start, "how this is read depends on sql_mode, which the file has set to something that its text does not tell"}
	}
	return nil
}

// unsafeCharsets hold the backslash's byte inside of other characters: a text
// in UTF-8 does not mean there what it says.
var unsafeCharsets = []string{"SJIS", "CP932", "GBK", "BIG5", "GB18030", "UCS2", "UTF16", "UTF16LE", "UTF32"}

// followSettings reads SET and applies what it does to the rules of the
// statements behind it.
func (p *splitter) followSettings(s Statement) *fault {
	if !s.rules.Dialect.mysql() || s.Verb != "SET" {
		return nil
	}
	c := newCursor(s.rules, s.Text)
	c.advance()
	global := false
	for !c.atEnd() {
		if f := p.assignment(&c, s, &global); f != nil {
			return f
		}
	}
	return nil
}

// assignment reads one assignment of a SET, up to its comma. A scope holds for
// the assignments after it that name none.
func (p *splitter) assignment(c *cursor, s Statement, global *bool) *fault {
	start := s.Offset + c.tok.start
	sticks := c.tok.kind == word
	name, user, scope := c.variable()
	toServer := *global && scope == scopeNone || scope == scopeServer
	if sticks && scope != scopeNone {
		*global = toServer
	}
	c.acceptSymbol(":")
	c.acceptSymbol("=")
	if isKeyword(name, "NAMES", "CHARSET") || isKeyword(name, "CHARACTER") && c.accept("SET") {
		if isKeyword(c.name(), unsafeCharsets...) {
			return &fault{start, "a text in this character set cannot be cut into statements safely: keep utf8mb4"}
		}
	}
	v := c.value()
	switch {
	case user && v.modeOf:
		p.modes.saved[strings.ToLower(name)] = p.scan.rules
	case user || toServer || !isKeyword(name, "SQL_MODE"):
	case v.mentions("ORACLE"):
		return &fault{start, "sql_mode ORACLE has another grammar, which safemigrate does not read"}
	default:
		p.setMode(v)
	}
	return nil
}

// setMode applies a new sql_mode.
func (p *splitter) setMode(v setting) {
	r, known := p.scan.rules, true
	saved, wasSaved := p.modes.saved[strings.ToLower(v.variable)]
	switch {
	case v.single && v.isDefault:
		r = p.modes.first
	case v.single && v.variable != "":
		r, known = saved, wasSaved
		if !wasSaved {
			r = p.scan.rules
		}
	case v.single && !v.modeOf:
		r.ANSIQuotes = v.mentions("ANSI_QUOTES", "ANSI", "DB2", "MAXDB", "MSSQL", "POSTGRESQL")
		r.NoBackslashEscapes = v.mentions("NO_BACKSLASH_ESCAPES")
	case v.modeOf && !v.mentions("ANSI_QUOTES", "ANSI", "DB2", "MAXDB", "MSSQL", "POSTGRESQL", "NO_BACKSLASH_ESCAPES"):
		// CONCAT(@@sql_mode, ',STRICT_ALL_TABLES') and the like change nothing here.
		known = v.variable == ""
	default:
		known = false
	}
	p.scan.rules = r
	p.modes.unknown = !known
}

// variable reads what a SET assigns to: a user variable @name, or a system
// variable with its scope.
func (c *cursor) variable() (name string, user bool, of scope) {
	if c.acceptSymbol("@") {
		if !c.acceptSymbol("@") {
			name = c.name()
			c.advance()
			return name, true, scopeNone
		}
	}
	for c.is("GLOBAL", "SESSION", "LOCAL", "PERSIST", "PERSIST_ONLY") {
		if of = scopeSession; c.is("GLOBAL", "PERSIST", "PERSIST_ONLY") {
			of = scopeServer
		}
		c.advance()
		c.acceptSymbol(".")
	}
	name = c.name()
	c.advance()
	return name, false, of
}

// scope is what is written before the name of a system variable.
type scope uint8

const (
	scopeNone scope = iota
	scopeSession
	scopeServer
)

// setting is the value of an assignment, as far as the lexical rules care.
type setting struct {
	literals  []string // all in upper case
	variable  string   // @name in it
	modeOf    bool     // @@sql_mode is in it
	isDefault bool
	single    bool // nothing but one literal, one variable or one word
}

// value reads up to the comma that begins the next assignment, and over it.
func (c *cursor) value() setting {
	var v setting
	parts := 0
	for depth := 0; !c.atEnd(); {
		switch {
		case depth == 0 && c.acceptSymbol(","):
			v.single = parts == 1
			return v
		case c.tok.kind == opening:
			depth++
		case c.tok.kind == closing:
			depth--
		}
		parts++
		if c.isSymbol("@") {
			c.reference(&v)
			continue
		}
		if c.tok.kind == literal || c.tok.kind == word || c.tok.kind == quoted {
			v.literals = append(v.literals, upper(c.name()))
			v.isDefault = c.is("DEFAULT")
		}
		c.advance()
	}
	v.single = parts == 1
	return v
}

// reference reads @name or @@[scope.]name in a value.
func (c *cursor) reference(v *setting) {
	name, user, _ := c.variable()
	switch {
	case user:
		v.variable = name
	case isKeyword(name, "SQL_MODE"):
		v.modeOf = true
	}
}

// mentions reports whether one of the modes stands in a literal.
func (v setting) mentions(names ...string) bool {
	for _, l := range v.literals {
		for mode := range strings.SplitSeq(l, ",") {
			if isKeyword(strings.TrimSpace(mode), names...) {
				return true
			}
		}
	}
	return false
}
