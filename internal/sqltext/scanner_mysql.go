package sqltext

import (
	"strconv"
	"strings"
)

// mysqlToken consumes a token of MySQL or MariaDB and returns its kind.
func (s *scanner) mysqlToken(c byte) (kind, *fault) {
	start := s.pos
	switch {
	case s.atDelimiter():
		s.pos += len(s.delimiter)
		return terminator, nil
	case c == '/' && s.startsWith("/*"):
		return marker, s.openComment()
	case c == '*' && s.executed && s.startsWith("*/"):
		s.pos += len("*/")
		s.executed = false
		return marker, nil
	case c == '\'', c == '"' && !s.rules.ANSIQuotes:
		if s.rules.NoBackslashEscapes {
			return literal, s.quote(start, c, "string")
		}
		return literal, s.escaped(start, c)
	case c == '"', c == '`':
		return quoted, s.quote(start, c, "quoted identifier")
	case c == '\\':
		return symbol, mysqlCommand(s.text, start)
	case c == '$' && s.rules.Dialect == MySQL && s.rules.server() >= dollarQuotes:
		return s.dollar()
	case isWordPart(c):
		s.mysqlWord()
		if isDigit(c) {
			return numeral, nil
		}
		return word, nil
	}
	return s.sign(c), nil
}

// dollarQuotes is the version of MySQL that reads $$…$$ as a string.
const dollarQuotes = 90000

// mysqlWord consumes a word or a number; a delimiter such as $$ ends it.
func (s *scanner) mysqlWord() {
	for s.pos++; s.pos < len(s.text) && isWordPart(s.text[s.pos]) && !s.atDelimiter(); {
		s.pos++
	}
}

func (s *scanner) atDelimiter() bool { return s.delimiter != "" && s.startsWith(s.delimiter) }

// mysqlComment moves over a comment; skipped is false at the start of an
// executable one, which is a token, and at two dashes that start none: after
// them MySQL wants white space or a control character.
func (s *scanner) mysqlComment() (skipped bool, f *fault) {
	switch {
	case s.startsWith("/*"):
		if runs, _ := s.executable(); runs {
			return false, nil
		}
		return true, s.plainComment()
	case s.startsWith("--") && s.pos+2 < len(s.text) && s.text[s.pos+2] > ' ' && s.text[s.pos+2] != 0x7f:
		return false, nil
	}
	s.lineComment()
	return true, nil
}

// plainComment moves behind a comment that does not run. They do not nest,
// except that one which would run on another server may hold one more.
func (s *scanner) plainComment() *fault {
	nests := s.startsWith("/*!") || s.rules.Dialect == MariaDB && s.startsWith("/*M!")
	start := s.pos
	s.pos += len("/*")
	for depth := 1; depth > 0; {
		i := strings.IndexAny(s.text[s.pos:], "*/")
		if i < 0 {
			s.pos = len(s.text)
			return &fault{start, "this comment is never closed"}
		}
		s.pos += i
		switch {
		case s.startsWith("*/"):
			depth--
			s.pos += 2
		case nests && depth == 1 && s.startsWith("/*"):
			depth++
			s.pos += 2
		default:
			s.pos++
		}
	}
	return nil
}

// The versions that MariaDB does not run from a comment with a plain "!": they
// are MySQL's own.
const (
	firstOfMySQLAlone = 50700
	lastOfMySQLAlone  = 99999
)

// executable judges the comment at pos: whether the server runs what is in it,
// and how long its opening is. MySQL runs /*! …, /*!80000 … and /*!080000 …;
// MariaDB also /*M!100100 ….
func (s *scanner) executable() (runs bool, length int) {
	length = len("/*!")
	switch {
	case s.startsWith("/*!"):
	case s.rules.Dialect == MariaDB && s.startsWith("/*M!"):
		length++
	default:
		return false, 0
	}
	own := length > len("/*!")
	digits := 0
	for digits < 6 && s.pos+length+digits < len(s.text) && isDigit(s.text[s.pos+length+digits]) {
		digits++
	}
	if digits < 5 {
		return true, length
	}
	version, err := strconv.Atoi(s.text[s.pos+length : s.pos+length+digits])
	if err != nil || version > s.rules.server() {
		return false, 0
	}
	if s.rules.Dialect == MariaDB && !own && version >= firstOfMySQLAlone && version <= lastOfMySQLAlone {
		return false, 0
	}
	return true, length + digits
}

// openComment consumes the opening of an executable comment.
func (s *scanner) openComment() *fault {
	if s.executed {
		return &fault{s.pos, "an executable comment stands inside another one"}
	}
	_, length := s.executable()
	s.comment, s.executed = s.pos, true
	s.pos += length
	return nil
}

// cutInComment refuses a semicolon that would end a statement inside an
// executable comment: the rest of the comment would be no statement.
func (s *scanner) cutInComment(t token) *fault {
	if s.executed {
		return &fault{t.start, "a semicolon ends this statement inside an executable comment"}
	}
	return nil
}
