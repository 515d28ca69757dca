package sqltext

// block follows one statement from its first token and knows while a body
// that holds statements of its own is open: BEGIN ATOMIC … END of a function
// or procedure, BEGIN … END of an SQLite trigger.
//
// The body ends at an END where one of its statements could begin, that is
// after a semicolon or right after the opening. Both grammars allow no
// statement that begins with END there, so CASE … END, columns and labels
// called "end" need no counting.
type block struct {
	head     head
	begun    bool // the previous word was BEGIN
	open     bool
	boundary bool // a statement of the body could begin here
	dialect  Dialect
}

// body follows one statement from its first token and knows while a body with
// statements of its own is open.
type body interface {
	// see takes the next token; depth is the number of open parentheses.
	see(t token, text string, depth int) *fault
	isOpen() bool
}

func newBody(d Dialect) body {
	if d.mysql() {
		return &program{header: header{mariadb: d == MariaDB}}
	}
	return &block{dialect: d}
}

func (b *block) isOpen() bool { return b.open }

// head says how far the leading keywords have got towards a statement that
// can have a body.
type head uint8

const (
	headStart  head = iota
	headCreate      // after CREATE and its modifiers
	headBody        // a body may follow
	headOther       // a statement without a body
)

func (b *block) see(t token, text string, depth int) *fault {
	name := ""
	if t.kind == word {
		name = text[t.start:t.end]
	}
	switch {
	case b.open:
		b.inside(t.kind, name, depth)
	case b.head != headBody:
		b.head = b.head.after(b.dialect, name)
	case depth == 0:
		b.open = b.opens(name)
		b.boundary = b.open
		b.begun = isKeyword(name, "BEGIN")
	}
	return nil
}

func (b *block) opens(name string) bool {
	if b.dialect == SQLite {
		return isKeyword(name, "BEGIN")
	}
	return b.begun && isKeyword(name, "ATOMIC")
}

func (b *block) inside(k kind, name string, depth int) {
	if b.boundary && isKeyword(name, "END") && depth == 0 {
		b.open = false
	}
	b.boundary = k == semicolon
}

func (h head) after(d Dialect, name string) head {
	switch {
	case h == headStart && isKeyword(name, "CREATE"):
		return headCreate
	case h == headStart && d == SQLite && isKeyword(name, "EXPLAIN", "QUERY", "PLAN"):
		return headStart
	case h == headCreate && d == SQLite && isKeyword(name, "TEMP", "TEMPORARY"):
		return headCreate
	case h == headCreate && d == SQLite && isKeyword(name, "TRIGGER"):
		return headBody
	case h == headCreate && d == PostgreSQL && isKeyword(name, "OR", "REPLACE"):
		return headCreate
	case h == headCreate && d == PostgreSQL && isKeyword(name, "FUNCTION", "PROCEDURE", "SCHEMA"):
		return headBody
	}
	return headOther
}
