package sqltext

import "strings"

// quote consumes from pos, which is at the opening quote, to the closing one;
// a doubled quote stands for itself. start is where the token began.
func (s *scanner) quote(start int, q byte, what string) *fault {
	s.pos++
	for {
		i := strings.IndexByte(s.text[s.pos:], q)
		if i < 0 {
			return &fault{start, "this " + what + " is never closed"}
		}
		s.pos += i + 1
		if s.pos == len(s.text) || s.text[s.pos] != q {
			return nil
		}
		s.pos++
	}
}

// escaped consumes a string in quotes q in which a backslash takes the next
// character with it.
func (s *scanner) escaped(start int, q byte) *fault {
	for s.pos++; s.pos < len(s.text); s.pos++ {
		switch s.text[s.pos] {
		case '\\':
			s.pos++
		case q:
			if s.pos+1 == len(s.text) || s.text[s.pos+1] != q {
				s.pos++
				return nil
			}
			s.pos++
		}
	}
	s.pos = len(s.text)
	return &fault{start, "this string is never closed"}
}

// literal consumes a string whose quote is at pos, with its continuations: in
// PostgreSQL strings with a line break between them are one, and all of them
// follow the rules of the first.
func (s *scanner) literal(start int, escapes bool) (kind, *fault) {
	for {
		var f *fault
		if escapes {
			f = s.escaped(start, '\'')
		} else {
			f = s.quote(start, '\'', "string")
		}
		if f != nil || s.rules.Dialect != PostgreSQL {
			return literal, f
		}
		next, ok := s.continuation()
		if !ok {
			return literal, nil
		}
		s.pos = next
	}
}

// continuation looks for a quote after white space with at least one line
// break; line comments may stand in between, block comments may not.
func (s *scanner) continuation() (pos int, ok bool) {
	ahead := *s
	broken := false
	for ahead.pos < len(ahead.text) {
		switch c := ahead.text[ahead.pos]; {
		case isSpace(c):
			broken = broken || c == '\n' || c == '\r'
			ahead.pos++
		case ahead.startsWith("--"):
			ahead.lineComment()
		default:
			return ahead.pos, broken && c == '\''
		}
	}
	return ahead.pos, false
}

// dollar consumes a parameter ($1), a dollar quote, or a lone dollar sign,
// which the server will refuse.
func (s *scanner) dollar() (kind, *fault) {
	start := s.pos
	s.pos++
	if s.pos < len(s.text) && isDigit(s.text[s.pos]) {
		s.skipWhile(isDigit)
		return symbol, nil
	}
	tag := *s
	tag.skipWhile(isTagPart)
	if !tag.startsWith("$") {
		return symbol, nil
	}
	delimiter := s.text[start : tag.pos+1]
	s.pos = start + len(delimiter)
	i := strings.Index(s.text[s.pos:], delimiter)
	if i < 0 {
		s.pos = len(s.text)
		return literal, &fault{start, "this dollar-quoted string is never closed"}
	}
	s.pos += i + len(delimiter)
	return literal, nil
}

// bracketed consumes an identifier in square brackets, which has no way to
// write the closing bracket.
func (s *scanner) bracketed() (kind, *fault) {
	start := s.pos
	i := strings.IndexByte(s.text[start:], ']')
	if i < 0 {
		s.pos = len(s.text)
		return quoted, &fault{start, "this quoted identifier is never closed"}
	}
	s.pos += i + 1
	return quoted, nil
}
