package sqltext

import "strings"

type kind uint8

const (
	end       kind = iota
	word           // keyword or plain identifier
	quoted         // identifier in quotes
	literal        // string, bit string or blob with its prefix, dollar quote
	numeral        // digits
	semicolon      // ;
	opening        // (
	closing        // )
	symbol         // any other single character, or a parameter
)

type token struct {
	kind       kind
	start, end int
}

// scanner cuts a text into tokens. It is a small value: a copy looks ahead.
type scanner struct {
	dialect Dialect
	text    string
	pos     int
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
	switch {
	case isWordStart(c):
		return s.word()
	case isDigit(c):
		return s.number(), nil
	case c == '\'':
		return s.literal(s.pos, false)
	case c == '"':
		return quoted, s.quote(s.pos, '"', "quoted identifier")
	case s.dialect == PostgreSQL && c == '$':
		return s.dollar()
	case s.dialect == PostgreSQL && c == '\\':
		return symbol, psqlCommand(s.text, s.pos)
	case s.dialect == SQLite && c == '`':
		return quoted, s.quote(s.pos, '`', "quoted identifier")
	case s.dialect == SQLite && c == '[':
		return s.bracketed()
	}
	s.pos++
	switch c {
	case ';':
		return semicolon, nil
	case '(':
		return opening, nil
	case ')':
		return closing, nil
	}
	return symbol, nil
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
	case s.dialect == SQLite:
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
	if s.dialect == SQLite {
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
