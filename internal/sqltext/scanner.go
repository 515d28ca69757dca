package sqltext

import "strings"

type kind uint8

const (
	end        kind = iota
	word            // keyword or plain identifier
	quoted          // identifier in quotes
	literal         // string, bit string or blob with its prefix, dollar quote
	numeral         // digits
	semicolon       // ;
	opening         // (
	closing         // )
	symbol          // any other single character, or a parameter
	marker          // /*!40101 or */ of a comment that MySQL or MariaDB runs
	terminator      // what DELIMITER set
)

type token struct {
	kind       kind
	start, end int
}

// scanner cuts a text into tokens. It is a small value: a copy looks ahead.
type scanner struct {
	rules Rules
	text  string
	pos   int
	// delimiter is what DELIMITER set, "" for the semicolon alone.
	delimiter string
	// executed: pos is inside an executable comment that began at comment.
	executed bool
	comment  int
}

// next returns the next token after white space and comments; at the end of
// the text its kind is end.
func (s *scanner) next() (token, *fault) {
	if f := s.skipGap(); f != nil {
		return token{}, f
	}
	start := s.pos
	if start == len(s.text) {
		return token{kind: end, start: start, end: start}, nil
	}
	k, f := s.token()
	return token{kind: k, start: start, end: s.pos}, f
}

// token consumes the token at pos and returns its kind.
func (s *scanner) token() (kind, *fault) {
	c := s.text[s.pos]
	if s.rules.Dialect.mysql() {
		return s.mysqlToken(c)
	}
	switch {
	case isWordStart(c):
		return s.word()
	case isDigit(c):
		return s.number(), nil
	case c == '\'':
		return s.literal(s.pos, false)
	case c == '"':
		return quoted, s.quote(s.pos, '"', "quoted identifier")
	case s.rules.Dialect == PostgreSQL && c == '$':
		return s.dollar()
	case s.rules.Dialect == PostgreSQL && c == '\\':
		return symbol, psqlCommand(s.text, s.pos)
	case s.rules.Dialect == SQLite && c == '`':
		return quoted, s.quote(s.pos, '`', "quoted identifier")
	case s.rules.Dialect == SQLite && c == '[':
		return s.bracketed()
	}
	return s.sign(c), nil
}

// sign consumes a single character.
func (s *scanner) sign(c byte) kind {
	s.pos++
	switch c {
	case ';':
		return semicolon
	case '(':
		return opening
	case ')':
		return closing
	}
	return symbol
}

// word consumes an identifier or keyword, or the literal whose prefix it is.
// Operators need no rule of their own: taken character by character, a comment
// inside one begins where the server would begin it.
func (s *scanner) word() (kind, *fault) {
	start := s.pos
	s.skipWhile(isWordPart)
	if s.pos != start+1 {
		return word, nil
	}
	rest := s.text[s.pos:]
	prefix := s.text[start] | 0x20
	switch {
	case s.rules.Dialect == SQLite:
		if prefix == 'x' && strings.HasPrefix(rest, "'") {
			return s.literal(start, false)
		}
	case strings.HasPrefix(rest, "'") && strings.IndexByte("ebxn", prefix) >= 0:
		return s.literal(start, prefix == 'e')
	case prefix == 'u' && strings.HasPrefix(rest, "&'"):
		s.pos++
		return s.literal(start, false)
	case prefix == 'u' && strings.HasPrefix(rest, `&"`):
		s.pos++
		return quoted, s.quote(start, '"', "quoted identifier")
	}
	return word, nil
}

// number consumes digits. What follows them directly is part of the number, or
// an error, in SQLite; in PostgreSQL 14 it is the next token.
func (s *scanner) number() kind {
	if s.rules.Dialect == SQLite {
		s.skipWhile(isWordPart)
	} else {
		s.skipWhile(isDigit)
	}
	return numeral
}

func (s *scanner) skipWhile(in func(byte) bool) {
	for s.pos < len(s.text) && in(s.text[s.pos]) {
		s.pos++
	}
}

func (s *scanner) startsWith(prefix string) bool {
	return strings.HasPrefix(s.text[s.pos:], prefix)
}

func isWordStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func isWordPart(c byte) bool { return isWordStart(c) || isDigit(c) || c == '$' }

func isTagPart(c byte) bool { return isWordStart(c) || isDigit(c) }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
