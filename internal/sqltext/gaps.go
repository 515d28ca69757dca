package sqltext

import "strings"

// skipGap moves over white space and comments.
func (s *scanner) skipGap() *fault {
	for s.pos < len(s.text) {
		switch {
		case s.atDelimiter():
			return nil
		case isSpace(s.text[s.pos]):
			s.pos++
		case s.rules.Dialect.mysql() && (s.startsWith("--") || s.startsWith("#") || s.startsWith("/*")):
			skipped, f := s.mysqlComment()
			if f != nil || !skipped {
				return f
			}
		case s.startsWith("--"):
			s.lineComment()
		case s.startsWith("/*"):
			if f := s.blockComment(); f != nil {
				return f
			}
		case s.rules.Dialect == SQLite && s.startsWith(byteOrderMark):
			s.pos += len(byteOrderMark)
		default:
			return nil
		}
	}
	return nil
}

// lineComment moves to the line break that ends the comment. A lone carriage
// return ends it for PostgreSQL and does not for SQLite.
func (s *scanner) lineComment() {
	breaks := "\n"
	if s.rules.Dialect == PostgreSQL {
		breaks = "\r\n"
	}
	i := strings.IndexAny(s.text[s.pos:], breaks)
	if i < 0 {
		s.pos = len(s.text)
		return
	}
	s.pos += i
}

// blockComment moves behind the comment. They nest in PostgreSQL only.
func (s *scanner) blockComment() *fault {
	start := s.pos
	s.pos += 2
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
		case s.rules.Dialect == PostgreSQL && s.startsWith("/*"):
			depth++
			s.pos += 2
		default:
			s.pos++
		}
	}
	return nil
}
